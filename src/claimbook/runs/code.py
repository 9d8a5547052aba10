"""Parameters as code: a name and a value as a line that sets just these, and executes nothing."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from datetime import date
from keyword import iskeyword
from types import NoneType
from typing import Any

from claimbook.base import ClaimbookError, for_message

NAME_RULE = "a name is letters, digits and _, no digit first, and no word of Python's own"
DATE_IMPORT = "from datetime import date"


def is_name(name: object) -> bool:
    """Whether a parameter may be called so.

    >>> is_name("year"), is_name("class"), is_name("__name__"), is_name("the year")
    (True, False, False, False)
    """
    return (
        isinstance(name, str)
        and name.isidentifier()
        and not iskeyword(name)
        and not (name.startswith("__") and name.endswith("__"))
        and unicodedata.normalize("NFKC", name) == name  # else the kernel knows it by another
    )


def as_code(values: Mapping[str, Any]) -> str:
    """Source that sets each name to its value: one line a name, of literals and dates alone.

    Raises ClaimbookError for what is no name, or no value that a parameter may have.

    >>> print(as_code({"year": 2022, "day": date(2024, 5, 1)}))
    from datetime import date
    year = 2022
    day = date(2024, 5, 1)
    """
    lines = [_assignment(name, value) for name, value in values.items()]
    items = [
        item for value in values.values() for item in (value if type(value) is list else [value])
    ]
    if date in map(type, items):
        if "date" in values:
            raise ClaimbookError("parameter 'date': the name is taken, as another value is a date")
        lines.insert(0, DATE_IMPORT)
    return "\n".join(lines)


def _assignment(name: str, value: Any) -> str:
    if not is_name(name):
        raise ClaimbookError(f"parameter {for_message(name)}: {NAME_RULE}")
    try:
        if type(value) is list:
            return f"{name} = [{', '.join(map(_scalar, value))}]"
        return f"{name} = {_scalar(value)}"
    except ValueError:  # an integer that is too long, too
        raise ClaimbookError(
            f"parameter {name!r}: {for_message(value)} cannot be written as code; allowed: "
            "None, bool, int, finite float, str, date, and lists of them"
        ) from None


def _scalar(value: Any) -> str:
    """Raises ValueError for what is no scalar of exactly these types."""
    if type(value) is date:
        return f"date({value.year}, {value.month}, {value.day})"
    if type(value) in (NoneType, bool, int, str) or (type(value) is float and math.isfinite(value)):
        return repr(value)
    raise ValueError("no literal")
