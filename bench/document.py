"""Fills in what docs/performance.md says in numbers: whatever stands between <!-- bench NAME --> and <!-- end -->."""

import re

from contenders import ROOT

PAGE = ROOT / "docs/performance.md"


def fill(parts):
    """@param parts  {NAME: Markdown}; a place for each must be there."""
    text = PAGE.read_text()
    for name, markdown in parts.items():
        place = re.compile(rf"(<!-- bench {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text, found = place.subn(lambda match: f"{match[1]}\n{markdown}\n\n{match[2]}", text)
        if found != 1:
            raise ValueError(f"{PAGE} has {found} places for '{name}'")
    PAGE.write_text(text)
    print(f"wrote     {PAGE}")
