"""kerascope-h5's index against h5py: every way in which Keras, or a user who packs a file again, stores things."""

import json
import os
import pathlib
import subprocess

import h5py
import numpy as np
import pytest

READER = pathlib.Path(os.environ["KERASCOPE_BUILD"]) / "kerascope-h5"
LITTLE_ENDIAN = {"f4": "<f4", "f8": "<f8", "f2": "<f2", "bf16": "<u2", "b1": "u1"} | {
    f"{kind}{size}": f"<{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)
}
RANDOM = np.random.default_rng(5)
WEIGHTS = RANDOM.normal(size=(7, 5, 3)).astype("f4")


def read(path, tmp_path):
    """The reader's index, and the numbers of each of its data sets."""
    decoded = tmp_path / "decoded.bin"
    run = subprocess.run([READER, "--dump", path, decoded], capture_output=True, check=True, timeout=60)
    index = json.loads(run.stdout)
    bytes_of = {"file": path.read_bytes(), "memory": decoded.read_bytes()}
    numbers = {}
    for name, data in index["datasets"].items():
        if data["type"] == "s":
            continue
        kind, count = np.dtype(LITTLE_ENDIAN[data["type"]]), int(np.prod(data["shape"]))
        assert data["bytes"] == count * kind.itemsize
        place = bytes_of[data["storage"]]
        assert data["offset"] + data["bytes"] <= len(place)
        numbers[name] = np.frombuffer(place, kind, count, data["offset"] if count else 0).reshape(data["shape"])
    return index, numbers


@pytest.fixture
def write(tmp_path):
    """Writes a file with the given function and reads it back."""

    def write_and_read(fill, **options):
        path = tmp_path / "file.h5"
        with h5py.File(path, "w", **options) as file:
            fill(file)
        index, numbers = read(path, tmp_path)
        assert index["failed"] == []
        return index, numbers

    return write_and_read


@pytest.mark.parametrize("kind", "<f4 <f8 <f2 i1 <i2 <i4 <i8 u1 <u2 <u4 <u8 ?".split())
@pytest.mark.parametrize("shape", [(), (1,), (4, 3), (0,), (3, 0, 2)])
def test_contiguous_little_endian_numbers_stay_in_place(write, kind, shape):
    values = (RANDOM.normal(size=shape) * 50).astype(kind)
    index, numbers = write(lambda file: file.create_dataset("w", data=values))
    assert index["datasets"]["/w"]["storage"] == "file"
    assert index["datasets"]["/w"]["type"] == ("b1" if kind == "?" else np.dtype(kind).str[1:])
    np.testing.assert_array_equal(numbers["/w"], values)


@pytest.mark.parametrize("kind", ">f4 >f8 >f2 >i2 >i4 >i8 >u2 >u4 >u8".split())
def test_big_endian_numbers_are_decoded(write, kind):
    values = (RANDOM.normal(size=(4, 3)) * 50).astype(kind)
    index, numbers = write(lambda file: file.create_dataset("w", data=values))
    assert index["datasets"]["/w"]["storage"] == "memory"
    np.testing.assert_array_equal(numbers["/w"], values)


def test_bfloat16_is_two_bytes_of_no_type(write):
    values = np.array([0x3F80, 0xC049], "<u2")
    index, numbers = write(lambda file: file.create_dataset("w", data=values.view("V2")))
    assert index["datasets"]["/w"]["type"] == "bf16"
    np.testing.assert_array_equal(numbers["/w"], values)


def test_unusual_floats_become_ordinary_ones(write):
    def fill(file):
        brain = h5py.h5t.IEEE_F32LE.copy()
        brain.set_fields(15, 7, 8, 0, 7)
        brain.set_size(2)
        brain.set_ebias(127)
        space = h5py.h5s.create_simple((3,))
        h5py.h5d.create(file.id, b"brain", brain, space).write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, -3.140625, 0], "f4"))
        file.create_dataset("long", data=np.array([1.5, -2], np.longdouble))

    index, numbers = write(fill)
    assert [index["datasets"][name]["type"] for name in ("/brain", "/long")] == ["f4", "f8"]
    np.testing.assert_array_equal(numbers["/brain"], [1, -3.140625, 0])
    np.testing.assert_array_equal(numbers["/long"], [1.5, -2])


@pytest.mark.parametrize(
    "options",
    [
        {"chunks": (2, 5, 2)},
        {"chunks": True, "compression": "gzip"},
        {"compression": "gzip", "compression_opts": 9, "shuffle": True, "fletcher32": True},
        {"compression": "lzf"},
        {"compression": "lzf", "shuffle": True, "chunks": (3, 5, 3)},
        {"compression": "szip"},
        {"fletcher32": True},
        {"maxshape": (None, 5, 3), "chunks": (1, 5, 3)},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f2", "?"])
@pytest.mark.parametrize("values", ["random", "smooth"])
def test_chunked_and_compressed_numbers_are_decoded(write, options, kind, values):
    if options.get("compression") == "szip" and (kind == "?" or not h5py.h5z.get_filter_info(h5py.h5z.FILTER_SZIP) & 1):
        pytest.skip("szip cannot write this here")
    whole = WEIGHTS if values == "random" else np.floor(np.linspace(0, 9, WEIGHTS.size)).reshape(WEIGHTS.shape)
    whole = (whole > 0).astype(kind) if kind == "?" else whole.astype(kind)
    index, numbers = write(lambda file: file.create_dataset("w", data=whole, **options))
    assert index["datasets"]["/w"]["storage"] == "memory"
    np.testing.assert_array_equal(numbers["/w"], whole)


@pytest.mark.parametrize("length", [1, 2, 31, 32, 33, 300, 9000, 70000])
def test_lzf_runs_of_every_length_are_expanded(write, length):
    pattern = np.concatenate([np.zeros(length), RANDOM.integers(0, 255, length), np.tile([1, 2, 3], length)]).astype("u1")
    _, numbers = write(lambda file: file.create_dataset("w", data=pattern, compression="lzf", chunks=pattern.shape))
    np.testing.assert_array_equal(numbers["/w"], pattern)


def test_scale_offset_integers_are_decoded(write):
    values = np.arange(100, dtype="i4")
    _, numbers = write(lambda file: file.create_dataset("w", data=values, scaleoffset=0))
    np.testing.assert_array_equal(numbers["/w"], values)


def test_compact_numbers_are_decoded(write):
    def fill(file):
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((7, 5, 3))
        h5py.h5d.create(file.id, b"w", h5py.h5t.IEEE_F32LE, space, plan).write(h5py.h5s.ALL, h5py.h5s.ALL, WEIGHTS)

    _, numbers = write(fill)
    np.testing.assert_array_equal(numbers["/w"], WEIGHTS)


@pytest.mark.parametrize("libver", ["earliest", "v108", "latest"])
@pytest.mark.parametrize("userblock_size", [0, 512, 8192])
def test_every_superblock_and_user_block(write, libver, userblock_size):
    def fill(file):
        file["a/b/kernel:0"] = WEIGHTS
        file["a"].attrs["weight_names"] = np.array([b"b/kernel:0"])

    index, numbers = write(fill, libver=libver, userblock_size=userblock_size)
    assert index["groups"] == ["/", "/a", "/a/b"]
    assert index["attributes"]["/a"]["weight_names"] == ["b/kernel:0"]
    np.testing.assert_array_equal(numbers["/a/b/kernel:0"], WEIGHTS)


def test_text_attributes_of_every_kind(write):
    def fill(file):
        space = h5py.h5s.create_simple((2,))
        for name, padding in {"padded_zero": h5py.h5t.STR_NULLPAD, "padded_space": h5py.h5t.STR_SPACEPAD, "ended": h5py.h5t.STR_NULLTERM}.items():
            kind = h5py.h5t.C_S1.copy()
            kind.set_size(6)
            kind.set_strpad(padding)
            h5py.h5a.create(file.id, name.encode(), kind, space).write(np.array([b"conv", b"dense"], "S6"))
        file.attrs["scalar"] = "größe"
        file.attrs["scalar_bytes"] = np.bytes_("2.1.6")
        file.attrs["ascii"] = np.array(["a", "bc"], h5py.string_dtype("ascii"))
        file.attrs["utf8"] = np.array(["ä", "層", ""], h5py.string_dtype("utf-8"))
        file.attrs["fixed_utf8"] = np.array(["ä".encode(), b"b"], h5py.string_dtype("utf-8", 5))
        file.attrs["empty_floats"] = np.zeros(0)
        file.attrs["empty_texts"] = np.zeros(0, "S1")
        file.attrs["null"] = h5py.Empty("S1")
        file.attrs["number"] = 0.5
        file.attrs["numbers"] = np.arange(3)
        file.attrs["flag"] = True

    index, _ = write(fill)
    assert index["attributes"]["/"] == {
        "padded_zero": ["conv", "dense"],
        "padded_space": ["conv", "dense"],
        "ended": ["conv", "dense"],
        "scalar": "größe",
        "scalar_bytes": "2.1.6",
        "ascii": ["a", "bc"],
        "utf8": ["ä", "層", ""],
        "fixed_utf8": ["ä", "b"],
        "empty_floats": [],
        "empty_texts": [],
        "null": [],
    }


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_attributes_in_dense_storage(write, libver):
    config, names = json.dumps({"layers": ["x" * 50] * 4000}), [f"layer_{i}" for i in range(1000)]

    def fill(file):
        file.attrs["model_config"] = config  # a variable-length text of 200 KB
        group = file.create_group("model_weights")
        for i in range(20):
            group.attrs[f"layer_names{i}"] = np.array(names, "S60")
        if libver == "latest":
            group.attrs["large"] = np.array(names, "S300")  # 300 KB: only dense storage takes it

    index, _ = write(fill, libver=libver, track_order=libver == "latest")
    assert index["attributes"]["/"]["model_config"] == config
    for i in range(20):
        assert index["attributes"]["/model_weights"][f"layer_names{i}"] == names
    if libver == "latest":
        assert index["attributes"]["/model_weights"]["large"] == names


def test_text_data_sets_are_listed_without_numbers(write):
    index, _ = write(lambda file: file.create_dataset("vocabulary", data=["a", "b"]))
    assert index["datasets"]["/vocabulary"] == {"type": "s", "shape": [2], "offset": 0, "bytes": 0, "storage": "file"}


def test_other_types_do_not_close_the_file(write):
    def fill(file):
        file["complex"] = np.zeros(3, "c8")
        file["record"] = np.zeros(3, [("a", "f4"), ("b", "i4")])
        file["type"] = np.dtype("f4")
        file["w"] = WEIGHTS

    index, numbers = write(fill)
    assert sorted(index["unreadable"]) == ["/complex", "/record"]
    assert list(numbers) == ["/w"]


def test_nothing_outside_of_the_file_is_followed(write, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = WEIGHTS
    (tmp_path / "numbers.bin").write_bytes(WEIGHTS.tobytes())

    def fill(file):
        file["w"] = WEIGHTS
        file["soft"] = h5py.SoftLink("/w")
        file["external"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/secret")
        file.create_dataset("stored_outside", (7, 5, 3), "f4", external=[(str(tmp_path / "numbers.bin"), 0, WEIGHTS.nbytes)])
        layout = h5py.VirtualLayout((7, 5, 3), "f4")
        layout[...] = h5py.VirtualSource(str(tmp_path / "other.h5"), "secret", (7, 5, 3))
        file.create_virtual_dataset("virtual", layout)

    index, numbers = write(fill)
    assert list(numbers) == ["/w"]
    assert sorted(index["unreadable"]) == ["/stored_outside", "/virtual"]
    assert all("other files" in why for why in index["unreadable"].values())


def test_a_group_that_contains_itself_is_read_once(write):
    def fill(file):
        file["a/w"] = WEIGHTS
        file["a/again"] = file["a"]
        file["a/root"] = file["/"]

    index, numbers = write(fill)
    assert sorted(index["groups"]) == ["/", "/a", "/a/again", "/a/root"]
    assert list(numbers) == ["/a/w"]


def test_what_was_never_written_is_believed_only_when_small(write):
    def fill(file):
        file.create_dataset("small", (3,), "f4", fillvalue=2)
        file.create_dataset("large", (1 << 30,), "f4")
        file.create_dataset("large_chunks", (1 << 15, 1 << 15), "f4", chunks=(1 << 10, 1 << 10))

    index, numbers = write(fill)
    np.testing.assert_array_equal(numbers["/small"], [2, 2, 2])
    assert sorted(index["unreadable"]) == ["/large", "/large_chunks"]


def test_weights_that_compress_a_thousandfold_are_read(write):
    zeros = np.zeros((1 << 20,), "f4")
    _, numbers = write(lambda file: file.create_dataset("w", data=zeros, compression="gzip", chunks=zeros.shape))
    np.testing.assert_array_equal(numbers["/w"], zeros)


def test_a_wide_and_a_deep_file(write):
    def fill(file):
        for i in range(3000):
            file[f"wide/{i}"] = np.float32(i)
        file["/".join(["deep"] * 100)] = WEIGHTS

    _, numbers = write(fill)
    assert len(numbers) == 3001
    assert all(numbers[f"/wide/{i}"] == i for i in range(3000))
    np.testing.assert_array_equal(numbers["/deep" * 100], WEIGHTS)


@pytest.mark.parametrize("damage", ["cut", "empty", "text"])
def test_what_is_no_hdf5_is_said(tmp_path, damage):
    path = tmp_path / "file.h5"
    with h5py.File(path, "w") as file:
        file["w"] = WEIGHTS
    path.write_bytes({"cut": path.read_bytes()[:-100], "empty": b"", "text": b"<!DOCTYPE html>" * 100}[damage])
    index, _ = read(path, tmp_path)
    assert len(index["failed"]) == 1
    size = path.stat().st_size
    assert (index["failed"][0] == f"it has {size} bytes and should have {size + 100}") == (damage == "cut")


def test_keras_files_hold_what_keras_gave_them(tmp_path):
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()])
    path = tmp_path / "model.h5"
    model.save(path)
    index, numbers = read(path, tmp_path)
    weights = "/model_weights/"
    for layer in model.layers:
        assert layer.name in index["attributes"]["/model_weights"]["layer_names"]
        names = index["attributes"][weights + layer.name]["weight_names"]
        for name, variable in zip(names, layer.weights, strict=True):
            np.testing.assert_array_equal(numbers[f"{weights}{layer.name}/{name}"], variable.numpy())
    assert json.loads(index["attributes"]["/"]["model_config"])["class_name"] == "Sequential"
