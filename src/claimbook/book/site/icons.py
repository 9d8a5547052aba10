"""Takes what no reader needs out of a built book: most of the theme's icons, maps, old fonts."""

from __future__ import annotations

import re
from collections.abc import Set
from pathlib import Path

from claimbook.base import replace_text

# Maps for debuggers, sources of translations, and fonts for browsers older than WOFF2.
_DEAD = {".map", ".po", ".mo", ".ttf"}
_ICONS = Path("_static") / "scripts" / "fontawesome.js"
_BRANDS = Path("_static") / "vendor" / "fontawesome" / "webfonts" / "fa-brands-400.woff2"
_BRAND = re.compile(r"\bfa-brands\b|\bfab\b")
_USED = re.compile(r"\bfa-([a-z0-9]+(?:-[a-z0-9]+)*)")
# One icon of Font Awesome's script: name:[width,height,[other names],"code","path"],
_ICON = re.compile(
    r'(?P<name>"[a-z0-9-]+"|[a-z0-9]+):\[\d+,\d+,\[(?P<others>[^\]]*)\],"[0-9a-f]*",'
    r'(?:"[^"]*"|\["[^"]*"(?:,"[^"]*")*\])\],?'
)


def lighten(book: Path) -> None:
    """Remove dead files of the theme under `book`, and icons that no page or script names."""
    for path in (book / "_static").rglob("*"):
        if path.suffix in _DEAD:
            path.unlink()
    pages = (path.read_text(encoding="utf-8") for path in book.rglob("*.html"))
    if not any(map(_BRAND.search, pages)):
        (book / _BRANDS).unlink(missing_ok=True)
    icons = book / _ICONS
    if icons.is_file():
        texts = [path for kind in ("*.html", "*.js") for path in book.rglob(kind) if path != icons]
        used = {name for path in texts for name in _USED.findall(path.read_text(encoding="utf-8"))}
        replace_text(icons, with_icons(icons.read_text(encoding="utf-8"), used))


def with_icons(script: str, used: Set[str]) -> str:
    """Font Awesome's script with those icons only of which a name is in `used`.

    A script of another form stays as it is.

    >>> with_icons('{sun:[1,1,[],"f1","M0"],"no-one":[1,1,[9,"moon"],"f2","M1"],}', {"moon"})
    '{"no-one":[1,1,[9,"moon"],"f2","M1"],}'
    """

    def kept(icon: re.Match[str]) -> str:
        names = {icon["name"], *icon["others"].split(",")}
        return icon[0] if used & {name.strip('"') for name in names} else ""

    return _ICON.sub(kept, script)
