"""What a notebook imports: open the chapter, load tables, check claims, name values."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pandas as pd
from IPython.display import display

from claimbook import charts
from claimbook.base import ClaimbookError, Project, by_entry, find_project, nearest
from claimbook.claims import (
    GLUE_PREFIX,
    METADATA_KEY,
    VERBS,
    Checkable,
    Claim,
    Finding,
    Interval,
    NoData,
    Relation,
    Scalar,
    TrackedLedger,
    Verdict,
    card,
    claim_record,
    evaluate,
    judge,
    relation_card,
    relation_record,
    show_reading,
    survival,
    unchecked,
)
from claimbook.data import load_table, resource

__all__ = ["Chapter", "NoData", "open_chapter"]


def open_chapter(name: str) -> Chapter:
    """Open a chapter of the project that the working folder lies in, and set the chart style.

    From then on the modules beside the notebooks can be imported, wherever the kernel started.
    """
    charts.use_style()
    project = find_project()
    if (folder := str(project.notebooks)) not in sys.path:
        sys.path.insert(0, folder)
    return Chapter(name, project)


class Chapter:
    """One chapter's run: its tables, its claims and the values that it names."""

    def __init__(self, name: str, project: Project) -> None:
        with by_entry():
            known = project.chapter_names()
        if name not in known:
            raise ClaimbookError(f"unknown chapter {name!r}: {nearest(name, known)}")
        self._project = project
        self._entries = TrackedLedger(project)
        self._claims = {claim.id: claim for claim in self._entries.claims_of(name)}
        self._verdicts: dict[str, Verdict] = {}

    def table(self, name: str) -> pd.DataFrame:
        """A verified table of the project, as a fresh copy."""
        return load_table(self._project, name)

    def credit(self, *tables: str) -> str:
        """The credit lines of tables, for the foot of a figure."""
        lines = [resource(self._project, name)["credit"] for name in tables]
        return "; ".join(dict.fromkeys(lines))

    def claim(self, claim_id: str) -> Claim:
        """Any claim of the ledger. Raises ClaimbookError if unknown."""
        return self._entries.claim(claim_id)

    def claims(self) -> list[Claim]:
        """The claims of this chapter, in the order of the ledger."""
        return list(self._claims.values())

    def printed(self, claim_id: str) -> Interval:
        """The interval of values that a claim's printed figure stands for."""
        return self.claim(claim_id).interval

    def check(
        self, claim_id: str, derive: Callable[..., Any] | None = None, **basis: Scalar
    ) -> None:
        """Judge a claim, record the verdict and show its card.

        `derive` computes the value from the parts of the basis, as keyword arguments; it
        is called for the stated basis and for every reading. `basis` overrides parts of
        the ledger's stated basis with the notebook's parameters. A claim that cannot be
        checked takes no `derive`. Raises ClaimbookError for a claim of another chapter.
        """
        if claim_id not in self._claims:
            raise ClaimbookError(
                f"claim {claim_id!r} is not of this chapter: {nearest(claim_id, self._claims)}"
            )
        claim = self._claims[claim_id]
        verdict = self._judge(claim, derive, basis)
        self._verdicts[claim_id] = verdict
        self._show_verdict(verdict)

    def relations(self) -> list[Finding]:
        """All relations between the paper's printed figures, with their outcomes."""
        return [self._finding(relation) for relation in self._entries.relations()]

    def show_relation(self, relation_id: str) -> None:
        """Record a relation's outcome and show its card. Raises ClaimbookError if unknown."""
        finding = self._finding(self._entries.relation(relation_id))
        display(
            {
                "text/html": relation_card(finding, self._entries.ledger),
                "text/plain": f"{relation_id}: {finding.outcome} - {finding.sentence}",
            },
            raw=True,
            metadata={METADATA_KEY: {"relation": relation_record(finding)}},
        )

    def name(self, name: str, value: float | str, shown: str) -> None:
        """Record a value under a name, for prose to take by glue; `shown` is how it reads."""
        self._glue(name, shown, {"name": name, "value": value})

    def close(self) -> None:
        """End the chapter. Raises ClaimbookError if a claim of it was not checked."""
        if missing := sorted(set(self._claims) - set(self._verdicts)):
            raise ClaimbookError(f"claims of this chapter not checked: {', '.join(missing)}")
        counts = pd.Series([v.status.value for v in self._verdicts.values()]).value_counts()
        self.name("checked", len(self._verdicts), str(len(self._verdicts)))
        print(", ".join(f"{count} {status}" for status, count in counts.items()))

    def _judge(
        self, claim: Claim, derive: Callable[..., Any] | None, basis: dict[str, Scalar]
    ) -> Verdict:
        if claim.checkable is Checkable.NO:
            if derive is not None:
                raise ClaimbookError(f"{claim.id}: the ledger says that it cannot be checked")
            return unchecked(claim)
        if derive is None:
            raise ClaimbookError(f"{claim.id}: a derivation is needed to check it")
        return judge(claim, derive, basis)

    def _finding(self, relation: Relation) -> Finding:
        return evaluate(relation, self._entries.ledger)

    def _show_verdict(self, verdict: Verdict) -> None:
        claim = verdict.claim
        sources = [resource(self._project, name) for name in claim.tables]
        related = [self._finding(relation) for relation in self._entries.relations_of(claim.id)]
        names = [finding.relation.id for finding in related]
        display(
            {
                "text/html": card(verdict, sources, related, self._statements(claim)),
                "text/plain": f"{claim.id}: {verdict.status} - {verdict.sentence}",
            },
            raw=True,
            metadata={METADATA_KEY: {"claim": claim_record(verdict, names)}},
        )
        self._glue(f"{claim.id}.value", show_reading(verdict.stated, claim))
        self._glue(f"{claim.id}.verdict", verdict.status.value)
        self._glue(f"{claim.id}.printed", claim.printed[0])
        if (point := survival(verdict)) is not None:
            self._glue(f"{claim.id}.point", VERBS[point.consequence])
        if verdict.given_by is not None:
            self._glue(f"{claim.id}.nearest", show_reading(verdict.given_by, claim))

    def _statements(self, claim: Claim) -> list[str]:
        """The published statements that a card quotes, each with its speaker and date."""
        if not claim.statements:
            return []
        table = self.table("statements").set_index("statement")
        return [quoted(claim.id, name, table) for name in claim.statements]

    def _glue(self, name: str, shown: str, record: dict[str, Any] | None = None) -> None:
        # The form in which myst-nb keeps glued values; importing it would bring Sphinx
        # into every kernel.
        display(
            {GLUE_PREFIX + "text/plain": shown},
            raw=True,
            metadata={
                "scrapbook": {"name": name, "mime_prefix": GLUE_PREFIX},
                METADATA_KEY: record or {},
            },
        )


def quoted(claim: str, name: str, table: pd.DataFrame) -> str:
    """A statement of a table, which is indexed by their names, in one line for a card.

    Raises ClaimbookError, with the claim's id, for a name that the table does not hold.
    """
    if name not in table.index:
        raise ClaimbookError(f"{claim}: unknown statement {name!r}: {nearest(name, table.index)}")
    row = table.loc[name]
    printed = f", printed {row['published']}" if pd.notna(row["published"]) else ""
    # A date is told by its period; its value is only the year of that.
    value = "" if row["unit"] == "year" else f": {row['value']:,.15g} {row['unit']}"
    return f"{row['subject']}, {row['period']}{value} ({row['source']}{printed})"
