"""Verdicts: what the data say of a printed figure, on the stated basis and on every reading."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

import pandas as pd

from claimbook.base import ClaimbookError, nearest
from claimbook.claims.figures import Figure, Unit, parse_figure
from claimbook.claims.intervals import Interval
from claimbook.claims.ledger import Basis, Checkable, Claim, Consequence, Kind, Scalar
from claimbook.claims.status import Status

Value = float | Interval
Derivation = Callable[..., Any]


class NoData(Exception):  # noqa: N818 - it reads as a finding in a notebook, not as a fault
    """Raised by a derivation when the table holds nothing for a basis."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A basis and the value on it; None when the table holds nothing for it.

    `changes` names the parts of the basis that differ from the stated one. `miss` is the
    distance to the printed interval, relative to the printed figure (0 inside it).
    """

    basis: Basis
    changes: Basis
    value: Value | None
    miss: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one claim: the stated reading first, then all others of its grid.

    `given_by` is the reading that the verdict rests on, None when no reading has a value.
    """

    claim: Claim
    status: Status
    stated: Reading
    others: tuple[Reading, ...]
    given_by: Reading | None

    @property
    def sentence(self) -> str:
        """The verdict in one sentence that can be quoted."""
        return _SENTENCES[self.status](self)


@dataclass(frozen=True, slots=True)
class Survival:
    """Whether the point of a claim's sentence survives, and how that is known."""

    point: str
    consequence: Consequence
    because: str


def survival(verdict: Verdict) -> Survival | None:
    """The consequence for the sentence's point: computed where the ledger says how, else argued.

    None when the ledger names no point. A claim without a value leaves a computed point open,
    and so does a projection whose readings, all models among them, do not agree.
    """
    conclusion = verdict.claim.conclusion
    if conclusion is None:
        return None
    if conclusion.argued is not None:
        return Survival(conclusion.point, conclusion.argued, conclusion.because)
    claim, may = verdict.claim, conclusion.possible_if is not None
    # No single model speaks for the future: a projection's point is held against all readings.
    projection = claim.kind is Kind.PROJECTION
    readings = (verdict.stated, *verdict.others) if projection else (verdict.stated,)
    values = [reading.value for reading in readings if reading.value is not None]
    if not values:
        return Survival(conclusion.point, Consequence.OPEN, "no value on the stated basis")
    within = parse_figure(conclusion.condition).interval
    found = [_consequence(within, value, may) for value in values]
    if projection:
        held = f"{found.count(Consequence.HOLDS)} of {len(found)} readings"
        shown = f"{held} {'reach into' if may else 'lie wholly in'}"
    else:
        shown = f"{show_reading(verdict.stated, claim)} against"
    because = f"computed: {shown} “{conclusion.condition}”"
    return Survival(conclusion.point, _together(found, may), because)


def _consequence(within: Interval, value: Value, may: bool) -> Consequence:
    if not isinstance(value, Interval):
        return Consequence.HOLDS if value in within else Consequence.FLIPS
    common = within.intersection(value)
    if common is None:
        return Consequence.FLIPS
    return Consequence.HOLDS if may or common == value else Consequence.OPEN


def _together(found: list[Consequence], may: bool) -> Consequence:
    """One consequence for several readings: where they differ it stays open, unless "may"."""
    if may and Consequence.HOLDS in found:
        return Consequence.HOLDS
    return found[0] if len(set(found)) == 1 else Consequence.OPEN


def grid(claim: Claim, stated: Basis) -> Iterator[Basis]:
    """Every reading's basis: all combinations of the claim's axes, the stated one left out."""
    # With other parameters than the default ones, the ledger's stated value is a reading too.
    axes = [
        list(dict.fromkeys([stated[name], claim.basis[name], *axis.values]))
        for name, axis in claim.readings.items()
    ]
    for values in product(*axes):
        basis = {**stated, **dict(zip(claim.readings, values, strict=True))}
        if basis != stated:
            yield basis


def judge(claim: Claim, derive: Derivation, overrides: Basis | None = None) -> Verdict:
    """Derive the claim's value on its stated basis and over its grid, and judge it.

    `derive` takes the parts of the basis as keyword arguments and returns a number or an
    Interval, or raises NoData. `overrides` replaces parts of the stated basis, as a run
    with other parameters does. Raises ClaimbookError for a part that the ledger does not name.
    """
    stated = {**claim.basis, **_known(claim, overrides or {})}
    first = _read(claim, derive, stated, stated)
    others = tuple(_read(claim, derive, basis, stated) for basis in grid(claim, stated))
    return _decide(claim, first, others)


def unchecked(claim: Claim) -> Verdict:
    """The verdict on a claim that open data cannot settle."""
    nothing = Reading({}, {}, None, math.inf)
    return Verdict(claim, Status.UNCHECKED, nothing, (), None)


def describe_basis(basis: Basis) -> str:
    """A basis in words.

    >>> describe_basis({"year": 2022, "release": "2023-10"})
    'year 2022, release 2023-10'
    """
    return ", ".join(f"{name.replace('_', ' ')} {_word(value)}" for name, value in basis.items())


def show_value(value: Value | None, claim: Claim, basis: Basis | None = None) -> str:
    """A value with one digit more than the paper prints.

    Its unit is the claim's, unless the basis names another one under `unit`.
    """
    if value is None:
        return "no value"
    unit = _unit(claim, basis or {})
    if not isinstance(value, Interval):
        return _show_number(value, unit, claim.figures[0])
    ends = [_show_number(float(end), unit, claim.figures[0]) for end in (value.low, value.high)]
    if math.isinf(value.low):
        return "any value" if math.isinf(value.high) else f"up to {ends[1]}"
    if math.isinf(value.high):
        return f"{ends[0]} or more"
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def show_reading(reading: Reading, claim: Claim) -> str:
    """A reading's value in its own unit."""
    return show_value(reading.value, claim, reading.basis)


def _unit(claim: Claim, basis: Basis) -> Unit:
    named = basis.get("unit")
    return Unit(named) if named in set(Unit) else claim.unit


def _known(claim: Claim, overrides: Basis) -> Basis:
    for name in overrides:
        if name not in claim.basis:
            raise ClaimbookError(
                f"{claim.id}: the ledger names no {name!r} in its basis: "
                f"{nearest(name, claim.basis)}"
            )
    return overrides


def _read(claim: Claim, derive: Derivation, basis: Basis, stated: Basis) -> Reading:
    changes = {name: value for name, value in basis.items() if value != stated[name]}
    try:
        value = _as_value(derive(**basis))
    except NoData:
        value = None
    miss = math.inf if value is None else _miss(claim, value)
    return Reading(basis, changes, value, miss)


def _as_value(found: Any) -> Value | None:
    if isinstance(found, Interval):
        return found
    if pd.isna(found):
        return None
    return float(found.toordinal() if isinstance(found, date) else found)


def _miss(claim: Claim, value: Value) -> float:
    printed = claim.interval
    if isinstance(value, Interval):
        if printed.intersection(value) is not None:
            return 0.0
        distance = min(printed.gap(value.low), printed.gap(value.high))
    elif value in printed:
        return 0.0
    else:
        distance = printed.gap(value)
    size = max((abs(end) for end in (printed.low, printed.high) if end.is_finite()), default=0)
    # A value on an open end misses by nothing that can be measured, and yet it misses.
    return max(float(distance / size), math.ulp(1.0)) if size else math.inf


def _decide(claim: Claim, stated: Reading, others: tuple[Reading, ...]) -> Verdict:
    tolerance = 0.0 if claim.unit in WITHOUT_TOLERANCE else claim.tolerance
    with_value = [reading for reading in others if reading.value is not None]
    nearest_other = min(with_value, key=_distance, default=None)
    other_miss = math.inf if nearest_other is None else nearest_other.miss

    def verdict(status: Status, given_by: Reading | None) -> Verdict:
        return Verdict(claim, status, stated, others, given_by)

    if stated.miss == 0:
        return verdict(Status.REPRODUCED, stated)
    if other_miss == 0:
        return verdict(Status.ANOTHER_BASIS, nearest_other)
    if stated.miss <= tolerance:
        return verdict(Status.CLOSE, stated)
    if other_miss <= tolerance:
        return verdict(Status.ANOTHER_BASIS, nearest_other)
    if stated.value is None:
        # Other bases that disagree say nothing of a figure whose own basis is not at hand.
        return verdict(Status.UNCHECKED, nearest_other)
    against = Status.INCONSISTENT if claim.checkable is Checkable.PAPER else Status.CONTRADICTED
    candidates = [stated] if nearest_other is None else [stated, nearest_other]
    return verdict(against, min(candidates, key=_distance))


# Being second is not "nearly the largest", and a fall is not "nearly a rise".
WITHOUT_TOLERANCE = {Unit.RANK, Unit.DIRECTION, Unit.COUNT, Unit.YEAR, Unit.DATE}


def _distance(reading: Reading) -> tuple[float, int]:
    """Nearest to the printed figure first; of equals the one that changes least."""
    return reading.miss, len(reading.changes)


def _word(value: Scalar) -> str:
    return "none" if value is None else str(value)


def _show_number(value: float, unit: Unit, figure: Figure) -> str:
    if math.isinf(value):
        return "no limit"
    match unit:
        case Unit.PERCENT:
            signed = "+" if figure.unit is Unit.DIRECTION else ""
            return f"{value:{signed}.{_places(figure, 1)}f} %"
        case Unit.USD | Unit.SDR | Unit.PKR | Unit.TIV:
            return _show_amount(value, unit, figure)
        case Unit.RANK:
            return f"rank {value:.0f}"
        case Unit.DATE:
            day = date.fromordinal(round(value))
            return f"{day.day} {day:%B %Y}"
        case Unit.YEAR:
            return f"{value:.0f}"
        case Unit.COUNT:
            return f"{value:z,.0f}"
        case Unit.YEARS:
            shown = f"{value:.{_places(figure, 1) if value % 1 else 0}f}"
            return f"{shown} year{'' if shown == '1' else 's'}"
        case _ if abs(value) >= _AMOUNTS[-1][0]:
            return _show_amount(value, unit, figure)
        case _:
            return f"{value:,.{_places(figure, 1) if value % 1 else 0}f}"


def _show_amount(value: float, unit: Unit, figure: Figure) -> str:
    size, word = next(((size, word) for size, word in _AMOUNTS if abs(value) >= size), (1.0, ""))
    places = min(_places(figure, size) + 1, 3) if word else 0
    sign = {Unit.USD: "US$", Unit.NUMBER: ""}.get(unit, f"{unit} ")
    return f"{sign}{value / size:,.{max(places, 1)}f}{' ' + word if word else ''}"


_AMOUNTS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


def _places(figure: Figure, size: float) -> int:
    """Decimals of a value in units of `size`: one more than printed, two if none is printed."""
    if not figure.step:
        return 1
    printed = -math.floor(math.log10(float(figure.step) / size))
    return max(printed, 0) + (1 if size == 1 else 0)


def _reproduced(verdict: Verdict) -> str:
    claim = verdict.claim
    return (
        f"The paper's {_printed(claim)} agrees with the {_evidence(claim)}: "
        f"{show_reading(verdict.stated, claim)}{_on(verdict.stated.basis)}."
    )


def _another_basis(verdict: Verdict) -> str:
    claim, given_by = verdict.claim, verdict.given_by
    assert given_by is not None
    how = "is what" if given_by.miss == 0 else "is, to within tolerance, what"
    stated = (
        "holds no value"
        if verdict.stated.value is None
        else f"gives {show_reading(verdict.stated, claim)}"
    )
    return (
        f"The paper's {_printed(claim)} {how} the {_evidence(claim)} give for "
        f"{describe_basis(given_by.changes)} ({show_reading(given_by, claim)}); the stated "
        f"basis{_on(verdict.stated.basis)} {stated}."
    )


def _close(verdict: Verdict) -> str:
    claim = verdict.claim
    return (
        f"The paper's {_printed(claim)} misses the {_evidence(claim)} by "
        f"{_percent(verdict.stated.miss)}: {show_reading(verdict.stated, claim)}"
        f"{_on(verdict.stated.basis)}."
    )


def _against(verdict: Verdict) -> str:
    claim, best = verdict.claim, verdict.given_by
    assert best is not None
    tried = sum(reading.value is not None for reading in (verdict.stated, *verdict.others))
    stated = (
        "there is no value on the stated basis"
        if verdict.stated.value is None
        else f"the stated basis gives {show_reading(verdict.stated, claim)}"
    )
    nearest_reading = (
        ""
        if best is verdict.stated
        else f", and the nearest reading, {describe_basis(best.changes)}, "
        f"{show_reading(best, claim)}"
    )
    readings = "the one reading tried gives" if tried == 1 else f"none of {tried} readings gives"
    return (
        f"{readings[0].upper()}{readings[1:]} {'another value than ' if tried == 1 else ''}"
        f"the paper's {_printed(claim)}: {stated}{_on(verdict.stated.basis)}{nearest_reading}."
    )


def _inconsistent(verdict: Verdict) -> str:
    claim = verdict.claim
    return (
        f"The paper's {_printed(claim)} does not fit its other figures, which give "
        f"{show_reading(verdict.stated, claim)}."
    )


def _unchecked(verdict: Verdict) -> str:
    claim = verdict.claim
    reason = claim.settled_by or "a series that covers the stated basis"
    return f"Open data at hand cannot settle the paper's {_printed(claim)}; needed: {reason}."


_SENTENCES: dict[Status, Callable[[Verdict], str]] = {
    Status.REPRODUCED: _reproduced,
    Status.ANOTHER_BASIS: _another_basis,
    Status.CLOSE: _close,
    Status.CONTRADICTED: _against,
    Status.INCONSISTENT: _inconsistent,
    Status.UNCHECKED: _unchecked,
}


def _printed(claim: Claim) -> str:
    hedge = f"{claim.hedge} " if claim.hedge else ""
    return " or ".join(f"“{hedge}{text}”" for text in claim.printed)


def _evidence(claim: Claim) -> str:
    if claim.checkable is Checkable.PAPER:
        return "paper's other figures"
    return "published figures" if claim.secondary else "data"


def _on(basis: Basis) -> str:
    return f" ({describe_basis(basis)})" if basis else ""


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
