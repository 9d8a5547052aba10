"""What a run reads, noted while it runs: the other half of a cache that cannot be stale.

A chapter asks for entries (its claims, a table's descriptor), each noted here with a digest of
its content, so that an edit of one entry makes stale what used that entry and nothing else.
Files are noted by `watch`, which sees each one opened. Outside a kernel nobody listens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

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
