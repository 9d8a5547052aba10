"""Claim cards: a verdict as HTML that reads the same on every page."""

from __future__ import annotations

from html import escape

from claimbook.tables import Resource
from claimbook.verdicts import Reading, Status, Verdict, describe_basis, show_value

SYMBOLS = {
    Status.REPRODUCED: "✓",
    Status.ANOTHER_BASIS: "⇄",
    Status.CLOSE: "≈",
    Status.INCONSISTENT: "≠",
    Status.CONTRADICTED: "✗",
    Status.UNCHECKED: "?",
}
WORDS = {
    Status.REPRODUCED: "reproduced",
    Status.ANOTHER_BASIS: "holds on another basis",
    Status.CLOSE: "close",
    Status.INCONSISTENT: "inconsistent",
    Status.CONTRADICTED: "contradicted",
    Status.UNCHECKED: "unchecked",
}


def badge(status: Status) -> str:
    """The verdict as a symbol and in words: never by colour alone."""
    return (
        f'<span class="verdict verdict-{status}"><span aria-hidden="true">{SYMBOLS[status]}</span> '
        f"{WORDS[status]}</span>"
    )


def card(verdict: Verdict, sources: list[Resource]) -> str:
    """The claim card: figure, recomputed value, verdict, sentence, readings and source."""
    claim = verdict.claim
    printed = " / ".join(f"“{escape(text)}”" for text in claim.printed)
    note = f", note {claim.note}" if claim.note else ""
    rows = [
        ("The paper prints", printed),
        ("The data say", escape(show_value(verdict.stated.value, claim))),
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
        f'<p class="claim-sentence">{escape(verdict.sentence)}</p>{secondary}{remark}'
        f"{_readings(verdict)}{_source_line(sources)}</section>"
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
        f"<details><summary>All {len(verdict.others) + 1} readings</summary>"
        f"<ul>{reasons}</ul>"
        f'<div class="claim-scroll" tabindex="0" role="region" aria-label="Readings of {claim.id}">'
        "<table><thead><tr><th>Reading</th><th>Value</th><th>Prints the figure?</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _row(reading: Reading, verdict: Verdict) -> str:
    name = escape(describe_basis(reading.changes)) or "<b>stated basis</b>"
    value = escape(show_value(reading.value, verdict.claim))
    if reading.value is None:
        answer = "no data"
    elif reading.miss == 0:
        answer = "yes"
    else:
        answer = f"misses by {100 * reading.miss:.2g} %" if reading.miss < 10 else "no"
    return f"<tr><td>{name}</td><td>{value}</td><td>{answer}</td></tr>"


def _source_line(sources: list[Resource]) -> str:
    lines = "; ".join(escape(item["credit"]) for item in sources)
    return f'<p class="claim-source">Source: {lines}</p>' if lines else ""
