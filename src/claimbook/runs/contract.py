"""What a parameter may be: the types there are, and the rules that narrow them.

A value is a scalar (`int`, `float`, `str`, `bool` or `date`) or a list of scalars of one type, and
with `| None` it may be None. Nothing is converted but what JSON and YAML cannot write: a float may
be given as a whole number, a date as "2024-05-01". Floats are finite. Whatever else is given - a
dictionary, a tuple, a list in a list, a scalar of numpy, "2022" for an int - is refused. A rule is
a range, alternatives, or the values of a table's column.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from re import fullmatch
from types import NoneType
from typing import Annotated, Any

from pydantic import AfterValidator, Field, FiniteFloat, TypeAdapter, ValidationError

from claimbook.base import ClaimbookError, Project, for_message, nearest
from claimbook.data import load_table
from claimbook.runs.given import read_text

# pydantic's own date takes the digits of a second since 1970 too.
_Day = Annotated[
    str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(date.fromisoformat)
]
_SCALARS = {"int": int, "float": FiniteFloat, "str": str, "bool": bool, "date": _Day}
_CERTAIN: dict[str, Any] = {
    **_SCALARS,
    **{f"list[{name}]": list[kind] for name, kind in _SCALARS.items()},  # type: ignore[valid-type]
}
_TYPES = {**_CERTAIN, **{f"{name} | None": kind | None for name, kind in _CERTAIN.items()}}


def known_type(text: str) -> str:
    """The annotation itself, if it names a type. Raises ClaimbookError for any other."""
    if text not in _TYPES:
        raise ClaimbookError(f"unknown type {text!r}: {nearest(text, [*_CERTAIN, 'T | None'])}")
    return text


def scalar_of(kind: str) -> str:
    """The type of the scalars that values of a type hold.

    >>> scalar_of("list[int] | None")
    'int'
    """
    return kind.removesuffix(" | None").removeprefix("list[").removesuffix("]")


def scalars(value: Any) -> list[Any]:
    """The scalars that a value holds: itself, or its items; None is no scalar.

    >>> scalars([2019, 2020]), scalars(None)
    ([2019, 2020], [])
    """
    return value if isinstance(value, list) else [] if value is None else [value]


def typed(kind: str, given: Any) -> Any:
    """The given data as a value of `kind`. Raises ClaimbookError for what is not of that type.

    >>> typed("list[date]", ["2024-05-01"])
    [datetime.date(2024, 5, 1)]
    """
    try:
        return _adapter(kind).validate_json(_json(kind, given), strict=True)
    except ValidationError as error:
        fault = error.errors()[0]
    match fault["type"]:
        case "finite_number":
            raise ClaimbookError(f"{for_message(fault['input'])} is not a finite number")
        case "json_invalid":
            raise ClaimbookError(
                f"{for_message(given)} holds a lone surrogate, which is no character"
            )
        case _:
            raise _not_of(kind, given)


def likely(kind: str, given: Any) -> Any:
    """The value of `kind` that was likely meant. Raises ClaimbookError or ValueError if none was.

    >>> likely("list[int]", "2019")
    [2019]
    """
    if kind.startswith("list") and not isinstance(given, list):
        given = [given]
    return _adapter(kind).validate_json(_json(kind, given), strict=False)


def as_data(values: Any) -> Any:
    """Values as JSON has them: a date is ISO text.

    >>> as_data({"days": [date(2024, 5, 1)]})
    {'days': ['2024-05-01']}
    """
    return json.loads(json.dumps(values, default=date.isoformat))


@dataclass(frozen=True, slots=True)
class Range:
    """All values from `low` to `high`, and how the rule writes the two."""

    low: Any
    high: Any
    words: tuple[str, str]

    def closest(self, value: Any) -> Any:
        """The allowed value that is nearest: an allowed one itself."""
        return min(max(value, self.low), self.high)

    def refusal(self, value: Any) -> str:
        """What is said of a value that is not allowed."""
        low, high = self.words
        return (
            f"{for_message(value)} is out of range; allowed: {low} to {high}, "
            f"nearest {low if value < self.low else high}"
        )


@dataclass(frozen=True, slots=True)
class Choices:
    """The listed values, at least one."""

    values: list[Any]

    def closest(self, value: Any) -> Any:
        """The allowed value that is nearest, in number, time or spelling: an allowed one itself."""
        if value in self.values:
            return value
        places = [_place(choice) for choice in self.values]
        here = _place(value)
        if here is None or None in places:
            words = {for_message(choice): choice for choice in self.values}
            return words[get_close_matches(for_message(value), words, n=1, cutoff=0)[0]]
        distances = [abs(place - here) for place in places if place is not None]
        return self.values[distances.index(min(distances))]

    def refusal(self, value: Any) -> str:
        """What is said of a value that is not allowed."""
        words = [str(choice) or "''" for choice in self.values]
        return (
            f"{for_message(value)} is not allowed; nearest {for_message(self.closest(value))}, "
            f"{nearest('', words)}"
        )


Rule = Range | Choices


def rule_of(allowed: str, kind: str, project: Project | None = None) -> Rule | None:
    """The rule that a parameter's comment states: a range, alternatives, or a table's column.

    It is None if nothing is stated, and for a column without a project. Raises ClaimbookError for
    a rule that no value of the type can keep.
    """
    if not allowed:
        return None
    name = scalar_of(kind)
    low, dots, high = allowed.partition("..")
    if "." in allowed and not dots and "|" not in allowed:
        return _column(allowed, name, project) if project else None
    try:
        if dots:
            return _range(name, low.strip(), high.strip())
        return Choices([_written(name, text.strip(" \"'")) for text in allowed.split("|")])
    except (ClaimbookError, ValueError):
        raise ClaimbookError(f"{allowed!r} is no rule for type {kind}") from None


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(_TYPES[kind], config={"coerce_numbers_to_str": True})


def _json(kind: str, given: Any) -> str:
    """Raises ClaimbookError for all but a scalar or a list of scalars, exactly of these types."""
    known = {NoneType, bool, int, float, str, *([date] if scalar_of(kind) == "date" else [])}
    if not {type(item) for item in (given if type(given) is list else [given])} <= known:
        raise _not_of(kind, given)
    try:
        return json.dumps(given, default=date.isoformat)
    except ValueError:  # Python writes no longer ones in decimals
        raise ClaimbookError("a whole number is too long; allowed: 4300 digits") from None


def _not_of(kind: str, given: Any) -> ClaimbookError:
    return ClaimbookError(f"{for_message(given)} is not of type {kind}")


def _written(name: str, text: str) -> Any:
    """The scalar that a rule writes, texts without quotes."""
    return typed(name, text if name == "str" else read_text(text))


def _range(name: str, low: str, high: str) -> Range:
    first, last = _written(name, low), _written(name, high)
    if name not in ("int", "float", "date") or not first <= last:
        raise ValueError("no range")
    return Range(first, last, (low, high))


def _column(allowed: str, name: str, project: Project) -> Choices:
    table, _, column = allowed.partition(".")
    rows = load_table(project, table)
    if column not in rows:
        raise ClaimbookError(
            f"table {table} has no column {column!r}: {nearest(column, map(str, rows))}"
        )
    found = rows[column].dropna().unique().tolist()
    if not found:
        raise ClaimbookError(f"column {allowed} has no values of type {name}")
    values = [str(value.date()) if hasattr(value, "date") else value for value in found]
    try:
        return Choices(sorted(typed(name, value) for value in values))
    except ClaimbookError as error:
        raise ClaimbookError(f"column {allowed}: {error}") from None


def _place(value: Any) -> float | None:
    """Where a number or a date stands in its order, in days for a date; None for a word.

    >>> _place("2024-02") - _place(date(2024, 1, 31))
    1
    """
    if type(value) in (int, float):
        return value  # type: ignore[no-any-return]
    if not fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", str(value)):
        return None
    try:
        return date.fromisoformat(f"{value}-01-01"[:10]).toordinal()
    except ValueError:
        return None
