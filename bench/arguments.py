"""What `./dev bench` and `./dev bench growth` take. Needs no package, so that --help and mistakes are answered at once.

Usage: arguments.py [growth] ARGUMENTS, which only checks them.
"""

import argparse
import os
import sys

NETWORKS = ["vgg16", "resnet50", "mobilenetv2", "inceptionv3", "efficientnetb0", "digits"]
THREADS = len(os.sched_getaffinity(0))


def numbers(text):
    return [THREADS if part == "all" else int(part) for part in text.split(",")]


def of_race(given=None):
    parser = argparse.ArgumentParser(prog="./dev bench", description="Kerascope and its peers on the same models and inputs, interleaved.")
    names = {"type": lambda text: text.split(",")}
    parser.add_argument("--rounds", type=int, default=15, help="turns of each contender (15)")
    parser.add_argument("--models", **names, default=NETWORKS, help=",".join(NETWORKS))
    parser.add_argument("--batch", type=numbers, default=[1, 8], help="1,8")
    parser.add_argument("--threads", type=numbers, default=sorted({1, THREADS}), help="1,all")
    parser.add_argument("--contenders", **names, help="those whose name contains one of these; Kerascope always")
    parser.add_argument("--quick", action="store_true", help="5 rounds, batch 1, all threads")
    parser.add_argument("--publish", action="store_true", help="renew docs/ and bench/results/")
    options = parser.parse_args(given)
    if options.quick:
        options.rounds, options.batch, options.threads = 5, [1], [THREADS]
    if unknown := set(options.models) - set(NETWORKS):
        parser.error(f"no model {', '.join(sorted(unknown))}; there are {', '.join(NETWORKS)}")
    return options


def of_growth(given=None):
    parser = argparse.ArgumentParser(prog="./dev bench growth", description="How time grows with the batch, the picture's side, the layers and the threads.")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each contender (7)")
    parser.add_argument("--quick", action="store_true", help="every third point")
    parser.add_argument("--only", default="", help="those whose title contains this: 'side', 'resnet50', 'layers'")
    parser.add_argument("--publish", action="store_true", help="renew docs/")
    return parser.parse_args(given)


if __name__ == "__main__":
    of_growth(sys.argv[2:]) if sys.argv[1:2] == ["growth"] else of_race()
