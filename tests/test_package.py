"""What cpack makes of a build, as `./dev package` has it do: a .deb, and a .tar.gz that runs wherever it is unpacked."""

import gzip
import os
import pathlib
import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.skipif(not (shutil.which("dpkg-shlibdeps") and shutil.which("file")), reason="packages are made on Debian and its kin")


def ran(*command, **options):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def packed(folder):
    settings = pathlib.Path(os.environ["KERASCOPE_BUILD"]) / "CPackConfig.cmake"
    ran("cpack", "--config", settings, "-B", folder, env=os.environ | {"SOURCE_DATE_EPOCH": "1700000000"})
    return next(folder.glob("kerascope_*.deb")), next(folder.glob("kerascope_*.tar.gz"))


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    return packed(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def deb(packages):
    return packages[0]


@pytest.fixture(scope="module")
def unpacked(packages, tmp_path_factory):
    """The folder that the .tar.gz holds, away from where it was made."""
    folder = tmp_path_factory.mktemp("elsewhere")
    ran("tar", "-xf", packages[1], "-C", folder)
    return next(folder.iterdir())


def test_the_name_says_version_and_architecture(packages):
    version, architecture = (ran("dpkg-deb", "-f", packages[0], field).strip() for field in ("Version", "Architecture"))
    assert architecture == ran("dpkg", "--print-architecture").strip()
    assert [path.name for path in packages] == [f"kerascope_{version}_{architecture}{end}" for end in (".deb", ".tar.gz")]


def test_it_depends_on_the_libraries_and_on_no_development_package(deb):
    needs = set(re.findall(r"([a-z0-9.+-]+)(?: \(.*?\))?(?:, |$)", ran("dpkg-deb", "-f", deb, "Depends").strip()))
    for library in ("c6", "chafa", "deflate", "fmt", "gif", "seccomp", "spng", "stdc++", "turbojpeg", "webp"):
        assert any(name.startswith(f"lib{library}") for name in needs), f"{library} in {needs}"
    assert [name for name in needs if name.endswith("-dev") or not re.match("lib|zlib1g", name)] == []


def test_the_shells_man_and_compilers_find_their_files(deb):
    listing = ran("dpkg-deb", "-c", deb)
    files = {line.split()[5] for line in listing.splitlines()}
    for file in (
        "bin/kerascope",
        "include/kerascope/kerascope.h",
        "include/kerascope/kerascope_c.h",
        "lib/libkerascope.a",
        "lib/libkerascope.so",
        "lib/libkerascope.so.0",
        "lib/cmake/kerascope/kerascope-config.cmake",
        "lib/pkgconfig/kerascope.pc",
        "libexec/kerascope/kerascope-h5",
        "share/bash-completion/completions/kerascope",
        "share/doc/kerascope/copyright",
        "share/fish/vendor_completions.d/kerascope.fish",
        "share/man/man1/kerascope.1.gz",
        "share/zsh/vendor-completions/_kerascope",
    ):
        assert f"./usr/{file}" in files
    assert re.search(r"libkerascope\.so\.0 -> libkerascope\.so\.0\.\d", listing)
    assert all(line.split()[1] == "root/root" for line in listing.splitlines())


def test_the_shared_library_is_found_once_installed(deb):
    assert "activate-noawait ldconfig" in ran("dpkg-deb", "-I", deb, "triggers")


def test_the_programs_are_stripped(unpacked):
    for program in ("bin/kerascope", "libexec/kerascope/kerascope-h5", "lib/libkerascope.so"):
        assert ".symtab" not in ran("readelf", "-SW", unpacked / program)


def test_the_licences_of_what_is_inside_come_along(unpacked):
    text = (unpacked / "share/doc/kerascope/copyright").read_text()
    assert "MIT License" in text and "WordNet 3.0 Copyright 2006" in text


def test_the_manual_page_is_the_program_s(kerascope, unpacked):
    page = gzip.decompress((unpacked / "share/man/man1/kerascope.1.gz").read_bytes()).decode()
    assert page == kerascope("man").stdout


def test_it_runs_where_it_is_unpacked(unpacked, tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "KERASCOPE_H5"} | {"PATH": "/usr/bin:/bin"}
    said = ran(unpacked / "bin/kerascope", "demo", "-o", tmp_path / "demo", env=environment)
    assert "wrote" in said and list((tmp_path / "demo").rglob("*.png"))
    said = ran(unpacked / "bin/kerascope", "--version", env=environment)
    assert re.search(r"HDF5 +\d", said)


def test_the_same_build_gives_the_same_bytes(packages, tmp_path):
    for one, other in zip(packages, packed(tmp_path)):
        assert one.read_bytes() == other.read_bytes(), one.name
