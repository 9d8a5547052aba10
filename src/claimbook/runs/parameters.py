"""Typed parameters: the contract that a notebook's parameters cell states.

The cell tagged `parameters` is the only source of names, types and defaults. Each line is one
parameter, and its comment says what it means and which values are allowed:

    from datetime import date
    year: int = 2023  # calendar year of the shares; allowed: weo.year
    flow: str = "export"  # direction of trade; allowed: export | import
    members: list[str] = ["BRA", "RUS"]  # members of the group
    day: date | None = date(2024, 5, 1)  # day of the rate; allowed: 2020-01-01..2024-12-31

`contract` says which types and rules there are. A cell with dates begins with the import. A rule
holds for each item, and for no None.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from claimbook.base import ClaimbookError, Project, for_message, nearest
from claimbook.runs.code import DATE_IMPORT, NAME_RULE, is_name
from claimbook.runs.contract import Rule, known_type, likely, rule_of, scalar_of, scalars, typed
from claimbook.runs.notebooks import read_notebook

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
    found = list(faults)
    for name in given:
        if name not in known:
            words = nearest(str(name), known)
            found.append(f"unknown parameter {for_message(name)}: {words}")
    values = {
        name: _checked(parameter, given.get(name, parameter.default), project, found)
        for name, parameter in known.items()
    }
    if found:
        raise ClaimbookError("\n".join(sorted(set(found))))
    return values


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
        kind = known_type(ast.unparse(node.annotation))
        found = Parameter(name, kind, _default(name, kind, node.value), allowed.strip(), meaning)
        rule_of(found.allowed, kind)
    except ClaimbookError as error:
        raise ClaimbookError(f"{path}: parameter {name!r}: {error}") from error
    return found


def _default(name: str, kind: str, node: ast.expr) -> Any:
    if not is_name(name):
        raise ClaimbookError(NAME_RULE)
    try:
        written = _literal(node)
    except (TypeError, ValueError, OverflowError) as error:
        raise ClaimbookError("its default is no literal") from error
    value = typed(kind, written)
    if value != written:  # the cell itself would set the text
        raise ClaimbookError(f"its default has to be written {for_message(value)}")
    return value


def _literal(node: ast.expr) -> Any:
    """The value of a literal or of `date(year, month, day)`; nothing is called or looked up."""
    match node:
        case ast.List(elts=elements):
            return [_literal(element) for element in elements]
        case ast.Call(func=ast.Name(id="date"), args=[_, _, _] as parts, keywords=[]):
            numbers = [ast.literal_eval(part) for part in parts]
            if {type(number) for number in numbers} != {int}:
                raise ValueError("no year, month and day")
            return date(*numbers)
    return ast.literal_eval(node)


def _require_names(parameters: list[Parameter], imports_date: bool, path: Path) -> None:
    names = [parameter.name for parameter in parameters]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ClaimbookError(f"{path}: parameter {min(twice)!r} stands twice")
    if imports_date and "date" in names:
        raise ClaimbookError(f"{path}: parameter 'date': the name is taken by `{DATE_IMPORT}`")
    for parameter in parameters:
        if not imports_date and scalar_of(parameter.type) == "date":
            raise ClaimbookError(
                f"{path}: parameter {parameter.name!r}: the cell has to begin with `{DATE_IMPORT}`"
            )


def _checked(parameter: Parameter, given: Any, project: Project, faults: list[str]) -> Any:
    """The value of the type; what is wrong with it is added to `faults`."""
    head = f"parameter {parameter.name!r}: "
    kind, rule = parameter.type, None
    try:
        rule = rule_of(parameter.allowed, kind, project)
    except ClaimbookError as error:
        faults.append(f"{head}{error}")
    try:
        value = typed(kind, given)
    except ClaimbookError as error:
        faults.append(f"{head}{error}; nearest {for_message(_suggested(parameter, rule, given))}")
        return None
    if rule:
        wrong = [item for item in scalars(value) if rule.closest(item) != item]
        faults += [head + rule.refusal(item) for item in wrong]
    return value


def _suggested(parameter: Parameter, rule: Rule | None, given: Any) -> Any:
    """The allowed value that was likely meant, or else the default."""
    try:
        value = likely(parameter.type, given)
    except (ClaimbookError, ValueError):
        return parameter.default
    closest = [rule.closest(item) if rule else item for item in scalars(value)]
    return closest if isinstance(value, list) else closest[0]
