"""The ledger: every quantitative claim of the paper, with its figures as printed.

One YAML file a chapter, each a list of claims. Nothing of a claim's verdict stands here: it
is computed from the printed figure and the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from claimbook.base import (
    ClaimbookError,
    FaultsError,
    Project,
    nearest,
    read_entries,
    read_list,
    validated,
)
from claimbook.claims.figures import Figure, Hedge, Unit, parse_figure
from claimbook.claims.intervals import Interval

DEFAULT_TOLERANCE = 0.01

Scalar = str | int | float | bool | None
Basis = dict[str, Scalar]


class Kind(StrEnum):
    """What sort of statement a claim makes."""

    LEVEL = "level"
    SHARE = "share"
    GROWTH = "growth"
    RATIO = "ratio"
    RANKING = "ranking"
    COUNT = "count"
    DURATION = "duration"
    THRESHOLD = "threshold"
    PROJECTION = "projection"
    DATE = "date"


class Checkable(StrEnum):
    """What can settle a claim: open data, the paper's own other figures, or nothing here."""

    DATA = "data"
    PAPER = "paper"
    NO = "no"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Axis(_Strict):
    """Other defensible values of one part of the basis, and why they are defensible."""

    values: Annotated[list[Scalar], Field(min_length=1)]
    why: Annotated[str, Field(min_length=10)]


class Consequence(StrEnum):
    """Whether the point of the claim's sentence survives the recomputed value."""

    HOLDS = "holds"
    FLIPS = "flips"
    NOT_AFFECTED = "not affected"
    OPEN = "open"


class Conclusion(_Strict):
    """The point that the sentence makes with its figure, and when it survives.

    `survives_if` is a figure ("over 50", "increased", "largest"): the point holds if the
    recomputed value lies in its interval, flips if not, and stays open if the value is an
    interval that reaches out of it. `possible_if` is the same for a point that says "may": any
    overlap is enough. Where it cannot be computed, `argued` states the consequence and
    `because` gives the reason in one line.
    """

    point: Annotated[str, Field(min_length=10)]
    survives_if: str | None = None
    possible_if: str | None = None
    argued: Consequence | None = None
    because: str = ""

    @model_validator(mode="after")
    def _one_way(self) -> Conclusion:
        given = [self.survives_if, self.possible_if, self.argued]
        if sum(way is not None for way in given) != 1:
            raise ValueError("give either survives_if, or possible_if, or argued with because")
        if self.argued is not None and not self.because:
            raise ValueError("an argued consequence gives its reason in because")
        if self.condition:
            parse_figure(self.condition)
        return self

    @property
    def condition(self) -> str:
        """The figure that the value is held against; empty where the consequence is argued."""
        return self.survives_if or self.possible_if or ""


class Claim(_Strict):
    """One quantitative statement of the paper.

    `printed` holds the figure exactly as printed; several entries restate one quantity.
    `basis` is the stated basis, `readings` the other values that its parts may take.
    `tolerance` is the miss, relative to the printed figure, up to which a value is "close".
    `settled_by` says what would settle a claim that cannot be checked; `secondary` that
    the evidence is a published statement and not a series; `tables` names the evidence, and
    `statements` the published statements that the card quotes with date and place.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    section: str
    paragraph: Annotated[int, Field(ge=1)]
    note: int | None = None
    claim: str
    printed: Annotated[list[str], Field(min_length=1)]
    kind: Kind
    unit: Unit
    period: str
    cites: str
    chapter: str
    checkable: Checkable
    hedge: Hedge | None = None
    tolerance: Annotated[float, Field(ge=0, le=1)] = DEFAULT_TOLERANCE
    basis: Basis = {}
    readings: dict[str, Axis] = {}
    tables: list[str] = []
    secondary: bool = False
    statements: list[str] = []
    conclusion: Conclusion | None = None
    remark: str = ""
    settled_by: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Claim:
        figures = self.figures
        units = {figure.unit for figure in figures} - {Unit.NUMBER, self.unit}
        if units and not units <= _ALSO_READ_AS.get(self.unit, set()):
            raise ValueError(
                f"unit is {self.unit}, but {self.printed} reads as {', '.join(sorted(units))}"
            )
        if unknown := set(self.readings) - set(self.basis):
            raise ValueError(
                f"readings over {', '.join(sorted(unknown))}, which the basis does not name: "
                f"{nearest(min(unknown), self.basis)}"
            )
        if self.checkable is Checkable.NO and not self.settled_by:
            raise ValueError("a claim that cannot be checked says in settled_by what would")
        _ = self.interval
        return self

    @property
    def figures(self) -> list[Figure]:
        """The printed figures as parsed. Raises ValueError for one that cannot be read."""
        return [parse_figure(text, self.hedge) for text in self.printed]

    @property
    def interval(self) -> Interval:
        """The values that all printed figures of the claim stand for."""
        first, *others = (figure.interval for figure in self.figures)
        for other in others:
            shared = first.intersection(other)
            if shared is None:
                raise ValueError(f"the printed figures {self.printed} share no value")
            first = shared
        return first


# "climbed" is printed for a growth in percent, "record" for a rank: the ledger's unit says
# what the check computes.
_ALSO_READ_AS = {
    Unit.PERCENT: {Unit.DIRECTION},
    Unit.USD: {Unit.DIRECTION},
    Unit.TIV: {Unit.DIRECTION, Unit.USD},
    Unit.PKR: {Unit.USD},
    Unit.SDR: {Unit.USD},
}


class Incidental(_Strict):
    """A number of the paper that is no claim, and why."""

    figure: str
    section: str
    why: Annotated[str, Field(min_length=5)]


class Ledger(Mapping[str, Claim]):
    """All claims by id, in the order of the files."""

    def __init__(self, claims: list[Claim]) -> None:
        self._claims = {claim.id: claim for claim in claims}

    def __getitem__(self, claim_id: str) -> Claim:
        if claim_id not in self._claims:
            raise ClaimbookError(f"unknown claim {claim_id!r}: {nearest(claim_id, self._claims)}")
        return self._claims[claim_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._claims)

    def __len__(self) -> int:
        return len(self._claims)

    def __contains__(self, claim_id: object) -> bool:
        return claim_id in self._claims

    def of_chapter(self, chapter: str) -> list[Claim]:
        """The claims that one chapter has to check."""
        return [claim for claim in self.values() if claim.chapter == chapter]


def load_ledger(project: Project) -> Ledger:
    """Read and validate all claims.

    Raises ClaimbookError with every fault of every file, each with its line.
    """
    faults: list[str] = []
    claims: list[Claim] = []
    seen: dict[str, str] = {}
    chapters = project.chapter_names()
    for path in sorted(project.ledger.glob("*.yaml")):
        file = str(path.relative_to(project.root))
        for line, entry in read_entries(path, file, faults):
            place = f"{file}:{line}"
            claim = validated(Claim, entry, place, faults)
            if claim is None:
                continue
            if claim.id in seen:
                faults.append(f"{place}: id {claim.id!r} is used twice, first at {seen[claim.id]}")
            if claim.chapter not in chapters:
                faults.append(
                    f"{place}: {claim.id}: unknown chapter {claim.chapter!r}: "
                    f"{nearest(claim.chapter, chapters)}"
                )
            seen.setdefault(claim.id, place)
            claims.append(claim)
    if faults:
        raise FaultsError("the ledger has faults", faults)
    return Ledger(claims)


def load_incidental(project: Project) -> list[Incidental]:
    """The numbers of the paper that are no claims. Raises ClaimbookError with every fault."""
    path = project.ledger / "paper" / "incidental.yaml"
    return read_list(Incidental, path, "the incidental numbers")
