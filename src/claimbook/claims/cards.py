"""Claim cards: a verdict as HTML that reads the same on every page."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from claimbook.base import render
from claimbook.claims.ledger import Claim, Consequence, Ledger
from claimbook.claims.readings_chart import readings_chart
from claimbook.claims.relations import Finding, Outcome
from claimbook.claims.status import SYMBOLS, WORDS, Status
from claimbook.claims.verdicts import (
    WITHOUT_TOLERANCE,
    Reading,
    Verdict,
    describe_basis,
    show_reading,
    survival,
)
from claimbook.data import Resource


def badge(status: Status) -> Markup:
    """The verdict as a symbol and in words: never by colour alone."""
    symbol, words = SYMBOLS[status], WORDS[status]
    return render("claims/badge.html", kind=f"verdict-{status}", symbol=symbol, words=words)


def outcome_badge(outcome: Outcome) -> Markup:
    """The outcome of a relation as a symbol and in words."""
    kind, symbol = _outcome_kind(outcome), _OUTCOME_SYMBOLS[outcome]
    return render("claims/badge.html", kind=kind, symbol=symbol, words=outcome)


def card(
    verdict: Verdict,
    sources: list[Resource],
    findings: Sequence[Finding] = (),
    statements: Sequence[str] = (),
) -> Markup:
    """The claim card: figure, value, verdict, consequence, evidence, relations and readings.

    `findings` are the relations that the claim takes part in, `statements` the published
    statements that it rests on, each in one line.
    """
    point = survival(verdict)
    return render(
        "claims/card.html",
        verdict=verdict,
        claim=verdict.claim,
        badge=badge(verdict.status),
        printed=_printed(verdict.claim),
        value=show_reading(verdict.stated, verdict.claim),
        basis=describe_basis(verdict.stated.basis),
        point=point,
        outcome=point and VERBS[point.consequence],
        statements=statements,
        relations=[(outcome_badge(found.outcome), found.sentence) for found in findings],
        chart=readings_chart(verdict),
        readings=[_row(reading, verdict.claim) for reading in (verdict.stated, *verdict.others)],
        sources="; ".join(f"{item['credit']} ({_terms(item)})" for item in sources),
    )


def relation_card(finding: Finding, ledger: Ledger) -> Markup:
    """A relation between printed figures: the figures, the outcome and the sentence."""
    claims = [ledger[name] for name in finding.relation.claims]
    return render(
        "claims/relation_card.html",
        relation=finding.relation,
        kind=_outcome_kind(finding.outcome),
        badge=outcome_badge(finding.outcome),
        figures=[(_printed(claim), claim.claim) for claim in claims],
        sentence=finding.sentence,
    )


VERBS = {
    Consequence.HOLDS: "holds",
    Consequence.FLIPS: "flips",
    Consequence.NOT_AFFECTED: "is not affected",
    Consequence.OPEN: "stays open",
}
_OUTCOME_SYMBOLS = {Outcome.HOLDS: "✓", Outcome.TENSION: "≈", Outcome.FAILS: "≠"}
_NO_LICENCE = "the publisher's own terms"


def _outcome_kind(outcome: Outcome) -> str:
    return f"outcome-{outcome}".replace(" ", "-")


def _printed(claim: Claim) -> str:
    hedge = f"({claim.hedge}) " if claim.hedge else ""
    return " / ".join(f"{hedge}“{text}”" for text in claim.printed)


def _row(reading: Reading, claim: Claim) -> tuple[str, str, str]:
    """A reading's changes, its value, and whether it prints the figure."""
    if reading.value is None:
        answer = "no data"
    elif reading.miss == 0:
        answer = "yes"
    elif claim.unit in WITHOUT_TOLERANCE:
        answer = "no"
    else:
        answer = f"misses by {100 * reading.miss:.2g} %" if reading.miss < 10 else "no"
    return describe_basis(reading.changes), show_reading(reading, claim), answer


def _terms(source: Resource) -> str:
    """The release that is held, and under which licence."""
    licences = ", ".join(item["title"] for item in source.get("licenses", []))
    return "; ".join(filter(None, [source.get("release"), licences or _NO_LICENCE]))
