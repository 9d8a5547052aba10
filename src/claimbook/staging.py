"""Folders that are put in place whole or not at all, and never over others by mistake."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claimbook.errors import ClaimbookError
from claimbook.files import exchange


@contextmanager
def new_folder(place: Path, *, force: bool, mark: str) -> Iterator[Path]:
    """A folder beside `place` that is put there when the context ends without an error.

    An existing `place` is refused with ClaimbookError unless `force`; and with it too, if it is
    neither empty nor holds `mark`, because it was then made by something else.
    """
    if place.is_file() or (place.exists() and not force and any(place.iterdir())):
        raise ClaimbookError(f"{place}: exists already; name another folder or use --force")
    if place.exists() and any(place.iterdir()) and not (place / mark).exists():
        raise ClaimbookError(f"{place}: holds no {mark}, so it was not made here; not replaced")
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}."))
    try:
        new = draft / "new"
        new.mkdir()
        yield new
        exchange(new, place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
