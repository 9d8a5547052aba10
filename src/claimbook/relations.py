"""The paper against itself: relations between printed figures, in interval arithmetic.

A relation is data: two expressions over claims, and a comparison. It fails only if no values
within the printed intervals satisfy it, so rounding never raises a false alarm.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from claimbook.claims import Claim, Ledger
from claimbook.errors import ClaimbookError
from claimbook.intervals import INFINITY, Interval, exact
from claimbook.project import Project
from claimbook.yamlfiles import read_entries, validated


class Outcome(StrEnum):
    """What the printed figures say of a relation.

    `HOLDS`: the figures at face value satisfy it. `TENSION`: only values at the edge of
    their rounding or hedges do. `FAILS`: no values within the printed intervals do.
    """

    HOLDS = "holds"
    TENSION = "in tension"
    FAILS = "fails"


class Comparison(StrEnum):
    """How the two sides of a relation are compared."""

    EQUAL = "="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


class Relation(BaseModel):
    """One arithmetic or logical relation between printed figures.

    `left` and `right` are sums, differences, products and quotients of numbers and of claims,
    which stand in braces: "{trade-2020} / (1 + {growth-2020} / 100)". `because` says why the
    relation ought to hold, and `remark` what a fair referee would add to the outcome.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    left: str
    compare: Comparison
    right: str
    because: Annotated[str, Field(min_length=10)]
    remark: str = ""

    @property
    def claims(self) -> list[str]:
        """The ids of the claims that take part, each once, in order."""
        found = _CLAIM.findall(f"{self.left} {self.right}")
        return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Finding:
    """A relation with the values of its sides and the outcome."""

    relation: Relation
    left: Interval
    right: Interval
    outcome: Outcome


def load_relations(project: Project, ledger: Ledger) -> list[Relation]:
    """Read and validate the relations of a project.

    Raises ClaimbookError with every fault: unknown claims, expressions that cannot be read.
    """
    path = project.ledger / "paper" / "relations.yaml"
    faults: list[str] = []
    found = []
    seen: set[str] = set()
    shown = str(path.relative_to(project.root))
    for line, entry in read_entries(path, shown, faults) if path.is_file() else []:
        place = f"{shown}:{line}"
        relation = validated(Relation, entry, place, faults)
        if relation is None:
            continue
        if relation.id in seen:
            faults.append(f"{place}: id {relation.id!r} is used twice")
        seen.add(relation.id)
        try:
            evaluate(relation, ledger)
        except (ClaimbookError, ValueError, ArithmeticError) as error:
            faults.append(f"{place}: {relation.id}: {error}")
        found.append(relation)
    if faults:
        raise ClaimbookError("the relations have faults:\n  " + "\n  ".join(faults))
    return found


def evaluate(relation: Relation, ledger: Ledger) -> Finding:
    """Compare both sides of a relation over the printed intervals of its claims."""
    left = _value(relation.left, ledger, face_value=False)
    right = _value(relation.right, ledger, face_value=False)
    if not _possible(left, relation.compare, right):
        return Finding(relation, left, right, Outcome.FAILS)
    left_face = _value(relation.left, ledger, face_value=True)
    right_face = _value(relation.right, ledger, face_value=True)
    plain = (
        _possible(left_face, relation.compare, right)
        or _possible(left, relation.compare, right_face)
        if relation.compare is Comparison.EQUAL
        else _possible(left_face, relation.compare, right_face)
    )
    return Finding(relation, left, right, Outcome.HOLDS if plain else Outcome.TENSION)


_CLAIM = re.compile(r"\{([a-z0-9-]+)\}")


def _value(expression: str, ledger: Ledger, *, face_value: bool) -> Interval:
    names: dict[str, Interval] = {}

    def placeholder(match: re.Match[str]) -> str:
        name = f"claim_{len(names)}"
        claim = ledger[match[1]]
        names[name] = _face(claim) if face_value else claim.interval
        return name

    source = _CLAIM.sub(placeholder, expression)
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{expression!r} is not an expression") from error
    return _evaluated(tree, names, expression)


def _face(claim: Claim) -> Interval:
    """The figure at face value: the printed number or range itself, unrounded and unhedged."""
    figure = claim.figures[0]
    if figure.low is None or figure.high is None:
        return claim.interval
    return Interval(figure.low, figure.high)


def _evaluated(node: ast.expr, names: dict[str, Interval], expression: str) -> Interval:
    match node:
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Interval.point(exact(number))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Interval.point(0) - _evaluated(operand, names, expression)
        case ast.BinOp(left=left, op=op, right=right):
            a = _evaluated(left, names, expression)
            b = _evaluated(right, names, expression)
            return _operated(a, op, b, expression)
        case _:
            raise ValueError(
                f"{expression!r}: allowed are numbers, claims in braces, + - * / and parentheses"
            )


def _operated(a: Interval, op: ast.operator, b: Interval, expression: str) -> Interval:
    match op:
        case ast.Add():
            return a + b
        case ast.Sub():
            return a - b
        case ast.Mult():
            return a * b
        case ast.Div():
            return a / b
        case _:
            raise ValueError(f"{expression!r}: allowed are + - * /")


def _possible(left: Interval, compare: Comparison, right: Interval) -> bool:
    """Whether any value of the left side compares as asked with any of the right."""
    match compare:
        case Comparison.EQUAL:
            return left.intersection(right) is not None
        case Comparison.LESS:
            return left.low < right.high
        case Comparison.MORE:
            return left.high > right.low
        case Comparison.AT_MOST:
            below = Interval(-INFINITY, right.high, False, right.closed_high)
            return left.intersection(below) is not None
        case Comparison.AT_LEAST:
            above = Interval(right.low, INFINITY, right.closed_low, False)
            return left.intersection(above) is not None
