"""Wrong uses of every command: the exact first line of the message, what it says to try, and exit code 2."""

import pytest

HELP = "kerascope {} --help"


def case(words, what, hint=None):
    """`words` is the command line; by default its command's help is what to try."""
    return pytest.param(words.split(" ") if words else [], what, HELP.format(words.split()[0]) if hint is None else hint,
                        id=words or "nothing")  # fmt: skip


CASES = [
    # the program
    case("", "no command is given", "kerascope --help"),
    case("sow m.keras", "there is no command 'sow'", "did you mean 'show'?"),
    case("cap m.keras", "there is no command 'cap'", "did you mean 'capture'?"),
    case("frobnicate", "there is no command 'frobnicate'", "kerascope --help"),
    case("help", "there is no command 'help'", "kerascope --help"),
    case("--frob", "there is no option '--frob'", "kerascope --help"),
    case("-z show", "there is no option '-z'", "kerascope --help"),
    case("-q layers m.keras", "no command is given before -q", "kerascope COMMAND .. -q"),
    case("--layer 3 show m.keras", "no command is given before --layer", "kerascope COMMAND .. --layer"),
    # options that are not there
    case("show m.keras x --layr 3", "there is no option '--layr'", "did you mean '--layer'?"),
    case("show m.keras x --lay 3", "there is no option '--lay'", "did you mean '--layer'?"),
    case("show m.keras x --sede=3", "there is no option '--sede'", "did you mean '--seed'?"),
    case("capture m.keras x --preproces tf", "there is no option '--preproces'", "did you mean '--preprocess'?"),
    case("diff a.npz b.npz --tolerance 3", "there is no option '--tolerance'"),
    case("layers m.keras --zoom 3", "there is no option '--zoom'"),
    case("demo --layer 3", "there is no option '--layer'"),
    case("layers m.keras -z", "there is no option '-z'"),
    case("layers m.keras -qz", "there is no option '-z'"),
    # values
    case("show m.keras x --layer", "--layer needs a value: LAYER"),
    case("show m.keras x -l", "--layer needs a value: LAYER"),
    case("capture m.keras x -o", "--output needs a value: FILE"),
    case("show m.keras --phase", "--phase needs a value: inference|training|as-called"),
    case("capture m.keras x --threads=", "--threads needs a value: N"),
    case("diff a.npz b.npz --tol", "--tol needs a value: NUMBER"),
    case("show m.keras --phase trainign", "--phase is 'trainign', not one of inference, training, as-called",
         "did you mean 'training'?"),
    case("capture m.keras --phase=eval", "--phase is 'eval', not one of inference, training, as-called"),
    case("layers m.keras --quiet=maybe", "--quiet takes no value, and is given 'maybe'"),
    case("show m.keras --phase training --phase inference", "--phase is given twice"),
    case("show m.keras x -o a.png -o b.png", "--output is given twice"),
    # numbers
    case("capture m.keras x --threads 0", "--threads is '0', not a whole number from 1 to 1024"),
    case("capture m.keras x --threads many", "--threads is 'many', not a whole number from 1 to 1024"),
    case("capture m.keras x --threads 99999999999999", "--threads is '99999999999999', not a whole number from 1 to 1024"),
    case("capture m.keras x --threads 1.5", "--threads is '1.5', not a whole number from 1 to 1024"),
    case("show m.keras x -l 0 --gap 9999", "--gap is '9999', not a whole number from 0 to 100"),
    case("show m.keras x -l 0 --gap -1", "--gap is '-1', not a whole number from 0 to 100"),
    case("show m.keras x -l 0 --zoom=65", "--zoom is '65', not a whole number from 0 to 64"),
    case("layers m.keras --depth 0", "--depth is '0', not a whole number from 1 to 1000"),
    case("layers m.keras --depth deep", "--depth is 'deep', not a whole number from 1 to 1000"),
    case("capture m.keras x --sample first", "--sample is 'first', not a whole number"),
    case("show m.keras x --sample 99999999999", "--sample is '99999999999', not a whole number"),
    case("diff a.npz b.npz --tol tiny", "--tol is 'tiny', not a number"),
    case("capture m.keras x --seed lucky", "--seed is 'lucky', not a whole number or off", ""),
    case("capture m.keras x --input picture", "--input is 'picture', not NAME=FILE", ""),
    # arguments
    case("layers", "MODEL is missing: a model that Keras saved: .h5, .keras, or the .json of its architecture; - is standard input"),
    case("layers --json", "MODEL is missing: a model that Keras saved: .h5, .keras, or the .json of its architecture; - is standard input"),
    case("show", "MODEL is missing: a model that Keras saved: .h5, .keras, or the .json of its architecture; - is standard input"),
    case("capture -q", "MODEL is missing: a model that Keras saved: .h5, .keras, or the .json of its architecture; - is standard input"),
    case("layers m.keras n.keras", "'n.keras' is one argument too many: kerascope layers takes 1"),
    case("layers m.keras --depth 1 2", "'2' is one argument too many: kerascope layers takes 1"),
    case("demo x", "'x' is one argument too many: kerascope demo takes none"),
    case("man show", "'show' is one argument too many: kerascope man takes none"),
    case("diff", "A is missing: arrays (.npz, .npy, a folder of .npy) or a model"),
    case("diff a.npz", "B is missing: arrays, another model, or the first input of the model A"),
    case("diff a.npz b.npz -o curve.jpg", "-o is 'curve.jpg', and the curve is a picture", "-o curve.png"),
    case("capture m.keras x.npy -o d.h5", "-o is 'd.h5', and arrays are written as .npz, as .npy, or into a folder",
         "-o d.npz, or -o d.h5/ for a folder"),
    case("capture m.keras x.npy -o out/x.txt",
         "-o is 'out/x.txt', and arrays are written as .npz, as .npy, or into a folder",
         "-o out/x.npz, or -o out/x.txt/ for a folder"),
    case("capture m.keras x.npy -o a.jpg", "-o is 'a.jpg', and arrays are written as .npz, as .npy, or into a folder",
         "-o a.npz, or -o a.jpg/ for a folder"),
    case("show m.keras x.npy -o maps.npz", "-o is 'maps.npz', and pictures are written as .png",
         "-o maps.png, or -o maps.npz/ for a folder"),
    case("show m.keras x.npy -o a.JPG", "-o is 'a.JPG', and pictures are written as .png",
         "-o a.png, or -o a.JPG/ for a folder"),
    case("show m.keras --kernels conv1 -o d.h5", "-o is 'd.h5', and pictures are written as .png",
         "-o d.png, or -o d.h5/ for a folder"),
    case("show m.keras x.npy -o page.html", "-o is 'page.html', and pictures are written as .png", "--html page.html"),
    case("diff a.npz b.npz -o curve", "-o is 'curve', and the curve is a picture", "-o curve.png"),
    case("completion", "SHELL is missing: the script's language: bash, zsh, fish"),
    case("completion tcsh", "SHELL is 'tcsh', not one of bash, zsh, fish"),
    case("completion bsh", "SHELL is 'bsh', not one of bash, zsh, fish", "did you mean 'bash'?"),
    case("completion bash zsh", "'zsh' is one argument too many: kerascope completion takes 1"),
    case("capture - -", "- stands for standard input, which holds one file only", ""),
    case("capture m.keras x.png --json -o -", "-o - and --json both want standard output", "give -o a file"),
    case("diff a.npz b.npz --json -o -", "-o - and --json both want standard output", "give -o a file"),
]  # fmt: skip


@pytest.mark.parametrize("words, what, hint", CASES)
def test_wrong_usage(kerascope, tmp_path, words, what, hint):
    done = kerascope(*words, check=False, cwd=tmp_path)
    expected = f"error[usage]: {what}\n" + (f"  try: {hint}\n" if hint else "")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)
    assert list(tmp_path.iterdir()) == []


def test_control_characters_stay_off_the_terminal(kerascope):
    done = kerascope("layers", "m", "\x1b[31mred\n", check=False)
    assert "'\\x1b[31mred\\x0a' is one argument too many" in done.stderr


@pytest.mark.parametrize("command", ["", "demo", "layers", "show", "capture", "diff", "completion", "man"])
def test_help_fits_a_terminal(kerascope, command):
    done = kerascope(*command.split(), "--help")
    assert done.stderr == "" and all(len(line) <= 110 for line in done.stdout.split("\n")), done.stdout
    assert "TEXT" not in done.stdout and "INT" not in done.stdout.replace("POINT", ""), "the parser's own type names"
