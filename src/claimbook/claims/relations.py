"""The paper against itself: relations between printed figures, in interval arithmetic.

A relation is data: two expressions over claims, and a comparison. It fails only if no values
within the printed intervals satisfy it, so rounding never raises a false alarm.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from claimbook.base import ClaimbookError, Project, read_entries, stop_on, validated
from claimbook.claims.figures import Unit, show_interval
from claimbook.claims.intervals import INFINITY, Interval, exact
from claimbook.claims.ledger import Claim, Ledger


class Outcome(StrEnum):
    """What the printed figures say of a relation.

    `HOLDS`: the figures at face value satisfy it. `TENSION`: only values at the edge of
    their rounding or hedges do. `FAILS`: no values within the printed intervals do.
    """

    HOLDS = "holds"
    TENSION = "in tension"
    FAILS = "fails"


class Comparator(StrEnum):
    """How the two sides of a relation are compared."""

    EQUAL = "="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


class Relation(BaseModel):
    """One arithmetic or logical relation between printed figures.

    `left` and `right` are sums, differences, products and quotients of numbers and of claims,
    which stand in braces: "{trade-2020} / (1 + {growth-2020} / 100)". A count stands for whole
    numbers. A date stands for the ordinal of its day, and where `unit` is year or years for its
    place on the scale of the years, on which 1971 reaches from 1970.5 to 1971.5. `unit` is that
    of both sides, `because` says why the relation ought to hold, and `remark` what a fair
    referee would add to the outcome.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    left: str
    compare: Comparator
    right: str
    unit: Unit
    because: Annotated[str, Field(min_length=10, pattern=r"\.$")]
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

    @property
    def sentence(self) -> str:
        """The outcome in one sentence that can be quoted."""
        unit, compare = self.relation.unit, self.relation.compare
        timed = unit in (Unit.YEAR, Unit.DATE) and compare is not Comparator.EQUAL
        words = (_TIMES if timed else _WORDS)[compare]
        verb = {
            Outcome.HOLDS: "This holds",
            Outcome.TENSION: "This is possible only at the edge of rounding or hedges",
            Outcome.FAILS: "No values that the printed figures stand for can do this",
        }[self.outcome]
        return (
            f"{self.relation.because} {verb}: {show_interval(self.left, unit)}"
            f"{words} {show_interval(self.right, unit)}."
        )


_WORDS = {
    Comparator.EQUAL: " against",
    Comparator.LESS: ", which has to be below",
    Comparator.AT_MOST: ", which has to be at most",
    Comparator.MORE: ", which has to be above",
    Comparator.AT_LEAST: ", which has to be at least",
}
_TIMES = {
    Comparator.LESS: ", which has to be before",
    Comparator.AT_MOST: ", which has to be no later than",
    Comparator.MORE: ", which has to be after",
    Comparator.AT_LEAST: ", which has to be no earlier than",
}


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
    stop_on(faults, "the relations")
    return found


def evaluate(relation: Relation, ledger: Ledger) -> Finding:
    """Compare both sides of a relation over the printed intervals of its claims."""
    left = _value(relation.left, relation.unit, ledger, _stands_for)
    right = _value(relation.right, relation.unit, ledger, _stands_for)
    if not _possible(left, relation.compare, right):
        return Finding(relation, left, right, Outcome.FAILS)
    left_face = _value(relation.left, relation.unit, ledger, _face)
    right_face = _value(relation.right, relation.unit, ledger, _face)
    plain = (
        _possible(left_face, relation.compare, right)
        or _possible(left, relation.compare, right_face)
        if relation.compare is Comparator.EQUAL
        else _possible(left_face, relation.compare, right_face)
    )
    return Finding(relation, left, right, Outcome.HOLDS if plain else Outcome.TENSION)


_CLAIM = re.compile(r"\{([a-z0-9-]+)\}")


def _value(
    expression: str, unit: Unit, ledger: Ledger, meaning: Callable[[Claim], Interval]
) -> Interval:
    names: dict[str, Interval] = {}

    def stand_in(match: re.Match[str]) -> str:
        name = f"claim_{len(names)}"
        claim = ledger[match[1]]
        found = meaning(claim)
        dated = claim.unit is Unit.DATE and unit in (Unit.YEAR, Unit.YEARS)
        names[name] = _on_scale_of_years(found) if dated else found
        return name

    source = _CLAIM.sub(stand_in, expression)
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{expression!r} is not an expression") from error
    return _evaluated(tree, names, expression)


def _stands_for(claim: Claim) -> Interval:
    """The printed interval; of a count, the whole numbers in it, as nobody counts 27.5."""
    printed = claim.interval
    if claim.unit is not Unit.COUNT:
        return printed
    low, high = printed.low, printed.high
    return Interval(
        low.to_integral_value(ROUND_CEILING) if low.is_finite() else low,
        high.to_integral_value(ROUND_FLOOR) if high.is_finite() else high,
        low.is_finite(),
        high.is_finite(),
    )


def _face(claim: Claim) -> Interval:
    """The figure at face value: the printed number or range itself, unrounded and unhedged.

    A year is not rounded: at face value it is any time of that year.
    """
    figure = claim.figures[0]
    if figure.low is None or figure.high is None or claim.unit is Unit.YEAR:
        return claim.interval
    return Interval(figure.low, figure.high)


def _on_scale_of_years(days: Interval) -> Interval:
    """From the start of the first day to the end of the last, in years."""
    return Interval(_in_years(days.low), _in_years(days.high + 1), closed_high=False)


def _in_years(day: Decimal) -> Decimal:
    year = date.fromordinal(int(day)).year
    start, end = (date(y, 1, 1).toordinal() for y in (year, year + 1))
    return year - Decimal("0.5") + (day - start) / (end - start)


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


def _possible(left: Interval, compare: Comparator, right: Interval) -> bool:
    """Whether any value of the left side compares as asked with any of the right."""
    match compare:
        case Comparator.EQUAL:
            return left.intersection(right) is not None
        case Comparator.LESS:
            return left.low < right.high
        case Comparator.MORE:
            return left.high > right.low
        case Comparator.AT_MOST:
            below = Interval(-INFINITY, right.high, False, right.closed_high)
            return left.intersection(below) is not None
        case Comparator.AT_LEAST:
            above = Interval(right.low, INFINITY, right.closed_low, False)
            return left.intersection(above) is not None
