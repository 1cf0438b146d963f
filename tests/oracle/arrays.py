"""Arrays of every type, order and format that np.save writes, and the float32 numbers that NumPy makes of them."""

import io
import itertools
import pathlib

import numpy as np

TYPES = [f"{order}{kind}" for kind in ("f2", "f4", "f8", "i2", "i4", "i8", "u2", "u4", "u8") for order in "<>"]
SHAPES = [(), (1,), (7,), (3, 5), (2, 3, 4), (1, 4, 3, 2), (3, 0, 2)]


def numbers(dtype, shape, random):
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(dtype)
    if dtype.kind == "f":
        array = np.array(random.normal(0, 1, shape) * 10.0 ** random.integers(-6, 4, shape)).astype(dtype)
        special = [np.nan, np.inf, -np.inf, -0.0, np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal]
    else:
        limits = np.iinfo(dtype)
        array = random.integers(limits.min, limits.max, shape, dtype=dtype.newbyteorder("="), endpoint=True)
        array = np.array(array).astype(dtype)
        special = [limits.min, limits.max, 0, 1]
    if array.size > len(special):
        array.reshape(-1)[: len(special)] = special
    return array


def is_lossy(array, cast):
    """Of whole numbers any change; of float64 what is beyond float32, or a change that matters beside the numbers' range,
    of all of them or of one place of the last axis."""
    if array.dtype.kind != "f" or array.dtype.itemsize < 8:
        exact = array.astype(np.longdouble)  # holds every 64-bit integer
        return bool(((exact != cast.astype(np.longdouble)) & (exact == exact)).any())
    finite = np.isfinite(array)
    if (finite & ~np.isfinite(cast)).any():
        return True
    columns = [array[..., i] for i in range(array.shape[-1])] if array.ndim > 1 else []
    for numbers in [array, *columns]:
        numbers = numbers[np.isfinite(numbers)].astype("f8")
        if numbers.size == 0:
            continue
        error = np.abs(numbers - numbers.astype("f4").astype("f8")).max()
        size, extent = np.abs(numbers).max(), numbers.max() - numbers.min()
        if error > (1e-4 * extent if extent > 1e-11 * size else 1e-6 * size):
            return True
    return False


def npy(array):
    encoded = io.BytesIO()
    np.save(encoded, array)
    return encoded.getvalue()


def write_arrays(folder: pathlib.Path, expected):
    """@param expected  called with an array, keeps its bytes and gives the place
    @return  [{"file", "arrays": [{"name", "type", "shape", "lossy", "offset"}]}]"""
    folder.mkdir()
    random = np.random.default_rng(3)
    cases = []

    def describe(name, array):
        with np.errstate(over="ignore"):
            cast = np.ascontiguousarray(array.astype(np.float32)).reshape(array.shape)
        return {"name": name, "type": np.lib.format.dtype_to_descr(array.dtype), "shape": list(array.shape),
                "lossy": is_lossy(array, cast), "offset": expected(cast)}  # fmt: skip

    for type_name, shape, order in itertools.product(TYPES + ["|i1", "|u1", "|b1"], SHAPES, "CF"):
        array = np.asarray(numbers(np.dtype(type_name), shape, random), order=order)
        name = f"{len(cases)}.npy"
        np.save(folder / name, array)
        cases.append({"file": name, "arrays": [describe("", array)]})
    random_times = 1.7e9 + random.uniform(0, 100, (6, 1))
    for array in [random.normal(size=(4, 3)), np.full(5, 0.1), random_times, np.hstack([random_times, random_times % 1]),
                  random_times.reshape(1, 6), 300 + random.uniform(0, 1, (2, 9)), np.full(3, 1e-300), np.full(2, 1e300),
                  0.3 + np.array([0, 1, 2]) * 2.0**-54, np.array([2.0**24 + 1, -(2.0**25)])]:  # fmt: skip
        name = f"{len(cases)}.npy"
        np.save(folder / name, array)
        cases.append({"file": name, "arrays": [describe("", array)]})
    small = np.arange(6, dtype="<i4").reshape(2, 3)  # nothing is lost
    for version in [(1, 0), (2, 0), (3, 0)]:
        name = f"version{version[0]}.npy"
        with open(folder / name, "wb") as file:
            np.lib.format.write_array(file, small, version)
        cases.append({"file": name, "arrays": [describe("", small)]})
    (folder / "python2.npy").write_bytes(npy(small).replace(b"(2, 3), }  ", b"(2L, 3L), }"))
    cases.append({"file": "python2.npy", "arrays": [describe("", small)]})
    several = {"image": numbers(np.dtype("<f4"), (2, 4, 3), random), "nested/mask": small, "b": np.asfortranarray(small)}
    for name, save in [("stored.npz", np.savez), ("packed.npz", np.savez_compressed)]:
        save(folder / name, **several)
        cases.append({"file": name, "arrays": [describe(key, several[key]) for key in several]})
    return cases


def write_refused(folder: pathlib.Path):
    """Fills the folder; gives [{"file", "code", "says"}]."""
    folder.mkdir()
    cases = []

    def add(name, content, code, says):
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            np.save(folder / name, content, allow_pickle=True)
        cases.append({"file": name, "code": code, "says": says})

    add("objects.npy", np.array([{}, 1], object), "array-pickled", "pickled")
    add("complex.npy", np.array([1j]), "array-type", "'<c16'")
    add("dates.npy", np.array(["2017-01-01"], "M8[D]"), "array-type", "'<M8[D]'")
    add("fields.npy", np.zeros(2, [("a", "<f4"), ("b", "<i4")]), "array-type", "'a'")

    whole = npy(np.zeros((3, 4), "<f8"))
    add("short.npy", whole[:-1], "array-invalid", "needs 96 bytes, 95 are left")
    add("headless.npy", whole[:60], "array-invalid", "claims 118 bytes")
    add("tiny.npy", whole[:9], "array-invalid", "9 bytes")
    add("empty.npy", b"", "array-invalid", "neither as .npy nor as .npz")
    add("version9.npy", whole[:6] + b"\x09" + whole[7:], "array-invalid", "format 9")
    for name, old, new in [
        ("negative", b"(3, 4)", b"(-3,4)"), ("huge", b"(3, 4), }       ", b"(3, 99999999), }"),
        ("code", b"(3, 4)", b"f()   "), ("no-order", b"'fortran_order': False, ", b" " * 24),
        ("twice", b"'fortran_order': False, ", b"'descr': '<f8',         "), ("unclosed", b"}", b" "),
        ("text-after", b", }  ", b", } x"), ("no-truth", b"False", b"Maybe"),
    ]:  # fmt: skip
        assert old in whole
        add(f"{name}.npy", whole.replace(old, new, 1), "array-invalid", "array")
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (" + b"1," * 65 + b")}"
    axes = whole[:8] + len(header).to_bytes(2, "little") + header + bytes(8)
    add("axes.npy", axes, "array-invalid", "no shape")
    beyond = whole.replace(b"(3, 4), }" + b" " * 40, b"(4000000000, 4000000000, 4000000000), }".ljust(49), 1)
    assert beyond != whole and len(beyond) == len(whole)
    add("beyond.npy", beyond, "size-too-large", "4000000000")
    return cases
