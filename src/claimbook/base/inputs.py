"""What a run reads, noted while it runs: the other half of a cache that cannot be stale.

A chapter asks for entries (its claims, a table's descriptor), each noted here with a digest of
its content, so that an edit of one entry makes stale what used that entry and nothing else.
Files are noted by `watch`, which sees each one opened. Outside a kernel nobody listens.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ENGINE = Path(__file__).parents[1]  # where the engine itself stands
ABSENT = "absent"

Listener = Callable[[str, str, str], None]

_listeners: list[Listener] = []
_quiet = 0


def listen(listener: Listener) -> None:
    """Have `listener` called with kind, name and digest of every entry that is used."""
    _listeners.append(listener)


def note(kind: str, name: str, content: Any) -> None:
    """Say that the run depends on this content, which is JSON data."""
    for listener in _listeners:
        listener(kind, name, digest(content))


def digest(content: Any) -> str:
    """A checksum of JSON data.

    >>> digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    True
    """
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def by_entry() -> Iterator[None]:
    """Read files of which only entries are used: they are noted one by one, not as files."""
    global _quiet
    _quiet += 1
    try:
        yield
    finally:
        _quiet -= 1


def read_by_entry() -> bool:
    """Whether files are just now read for their entries."""
    return _quiet > 0


def module_name(path: Path, root: Path) -> str:
    """How a module's source is named: from the engine's folder, or from the project's."""
    if path.is_relative_to(ENGINE):
        return f"claimbook/{path.relative_to(ENGINE).as_posix()}"
    return path.relative_to(root).as_posix()


def module_path(name: str, root: Path) -> Path:
    """The source of a module that `module_name` named."""
    package, _, rest = name.partition("/")
    return ENGINE / rest if package == "claimbook" else root / name


def file_digest(path: Path) -> str:
    """The checksum of a file's bytes; `ABSENT` if there is no such file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ABSENT


def folder_digest(path: Path) -> str:
    """A digest of the names in a folder; `ABSENT` if there is none."""
    try:
        return digest(sorted(os.listdir(path)))  # noqa: PTH208 - names, not paths
    except OSError:
        return ABSENT
