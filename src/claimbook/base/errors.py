"""The errors that users are meant to read."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ClaimbookError(Exception):
    """A fault in what the user gave: it names the thing, the value and what is allowed."""


class FailedError(ClaimbookError):
    """What was asked for is right, but a run or the compilation failed."""


class FaultsError(ClaimbookError):
    """Several faults of one thing, `what`; `faults` holds them one by one."""

    def __init__(self, what: str, faults: Iterable[str]) -> None:
        self.faults = list(faults)
        super().__init__(f"{what}:\n  " + "\n  ".join(self.faults))


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
