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
_ALLOWED_MARK = "; allowed: "


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
    comments = _comments(source)
    return [_parameter(node, comments, path) for node in ast.parse(source).body]


def resolve(
    parameters: list[Parameter], given: Mapping[str, Any], project: Project
) -> dict[str, Any]:
    """All parameters with their values: the given ones, checked, and the defaults.

    Raises ClaimbookError with every fault, each with the nearest allowed value.
    """
    known = {parameter.name: parameter for parameter in parameters}
    faults = [
        f"unknown parameter {name!r}: {nearest(name, known)}" for name in given if name not in known
    ]
    values = {parameter.name: parameter.default for parameter in parameters}
    for name in known.keys() & given.keys():
        try:
            values[name] = _checked(known[name], given[name], project)
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
        except yaml.YAMLError as error:
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
        raise ClaimbookError(f"{path}: parameter {name!r}: unknown type {nearest(kind, _TYPES)}")
    meaning, _, allowed = comments.get(node.end_lineno or node.lineno, "").partition(_ALLOWED_MARK)
    if not meaning:
        raise ClaimbookError(f"{path}: parameter {name!r} has no comment that says what it means")
    return Parameter(name, kind, ast.literal_eval(node.value), allowed.strip(), meaning)


def _checked(parameter: Parameter, given: Any, project: Project) -> Any:
    adapter = TypeAdapter(_TYPES[parameter.type], config=ConfigDict(strict=True))
    try:
        value = adapter.validate_python(given)
    except ValidationError as error:
        raise ClaimbookError(
            f"parameter {parameter.name!r}: {given!r} is not of type {parameter.type}"
        ) from error
    if parameter.allowed:
        for item in value if isinstance(value, list) else [value]:
            _require_allowed(parameter, item, project)
    return value


def _require_allowed(parameter: Parameter, value: Any, project: Project) -> None:
    low, dots, high = parameter.allowed.partition("..")
    if dots:
        if not float(low) <= value <= float(high):
            raise ClaimbookError(
                f"parameter {parameter.name!r}: {value!r} is out of range; "
                f"allowed: {low} to {high}, nearest {low if value < float(low) else high}"
            )
        return
    choices = _choices(parameter, project)
    if value not in choices:
        raise ClaimbookError(
            f"parameter {parameter.name!r}: {value!r} is not allowed; "
            f"{_nearest_value(value, choices)}"
        )


def _choices(parameter: Parameter, project: Project) -> list[Any]:
    table, dot, column = parameter.allowed.partition(".")
    if "|" in parameter.allowed or not dot:
        return [yaml.load(item, Loader=_Scalars) for item in parameter.allowed.split("|")]
    values = load_table(project, table)[column].dropna().unique().tolist()
    return sorted(v.strftime("%Y-%m-%d") if hasattr(v, "strftime") else v for v in values)


def _nearest_value(value: Any, choices: list[Any]) -> str:
    if isinstance(value, int | float) and all(isinstance(c, int | float) for c in choices):
        closest = min(choices, key=lambda choice: abs(choice - value))
        return f"nearest {closest}, allowed: {choices[0]} to {choices[-1]}"
    words = [str(choice) for choice in choices]
    close = get_close_matches(str(value), words, n=1, cutoff=0)
    return f"nearest {close[0]!r}, {nearest('', words)}"
