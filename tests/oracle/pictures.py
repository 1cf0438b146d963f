"""Test pictures: JPEG and PNG of every kind that is read, truncated ones, and kinds that are refused."""

import io
import itertools
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

SIZES = [(1, 1), (2, 3), (9, 8), (16, 16), (17, 33), (64, 48), (101, 67)]  # width, height


def scene(width, height, channels, seed=0):
    """Smooth colours, sharp edges and some noise: uint8 (height, width, channels)."""
    random = np.random.default_rng([width, height, channels, seed])
    y, x = np.mgrid[0:height, 0:width]
    planes = [128 + 90 * np.sin(x / (5 + 3 * c) + c) * np.cos(y / (7 + 2 * c)) for c in range(channels)]
    pixels = np.stack(planes, -1) + random.normal(0, 9, (height, width, channels))
    pixels[height // 3 : height // 2, width // 4 : width // 2] = random.integers(0, 256, channels)
    return pixels.clip(0, 255).astype("uint8")


def write_jpegs(folder):
    for (width, height), subsampling in itertools.product(SIZES, ("4:4:4", "4:2:2", "4:2:0")):
        picture = Image.fromarray(scene(width, height, 3))
        name = f"{width}x{height}-{subsampling.replace(':', '')}"
        picture.save(folder / f"{name}.jpg", subsampling=subsampling, quality=85)
        picture.save(folder / f"{name}-progressive.jpg", subsampling=subsampling, quality=60, progressive=True)
    for width, height in SIZES:
        Image.fromarray(scene(width, height, 1)[..., 0]).save(folder / f"{width}x{height}-grey.jpg")
    picture = Image.fromarray(scene(67, 50, 3))
    for quality in (1, 10, 50, 95, 100):
        picture.save(folder / f"quality{quality}.jpg", quality=quality, optimize=True)
    picture.save(folder / "restart.jpg", restart_marker_blocks=2)
    picture.save(folder / "rgb.jpg", keep_rgb=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me": load_img does not
    picture.save(folder / "turned.jpg", exif=exif, comment=b"\xff\xd9 is no end here")
    (folder / "trailing.jpg").write_bytes((folder / "rgb.jpg").read_bytes() + b"more")


def pack(samples, bits):
    """(width, channels) -> the bytes of a row."""
    flat = samples.reshape(-1)
    if bits == 16:
        return flat.astype(">u2").tobytes()
    every_bit = (flat[:, None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(every_bit.astype("uint8")).tobytes()


def png(samples, bits, colour_type, interlaced=False, palette=None, transparency=None):
    """A PNG of (height, width, channels) samples; Pillow cannot write most kinds itself."""
    height, width = samples.shape[:2]
    adam7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for x, y, step_x, step_y in adam7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::step_y, x::step_x]
        if part.size:
            rows += b"".join(b"\0" + pack(row, bits) for row in part)

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, interlaced)
    encoded = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    if palette is not None:
        encoded += chunk(b"PLTE", palette.astype("uint8").tobytes())
    if transparency is not None:
        encoded += chunk(b"tRNS", transparency)
    return encoded + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_pngs(folder):
    random = np.random.default_rng(7)
    for (width, height), (mode, channels) in itertools.product(SIZES, [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4)]):
        pixels = scene(width, height, channels)
        Image.fromarray(pixels[..., 0] if channels == 1 else pixels, mode).save(folder / f"{width}x{height}-{mode}.png")

    def write(name, encoded):
        (folder / f"{name}.png").write_bytes(encoded)

    # colour type -> channels, bits
    kinds = {0: (1, (1, 2, 4, 8)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}
    for colour_type, (channels, depths) in kinds.items():
        for bits, interlaced, (width, height) in itertools.product(depths, (False, True), [(1, 1), (13, 9), (37, 22)]):
            samples = random.integers(0, 1 << bits, (height, width, channels))
            palette = random.integers(0, 256, (1 << bits, 3)) if colour_type == 3 else None
            name = f"type{colour_type}-{bits}bit-{width}x{height}{'-interlaced' if interlaced else ''}"
            write(name, png(samples, bits, colour_type, interlaced, palette))
            if colour_type == 3:
                alphas = random.integers(0, 256, max(1, (1 << bits) - 1)).astype("uint8").tobytes()
                write(f"{name}-alphas", png(samples, bits, colour_type, interlaced, palette, alphas))
                write(f"{name}-hole", png(samples, bits, colour_type, interlaced, palette, b"\xff\x00"[: 1 << bits]))
            if colour_type in (0, 2):
                hole = samples[0, 0].astype(">u2").tobytes()
                write(f"{name}-hole", png(samples, bits, colour_type, interlaced, palette, hole))
    samples = random.integers(0, 256, (9, 13, 1))
    write("short-palette", png(samples, 8, 3, palette=random.integers(0, 256, (200, 3))))


def write_pictures(folder: pathlib.Path):
    """Fills the folder; gives the names, sorted."""
    folder.mkdir()
    write_jpegs(folder)
    write_pngs(folder)
    return sorted(path.name for path in folder.iterdir())


def is_readable(encoded):
    try:
        Image.open(io.BytesIO(encoded)).convert("RGB")
        return True
    except (OSError, SyntaxError, ValueError):
        return False


def write_refused(folder: pathlib.Path):
    """Fills the folder; gives [{"file", "code", "says"}]."""
    folder.mkdir()
    cases = []

    def add(name, encoded, code, says):
        (folder / name).write_bytes(encoded)
        cases.append({"file": name, "code": code, "says": says})

    def save(mode, **options):
        encoded = io.BytesIO()
        Image.fromarray(scene(40, 30, 3)).convert(mode).save(encoded, **options)
        return encoded.getvalue()

    for kind, mode in [("GIF", "P"), ("WebP", "RGB"), ("BMP", "RGB"), ("TIFF", "RGB"), ("AVIF", "RGB")]:
        add(f"cat.{kind.lower()}", save(mode, format=kind), "image-format", f"the kind {kind},")
    add("cat.jp2", save("RGB", format="JPEG2000"), "image-format", "the kind JPEG 2000,")
    add("cmyk.jpg", save("CMYK", format="JPEG"), "image-format", "4 channels")
    add("deep.png", png(np.zeros((3, 3, 1), int), 16, 0), "image-format", "16 bits")
    add("empty.png", b"", "image-invalid", "0 bytes")
    add("words.jpg", b"not a picture", "image-format", "'not a pi'")
    add("start.jpg", b"\xff\xd8\xff\xe0", "image-invalid", "cut short")
    add("start.png", b"\x89PNG\r\n\x1a\n", "image-invalid", "PNG")
    bomb = png(np.zeros((1, 1, 1), int), 8, 0)
    for size, says in [(30_000, "more than the 268,435,456"), (10_000, "can hold at most")]:
        header = b"IHDR" + struct.pack(">II", size, size) + bomb[24:29]
        add(f"bomb{size}.png", bomb[:12] + header + struct.pack(">I", zlib.crc32(header)) + bomb[33:], "image-invalid", says)
    whole = save("RGB", format="JPEG")
    size_at = whole.index(b"\xff\xc0") + 5
    add("bomb.jpg", whole[:size_at] + struct.pack(">HH", 16000, 16000) + whole[size_at + 4 :], "image-invalid", "at most")
    for name, encoded in [("baseline.jpg", whole), ("progressive.jpg", save("RGB", format="JPEG", progressive=True)),
                          ("rgb.png", save("RGB", format="PNG")), ("palette.png", save("P", format="PNG"))]:  # fmt: skip
        for cut in range(9, len(encoded), 97):
            if not is_readable(encoded[:cut]):
                add(f"cut{cut}-{name}", encoded[:cut], "image-invalid", name.rsplit(".")[-1].replace("jpg", "jpeg").upper())
    return cases
