"""Claim cards: a verdict as HTML that reads the same on every page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

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


def badge(status: Status) -> str:
    """The verdict as a symbol and in words: never by colour alone."""
    return (
        f'<span class="verdict verdict-{status}"><span aria-hidden="true">{SYMBOLS[status]}</span> '
        f"{WORDS[status]}</span>"
    )


def card(
    verdict: Verdict,
    sources: list[Resource],
    findings: Sequence[Finding] = (),
    statements: Sequence[str] = (),
) -> str:
    """The claim card: figure, value, verdict, consequence, evidence, relations and readings.

    `findings` are the relations that the claim takes part in, `statements` the published
    statements that it rests on, each in one line.
    """
    claim = verdict.claim
    note = f", note {claim.note}" if claim.note else ""
    rows = [
        ("The paper prints", _printed(claim)),
        ("The data say", escape(show_reading(verdict.stated, claim))),
        ("Stated basis", escape(describe_basis(verdict.stated.basis)) or "—"),
    ]
    facts = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows)
    secondary = (
        '<p class="claim-secondary">Secondary evidence: a published statement, not a series.</p>'
        if claim.secondary
        else ""
    )
    remark = f'<p class="claim-remark">{escape(claim.remark)}</p>' if claim.remark else ""
    return (
        f'<section class="claim-card verdict-{verdict.status}" id="{claim.id}" '
        f'aria-label="Claim {claim.id}">'
        f'<header>{badge(verdict.status)}<span class="claim-place">{escape(claim.section)}, '
        f"paragraph {claim.paragraph}{note}</span></header>"
        f'<p class="claim-text">{escape(claim.claim)}</p>'
        f"<dl>{facts}</dl>"
        f'<p class="claim-sentence">{escape(verdict.sentence)}</p>{_consequence(verdict)}'
        f"{secondary}{_list('claim-statements', statements)}{remark}{_relations(findings)}"
        f"{_readings(verdict)}{_source_line(sources)}</section>"
    )


def relation_card(finding: Finding, ledger: Ledger) -> str:
    """A relation between printed figures: the figures, the outcome and the sentence."""
    relation = finding.relation
    figures = "".join(
        f"<li>{_printed(ledger[name])}: {escape(ledger[name].claim)}</li>"
        for name in relation.claims
    )
    remark = f'<p class="claim-remark">{escape(relation.remark)}</p>' if relation.remark else ""
    return (
        f'<section class="claim-card outcome-{_slug(finding.outcome)}" id="{relation.id}" '
        f'aria-label="Relation {relation.id}"><header>{outcome_badge(finding.outcome)}</header>'
        f'<ul>{figures}</ul><p class="claim-sentence">{escape(finding.sentence)}</p>{remark}'
        "</section>"
    )


def outcome_badge(outcome: Outcome) -> str:
    """The outcome of a relation as a symbol and in words."""
    return (
        f'<span class="verdict outcome-{_slug(outcome)}">'
        f'<span aria-hidden="true">{_OUTCOME_SYMBOLS[outcome]}</span> {outcome}</span>'
    )


_OUTCOME_SYMBOLS = {Outcome.HOLDS: "✓", Outcome.TENSION: "≈", Outcome.FAILS: "≠"}


def _slug(outcome: Outcome) -> str:
    return outcome.value.replace(" ", "-")


def _printed(claim: Claim) -> str:
    hedge = f"({claim.hedge}) " if claim.hedge else ""
    return " / ".join(f"{hedge}“{escape(text)}”" for text in claim.printed)


def _consequence(verdict: Verdict) -> str:
    found = survival(verdict)
    if found is None:
        return ""
    return (
        f'<p class="claim-consequence"><b>The sentence\'s point</b> ({escape(found.point)}) '
        f"<b>{VERBS[found.consequence]}</b>: {escape(found.because)}.</p>"
    )


VERBS = {
    Consequence.HOLDS: "holds",
    Consequence.FLIPS: "flips",
    Consequence.NOT_AFFECTED: "is not affected",
    Consequence.OPEN: "stays open",
}


def _list(name: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<ul class="{name}">{items}</ul>' if items else ""


def _relations(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    items = "".join(
        f"<li>{outcome_badge(finding.outcome)} {escape(finding.sentence)}</li>"
        for finding in findings
    )
    return (
        "<details><summary>Relations to the paper's other figures: "
        f'{len(findings)}</summary><ul class="claim-relations">{items}</ul></details>'
    )


def _readings(verdict: Verdict) -> str:
    if not verdict.others:
        return ""
    claim = verdict.claim
    rows = "".join(_row(reading, verdict) for reading in (verdict.stated, *verdict.others))
    reasons = "".join(
        f"<li><b>{escape(name.replace('_', ' '))}</b>: {escape(axis.why)}</li>"
        for name, axis in claim.readings.items()
    )
    return (
        f"{readings_chart(verdict)}"
        f"<details><summary>All {len(verdict.others) + 1} readings</summary>"
        f"<ul>{reasons}</ul>"
        f'<div class="claim-scroll" tabindex="0" role="region" aria-label="Readings of {claim.id}">'
        "<table><thead><tr><th>Reading</th><th>Value</th><th>Prints the figure?</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _row(reading: Reading, verdict: Verdict) -> str:
    name = escape(describe_basis(reading.changes)) or "<b>stated basis</b>"
    value = escape(show_reading(reading, verdict.claim))
    if reading.value is None:
        answer = "no data"
    elif reading.miss == 0:
        answer = "yes"
    elif verdict.claim.unit in WITHOUT_TOLERANCE:
        answer = "no"
    else:
        answer = f"misses by {100 * reading.miss:.2g} %" if reading.miss < 10 else "no"
    return f"<tr><td>{name}</td><td>{value}</td><td>{answer}</td></tr>"


def _source_line(sources: list[Resource]) -> str:
    lines = "; ".join(escape(f"{item['credit']} ({_terms(item)})") for item in sources)
    return f'<p class="claim-source">Source: {lines}</p>' if lines else ""


def _terms(source: Resource) -> str:
    """The release that is held, and under which licence."""
    licences = ", ".join(item["title"] for item in source.get("licenses", []))
    return "; ".join(filter(None, [source.get("release"), licences or _NO_LICENCE]))


_NO_LICENCE = "the publisher's own terms"
