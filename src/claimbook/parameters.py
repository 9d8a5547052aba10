"""Typed parameters: the contract that a notebook's parameters cell states.

The cell tagged `parameters` is the only source of names, types and defaults. Each line is one
parameter, and its comment says what it means and which values are allowed:

    year: int = 2023  # calendar year of the shares; allowed: weo.year
    flow: str = "export"  # direction of trade; allowed: export | import
    horizon: int = 5  # years to project; allowed: 1..30
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import nbformat
import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from claimbook.errors import ClaimbookError, nearest
from claimbook.project import Project
from claimbook.tables import load_table

_TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list[int]": list[int],
    "list[str]": list[str],
}
_ALLOWED_MARK = "allowed:"


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
    notebook = nbformat.read(path, as_version=4)
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ClaimbookError(f"{path}: {len(cells)} cells are tagged 'parameters'; expected 1")
    return parse_parameters(cells[0].source, path)


def parse_parameters(source: str, path: Path) -> list[Parameter]:
    """The parameters that the source of a parameters cell states."""
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise ClaimbookError(
            f"{path}: parameters cell, line {error.lineno}: {error.msg}"
        ) from error
    comments = _comments(source)
    found = [_parameter(node, comments, path) for node in statements]
    names = [parameter.name for parameter in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ClaimbookError(f"{path}: parameter {min(twice)!r} stands twice")
    return found


def resolve(
    parameters: list[Parameter], given: Mapping[str, Any], project: Project
) -> dict[str, Any]:
    """All parameters with their values: the given ones, checked, and the defaults.

    Raises ClaimbookError with every fault, each with the nearest allowed value. A default
    has to be allowed as well.
    """
    known = {parameter.name: parameter for parameter in parameters}
    faults = [
        f"unknown parameter {name!r}: {nearest(name, known)}" for name in given if name not in known
    ]
    values: dict[str, Any] = {}
    for name, parameter in known.items():
        try:
            values[name] = _checked(parameter, given.get(name, parameter.default), project)
        except ClaimbookError as error:
            faults.append(str(error))
    if faults:
        raise ClaimbookError("\n".join(sorted(faults)))
    return values


def parse_assignments(pairs: Iterable[str]) -> dict[str, Any]:
    """Read `name=value` pairs as given on a command line; the value is YAML.

    >>> parse_assignments(["year=2022", "members=[BRA, RUS]", 'release="2023-10"'])
    {'year': 2022, 'members': ['BRA', 'RUS'], 'release': '2023-10'}
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        name = name.strip()
        if not sign or not name.isidentifier():
            raise ClaimbookError(f"parameter {pair!r}: expected name=value")
        if name in found:
            raise ClaimbookError(f"parameter {name!r} is given twice")
        try:
            found[name] = yaml.load(text, Loader=_Scalars)
        except Exception as error:  # PyYAML lets ValueError, KeyError and others through
            raise ClaimbookError(f"parameter {name!r}: {text!r} cannot be read") from error
    return found


class _Scalars(yaml.SafeLoader):
    """YAML in which a date stays a string, as releases are named by dates."""


_Scalars.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


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
    name, kind = node.target.id, ast.unparse(node.annotation)
    if kind not in _TYPES:
        raise ClaimbookError(
            f"{path}: parameter {name!r}: unknown type {kind!r}: {nearest(kind, _TYPES)}"
        )
    meaning, _, allowed = comments.get(node.end_lineno or node.lineno, "").partition(_ALLOWED_MARK)
    meaning = meaning.rstrip("; ")
    if not meaning:
        raise ClaimbookError(f"{path}: parameter {name!r} has no comment that says what it means")
    try:
        default = ast.literal_eval(node.value)
    except ValueError as error:
        raise ClaimbookError(f"{path}: parameter {name!r}: its default is no literal") from error
    parameter = Parameter(name, kind, default, allowed.strip(), meaning)
    try:
        _typed(parameter, default)
        _ = _bounds(parameter), _alternatives(parameter)
    except ClaimbookError as error:
        raise ClaimbookError(f"{path}: {error}") from error
    except ValueError as error:
        raise ClaimbookError(
            f"{path}: parameter {name!r}: {parameter.allowed!r} is no rule for type {kind}"
        ) from error
    return parameter


def _typed(parameter: Parameter, given: Any) -> Any:
    adapter = TypeAdapter(_TYPES[parameter.type], config=ConfigDict(strict=True))
    try:
        return adapter.validate_python(given)
    except ValidationError as error:
        raise ClaimbookError(
            f"parameter {parameter.name!r}: {given!r} is not of type {parameter.type}"
        ) from error


def _checked(parameter: Parameter, given: Any, project: Project) -> Any:
    value = _typed(parameter, given)
    if parameter.allowed:
        for item in value if isinstance(value, list) else [value]:
            _require_allowed(parameter, item, project)
    return value


def _require_allowed(parameter: Parameter, value: Any, project: Project) -> None:
    if bounds := _bounds(parameter):
        low, high = bounds
        if not low <= value <= high:
            first, _, last = parameter.allowed.partition("..")
            raise ClaimbookError(
                f"parameter {parameter.name!r}: {value!r} is out of range; "
                f"allowed: {first} to {last}, nearest {first if value < low else last}"
            )
        return
    choices = _alternatives(parameter) or _column_values(parameter, project)
    if value not in choices:
        raise ClaimbookError(
            f"parameter {parameter.name!r}: {value!r} is not allowed; "
            f"{_nearest_value(value, choices)}"
        )


def _bounds(parameter: Parameter) -> tuple[float, float] | None:
    """The ends of a range. Raises ValueError for a range that no value of the type can keep."""
    low, dots, high = parameter.allowed.partition("..")
    if not dots:
        return None
    if parameter.type not in ("int", "float", "list[int]") or float(low) > float(high):
        raise ValueError(parameter.allowed)
    return float(low), float(high)


def _alternatives(parameter: Parameter) -> list[Any]:
    """The listed values, read in the parameter's type; none if the rule is a table's column."""
    if not parameter.allowed or ("." in parameter.allowed and "|" not in parameter.allowed):
        return []
    item = TypeAdapter(_TYPES[parameter.type.removeprefix("list[").removesuffix("]")])
    return [item.validate_python(text.strip(" \"'")) for text in parameter.allowed.split("|")]


def _column_values(parameter: Parameter, project: Project) -> list[Any]:
    table, _, column = parameter.allowed.partition(".")
    rows = load_table(project, table)
    if column not in rows:
        raise ClaimbookError(
            f"parameter {parameter.name!r}: table {table} has no column {column!r}: "
            f"{nearest(column, map(str, rows))}"
        )
    values = rows[column].dropna().unique().tolist()
    return sorted(v.strftime("%Y-%m-%d") if hasattr(v, "strftime") else v for v in values)


def _nearest_value(value: Any, choices: list[Any]) -> str:
    words = [str(choice) for choice in choices]
    if isinstance(value, int | float) and all(isinstance(c, int | float) for c in choices):
        closest = min(choices, key=lambda choice: abs(choice - value))
    else:
        closest = get_close_matches(str(value), words, n=1, cutoff=0)[0]
    return f"nearest {closest!r}, {nearest('', words)}"
