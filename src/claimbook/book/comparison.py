"""Two editions side by side: which values moved, which verdicts changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from claimbook.base import render
from claimbook.claims import VERBS, Consequence, Record, Status, badge


@dataclass(frozen=True, slots=True)
class Move:
    """One claim of which something differs between two editions, as recorded in each."""

    before: Record
    after: Record

    @property
    def value(self) -> bool:
        """Whether the value on the stated basis is another."""
        return bool(self.before["value"] != self.after["value"])

    @property
    def verdict(self) -> bool:
        """Whether the verdict is another."""
        return bool(self.before["status"] != self.after["status"])

    @property
    def point(self) -> bool:
        """Whether the consequence for the sentence's point is another."""
        return consequence(self.before) != consequence(self.after)

    @property
    def what(self) -> str:
        """What differs, in words."""
        parts = {"value": self.value, "verdict": self.verdict, "point": self.point}
        return ", ".join(name for name, differs in parts.items() if differs)


@dataclass(frozen=True, slots=True)
class EditionComparison:
    """All claims of one edition against another; `moves` are those that differ, in order."""

    claims: int
    moves: tuple[Move, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many claims moved, and how many verdicts and points changed."""
        return {
            "moved": sum(move.value for move in self.moves),
            "verdicts-changed": sum(move.verdict for move in self.moves),
            "points-changed": sum(move.point for move in self.moves),
        }

    @property
    def summary(self) -> str:
        """The comparison in one sentence."""
        if not self.moves:
            return f"Nothing changed: all {self.claims} claims have the same value and verdict."
        moved, verdicts, points = (count or "none" for count in self.counts.values())
        return (
            f"Of {self.claims} claims, {moved} {'has' if moved == 1 else 'have'} another value, "
            f"{verdicts} another verdict; the point of the sentence comes out otherwise for "
            f"{points}."
        )


def compare_records(before: Sequence[Record], after: Sequence[Record]) -> EditionComparison:
    """Compare the records of two editions of one book, chapter by chapter and claim by claim."""
    old = {name: claim for record in before for name, claim in record["claims"].items()}
    new = {name: claim for record in after for name, claim in record["claims"].items()}
    pairs = [Move(old[name], claim) for name, claim in new.items() if name in old]
    return EditionComparison(len(pairs), tuple(move for move in pairs if move.what))


def consequence(claim: Record) -> str:
    """What becomes of the point of the claim's sentence, in words; empty without a point."""
    conclusion = claim["conclusion"]
    return VERBS[Consequence(conclusion["consequence"])] if conclusion else ""


def comparison_table(found: EditionComparison) -> Markup:
    """The claims that differ as an HTML table; the claim leads to its card in this edition."""
    badges = {status: badge(status) for status in Status}
    return render("book/comparison.html", found=found, badges=badges, consequence=consequence)
