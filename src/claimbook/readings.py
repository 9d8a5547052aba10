"""The chart of a claim's readings: the printed interval as a band, every reading as a dot."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape

from claimbook.intervals import Interval
from claimbook.verdicts import Reading, Value, Verdict, describe_basis, show_value

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
        f'aria-label="{escape(label)}">{_band(verdict.claim.interval, scale)}'
        f'<line class="axis" x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{_BASE + 8}" '
        f'y2="{_BASE + 8}"/>{marks}{_ticks(verdict, scale)}</svg>'
    )


def _scale(verdict: Verdict, readings: list[Reading]) -> _Scale:
    printed = verdict.claim.interval
    ends = [float(end) for end in (printed.low, printed.high) if end.is_finite()]
    ends += [end for reading in readings for end in _ends(reading.value)]
    pad = 0.06 * (max(ends) - min(ends)) or 1.0
    return _Scale(min(ends) - pad, max(ends) + pad)


def _ends(value: Value | None) -> list[float]:
    if value is None:
        return []
    if isinstance(value, Interval):
        return [float(end) for end in (value.low, value.high) if end.is_finite()]
    return [value]


def _band(printed: Interval, scale: _Scale) -> str:
    left = scale(float(printed.low)) if printed.low.is_finite() else _MARGIN
    right = scale(float(printed.high)) if printed.high.is_finite() else _WIDTH - _MARGIN
    width = max(right - left, 2.0)
    return (
        f'<rect class="printed" x="{left:.1f}" y="6" width="{width:.1f}" height="{_BASE + 2}">'
        f"<title>the printed figure stands for {escape(str(printed))}</title></rect>"
    )


def _mark(reading: Reading, verdict: Verdict, scale: _Scale, heights: Counter[int]) -> str:
    claim = verdict.claim
    stated = reading is verdict.stated
    name = "stated basis" if stated else describe_basis(reading.changes)
    title = f"<title>{escape(f'{name}: {show_value(reading.value, claim)}')}</title>"
    kind = "stated" if stated else "inside" if reading.miss == 0 else "outside"
    ends = [scale(end) for end in _ends(reading.value)] or [_WIDTH / 2]
    place = sum(ends) / len(ends)
    column = round(place / _STEP)
    height = _BASE - _STEP * min(heights[column], 5)
    heights[column] += 1
    if isinstance(reading.value, Interval):
        return (
            f'<line class="span {kind}" x1="{min(ends):.1f}" x2="{max(ends):.1f}" '
            f'y1="{height:.1f}" y2="{height:.1f}">{title}</line>'
        )
    if stated:
        # A diamond, so that the stated basis is told by shape and not by colour alone.
        points = " ".join(
            f"{place + dx:.1f},{height + dy:.1f}" for dx, dy in ((0, -8), (8, 0), (0, 8), (-8, 0))
        )
        return f'<polygon class="dot stated" points="{points}">{title}</polygon>'
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
