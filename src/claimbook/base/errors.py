"""The errors that users are meant to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

_SHOWN = 200  # characters of a value in a message


class ClaimbookError(Exception):
    """A fault in what the user gave: it names the thing, the value and what is allowed."""


class FailedError(ClaimbookError):
    """What was asked for is right, but a run or the compilation failed."""


class FaultsError(ClaimbookError):
    """Several faults of one thing.

    `faults` holds them one by one, each with its place, so that it can be read alone; `place` is
    that of all, where their texts do not name it.
    """

    def __init__(self, what: str, faults: Sequence[str], place: str = "") -> None:
        super().__init__(f"{what}:\n  " + "\n  ".join(faults))
        self.faults = [f"{place}: {fault}" if place else fault for fault in faults]


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Words that say which allowed name is nearest to `name`, and what else is allowed.

    >>> nearest("relase", ["release", "year"])
    'did you mean release? Allowed: release, year'
    """
    names = [str(item) for item in allowed]
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    guess = f"did you mean {close[0]}? " if close else ""
    shown = names if len(names) <= 30 else [*names[:29], f"... ({len(names)} in all)"]
    return f"{guess}{'Allowed' if guess else 'allowed'}: {', '.join(shown)}"


def for_message(value: Any) -> str:
    """A value as messages write it: like code, in one line, cut if long; a date as ISO text.

    >>> for_message("soon"), for_message(date(2024, 5, 1))
    ("'soon'", '2024-05-01')
    """
    if type(value) is date:
        return value.isoformat()
    try:
        text = " ".join(repr(value).splitlines())
    except Exception:  # a value too large or too deep, or whose own `__repr__` fails
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
