"""Whether the shown book is what the project gives: built again elsewhere, and compared."""

from __future__ import annotations

import tempfile
from pathlib import Path

from claimbook.base import Project, fresh_copy
from claimbook.book.build import build_book
from claimbook.book.jupyter_book import BuildError
from claimbook.runs import Progress

_SHOWN = 100  # characters of a differing line


def byte_differences(project: Project, progress: Progress, *, cold: bool = False) -> list[str]:
    """Build the book in a fresh copy of the project; say what differs from the shown one.

    Each difference names the file and the first differing line. Raises BuildError if no book is
    shown.
    """
    if not project.html.is_dir():
        raise BuildError(f"{project.html}: there is no book to verify; build it first")
    with tempfile.TemporaryDirectory(prefix="claimbook-verify-") as folder:
        copy = fresh_copy(project, Path(folder).resolve() / "project")
        build_book(copy, progress, cold=cold)
        return compare(project.html, copy.html)


def compare(shown: Path, fresh: Path) -> list[str]:
    """The differences between two folders, file by file."""
    names = sorted(_names(shown) | _names(fresh))
    return [found for name in names if (found := _difference(shown / name, fresh / name, name))]


def _names(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def _difference(shown: Path, fresh: Path, name: str) -> str:
    if not shown.is_file():
        return f"{name}: is missing in the shown book"
    if not fresh.is_file():
        return f"{name}: is in the shown book, but not made by a fresh build"
    one, other = shown.read_bytes(), fresh.read_bytes()
    if one == other:
        return ""
    try:
        lines = [content.decode().splitlines() for content in (one, other)]
    except UnicodeDecodeError:
        place = next(
            (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
            min(len(one), len(other)),
        )
        return f"{name}: differs from byte {place} on"
    for number, (a, b) in enumerate(zip(*lines, strict=False), 1):
        if a != b:
            return f"{name}:{number}: shown {_around(a, b)!r}, fresh {_around(b, a)!r}"
    shorter = min(map(len, lines))
    return f"{name}:{shorter + 1}: one of the two ends here"


def _around(line: str, other: str) -> str:
    """The part of a line at which it begins to differ from another."""
    same = next(
        (i for i, (a, b) in enumerate(zip(line, other, strict=False)) if a != b),
        min(len(line), len(other)),
    )
    start = max(0, same - 20)
    return line[start : start + _SHOWN]
