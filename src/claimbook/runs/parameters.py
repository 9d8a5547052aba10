"""Typed parameters: the contract that a notebook's parameters cell states.

The cell tagged `parameters` is the only source of names, types and defaults. Each line is one
parameter, and its comment says what it means and which values are allowed:

    from datetime import date
    year: int = 2023  # calendar year of the shares; allowed: weo.year
    flow: str = "export"  # direction of trade; allowed: export | import
    window: tuple[int, int] = (2015, 2019)  # first and last year; allowed: 1995..2024
    day: date | None = date(2024, 5, 1)  # day of the rate; allowed: 2020-01-01..2024-12-31

A type is `int`, `float`, `str`, `bool` or `date`; a `list[T]`, `tuple[T, ...]`, `tuple[T, T]`,
`dict[int, T]` or `dict[str, T]` of them; or any of these `| None`. A cell with dates begins with
the import. A rule holds for each item, and for no None.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from re import fullmatch
from typing import Any

from claimbook.base import ClaimbookError, Project, nearest
from claimbook.data import load_table
from claimbook.runs.notebooks import read_notebook
from claimbook.runs.values import (
    DATE_IMPORT,
    NAME_RULE,
    Kind,
    from_text,
    is_finite,
    is_name,
    items,
    likely,
    literal,
    mapped,
    parse_kind,
    read_json,
    read_text,
    show,
    typed,
)

_ALLOWED_MARK = "allowed:"
_OPTION = "--params-json"
_NOT_FINITE = "a number is not finite or has more than 4300 digits"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a chapter.

    `allowed` is the rule as written: a range "1..30", alternatives "a | b", a table's
    column "weo.year", or empty for any value of the type.
    """

    name: str
    type: str
    default: Any
    allowed: str
    meaning: str


def read_parameters(path: Path) -> list[Parameter]:
    """The parameters of a notebook, in order.

    Raises ClaimbookError for a cell that breaks the form.
    """
    notebook = read_notebook(path)
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ClaimbookError(f"{path}: {len(cells)} cells are tagged 'parameters'; expected 1")
    return parse_parameters(cells[0].source, path)


def parse_parameters(source: str, path: Path) -> list[Parameter]:
    """The parameters that the source of a parameters cell states.

    >>> cell = "horizon: int = 5  # years to project; allowed: 1..30"
    >>> parse_parameters(cell, Path("trade.ipynb"))[0].allowed
    '1..30'
    """
    try:
        statements, comments = ast.parse(source).body, _comments(source)
        imports_date = bool(statements) and ast.unparse(statements[0]) == DATE_IMPORT
        stated = statements[1:] if imports_date else statements
        found = [_parameter(node, comments, path) for node in stated]
    except SyntaxError as error:
        raise ClaimbookError(
            f"{path}: parameters cell, line {error.lineno}: {error.msg}"
        ) from error
    except (ValueError, RecursionError, MemoryError, tokenize.TokenError) as error:
        raise ClaimbookError(f"{path}: the parameters cell cannot be read: {error}") from error
    _require_names(found, imports_date, path)
    return found


def resolve(
    parameters: list[Parameter],
    given: Mapping[str, Any],
    project: Project,
    faults: Iterable[str] = (),
) -> dict[str, Any]:
    """All parameters with their values: the given ones, checked, and the defaults.

    Raises ClaimbookError with every fault, each with the nearest allowed value; `faults` are
    those found before, to be reported with them. A default has to be allowed as well.
    """
    known = {parameter.name: parameter for parameter in parameters}
    found = [*faults, *(_unknown(name, known) for name in given if name not in known)]
    values = {
        name: _checked(parameter, given.get(name, parameter.default), project, found)
        for name, parameter in known.items()
    }
    _stop_on(found)
    return values


def parse_assignments(pairs: Iterable[str]) -> dict[str, Any]:
    """Read `name=value` pairs as given on a command line; the value is YAML.

    Raises ClaimbookError with every pair that cannot be read.

    >>> parse_assignments(["year=2022", "members=[BRA, RUS]", "release=2023-10"])
    {'year': 2022, 'members': ['BRA', 'RUS'], 'release': '2023-10'}
    """
    return read_given(pairs=pairs)


def read_values(path: Path) -> dict[str, Any]:
    """Read a YAML or JSON file of one mapping, from names of parameters to values.

    Raises ClaimbookError with every fault of the file.
    """
    return read_given(file=path)


def parse_json(text: str) -> dict[str, Any]:
    """Read a JSON object of names and values, as given on a command line.

    Raises ClaimbookError with every fault of the text.

    >>> parse_json('{"year": 2022, "members": ["BRA", "RUS"]}')
    {'year': 2022, 'members': ['BRA', 'RUS']}
    """
    return read_given(text=text)


def read_given(
    file: Path | None = None, text: str | None = None, pairs: Iterable[str] = ()
) -> dict[str, Any]:
    """The values from a file, a JSON text and pairs, as `gather` puts them together.

    Raises ClaimbookError with every fault of the three.

    >>> read_given(text='{"year": 2021}', pairs=["flow=in"])
    {'year': 2021, 'flow': 'in'}
    """
    found, faults = gather(file, text, pairs)
    _stop_on(faults)
    return found


def gather(
    file: Path | None = None, text: str | None = None, pairs: Iterable[str] = ()
) -> tuple[dict[str, Any], list[str]]:
    """The values from a file, a JSON text and pairs; and every fault of the three.

    A pair goes before the JSON text, and that before the file. The faults are for `resolve`,
    which reports them with those that the contract finds.

    >>> gather(text='{"year": 2021, "flow": "in"}', pairs=["year=2022"])
    ({'year': 2022, 'flow': 'in'}, [])
    """
    faults: list[str] = []
    of_file = {} if file is None else _read_file(file, faults)
    of_text = {} if text is None else _read_object(text, faults)
    return {**of_file, **of_text, **_read_pairs(pairs, faults)}, faults


def _read_file(path: Path, faults: list[str]) -> dict[str, Any]:
    try:
        return named(read_text(path.read_text(encoding="utf-8-sig")), str(path), faults)
    except OSError as error:
        faults.append(f"{path}: cannot be read: {error.strerror}")
    except (ClaimbookError, ValueError) as error:  # ValueError: no UTF-8, or no path
        faults.append(f"{path}: cannot be read: {error}")
    return {}


def _read_object(text: str, faults: list[str]) -> dict[str, Any]:
    try:
        return named(read_json(text), _OPTION, faults)
    except ClaimbookError as error:
        faults.append(f"{_OPTION}: cannot be read: {error}")
    return {}


def named(data: Any, place: str, faults: list[str]) -> dict[str, Any]:
    """The values of a mapping by parameter; what is no name or no value is added to `faults`."""
    if not isinstance(data, dict):
        faults.append(f"{place}: {show(data)} is no mapping of names to values, as `year: 2022` is")
        return {}
    found = {}
    for name, value in data.items():
        if not is_name(name):
            faults.append(f"{place}: parameter {show(name)}: {NAME_RULE}")
        elif not is_finite(value):
            faults.append(f"{place}: parameter {show(name)}: {_NOT_FINITE}")
        else:
            found[name] = value
    return found


def _read_pairs(pairs: Iterable[str], faults: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    seen: set[str] = set()
    for pair in pairs:
        name, sign, text = pair.partition("=")
        name = name.strip()
        if not sign or not is_name(name):
            faults.append(f"parameter {show(pair)}: expected name=value; {NAME_RULE}")
        elif name in seen:
            faults.append(f"parameter {show(name)} is given twice")
        else:
            seen.add(name)
            _read_pair(name, text, found, faults)
    return found


def _read_pair(name: str, text: str, found: dict[str, Any], faults: list[str]) -> None:
    try:
        value, reason = read_text(text), _NOT_FINITE
        if is_finite(value):
            found[name] = value
            return
    except ClaimbookError as error:
        reason = str(error)
    faults.append(f"parameter {show(name)}: {show(text)} cannot be read: {reason}")


def _stop_on(faults: Iterable[str]) -> None:
    if faults := sorted(set(faults)):
        raise ClaimbookError("\n".join(faults))


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _parameter(node: ast.stmt, comments: dict[int, str], path: Path) -> Parameter:
    if (
        not isinstance(node, ast.AnnAssign)
        or not isinstance(node.target, ast.Name)
        or not node.value
    ):
        raise ClaimbookError(
            f"{path}: parameters cell, line {node.lineno}: "
            "expected `name: type = default  # meaning`"
        )
    name, comment = node.target.id, comments.get(node.end_lineno or node.lineno, "")
    meaning, _, allowed = comment.partition(_ALLOWED_MARK)
    if not (meaning := meaning.rstrip("; ")):
        raise ClaimbookError(f"{path}: parameter {name!r} has no comment that says what it means")
    try:
        text = ast.unparse(node.annotation)
        default = _default(name, parse_kind(text), node.value)
        found = Parameter(name, text, default, allowed.strip(), meaning)
        _fixed_rule(found, parse_kind(text))
    except ClaimbookError as error:
        raise ClaimbookError(f"{path}: parameter {name!r}: {error}") from error
    return found


def _default(name: str, kind: Kind, node: ast.expr) -> Any:
    if not is_name(name):
        raise ClaimbookError(NAME_RULE)
    try:
        written = literal(node)
    except ValueError as error:
        raise ClaimbookError("its default is no literal") from error
    value = typed(kind, written)
    if value != written:  # the cell itself would set the list or the text
        raise ClaimbookError(f"its default has to be written {show(value)}")
    return value


def _require_names(parameters: list[Parameter], imports_date: bool, path: Path) -> None:
    names = [parameter.name for parameter in parameters]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ClaimbookError(f"{path}: parameter {min(twice)!r} stands twice")
    if imports_date and "date" in names:
        raise ClaimbookError(f"{path}: parameter 'date': the name is taken by `{DATE_IMPORT}`")
    for parameter in parameters:
        if not imports_date and "date" in _scalars(parameter):
            raise ClaimbookError(
                f"{path}: parameter {parameter.name!r}: the cell has to begin with `{DATE_IMPORT}`"
            )


def _scalars(parameter: Parameter) -> set[str]:
    kind = parse_kind(parameter.type)
    return {item.name for item in kind.items or (kind,)}


def _unknown(name: Any, known: Mapping[str, Parameter]) -> str:
    text = name if isinstance(name, str) else show(name)
    return f"unknown parameter {show(name)}: {nearest(text, known)}"


def _checked(parameter: Parameter, given: Any, project: Project, faults: list[str]) -> Any:
    """The value of the type; what is wrong with it is added to `faults`."""
    head = f"parameter {parameter.name!r}: "
    kind, rule = parse_kind(parameter.type), None
    try:
        rule = _fixed_rule(parameter, kind) or _column_rule(parameter, kind, project)
    except ClaimbookError as error:
        faults.append(f"{head}{error}")
    try:
        value = typed(kind, given)
    except ClaimbookError as error:
        faults.append(f"{head}{error}; nearest {show(_suggested(parameter, kind, rule, given))}")
        return None
    if rule:
        faults += [head + rule.refusal(item) for item in items(value) if not rule.allows(item)]
    return value


def _suggested(parameter: Parameter, kind: Kind, rule: _Range | _Choices | None, given: Any) -> Any:
    """The allowed value that was likely meant, or else the default."""
    try:
        value = likely(kind, given)
        return typed(kind, mapped(value, rule.closest) if rule else value)
    except (ClaimbookError, ValueError):
        return parameter.default


@dataclass(frozen=True, slots=True)
class _Range:
    """All values from `low` to `high`, and how the rule writes the two."""

    low: Any
    high: Any
    words: tuple[str, str]

    def closest(self, value: Any) -> Any:
        return min(max(value, self.low), self.high)

    def allows(self, value: Any) -> bool:
        return bool(self.low <= value <= self.high)

    def refusal(self, value: Any) -> str:
        low, high = self.words
        return (
            f"{show(value)} is out of range; allowed: {low} to {high}, "
            f"nearest {low if value < self.low else high}"
        )


@dataclass(frozen=True, slots=True)
class _Choices:
    """The listed values, at least one."""

    values: list[Any]

    def closest(self, value: Any) -> Any:
        places = [_place(choice) for choice in self.values]
        here = _place(value)
        if here is None or None in places:
            words = {show(choice): choice for choice in self.values}
            return words[get_close_matches(show(value), words, n=1, cutoff=0)[0]]
        distances = [abs(place - here) for place in places if place is not None]
        return self.values[distances.index(min(distances))]

    def allows(self, value: Any) -> bool:
        return value in self.values

    def refusal(self, value: Any) -> str:
        words = [str(choice) or "''" for choice in self.values]
        return (
            f"{show(value)} is not allowed; nearest {show(self.closest(value))}, "
            f"{nearest('', words)}"
        )


def _place(value: Any) -> float | None:
    """Where a number or a date stands in its order, in days for a date; None for a word.

    >>> _place("2024-02") - _place(date(2024, 1, 31))
    1
    """
    if type(value) in (int, float):
        return value  # type: ignore[no-any-return]
    text = value.isoformat() if isinstance(value, date) else value
    if not isinstance(text, str) or not fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text):
        return None
    try:
        return date.fromisoformat(f"{text}-01-01"[:10]).toordinal()
    except ValueError:
        return None


def _fixed_rule(parameter: Parameter, kind: Kind) -> _Range | _Choices | None:
    """The rule that the cell alone states; None for a table's column, and for no rule.

    Raises ClaimbookError for a rule that no value of the type can keep.
    """
    low, dots, high = parameter.allowed.partition("..")
    try:
        if dots:
            return _range(kind.item, low.strip(), high.strip())
        if not parameter.allowed or _is_column(parameter.allowed):
            return None
        texts = [text.strip(" \"'") for text in parameter.allowed.split("|")]
        return _Choices([from_text(kind.item, text) for text in texts])
    except (ClaimbookError, KeyError, ValueError):  # KeyError: a tuple of several types
        raise ClaimbookError(
            f"{parameter.allowed!r} is no rule for type {parameter.type}"
        ) from None


def _range(name: str, low: str, high: str) -> _Range:
    first, last = from_text(name, low), from_text(name, high)
    if name not in ("int", "float", "date") or not first <= last:
        raise ValueError("no range")
    return _Range(first, last, (low, high))


def _is_column(allowed: str) -> bool:
    return "." in allowed and "|" not in allowed


def _column_rule(parameter: Parameter, kind: Kind, project: Project) -> _Choices | None:
    if not parameter.allowed:
        return None
    table, _, column = parameter.allowed.partition(".")
    rows = load_table(project, table)
    if column not in rows:
        raise ClaimbookError(
            f"table {table} has no column {column!r}: {nearest(column, map(str, rows))}"
        )
    found = rows[column].dropna().unique().tolist()
    values = [str(value.date()) if hasattr(value, "date") else value for value in found]
    if not kind.item or not values:
        raise ClaimbookError(f"column {parameter.allowed} has no values of type {parameter.type}")
    try:
        return _Choices(sorted(typed(Kind(kind.item), value) for value in values))
    except ClaimbookError as error:
        raise ClaimbookError(f"column {parameter.allowed}: {error}") from None
