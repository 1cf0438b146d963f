"""Pictures as inputs of the whole program: kinds, filters, folders as a batch."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

SIZES = [(40, 30), (9, 11), (8, 8), (64, 20)]  # width, height
NAMES = ["9.png", "10.jpg", "11.webp", "12.gif"]


@pytest.fixture
def pictures(tmp_path):
    """A folder of pictures of several kinds and sizes, and what is none."""
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    random = np.random.default_rng(3)
    for name, (width, height) in zip(NAMES, SIZES):
        Image.fromarray(random.integers(0, 256, (height, width, 3), dtype="uint8")).save(folder / name)
    (folder / ".hidden.png").write_bytes((folder / "9.png").read_bytes())
    (folder / "notes.txt").write_text("not a picture")
    return folder


def capture(kerascope, model, given, out, *options):
    done = kerascope("capture", model, given, "-o", out, *options)
    return done, np.load(out)


def test_a_folder_is_a_batch(kerascope, small, tmp_path, pictures):
    done, seen = capture(kerascope, small / "net.keras", pictures, tmp_path / "all.npz")
    assert f"4 pictures of {pictures} (3 other files passed over), 4 sizes -> 8x8 (nearest, as load_img)" in done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("predicts")]
    assert [line.split()[1] for line in lines] == NAMES
    assert all(line.split()[2] == "answer:" for line in lines)
    for index, name in enumerate(NAMES):
        _, alone = capture(kerascope, small / "net.keras", pictures / name, tmp_path / "one.npz")
        for address in seen.files:
            np.testing.assert_allclose(seen[address][index], alone[address][0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("how", ["nearest", "bilinear", "bicubic", "hamming", "box", "lanczos"])
def test_pictures_are_fed_as_load_img_gives_them(kerascope, small, tmp_path, pictures, how, keep):
    options = ["--resize", how, "--layer", "picture", *["--keep-aspect-ratio"] * keep]
    done, seen = capture(kerascope, small / "net.keras", pictures, tmp_path / "all.npz", *options)
    wanted = [keras.utils.load_img(pictures / name, "rgb", (8, 8), how, keep) for name in NAMES]
    np.testing.assert_array_equal(seen["picture"], np.stack([np.asarray(picture) for picture in wanted]))
    assert f"({how}" in done.stderr
    assert ("4 sizes, their centres -> 8x8" in done.stderr) == keep


def test_the_line_of_one_picture_says_which_part(kerascope, small, pictures):
    done = kerascope("capture", small / "net.keras", pictures / "9.png", "--keep-aspect-ratio", "--resize", "lanczos")
    assert "9.png 40x30, centre 30x30 -> 8x8 (lanczos); raw" in done.stderr


def test_json_names_the_pictures(kerascope, small, pictures):
    done = kerascope("capture", small / "net.keras", pictures, "--json")
    predictions = json.loads(done.stdout)["predictions"]
    assert [one["picture"] for one in predictions] == NAMES
    assert {one["output"] for one in predictions} == {"answer"}


def test_sample_chooses_what_is_drawn(kerascope, small, tmp_path, pictures):
    shown = ["--layer", "conv1", "--resize", "box", "-o"]
    kerascope("show", small / "net.keras", pictures, "--sample", 2, *shown, tmp_path / "of-folder.png")
    kerascope("show", small / "net.keras", pictures / NAMES[2], *shown, tmp_path / "alone.png")
    of_folder, alone = (np.asarray(Image.open(tmp_path / name)) for name in ("of-folder.png", "alone.png"))
    np.testing.assert_array_equal(of_folder, alone)
    done = kerascope("show", small / "net.keras", pictures, "--sample", 4, *shown, tmp_path / "none.png", check=False)
    assert done.returncode == 1 and "--sample is 4, the batch has 4, 0 to 3" in done.stderr


def fails(kerascope, *arguments):
    done = kerascope("capture", *arguments, check=False)
    assert done.returncode == 1
    return done.stderr


def test_several_files_get_the_hint_of_a_folder(kerascope, small, pictures):
    shown = fails(kerascope, small / "net.keras", pictures / "9.png", pictures / "10.jpg")
    assert "the model has 1 input, and more files are given" in shown
    assert "try: for a batch give one folder of pictures, or one .npy" in shown


def test_what_a_folder_can_do_wrong(kerascope, small, tmp_path, pictures):
    (tmp_path / "empty").mkdir()
    assert "the folder is empty" in fails(kerascope, small / "net.keras", tmp_path / "empty")
    assert "9.png" in fails(kerascope, small / "net.keras", pictures, "--resize", "off")
    for name in NAMES:
        (pictures / name).write_bytes((pictures / name).read_bytes()[:-100])
    assert "where: 9.png" in fails(kerascope, small / "net.keras", pictures), "none can be read"


def test_damaged_pictures_of_a_folder_are_told_of_and_passed_over(kerascope, small, tmp_path, pictures):
    _, whole = capture(kerascope, small / "net.keras", pictures, tmp_path / "whole.npz")
    (pictures / "10.jpg").write_bytes((pictures / "10.jpg").read_bytes()[:-100])
    (pictures / "13.png").write_bytes(b"")
    (pictures / "14.jpg").write_text("<html>404</html>")
    Image.open(pictures / "9.png").save(pictures / "x.tiff")
    model = small / "net.keras"
    done = kerascope("capture", model, pictures, "-o", tmp_path / "rest.npz", check=False)
    assert done.returncode == 3
    told = [line for line in done.stderr.splitlines() if line.startswith("skipped   ")]
    assert [line.split(": ")[0].split("/")[-1] for line in told] == ["10.jpg", "13.png", "14.jpg", "x.tiff"]
    assert "cut short" in told[0] and "0 bytes" in told[1] and "'<html>40'" in told[2] and "TIFF" in told[3]
    assert f"3 pictures of {pictures} (3 other files passed over)" in done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("predicts")] == ["9.png", "11.webp", "12.gif"]
    for address, array in np.load(tmp_path / "rest.npz").items():
        np.testing.assert_allclose(array, whole[address][[0, 2, 3]], rtol=1e-4, atol=1e-4)
    done = kerascope("show", model, pictures, "--sample", 1, "-l", "conv1", "-o", tmp_path / "a.png", check=False)
    assert done.returncode == 3 and "drawn     sample 1 of a batch of 3: 11.webp; --sample draws another" in done.stderr
    done = kerascope("capture", model, pictures / "10.jpg", check=False)
    assert done.returncode == 1 and "where: 10.jpg" in done.stderr, "one file alone is an error"


def test_which_sample_is_drawn_is_said(kerascope, small, tmp_path, pictures):
    done = kerascope("show", small / "net.keras", pictures, "-o", tmp_path / "a.png")
    assert "drawn     sample 0 of a batch of 4: 9.png; --sample draws another\n" in done.stderr
    done = kerascope("show", small / "net.keras", small / "batch.npy", "-o", tmp_path / "a.png")
    assert "drawn     sample 0 of a batch of 2; --sample draws another\n" in done.stderr
    assert "\ndrawn" not in kerascope("show", small / "net.keras", pictures / "9.png", "-o", tmp_path / "a.png").stderr
    told = kerascope("show", small / "net.keras", pictures, "--sample", 2, "-o", tmp_path / "a.png", "--json")
    assert json.loads(told.stdout)["sample"] == {"index": 2, "batch": 4, "picture": "11.webp"}


def test_a_model_of_any_size_wants_pictures_of_one(kerascope, tmp_path, pictures):
    layers = keras.layers
    model = keras.Sequential([keras.Input((None, None, 3), name="picture"), layers.Conv2D(2, 3, name="conv")])
    model.save(tmp_path / "free.keras")
    shown = fails(kerascope, tmp_path / "free.keras", pictures)
    assert "must have one size: '9.png' has 40x30, '10.jpg' 9x11" in shown
    for name in NAMES[1:]:
        (pictures / name).unlink()
    (pictures / "10.png").write_bytes((pictures / "9.png").read_bytes())
    done, seen = capture(kerascope, tmp_path / "free.keras", pictures, tmp_path / "free.npz")
    assert "2 pictures of" in done.stderr and seen["conv"].shape == (2, 28, 38, 2)


def test_grey_of_16_bits(kerascope, small, tmp_path):
    Image.fromarray(np.arange(64, dtype="uint16").reshape(8, 8) * 1000).save(tmp_path / "deep.png")
    done, seen = capture(kerascope, small / "net.keras", tmp_path / "deep.png", tmp_path / "deep.npz", "-l", "picture")
    assert "deep.png: grey of 16 bits; numbers above 255 are cut to 255, as load_img does" in done.stderr
    wanted = keras.utils.load_img(tmp_path / "deep.png")
    np.testing.assert_array_equal(seen["picture"][0], np.asarray(wanted))
