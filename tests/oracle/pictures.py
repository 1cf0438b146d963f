"""Test pictures: JPEG, PNG, WebP, GIF and BMP of every kind that is read, truncated ones, and kinds that are refused."""

import io
import itertools
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

KIND_NAMES = {"jpg": "JPEG", "png": "PNG", "webp": "WebP", "gif": "GIF", "bmp": "picture"}
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
    picture.save(folder / "profile.jpg", icc_profile=b"a colour profile is not applied")
    for width, height in SIZES:
        cmyk = Image.fromarray(scene(width, height, 4), "CMYK")
        cmyk.save(folder / f"{width}x{height}-cmyk.jpg")
        cmyk.save(folder / f"{width}x{height}-cmyk-progressive.jpg", quality=60, progressive=True)
        encoded = (folder / f"{width}x{height}-cmyk.jpg").read_bytes()
        # Adobe's marker says how the four channels are meant: 0 CMYK, 2 YCCK.
        adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"
        at = encoded.find(b"Adobe")
        without = encoded[: at - 4] + encoded[at + 12 :] if at > 0 else encoded
        for name, marker in [("plain", b""), ("adobe0", adobe + b"\0"), ("ycck", adobe + b"\2")]:
            (folder / f"{width}x{height}-{name}.jpg").write_bytes(without[:2] + marker + without[2:])


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
    kinds = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}
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


def write_deep_pngs(folder):
    """Grey of 16 bits whose numbers lie around 255, where Pillow cuts them."""
    edges = np.array([0, 1, 44, 127, 128, 254, 255, 256, 257, 300, 556, 32767, 65280, 65535])[None, :, None]
    for low in (None, 0, 44, 255, 257, 300, 65535):
        transparency = None if low is None else low.to_bytes(2, "big")
        (folder / f"edges-{low}.png").write_bytes(png(edges, 16, 0, transparency=transparency))
    (folder / "dark.png").write_bytes(png(edges.clip(0, 255), 16, 0))
    smooth = scene(37, 22, 1).astype(int) * 257 - 100
    (folder / "37x22-deep.png").write_bytes(png(smooth.clip(0, 65535), 16, 0))


def write_apng(folder):
    frames = [Image.fromarray(scene(17, 9, 4, seed)) for seed in range(3)]
    frames[0].save(folder / "moving.png", save_all=True, append_images=frames[1:])
    frames[0].save(folder / "moving-hidden.png", save_all=True, append_images=frames[1:], default_image=True)


def riff(kind, *chunks):
    content = kind + b"".join(name + struct.pack("<I", len(it)) + it + b"\0" * (len(it) % 2) for name, it in chunks)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def write_webps(folder):
    for (width, height), (mode, channels) in itertools.product(SIZES, [("RGB", 3), ("RGBA", 4)]):
        picture = Image.fromarray(scene(width, height, channels), mode)
        for name, options in [("q80", {}), ("q5", {"quality": 5, "alpha_quality": 20}), ("lossless", {"lossless": True}),
                              ("exact", {"lossless": True, "exact": True})]:  # fmt: skip
            picture.save(folder / f"{width}x{height}-{mode}-{name}.webp", **options)
    frames = [Image.fromarray(scene(33, 20, 4, seed)) for seed in range(3)]
    frames[0].save(folder / "moving.webp", save_all=True, append_images=frames[1:])
    frames[0].convert("RGB").save(folder / "moving-RGB.webp", save_all=True, append_images=frames[1:])
    exif = Image.Exif()
    exif[0x0112] = 6
    frames[0].save(folder / "turned.webp", exif=exif)

    def u24(number):
        return struct.pack("<I", number)[:3]

    # A first frame that leaves some of its canvas free, with and without the flag that promises transparency.
    for mode, flag, (name, options) in itertools.product(
        ("RGB", "RGBA"), (0x02, 0x12), [("lossy", {}), ("lossless", {"lossless": True})]
    ):
        encoded = io.BytesIO()
        frames[1].convert(mode).crop((0, 0, 12, 10)).save(encoded, "WEBP", **options)
        frame = u24(2) + u24(3) + u24(11) + u24(9) + u24(100) + b"\0"
        # The still file's own header, if it has one, has no place in a frame.
        parts, at = b"", 12
        whole = encoded.getvalue()
        while at < len(whole):
            end = at + 8 + struct.unpack_from("<I", whole, at + 4)[0]
            end += end % 2
            parts += whole[at:end] if whole[at : at + 4] != b"VP8X" else b""
            at = end
        (folder / f"offset-{mode}-{flag}-{name}.webp").write_bytes(
            riff(b"WEBP", (b"VP8X", bytes([flag, 0, 0, 0]) + u24(32) + u24(19)),
                 (b"ANIM", b"\x10\x20\x30\xff\0\0"), (b"ANMF", frame + parts), (b"ANMF", frame + parts)))  # fmt: skip


def lzw(indexes, bits):
    """GIF's compression without its gain: a clear code before the codes would grow."""
    codes, most = [], (1 << bits) - 2
    for number, index in enumerate(indexes):
        codes += [1 << bits] * (number % most == 0) + [int(index)]
    codes.append((1 << bits) + 1)
    number = sum(code << (bits + 1) * place for place, code in enumerate(codes))
    packed = number.to_bytes((len(codes) * (bits + 1) + 7) // 8, "little")
    blocks = [packed[at : at + 255] for at in range(0, len(packed), 255)]
    return bytes([bits]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def gif(canvas, frame, box, palette=None, local=None, transparent=None, interlaced=False, background=0, bits=None):
    """A GIF of one frame of indexes at box = (left, top); palettes are (2^n, 3)."""

    def flags(colors):
        return 0 if colors is None else 0x80 | (len(colors).bit_length() - 2)

    def table(colors):
        return b"" if colors is None else colors.astype("uint8").tobytes()

    encoded = b"GIF89a" + struct.pack("<HHBBB", *canvas, flags(palette), background, 0) + table(palette)
    encoded += b"!\xfe\x05hello\0"
    if transparent is not None:
        encoded += b"!\xf9\x04" + struct.pack("<BHB", 1, 10, transparent) + b"\0"
    height, width = frame.shape
    rows = list(range(height))
    if interlaced:
        rows = [*rows[::8], *rows[4::8], *rows[2::4], *rows[1::2]]
    encoded += b"," + struct.pack("<HHHHB", *box, width, height, flags(local) | 0x40 * interlaced) + table(local)
    return encoded + lzw(frame[rows].reshape(-1), bits or max(2, int(frame.max()).bit_length())) + b";"


def write_gifs(folder):
    random = np.random.default_rng(11)
    for width, height in SIZES:
        picture = Image.fromarray(scene(width, height, 3))
        picture.save(folder / f"{width}x{height}.gif")
        picture.convert("L").save(folder / f"{width}x{height}-grey.gif", interlace=0)
        picture.convert("1").save(folder / f"{width}x{height}-1.gif")
        picture.quantize(13).save(folder / f"{width}x{height}-hole.gif", transparency=3)
    frames = [Image.fromarray(scene(33, 20, 3, seed)) for seed in range(3)]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:], disposal=2)

    def colors(count):
        return random.integers(0, 256, (count, 3))

    grey = np.arange(8)[:, None].repeat(3, 1)
    # Not among them: a local palette of greys under a global one of colours, for which Pillow takes the wrong one.
    tables = {"none": {}, "global": {"palette": colors(8)}, "local": {"local": colors(8)}, "greys": {"palette": grey},
              "local-greys": {"local": grey}, "short": {"palette": colors(2)},
              "both": {"palette": colors(4), "local": colors(16)}}  # fmt: skip
    for (name, table), box, hole, interlaced in itertools.product(
        tables.items(), [(0, 0), (3, 5), (9, 9)], [None, 0, 2, 200], (False, True)
    ):
        frame = random.integers(0, 8, (11, 13))
        encoded = gif((20, 18), frame, box, **table, transparent=hole, interlaced=interlaced, background=1)
        (folder / f"{name}-{box[0]}-{hole}-{int(interlaced)}.gif").write_bytes(encoded)
    wide = random.integers(0, 256, (5, 60))
    (folder / "no-canvas.gif").write_bytes(gif((0, 0), wide, (0, 0), colors(256)))
    (folder / "wide-codes.gif").write_bytes(gif((60, 5), wide, (0, 0), colors(4), bits=8))


def bmp(pixels, bits, header=40, palette=b"", masks=b"", from_top=False):
    """A BMP of (height, width, channels) samples in the file's order: indexes, or blue, green, red."""
    height, width = pixels.shape[:2]
    rows = [pack(row, min(bits, 8)) for row in pixels]
    rows = [row + bytes(-len(row) % 4) for row in rows]
    if header == 12:
        fields = struct.pack("<IHHHH", header, width, height, 1, bits)
    else:
        signed = -height if from_top else height
        fields = struct.pack("<IiiHHIIIIII", header, width, signed, 1, bits, 3 if masks else 0, 0, 0, 0, 0, 0)
        fields += masks + bytes(max(0, header - 40 - len(masks)))
    content = b"".join(rows if from_top else rows[::-1])
    begin = 14 + len(fields) + len(palette)
    return b"BM" + struct.pack("<IHHI", begin + len(content), 0, 0, begin) + fields + palette + content


def write_bmps(folder):
    random = np.random.default_rng(13)
    for width, height in SIZES:
        for mode in ("1", "L", "RGB"):
            Image.fromarray(scene(width, height, 3)).convert(mode).save(folder / f"{width}x{height}-{mode}.bmp")
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    for bits, header, from_top in itertools.product((1, 4, 8, 24, 32), (12, 40, 56, 124), (False, True)):
        channels = max(1, bits // 8)
        pixels = random.integers(0, 1 << min(bits, 8), (11, 13, channels))
        palette = random.integers(0, 256, (1 << bits, 3 if header == 12 else 4)) if bits <= 8 else np.zeros(0)
        palette = palette.astype("uint8").tobytes()
        name = f"{bits}-{header}{'-from-top' * from_top}"
        (folder / f"{name}.bmp").write_bytes(bmp(pixels, bits, header, palette, from_top=from_top))
        if bits == 32 and header >= 40:
            some = masks[:12] if header == 40 else masks
            (folder / f"{name}-masks.bmp").write_bytes(bmp(pixels, bits, header, masks=some, from_top=from_top))


def write_pictures(folder: pathlib.Path):
    """Fills the folder; gives the names, sorted."""
    folder.mkdir()
    write_jpegs(folder)
    write_pngs(folder)
    write_deep_pngs(folder)
    write_webps(folder)
    write_gifs(folder)
    write_bmps(folder)
    write_apng(folder)
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

    for kind, mode in [("TIFF", "RGB"), ("AVIF", "RGB")]:
        add(f"cat.{kind.lower()}", save(mode, format=kind), "image-format", f"the kind {kind},")
    add("cat.jp2", save("RGB", format="JPEG2000"), "image-format", "the kind JPEG 2000,")
    whole = bmp(np.zeros((3, 3, 4), int), 32)
    add("masks.bmp", bmp(np.zeros((3, 3, 4), int), 32, masks=bytes(range(12))), "image-format", "its own masks")
    add("packed.bmp", whole[:30] + b"\1" + whole[31:], "image-format", "compressed (kind 1)")
    add("header.bmp", whole[:14] + b"\x10" + whole[15:], "image-format", "a header of 16 bytes")
    add("bits.bmp", whole[:28] + b"\x02" + whole[29:], "image-format", "2 bits a pixel")
    add("bomb.bmp", whole[:18] + struct.pack("<ii", 13000, 13000) + whole[26:], "image-invalid", "at most")
    add("least.bmp", whole[:18] + struct.pack("<ii", 3, -(1 << 31)) + whole[26:], "image-invalid", "more than")
    add("empty.png", b"", "image-invalid", "0 bytes")
    add("words.jpg", b"not a picture", "image-format", "'not a pi'")
    add("start.jpg", b"\xff\xd8\xff\xe0", "image-invalid", "cut short")
    add("start.png", b"\x89PNG\r\n\x1a\n", "image-invalid", "PNG")
    bomb = png(np.zeros((1, 1, 1), int), 8, 0)
    for size, says in [(30_000, "more than the 178,956,970"), (10_000, "can hold at most")]:
        header = b"IHDR" + struct.pack(">II", size, size) + bomb[24:29]
        add(f"bomb{size}.png", bomb[:12] + header + struct.pack(">I", zlib.crc32(header)) + bomb[33:], "image-invalid", says)
    whole = save("RGB", format="JPEG")
    size_at = whole.index(b"\xff\xc0") + 5
    add("bomb.jpg", whole[:size_at] + struct.pack(">HH", 13000, 13000) + whole[size_at + 4 :], "image-invalid", "at most")
    for name, encoded in [("baseline.jpg", whole), ("progressive.jpg", save("RGB", format="JPEG", progressive=True)),
                          ("rgb.png", save("RGB", format="PNG")), ("palette.png", save("P", format="PNG")),
                          ("lossy.webp", save("RGB", format="WEBP")), ("palette.gif", save("P", format="GIF")), ("rgb.bmp", save("RGB", format="BMP")),
                          ("lossless.webp", save("RGBA", format="WEBP", lossless=True))]:  # fmt: skip
        for cut in range(16, len(encoded), 97):
            if not is_readable(encoded[:cut]):
                add(f"cut{cut}-{name}", encoded[:cut], "image-invalid", KIND_NAMES[name.rsplit(".")[-1]])
    return cases
