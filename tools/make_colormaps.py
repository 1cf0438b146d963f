"""Prints src/render/colormap_tables.cc; needs matplotlib and numpy.

viridis and magma are Nathaniel Smith's and Stéfan van der Walt's, given away as CC0
(https://bids.github.io/colormap/); matplotlib carries their numbers. The diverging map is our own: in OKLab
(https://bottosson.github.io/posts/oklab/) the lightness falls evenly from a near-white middle to both ends, blue (hue
250 degrees) for what is negative, red (35) for what is positive. Blue and red of equal lightness stay apart for every
common kind of colour blindness.
"""

import matplotlib
import numpy as np

LIGHTEST, DARKEST, CHROMA = 0.965, 0.38, 0.16
HUE_NEGATIVE, HUE_POSITIVE = 250, 35


def linear_rgb(lightness, a, b):
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return np.array(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ]
    )


def srgb(lightness, chroma, hue_degrees):
    """The colour, or the most saturated one of its lightness and hue that a screen can show."""
    hue = np.deg2rad(hue_degrees)
    for share in np.linspace(1, 0, 201):
        linear = linear_rgb(lightness, share * chroma * np.cos(hue), share * chroma * np.sin(hue))
        if linear.min() >= 0 and linear.max() <= 1:
            break
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def diverging():
    colors = []
    for place in np.linspace(-1, 1, 256):
        distance = abs(place)
        chroma = CHROMA * np.sin(np.pi / 2 * min(1.6 * distance, 1))
        chroma *= 1 - 0.25 * (max(distance - 0.625, 0) / 0.375) ** 2  # dark colours cannot be as saturated
        lightness = LIGHTEST - (LIGHTEST - DARKEST) * distance
        colors.append(srgb(lightness, chroma, HUE_NEGATIVE if place < 0 else HUE_POSITIVE))
    return np.array(colors)


def main():
    print("// Made by tools/make_colormaps.py, which says where the colours come from.")
    print('#include "render/colormap_tables.h"\n\nnamespace kerascope {\n\n// clang-format off')
    tables = {name: matplotlib.colormaps[name].colors for name in ("viridis", "magma")} | {"diverging": diverging()}
    for name, colors in tables.items():
        print(f"const std::array<Rgb, 256> k{name.capitalize()} = {{{{")
        for first in range(0, 256, 6):
            rows = np.round(255 * np.array(colors[first : first + 6])).astype(int)
            print("    " + " ".join("{%d, %d, %d}," % tuple(row) for row in rows))
        print("}};\n")
    print("// clang-format on\n\n}  // namespace kerascope")


if __name__ == "__main__":
    main()
