"""The chart of a claim's readings: the printed interval as a band, every reading as a dot."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from markupsafe import Markup

from claimbook.base import render
from claimbook.claims.figures import show_interval
from claimbook.claims.intervals import Interval
from claimbook.claims.verdicts import (
    Reading,
    Value,
    Verdict,
    describe_basis,
    show_reading,
    show_value,
)

_WIDTH, _MARGIN, _BASE = 640, 12, 62
_DOT, _STEP = 5.0, 9.0


@dataclass(frozen=True, slots=True)
class _Scale:
    """Values to horizontal places, in the chart's own units."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _MARGIN + min(max(share, 0.0), 1.0) * (_WIDTH - 2 * _MARGIN)


@dataclass(frozen=True, slots=True)
class _Mark:
    """One reading in the chart's own units: its ends, its height and its title."""

    kind: str
    left: float
    right: float
    height: float
    title: str

    @property
    def place(self) -> float:
        return (self.left + self.right) / 2

    @property
    def diamond(self) -> str:
        """For the stated basis, which is told by shape and not by colour alone."""
        left, right = min(self.left, self.place - 8), max(self.right, self.place + 8)
        above, y, below = self.height - 8, self.height, self.height + 8
        corners = ((self.place, above), (right, y), (self.place, below), (left, y))
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def readings_chart(verdict: Verdict) -> Markup:
    """The chart as inline SVG; empty when fewer than two readings have a value.

    Each dot carries its basis and value as a title, which browsers show on hover. The same
    readings stand in the table below the chart.
    """
    readings = [r for r in (verdict.stated, *verdict.others) if r.value is not None]
    if len(readings) < 2:
        return Markup()
    claim, scale = verdict.claim, _scale(verdict, readings)
    inside = sum(reading.miss == 0 for reading in readings)
    heights: Counter[int] = Counter()
    return render(
        "claims/readings_chart.html",
        width=_WIDTH,
        margin=_MARGIN,
        base=_BASE,
        dot=_DOT,
        label=f"{len(readings)} readings; {inside} of them within the printed figure's interval",
        printed=show_interval(claim.interval, claim.figures[0].unit),
        band=[scale(end) for end in _ends(claim.interval)],
        marks=[_mark(reading, verdict, scale, heights) for reading in reversed(readings)],
        low=show_value(scale.low, claim),
        high=show_value(scale.high, claim),
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


def _mark(reading: Reading, verdict: Verdict, scale: _Scale, heights: Counter[int]) -> _Mark:
    stated = reading is verdict.stated
    name = "stated basis" if stated else describe_basis(reading.changes)
    kind = "stated" if stated else "inside" if reading.miss == 0 else "outside"
    left, right = map(scale, _ends(reading.value))
    column = round((left + right) / 2 / _STEP)
    height = _BASE - _STEP * min(heights[column], 5)
    heights[column] += 1
    return _Mark(kind, left, right, height, f"{name}: {show_reading(reading, verdict.claim)}")
