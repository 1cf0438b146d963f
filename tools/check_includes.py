"""Checks that includes go only downwards, as ARROWS says: an arrow allows everything below its target.

Tests may include anything. Third-party headers are kept to the folders that own them. Inputs see formats for the zip in an
.npz; the reader program h5 shares the layout of its answer with formats.
"""

import pathlib
import re
import sys

ARROWS = """
cli server python -> api
api -> attribution engine formats inputs export render layers
attribution -> engine
engine -> layers
layers -> ops model
ops -> base
inputs h5 -> formats
formats inputs export -> model
model render -> base
base -> public
"""

# Angle-bracket headers that only these folders may see ("public" is include/kerascope).
OWNED = {
    r"hdf5|H5": {"h5"},
    r"CLI/|chafa": {"cli"},
    r"spng|turbojpeg|jpeglib": {"inputs"},
}
THIRD_PARTY_IN_PUBLIC = r"fmt/|nlohmann/|hdf5|H5|CLI/|spng|turbojpeg|libdeflate|zlib"
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.MULTILINE)


def allowed_folders():
    targets = {}
    for line in ARROWS.strip().splitlines():
        sources, below = line.split("->")
        for source in sources.split():
            targets.setdefault(source, set()).update(below.split())

    def below(folder):
        return {folder}.union(*(below(target) for target in targets.get(folder, ())))

    return {folder: below(folder) for folder in targets} | {"public": {"public"}}


def folder_of(include):
    first = include.split("/")[0]
    return "public" if first == "kerascope" else first


def complaints(path, folder, allowed):
    for bracket, include in INCLUDE.findall(path.read_text()):
        if bracket == '"' and folder_of(include) not in allowed:
            yield f'{path}: includes "{include}", but {folder} may include only {", ".join(sorted(allowed))}'
        if bracket == "<":
            for pattern, owners in OWNED.items():
                if re.match(pattern, include) and folder not in owners:
                    yield f"{path}: includes <{include}>, which only {', '.join(sorted(owners))} may see"
            if folder == "public" and re.match(THIRD_PARTY_IN_PUBLIC, include):
                yield f"{path}: includes <{include}>; the public headers show no third-party type"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    allowed = allowed_folders()
    wrong = []
    for top in ("src", "include"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".cc", ".h") or path.name.endswith("_test.cc"):
                continue
            folder = "public" if top == "include" else path.relative_to(root / "src").parts[0]
            if folder not in allowed:
                wrong.append(f"{path.relative_to(root)}: tools/check_includes.py does not know the folder '{folder}'")
            else:
                wrong += [str(line).replace(f"{root}/", "") for line in complaints(path, folder, allowed[folder])]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


sys.exit(main())
