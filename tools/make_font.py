"""Draws the letters of pictures: Aileron Regular in three sizes, as coverages from 0 to 255, into src/render/font/aileron.bin.

    npm pack @fontsource/aileron && tar xzf fontsource-aileron-*.tgz
    python tools/make_font.py package/files/aileron-latin-400-normal.woff

Numbers are little-endian. First the number of faces (4 bytes), then for each 12 bytes: size, height of a line, height of the line's
part above the base line, number of glyphs (2 bytes each) and where the glyphs begin in the file (4). A glyph has 12 bytes: character (2),
how far the pen moves on, left, top, width, height of its picture (1 each, left and top signed, from the pen on the base line), a zero, and
where its picture begins (4). Glyphs are ordered by character; the first, 0, is drawn for all that are missing.
"""

import pathlib
import struct
import sys

from PIL import Image, ImageDraw, ImageFont

OUT = pathlib.Path(__file__).resolve().parents[1] / "src/render/font/aileron.bin"
SIZES = (12, 14, 20)
MISSING_HERE = "ªº²³¹µ¼½¾"
CHARACTERS = sorted(
    {chr(code) for code in [*range(0x20, 0x7F), *range(0xA0, 0x100)]} - set(MISSING_HERE) | set("–—‘’“”•…→−")
)


def pixels(mask):
    return Image.frombytes("L", mask.size, bytes(mask))


def glyph(font, character):
    """(advance, left, top, picture)"""
    if character == "−":  # the font has none: the bar of its plus
        advance, left, top, plus = glyph(font, "+")
        bar = max(range(plus.height), key=lambda y: sum(plus.crop((0, y, plus.width, y + 1)).tobytes()))
        first = bar - 1 if plus.getpixel((0, bar - 1)) else bar
        last = bar + 1 if plus.getpixel((0, bar + 1)) else bar
        return advance, left, top + first, plus.crop((0, first, plus.width, last + 1))
    if character == "→":
        advance, left, top, plus = glyph(font, "+")
        return advance + font.size // 4, left, top, arrow(plus.width + font.size // 4, plus.height, font.size)
    mask, (left, top) = font.getmask2(character, mode="L", anchor="ls")
    return round(font.getlength(character)), left, top, pixels(mask)


def arrow(width, height, size, finer=16):
    large = Image.new("L", (width * finer, height * finer))
    draw = ImageDraw.Draw(large)
    middle, right, head = large.height / 2, large.width - finer / 2, large.height * 0.36
    line = {"fill": 255, "width": round(size * finer / 13)}
    draw.line([(0, middle), (right, middle)], **line)
    draw.line([(right - head, middle - head), (right, middle), (right - head, middle + head)], **line, joint="curve")
    return large.resize((width, height), Image.Resampling.BOX)


def main(path):
    faces, glyphs, pictures = b"", b"", b""
    glyphs_at = 4 + 12 * len(SIZES)
    pictures_at = glyphs_at + 12 * len(SIZES) * (1 + len(CHARACTERS))
    for size in SIZES:
        font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
        above, below = font.getmetrics()
        faces += struct.pack("<4HI", size, above + below, above, 1 + len(CHARACTERS), glyphs_at + len(glyphs))
        assert len({glyph(font, figure)[0] for figure in "0123456789"}) == 1, "figures must be equally wide"
        missing = glyph(font, "\uffff")
        for character in ["\0", *CHARACTERS]:
            advance, left, top, picture = missing if character == "\0" else glyph(font, character)
            assert character in "\0 \xa0" or (picture.getbbox() and picture.tobytes() != missing[3].tobytes()), character
            glyphs += struct.pack("<HBbbBBBI", ord(character), advance, left, top, *picture.size, 0, pictures_at + len(pictures))
            pictures += picture.tobytes()
    OUT.write_bytes(struct.pack("<I", len(SIZES)) + faces + glyphs + pictures)
    print(f"{OUT}: {OUT.stat().st_size} bytes, {1 + len(CHARACTERS)} glyphs in {len(SIZES)} sizes")


if __name__ == "__main__":
    main(sys.argv[1])
