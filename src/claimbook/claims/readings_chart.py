"""The chart of a claim's readings: the printed interval as a band, every reading as a dot."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from html import escape

from claimbook.claims.figures import show_interval
from claimbook.claims.intervals import Interval
from claimbook.claims.ledger import Claim
from claimbook.claims.verdicts import (
    Reading,
    Value,
    Verdict,
    describe_basis,
    show_reading,
    show_value,
)

_WIDTH, _HEIGHT, _MARGIN, _BASE = 640, 96, 12, 62
_DOT, _STEP = 5.0, 9.0


@dataclass(frozen=True, slots=True)
class _Scale:
    """Values to horizontal places, in the chart's own units."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _MARGIN + min(max(share, 0.0), 1.0) * (_WIDTH - 2 * _MARGIN)


def readings_chart(verdict: Verdict) -> str:
    """The chart as inline SVG; empty when fewer than two readings have a value.

    Each dot carries its basis and value as a title, which browsers show on hover. The same
    readings stand in the table below the chart.
    """
    readings = [r for r in (verdict.stated, *verdict.others) if r.value is not None]
    if len(readings) < 2:
        return ""
    scale = _scale(verdict, readings)
    heights: Counter[int] = Counter()
    marks = "".join(_mark(reading, verdict, scale, heights) for reading in reversed(readings))
    inside = sum(reading.miss == 0 for reading in readings)
    label = f"{len(readings)} readings; {inside} of them within the printed figure's interval"
    return (
        f'<svg class="readings" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(label)}">{_band(verdict.claim, scale)}'
        f'<line class="axis" x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{_BASE + 8}" '
        f'y2="{_BASE + 8}"/>{marks}{_ticks(verdict, scale)}</svg>'
    )


def _scale(verdict: Verdict, readings: list[Reading]) -> _Scale:
    values = [verdict.claim.interval, *(reading.value for reading in readings)]
    ends = [end for value in values for end in _ends(value) if math.isfinite(end)]
    pad = 0.06 * (max(ends) - min(ends)) or max(1.0, 1e-6 * abs(ends[0]))
    return _Scale(min(ends) - pad, max(ends) + pad)


def _ends(value: Value | None) -> tuple[float, ...]:
    """Both ends of a value; the scale puts infinite ones at the chart's edge."""
    if isinstance(value, Interval):
        return float(value.low), float(value.high)
    return () if value is None else (value, value)


def _band(claim: Claim, scale: _Scale) -> str:
    left, right = map(scale, _ends(claim.interval))
    width = max(right - left, 2.0)
    stands_for = show_interval(claim.interval, claim.figures[0].unit)
    return (
        f'<rect class="printed" x="{left:.1f}" y="6" width="{width:.1f}" height="{_BASE + 2}">'
        f"<title>the printed figure stands for {escape(stands_for)}</title></rect>"
    )


def _mark(reading: Reading, verdict: Verdict, scale: _Scale, heights: Counter[int]) -> str:
    claim = verdict.claim
    stated = reading is verdict.stated
    name = "stated basis" if stated else describe_basis(reading.changes)
    title = f"<title>{escape(f'{name}: {show_reading(reading, claim)}')}</title>"
    kind = "stated" if stated else "inside" if reading.miss == 0 else "outside"
    left, right = map(scale, _ends(reading.value))
    place = (left + right) / 2
    column = round(place / _STEP)
    height = _BASE - _STEP * min(heights[column], 5)
    heights[column] += 1
    if stated:
        # A diamond, so that the stated basis is told by shape and not by colour alone.
        left, right = min(left, place - 8), max(right, place + 8)
        corners = ((place, height - 8), (right, height), (place, height + 8), (left, height))
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        return f'<polygon class="dot stated" points="{points}">{title}</polygon>'
    if right - left > 2 * _DOT:
        return (
            f'<line class="span {kind}" x1="{left:.1f}" x2="{right:.1f}" '
            f'y1="{height:.1f}" y2="{height:.1f}">{title}</line>'
        )
    return (
        f'<circle class="dot {kind}" cx="{place:.1f}" cy="{height:.1f}" r="{_DOT}">{title}</circle>'
    )


def _ticks(verdict: Verdict, scale: _Scale) -> str:
    claim, y = verdict.claim, _HEIGHT - 6
    ends = ((scale.low, _MARGIN, "start"), (scale.high, _WIDTH - _MARGIN, "end"))
    return "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(show_value(value, claim))}</text>'
        for value, x, anchor in ends
    )
