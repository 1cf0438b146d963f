"""python -m kerascope, and the command kerascope: the program that the package brings."""

import os
import pathlib
import sys


def main() -> None:
    program = pathlib.Path(__file__).with_name("kerascope")
    os.execv(program, ["kerascope", *sys.argv[1:]])


if __name__ == "__main__":
    main()
