"""The public headers: their examples compile and run, everything in them is documented, layers have Keras's arguments."""

import inspect
import pathlib
import re

import pytest
from compiled import run_c, run_cpp

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = sorted((ROOT / "include").rglob("*.h"))

# What the examples may use without saying where it comes from; and what is checked of their comments.
PROLOGUE = """
#include <kerascope/kerascope.h>
#include <algorithm>
#include <cstdlib>
#include <iostream>
namespace ks = kerascope;
namespace kl = kerascope::layers;
void has(const std::string& given, const std::string& said) {
  if (given != said) std::cerr << "the comment says " << said << ", it is " << given << '\\n', std::exit(1);
}
void has_shape(const ks::Tensor& given, const std::string& said) { has(given.shape().str(), said); }
void has_shape(const ks::KerasTensor& given, const std::string& said) { has(given.shape().str(), said); }
void has_shape(const ks::Weight& given, const std::string& said) { has(given.shape.str(), said); }
int main() {
  const ks::Model model = ks::load("digits.keras");
  const ks::Tensor image = ks::read_image("digit.png", model);
  const ks::Activations seen = model.run(image);
"""


def examples(header):
    """[(line, code)]: what stands indented by five blanks in a comment, behind an empty line of it."""
    found, before = [], ""
    for number, line in enumerate(header.read_text().splitlines(), 1):
        code = re.match(r"\s*(?:///|//| \*) {5}(.*)", line)
        if code and before == "code":
            found[-1][1].append(code[1])
        elif code and before == "empty":
            found.append((number, [code[1]]))
        elif code:
            code = None
        before = "code" if code else "empty" if re.fullmatch(r"\s*(///|//| \*).{0,2}|.*:", line) else ""
    return found


def as_scopes(headers):
    text = ""
    for header in headers:
        for number, lines in examples(header):
            text += f'{{\n#line {number} "{header.relative_to(ROOT)}"\n' + "\n".join(lines) + "\n}\n"
    return text


def with_shapes_checked(code):
    """A declared tensor whose comment is a shape has that shape."""
    return re.sub(r"(ks::(?:KerasTensor|Tensor|Weight) (\w+) = .*;)  // (\(.*\))$", r'\1 has_shape(\2, "\3");', code, flags=re.MULTILINE)


def test_the_examples_of_the_cpp_headers_compile_and_run(tmp_path):
    headers = [header for header in HEADERS if header.name != "kerascope_c.h"]
    code = as_scopes(headers)
    assert code.count("#line") >= 40 and code.count("ks::grid(") >= 3
    checked = with_shapes_checked(code)
    assert checked.count("has_shape(") >= 4
    said = run_cpp(tmp_path, f"{PROLOGUE}{checked}}}\n")
    for printed in re.findall(r"std::c(?:out|err) <<.*;  // (.+)", code):
        assert printed in said, f"the comment says {printed}"
    for file in ("conv2.png", "input.png", "seen.npz", "again.keras"):
        assert (tmp_path / file).stat().st_size > 100, file


def test_the_examples_of_the_c_header_compile_and_run(tmp_path):
    code = as_scopes([ROOT / "include/kerascope/kerascope_c.h"])
    assert code.count("#line") >= 2
    said = run_c(tmp_path, f"#include <kerascope/kerascope_c.h>\n#include <stdio.h>\nint main(void) {{\n{code}}}\n")
    assert said.startswith("64 channels, the first number is ")


# --- everything public is documented ---

# The only things that may stand without a comment of their own.
SPEAKS_FOR_ITSELF = re.compile(
    r".*\b(operator==|begin|end|size|empty|shape|sizes|parts)\(.*"  # as in the standard library; accessors of one field
    r"|.*\) = default;"
    r"|unsigned char r = 0, g = 0, b = 0;"
    r"|(Scale::)?(Kind|Mode|Phase|Colormap) \w+ = .*;"  # a field of an enum that has its own comments
    r"|using \w+\dD(Transpose)? = \w+<\d>;"  # MaxPooling2D is MaxPooling<2>
)


class Header:
    """Declarations of a header, by a walk over its braces: C++ as clang-format writes it, no more."""

    def __init__(self, text, has_keras_fields):
        self.lines, self.has_keras_fields = text.splitlines(), has_keras_fields
        self.missing, self.count = [], 0
        self.scopes = []  # (kind, is public)
        self.last = None  # the line and name of the last documented declaration
        self.read()

    def read(self):
        statement, start, skipped = "", 0, 0
        for number, line in enumerate(self.lines):
            code = re.sub(r'"(\\.|[^"\\])*"', '""', re.sub(r"//.*|/\*.*?\*/|^\s*/\*.*|^ \*.*", "", line))
            if code.lstrip().startswith(("#if", "#endif", "#include", "#pragma", "#define KERASCOPE_KERASCOPE_C_H")):
                continue
            if code.startswith("#define"):
                self.declared(code, number, number)
                continue
            for character in code.strip() + " ":
                if skipped:
                    skipped += {"{": 1, "}": -1}.get(character, 0)
                    statement += "{}" if not skipped else ""
                    if not skipped and re.search(r"\)( const)?( noexcept)?( override)?( : .*)? *{}$", statement):
                        statement = self.ended(statement, start, number)
                    continue
                if not statement and character in " }":
                    if character == "}":
                        self.scopes.pop()
                    continue
                if not statement:
                    start = number
                statement += character
                if statement in ("public:", "private:", "protected:"):
                    self.scopes[-1] = (self.scopes[-1][0], statement == "public:")
                    statement = ""
                elif character == ";" and not self.scopes[-1:] == [("enum", True)]:
                    statement = self.ended(statement, start, number)
                elif character in ",}" and self.scopes[-1:] == [("enum", True)]:
                    if statement.strip("}, "):
                        self.declared(statement.strip("}, "), start, number)
                    statement = ""
                    if character == "}":
                        self.scopes.pop()
                elif character == "{":
                    kind = re.match(r"(?:template <.*?> )?(?:typedef )?(namespace|class|struct|enum|extern)\b", statement)
                    if not kind or "=" in statement:
                        statement, skipped = statement[:-1], 1
                        continue
                    kind = kind[1]
                    is_public = not statement.startswith("namespace api ")
                    if kind not in ("namespace", "extern"):
                        self.declared(statement, start, number)
                    if kind == "enum" and "}" in line:  # all on one line: its own comment tells of them
                        skipped = 1
                        statement = "enum"
                        continue
                    self.scopes.append((kind, is_public and kind != "class"))
                    statement = ""
        assert not self.scopes and not skipped, "the braces of the header are not understood"

    def ended(self, statement, start, number):
        is_forward = re.fullmatch(r"(class|struct) \w+;", statement)
        is_rest = re.fullmatch(r"(enum{};|;|\w+;|{};)", statement)
        if not is_forward and not is_rest and not statement.startswith("friend"):
            self.declared(statement, start, number)
        return ""

    def declared(self, statement, start, number):
        if not all(is_public for _, is_public in self.scopes):
            return
        self.count += 1
        name = re.search(r"(operator\W*|\w+)\s*\(|(\w+)( = .*|\{\})?;?$", statement)
        name = name and (name[1] or name[2])
        above = self.lines[start - 1].strip() if start else ""
        is_documented = above.startswith("//") or above.endswith("*/") and not above.endswith("; */")
        is_documented |= any("///<" in line or "/*" in line for line in self.lines[start : number + 1])
        is_documented |= self.last == (start - 1, name)  # an overload right below
        is_keras = self.has_keras_fields and self.scopes[-1:] == [("struct", True)]
        if is_documented:
            self.last = (number, name)
        elif not is_keras and not SPEAKS_FOR_ITSELF.fullmatch(statement.strip()):
            self.missing.append(f"{start + 1}: {statement.strip()}")


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: str(header.relative_to(ROOT / "include/kerascope")))
def test_everything_public_is_documented(header):
    read = Header(header.read_text(), header.parent.name == "layers")
    assert read.count > 0 or header.name == "kerascope.h"
    assert read.missing == [], f"without a comment in {header.relative_to(ROOT)}"


def test_what_is_not_documented_is_noticed():
    text = (ROOT / "include/kerascope/model.h").read_text()
    method, field, struct = "  /// How often it was called; in a loaded model at least 1.\n", '  ///< Keras 3\'s: "kernel"', "/// A weight of a layer.\n"
    for taken_away in (method, field, struct):
        assert text.count(taken_away) == 1
        assert len(Header(text.replace(taken_away, ""), False).missing) == 1


# --- layers ---


def structs(header):
    """{struct: {field: default as C++ writes it}}; the key of struct UpSampling<2> is UpSampling2D."""
    found = {}
    for struct in re.finditer(r"^struct (\w+)(<2>)? \{(\};|.*?^\};)", re.sub(r" *//.*", "", header.read_text()), re.MULTILINE | re.DOTALL):
        fields = re.findall(r"^  [\w:<>, ]+? (\w+)( = [^;]*|\{\})?;", struct[3], re.MULTILINE)
        found[struct[1] + ("2D" if struct[2] else "")] = {name: default.removeprefix(" = ") for name, default in fields}
    return found


def number_of(default):
    """What both languages write in their own way, as far as it is a number: 0.3f, true, {-1}, each<Rank>(2), (2, 2)."""
    text = str(default).lower().replace("true", "1").replace("false", "0")
    numbers = re.findall(r"-?[\d.]+(?:e-?\d+)?", re.sub("<.*?>", "", text))
    return {float(number.rstrip(".")) for number in numbers}


# A template's field that only Keras's layers of two and three axes have; what Keras takes without naming it.
NOT_OF_KERAS = {(f"{name}1D", "data_format") for name in ("SpatialDropout", "Cropping", "UpSampling")}
NOT_OF_KERAS |= {("LayerNormalization", "rms_scaling"), ("MultiHeadAttention", "softmax_robust_masking")}
NOT_OF_KERAS |= {("Attention", "causal"), ("AdditiveAttention", "causal")}
# Arguments that these classes hand on to their base.
NOT_OF_KERAS |= {(name, "zero_output_for_mask") for name in ("LSTM", "GRU", "SimpleRNN")}
NOT_OF_KERAS |= {(f"ConvLSTM{rank}D", field) for rank in (1, 2, 3) for field in ("unroll", "zero_output_for_mask")}
FAMILIES = [header for header in HEADERS if header.parent.name == "layers" and header.stem not in ("common", "applications")]


@pytest.mark.parametrize("header", FAMILIES, ids=lambda header: header.stem)
def test_layers_have_the_arguments_and_defaults_of_keras(header):
    import keras
    import tf_keras

    aliases = re.findall(r"^using (\w+) = (\w+)<\d>;", header.read_text(), re.MULTILINE)
    all_structs = structs(header)
    assert any(all_structs.values()) or header.stem == "merging"
    for struct, fields in all_structs.items():
        for name in [alias for alias, template in aliases if template == struct] or [struct]:
            library = keras if hasattr(keras.layers, name) else tf_keras
            arguments = inspect.signature(getattr(library.layers, name).__init__).parameters
            for field, default in fields.items():
                if (name, field) in NOT_OF_KERAS:
                    continue
                assert field in arguments, f"{name} has no {field}"
                default = default.replace("Rank == 2 ? 0 : 1", "0" if "2D" in name else "1")
                truth = arguments[field].default
                if truth not in (None, inspect.Parameter.empty) and not isinstance(truth, str):
                    assert number_of(default) == number_of(truth), f"{name}'s {field}"
