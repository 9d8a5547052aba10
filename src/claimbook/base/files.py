"""Writing files and folders whole or not at all."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claimbook.base.errors import ClaimbookError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def replace_text(path: Path, text: str) -> None:
    """Put `text` at `path` in one step, making its folder if there is none."""
    replace_bytes(path, text.encode("utf-8"))


def replace_bytes(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step, making its folder if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def exchange(new: Path, place: Path) -> None:
    """Put the folder `new` at `place`, in one step where the system has one for it.

    The old folder is left beside or at `new`, for the caller to remove.
    """
    if not place.exists():
        new.rename(place)
    elif not _exchanged(new, place):
        old = new.with_name("old")
        place.rename(old)
        try:
            new.rename(place)
        except OSError:
            old.rename(place)
            raise


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


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two paths in one step; say whether the system could."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    status: int = rename(
        _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE
    )
    return status == 0
