"""Intervals of exact decimals, with open and closed ends."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product

INFINITY = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Interval:
    """All values from `low` to `high`; an end belongs to it if it is closed.

    Raises ValueError when no value lies between the ends.

    >>> print(Interval(Decimal("31.525"), Decimal("31.535"), closed_high=False))
    [31.525, 31.535)
    """

    low: Decimal
    high: Decimal
    closed_low: bool = True
    closed_high: bool = True

    def __post_init__(self) -> None:
        both = self.closed_low and self.closed_high
        if self.low > self.high or (self.low == self.high and not both):
            raise ValueError(f"empty interval: {self.low} to {self.high}")

    @classmethod
    def point(cls, value: Decimal | float) -> Interval:
        """The interval that holds `value` alone."""
        return cls(exact(value), exact(value))

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, Decimal | float | int):
            return False
        number = exact(value)
        above = number > self.low or (self.closed_low and number == self.low)
        below = number < self.high or (self.closed_high and number == self.high)
        return above and below

    def __str__(self) -> str:
        left, right = "[" if self.closed_low else "(", "]" if self.closed_high else ")"
        return f"{left}{_plain(self.low)}, {_plain(self.high)}{right}"

    def intersection(self, other: Interval) -> Interval | None:
        """What both intervals share, or None when they share nothing."""
        low = max(self.low, other.low)
        high = min(self.high, other.high)
        try:
            return Interval(
                low,
                high,
                all(i.closed_low for i in (self, other) if i.low == low),
                all(i.closed_high for i in (self, other) if i.high == high),
            )
        except ValueError:
            return None

    def gap(self, value: Decimal | float) -> Decimal:
        """Distance from `value` to the nearest end; 0 inside and on both ends."""
        number = exact(value)
        if self.low <= number <= self.high:
            return Decimal(0)
        return self.low - number if number < self.low else number - self.high

    def __add__(self, other: Interval | Decimal | float) -> Interval:
        return _combine(self, _as_interval(other), "+")

    def __sub__(self, other: Interval | Decimal | float) -> Interval:
        return _combine(self, _as_interval(other), "-")

    def __mul__(self, other: Interval | Decimal | float) -> Interval:
        return _combine(self, _as_interval(other), "*")

    def __truediv__(self, other: Interval | Decimal | float) -> Interval:
        divisor = _as_interval(other)
        if divisor.low <= 0 <= divisor.high:
            raise ZeroDivisionError(f"division by an interval that holds 0: {divisor}")
        return _combine(self, divisor, "/")


def exact(value: Decimal | float) -> Decimal:
    """The decimal that a person reads when the number is printed."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _as_interval(value: Interval | Decimal | float) -> Interval:
    return value if isinstance(value, Interval) else Interval.point(value)


def _combine(a: Interval, b: Interval, sign: str) -> Interval:
    ends = [
        (value, (closed_x and closed_y) or _is_sure_zero(x, closed_x, y, closed_y, sign))
        for (x, closed_x), (y, closed_y) in product(_ends(a), _ends(b))
        if (value := _apply(x, y, sign)) is not None
    ]
    low = min(value for value, _ in ends)
    high = max(value for value, _ in ends)
    closed_low = any(closed for value, closed in ends if value == low)
    closed_high = any(closed for value, closed in ends if value == high)
    if low == high:
        closed_low = closed_high = True
    return Interval(low, high, closed_low, closed_high)


def _ends(interval: Interval) -> tuple[tuple[Decimal, bool], tuple[Decimal, bool]]:
    return (interval.low, interval.closed_low), (interval.high, interval.closed_high)


def _is_sure_zero(x: Decimal, closed_x: bool, y: Decimal, closed_y: bool, sign: str) -> bool:
    """Whether one end alone makes the result 0, whatever the other interval holds."""
    return (sign in "*/" and closed_x and x == 0) or (sign == "*" and closed_y and y == 0)


def _apply(x: Decimal, y: Decimal, sign: str) -> Decimal | None:
    """The result at two ends; None where infinite ends leave it open (∞ - ∞, ∞ / ∞)."""
    try:
        match sign:
            case "+":
                return x + y
            case "-":
                return x - y
            case "*":
                return Decimal(0) if 0 in (x, y) else x * y
            case _:
                return Decimal(0) if y.is_infinite() and x.is_finite() else x / y
    except InvalidOperation:
        return None


def _plain(value: Decimal) -> str:
    if value.is_infinite():
        return "∞" if value > 0 else "-∞"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
