"""Printed figures: what a paper prints, read as the interval of values that it stands for.

A figure is a string, because its trailing zeros matter: "31.53" is any value that rounds to
it. A hedge widens the interval ("about": a tenth either way) or opens it ("over").
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from claimbook.claims.intervals import INFINITY, Interval

ROUGHLY = Decimal("0.1")  # how far "about" and "nearly" reach, as a share of the figure


class Hedge(StrEnum):
    """How the paper qualifies a figure; the value is the word that a figure prints."""

    NONE = ""
    ABOUT = "about"
    NEARLY = "nearly"
    OVER = "over"
    UNDER = "under"


class Unit(StrEnum):
    """Units that claims may carry. `NUMBER` is a bare number, whose unit the claim gives."""

    NUMBER = "number"
    PERCENT = "percent"
    USD = "USD"
    SDR = "SDR"
    PKR = "PKR"
    TIV = "TIV"
    COUNT = "count"
    RANK = "rank"
    YEARS = "years"
    YEAR = "year"
    DATE = "date"
    DIRECTION = "direction"


@dataclass(frozen=True, slots=True)
class Figure:
    """A printed figure: its value or range of values, last printed place, unit and hedge.

    `text` is the figure as printed and plays no part in comparisons. `low` equals `high`
    unless a range was printed; both are None for a direction ("dropped").
    """

    low: Decimal | None
    high: Decimal | None
    step: Decimal
    unit: Unit
    hedge: Hedge
    interval: Interval
    text: str = field(compare=False)

    def __str__(self) -> str:
        """The figure in one standard form, which `parse_figure` reads back to the same."""
        if self.low is None or self.high is None:
            return "increased" if self.interval.high == INFINITY else "decreased"
        if self.unit is Unit.COUNT:
            return "no"
        if self.unit is Unit.DATE:
            first = date.fromordinal(int(self.low))
            day = f"{first.day} " if self.low == self.high else ""
            return f"{day}{_MONTHS[first.month - 1]} {first.year}"
        if self.unit is Unit.YEAR:
            whole = self.high - self.low == 9
            half = "" if whole else "early " if self.low % 10 == 0 else "late "
            return f"{half}{self.low // 10}0s"
        if self.unit is Unit.RANK:
            return "largest" if self.high == 1 else f"top {self.high}"
        scale, size = _scale(self.high, self.step)
        ends = [self.low] if self.low == self.high else [self.low, self.high]
        numbers = " to ".join(f"{self._number(end, size)} {scale}".strip() for end in ends)
        unit = " percent" if self.unit is Unit.PERCENT else ""
        return f"{self.hedge} {numbers}{unit}".strip()

    def _number(self, value: Decimal, size: Decimal) -> str:
        places = max(_decimals(self.step / size), _decimals(value / size))
        return f"{'US$' if self.unit is Unit.USD else ''}{value / size:,.{places}f}"


_SCALES = {
    "": Decimal(1),
    "thousand": Decimal(10) ** 3,
    "million": Decimal(10) ** 6,
    "billion": Decimal(10) ** 9,
    "trillion": Decimal(10) ** 12,
}
_WORDS = dict(
    zip(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        map(Decimal, range(1, 13)),
        strict=True,
    )
)
_HEDGES = {
    Hedge.ABOUT: "about|approximately|around|roughly|some|estimated|almost exactly",
    Hedge.NEARLY: "nearly|nearing an?|nearing|almost|close to",
    Hedge.OVER: "over|more than|above|at least|exceeding|upwards of",
    Hedge.UNDER: "under|less than|below|up to|at most",
}
_UP = (
    "climbed|climb|increased|increase|increasing|grown|grow|grew|growing|rebounded|surged|rise|rose"
    "|risen|rising|upward|expand|expanded|expanding|improve|improved|enhanced|strengthen"
    "|strengthened|deepening|outweighed"
)
_DOWN = (
    "dropped|drop|decreased|decrease|fell|fallen|declined|decline|halted|halt|waned|reduced"
    "|deteriorated|worsened|discounted|cheap|cheaper"
)
_FIRST = "record|leading|largest|biggest|first|first-ever|top|sole|only|primary"
_NUMBER = re.compile(
    r"(?P<currency>US\$|\$)?\s*"
    r"(?:(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)|(?P<word>"
    + "|".join(_WORDS)
    + r"))"
    r"(?:[ -](?P<scale>thousand|million|billion|trillion))?"
    r"\s*(?P<percent>%|per cent|percent)?"
    r"(?!\w|[.,]\d)",  # a number ends here: "sixty" is no six, "1,23" no one, "5bn" no five
    re.IGNORECASE,
)


def parse_figure(text: str, hedge: Hedge | None = None) -> Figure:
    """Read a printed figure. `hedge` adds one that stands elsewhere in the sentence.

    Raises ValueError when the text holds no figure that can be read.

    >>> print(parse_figure("31.53 per cent").interval)
    [31.525, 31.535)
    >>> print(parse_figure("US$790 million").interval)
    [789,500,000, 790,500,000)
    >>> print(parse_figure("more than half").interval)
    [50, ∞)
    """
    words = " ".join(text.split())
    found, rest = _split_hedge(words)
    named = hedge or found
    return (
        _direction(rest, text)
        or _date(rest, text)
        or _decade(rest, text)
        or _absence(rest, text)
        or _quantifier(rest, text)
        or _rank(rest, text)
        or _half(rest, text, named)
        or _numeric(rest, text, named)
    )


def _split_hedge(words: str) -> tuple[Hedge, str]:
    for hedge, alternatives in _HEDGES.items():
        match = re.match(rf"(?:{alternatives})\b\s*", words, re.IGNORECASE)
        if match:
            return hedge, words[match.end() :]
    return Hedge.NONE, words


def _direction(rest: str, text: str) -> Figure | None:
    zero = Decimal(0)
    for pattern, interval in (
        (_UP, Interval(zero, INFINITY, closed_low=False, closed_high=False)),
        (_DOWN, Interval(-INFINITY, zero, closed_low=False, closed_high=False)),
    ):
        if re.fullmatch(pattern, rest, re.IGNORECASE):
            return Figure(None, None, zero, Unit.DIRECTION, Hedge.NONE, interval, text)
    return None


def _date(rest: str, text: str) -> Figure | None:
    """A day or a month of a year, as the ordinals of its days."""
    match = _DATE.fullmatch(rest)
    if match is None:
        return None
    month = _MONTHS.index(match["month"].title()) + 1
    year, day = int(match["year"]), int(match["day"] or match["day_after"] or 0)
    try:
        first = date(year, month, day or 1)
    except ValueError as error:
        raise ValueError(f"no figure can be read from {text!r}: {error}") from error
    last = first if day else date(year, month, monthrange(year, month)[1])
    low, high = Decimal(first.toordinal()), Decimal(last.toordinal())
    return Figure(low, high, Decimal(1), Unit.DATE, Hedge.NONE, Interval(low, high), text)


def _absence(rest: str, text: str) -> Figure | None:
    """A word that says that there is none of a thing, as the count 0."""
    if rest.lower() not in {"no", "none", "not", "never", "neither", "non-existent"}:
        return None
    zero = Decimal(0)
    return Figure(zero, zero, Decimal(1), Unit.COUNT, Hedge.NONE, Interval(zero, zero), text)


def _quantifier(rest: str, text: str) -> Figure | None:
    """A word that bounds a quantity: "most" is more than half, "several" three or more."""
    one = Decimal(1)
    match rest.lower():
        case "most":
            return _build(Decimal(50), Decimal(50), one, Unit.PERCENT, Hedge.OVER, text)
        case "several" | "many":
            return _build(Decimal(3), Decimal(3), one, Unit.NUMBER, Hedge.OVER, text)
        case "both":
            return _build(Decimal(2), Decimal(2), one, Unit.NUMBER, Hedge.NONE, text)
        case _:
            return None


def _decade(rest: str, text: str) -> Figure | None:
    """A decade or one half of it, as its years."""
    match = re.fullmatch(r"(?:(early|late) )?(\d{3}0)s", rest, re.IGNORECASE)
    if match is None:
        return None
    half, start = (match[1] or "").lower(), Decimal(match[2])
    low = start + (5 if half == "late" else 0)
    high = start + (4 if half == "early" else 9)
    return Figure(low, high, Decimal(1), Unit.YEAR, Hedge.NONE, Interval(low, high), text)


_MONTHS = [
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
]
_DATE = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)? )?"
    rf"(?P<month>{'|'.join(_MONTHS)})"
    r"(?: (?P<day_after>\d{1,2})(?:st|nd|rd|th)?)?,? (?P<year>\d{4})",
    re.IGNORECASE,
)


def _rank(rest: str, text: str) -> Figure | None:
    match = re.fullmatch(
        rf"(?:top (?P<top>[1-9]\d*|{'|'.join(_WORDS)}))|(?:{_FIRST})", rest, re.IGNORECASE
    )
    if match is None:
        return None
    top = (match["top"] or "1").lower()
    last = _WORDS.get(top) or Decimal(top)
    return Figure(
        Decimal(1), last, Decimal(1), Unit.RANK, Hedge.NONE, Interval(Decimal(1), last), text
    )


def _half(rest: str, text: str, hedge: Hedge) -> Figure | None:
    if not re.fullmatch(r"(?:a |one )?half", rest, re.IGNORECASE):
        return None
    # "half" is never a measured 50: without a hedge of its own it is read as "about half".
    named = Hedge.ABOUT if hedge is Hedge.NONE else hedge
    return _build(Decimal(50), Decimal(50), Decimal(1), Unit.PERCENT, named, text)


def _numeric(rest: str, text: str, hedge: Hedge) -> Figure:
    parts = re.split(r"\s+(?:to|and)\s+|\s*[-–]\s*(?=US\$|\$|\d)", rest)
    matches = [_NUMBER.match(part) for part in parts]
    if len(matches) > 2 or None in matches:
        raise ValueError(f"no figure can be read from {text!r}")
    shared = matches[-1]["scale"] if matches[-1] else None  # as in "US$2 to 3 billion"
    read = [_read_number(match, shared) for match in matches if match is not None]
    values, steps, units = zip(*read, strict=True)
    unit = next((u for u in units if u is not Unit.NUMBER), Unit.NUMBER)
    if values[0] > values[-1]:
        raise ValueError(f"the range {text!r} runs downwards")
    return _build(values[0], values[-1], max(steps), unit, hedge, text)


def _read_number(match: re.Match[str], shared: str | None) -> tuple[Decimal, Decimal, Unit]:
    digits = (match["digits"] or "").replace(",", "")
    value = Decimal(digits) if digits else _WORDS[match["word"].lower()]
    scale = _SCALES[(match["scale"] or shared or "").lower()]
    decimals = len(digits.partition(".")[2])
    step = Decimal(1).scaleb(-decimals) * scale
    unit = Unit.USD if match["currency"] else Unit.PERCENT if match["percent"] else Unit.NUMBER
    return value * scale, step, unit


def _scale(value: Decimal, step: Decimal) -> tuple[str, Decimal]:
    """The word and size in which both a value and its last printed place can be shown."""
    fits = [(word, size) for word, size in _SCALES.items() if size >= step]
    large = [(word, size) for word, size in fits if value >= size >= _SCALES["million"]]
    return large[-1] if large else fits[0]


def _decimals(value: Decimal) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent))


def _build(
    low: Decimal, high: Decimal, step: Decimal, unit: Unit, hedge: Hedge, text: str
) -> Figure:
    return Figure(low, high, step, unit, hedge, _hedged(low, high, step, hedge), text)


def _hedged(low: Decimal, high: Decimal, step: Decimal, hedge: Hedge) -> Interval:
    half = step / 2
    match hedge:
        case Hedge.ABOUT:
            return Interval(low - max(half, low * ROUGHLY), high + max(half, high * ROUGHLY))
        case Hedge.NEARLY:
            return Interval(low - low * ROUGHLY, high)
        case Hedge.OVER:
            return Interval(low, INFINITY, closed_high=False)
        case Hedge.UNDER:
            return Interval(-INFINITY, high, closed_low=False)
        case _:
            return Interval(low - half, high + half, closed_high=False)


def show_interval(interval: Interval, unit: Unit) -> str:
    """An interval in words, in its unit.

    >>> show_interval(Interval(Decimal("542.9e6"), Decimal("546.8e6")), Unit.USD)
    'US$542.9 to 546.8 million'
    >>> show_interval(Interval(Decimal(1), Decimal(1)), Unit.YEARS)
    '1 year'
    """
    if unit is Unit.DATE:
        ends = [_day(end) for end in (interval.low, interval.high)]
        return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    if unit is Unit.YEAR:
        interval = _calendar_years(interval)
    finite = [abs(end) for end in (interval.low, interval.high) if end.is_finite()]
    scale = next((word for word, size in _LARGE if max(finite, default=0) >= size), "")
    size = _SCALES[scale] if scale else Decimal(1)
    ends = [_short(end / size, unit) for end in (interval.low, interval.high) if end.is_finite()]
    sign = "US$" if unit is Unit.USD else ""
    years = " year" if set(ends) == {"1"} else " years"
    word = {Unit.PERCENT: " %", Unit.YEARS: years}.get(unit, "")
    span = f"{sign}{' to '.join(dict.fromkeys(ends))}{' ' + scale if scale else ''}{word}"
    if len(ends) == 2:
        return span
    if not ends:
        return "any value"
    if interval.low.is_finite():
        return f"{span} or more" if interval.closed_low else f"more than {span}"
    return f"{span} or less" if interval.closed_high else f"less than {span}"


_LARGE = [(word, _SCALES[word]) for word in ("trillion", "billion", "million")]


def _calendar_years(span: Interval) -> Interval:
    """The first and the last calendar year of a span on the scale on which 1971 is its middle."""
    half, one = Decimal("0.5"), Decimal(1)
    low, high = span.low, span.high
    if low.is_finite():
        low = (low + half).to_integral_value(ROUND_FLOOR)
    if high.is_finite():
        after = (high + half).to_integral_value(ROUND_FLOOR)
        high = after - one if after == high + half and not span.closed_high else after
    return Interval(low, high)


def _day(ordinal: Decimal) -> str:
    if ordinal.is_infinite():
        return "any day"
    day = date.fromordinal(int(ordinal))
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _short(value: Decimal, unit: Unit) -> str:
    if unit is Unit.YEARS:
        value = round(value, 1)
    text = f"{value:.6g}" if abs(value) < 1000 else f"{value:.0f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
