"""What tests of failures share: a table of wrong uses, and what holds for each of them."""

import pytest


class Cases(list):
    """A table of functions that make a bad file in a folder and give the arguments of the program."""

    def add(self, code, *shown, exit_code=1):
        """Registers a function (small, bad, out) -> arguments; `shown` are key words of the message."""

        def register(arguments):
            self.append(pytest.param(arguments, code, shown, exit_code, id=arguments.__name__))
            return arguments

        return register


def check_case(kerascope, small, folder, arguments, code, shown, exit_code):
    bad, out = folder / "bad", folder / "out"
    bad.mkdir()
    out.mkdir()
    done = kerascope(*arguments(small, bad, out), check=False, cwd=out)
    check_failure(done, code, shown, exit_code, out)


def check_failure(done, code, shown, exit_code, out):
    assert done.returncode == exit_code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    lines = done.stderr.split("\n")
    message = done.stderr[done.stderr.index(f"error[{code}]: ") :] if f"error[{code}]: " in done.stderr else ""
    assert message, f"not error[{code}]: {done.stderr}"
    for words in shown:
        assert words in message, f"no '{words}' in {message}"
    assert lines[-1] == "" and all(line.isprintable() for line in lines), repr(done.stderr)
    first = message.split("\n")[0].split("]: ")[1]
    starts_small = not first[0].isupper() or first.startswith(("Keras", "MODEL"))
    assert starts_small and not first.endswith("."), first
    assert done.stdout == "", f"results beside an error: {done.stdout}"
    assert files_below(out) == [], "something was left behind"


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
