"""How soon a page can be shown: one style sheet a page, and scripts only when it stands."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from os.path import relpath
from pathlib import Path

from claimbook.base import replace_text

_LINK = re.compile(r'<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="([^"?]+)[^"]*"[^>]*>\s*')
_IMPORT = re.compile(r"""@import\s+(?:url\()?["']([^"']+)["']\)?\s*;""")
_ADDRESS = re.compile(r"""url\((["']?)(?!data:|#|/)([^"')]+)\1\)""")
# Scripts in the page use the options as they come by; nothing else is needed before the end.
_OPTIONS = re.compile(r'<script src="([^"?]*/documentation_options\.js)[^"]*"></script>')
_WAITING = re.compile(r"<script(?![^>]*\b(?:defer|async|type)\b)(?=[^>]*\bsrc=)")


def quicken(book: Path) -> None:
    """Give every page under `book` its style sheets as one, and defer its scripts."""
    pages = (p for p in book.rglob("*.html") if not p.is_relative_to(book / "_static"))
    for page in pages:  # the theme has templates there
        text = page.read_text(encoding="utf-8")
        sheets = [(page.parent / name).resolve() for name in _LINK.findall(text)]
        if sheets:
            sheet = Path(relpath(_join(book.resolve(), sheets), page.parent.resolve()))
            first = f'<link rel="stylesheet" href="{sheet.as_posix()}" />\n'
            start = _LINK.search(text)
            assert start
            text = text[: start.start()] + first + _LINK.sub("", text[start.end() :])
        text = _OPTIONS.sub(partial(_inlined, page), text)
        replace_text(page, _WAITING.sub("<script defer", text))


def _inlined(page: Path, found: re.Match[str]) -> str:
    return f"<script>{(page.parent / found[1]).read_text(encoding='utf-8')}</script>"


def _join(book: Path, sheets: list[Path]) -> Path:
    """Write one style sheet that does what `sheets` do in their order; return its place."""
    folder = book / "_static"
    text = "\n".join(_whole(sheet, folder) for sheet in sheets)
    place = folder / f"book-{hashlib.sha256(text.encode()).hexdigest()[:8]}.css"
    replace_text(place, text)
    return place


def _whole(sheet: Path, folder: Path) -> str:
    """A style sheet with those that it imports, and with addresses as seen from `folder`."""
    text = _ADDRESS.sub(partial(_address, sheet, folder), sheet.read_text(encoding="utf-8"))
    return _IMPORT.sub(lambda found: _whole((sheet.parent / found[1]).resolve(), folder), text)


def _address(sheet: Path, folder: Path, found: re.Match[str]) -> str:
    return f'url("{Path(relpath((sheet.parent / found[2]).resolve(), folder)).as_posix()}")'
