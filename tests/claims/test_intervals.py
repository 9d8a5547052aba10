from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from claimbook.claims.intervals import INFINITY, Interval

D = Decimal
numbers = st.decimals(min_value=-1000, max_value=1000, places=2)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    low, high = sorted((draw(numbers), draw(numbers)))
    if low == high:
        return Interval.point(low)
    return Interval(low, high, draw(st.booleans()), draw(st.booleans()))


@st.composite
def intervals_with_a_member(draw: st.DrawFn) -> tuple[Interval, Decimal]:
    interval = draw(intervals())
    member = interval.low + (interval.high - interval.low) * draw(st.integers(0, 8)) / 8
    assume(member in interval)
    return interval, member


def closed(low: float, high: float) -> Interval:
    return Interval(D(str(low)), D(str(high)))


@pytest.mark.parametrize("combine", [operator.add, operator.sub, operator.mul, operator.truediv])
@given(a=intervals_with_a_member(), b=intervals_with_a_member())
def test_arithmetic_holds_the_result_for_every_pair_of_members(
    combine: Callable[[Any, Any], Any],
    a: tuple[Interval, Decimal],
    b: tuple[Interval, Decimal],
) -> None:
    if combine is operator.truediv:
        assume(not b[0].low <= 0 <= b[0].high)
    assert combine(a[1], b[1]) in combine(a[0], b[0])


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (closed(1, 2) + closed(10, 20), closed(11, 22)),
        (closed(1, 2) - closed(0.5, 1), closed(0, 1.5)),
        (closed(-2, 3) * closed(-1, 4), closed(-8, 12)),
        (closed(1, 2) / closed(-4, -2), closed(-1, -0.25)),
        (closed(1, 2) * 100, closed(100, 200)),
        (closed(1, 2) - 0.1, closed(0.9, 1.9)),
        (closed(0, 1) * Interval(D(2), D(3), False, False), Interval(D(0), D(3), True, False)),
        (Interval(D(1), D(2), True, False) - closed(0, 1), Interval(D(0), D(2), True, False)),
    ],
)
def test_arithmetic_is_no_wider_than_it_has_to_be(result: Interval, expected: Interval) -> None:
    assert result == expected


def test_arithmetic_takes_open_ranges() -> None:
    over_50 = Interval(D(50), INFINITY, closed_high=False)
    under_50 = Interval(-INFINITY, D(50), closed_low=False)
    assert str(over_50 + over_50) == "[100, ∞)"
    assert str(over_50 - over_50) == "(-∞, ∞)"
    assert str(over_50 / over_50) == "(0, ∞)"
    assert str(over_50 + under_50) == "(-∞, ∞)"
    assert str(over_50 * 0) == "[0, 0]"


@pytest.mark.parametrize("divisor", [closed(-1, 1), closed(0, 1), closed(-1, 0), 0])
def test_division_by_an_interval_that_holds_zero_is_refused(divisor: Interval | int) -> None:
    with pytest.raises(ZeroDivisionError, match="holds 0"):
        closed(1, 2) / divisor


@given(a=intervals(), b=intervals())
def test_intersection_holds_exactly_what_both_hold(a: Interval, b: Interval) -> None:
    shared = a.intersection(b)
    ends = sorted({a.low, a.high, b.low, b.high})
    between = [(x + y) / 2 for x, y in pairwise(ends)]
    for value in (*ends, *between):
        assert (value in a and value in b) == (shared is not None and value in shared)


@given(a=intervals(), b=intervals())
def test_intersection_is_symmetric(a: Interval, b: Interval) -> None:
    assert a.intersection(b) == b.intersection(a)


def test_intervals_that_touch_share_a_value_only_if_both_ends_are_closed() -> None:
    assert closed(1, 2).intersection(closed(2, 3)) == Interval.point(2)
    assert Interval(D(1), D(2), closed_high=False).intersection(closed(2, 3)) is None


@given(interval=intervals(), value=numbers)
def test_gap_is_the_distance_to_the_closure(interval: Interval, value: Decimal) -> None:
    nearest = min(max(value, interval.low), interval.high)
    assert interval.gap(value) == abs(value - nearest)


def test_gap_to_an_open_range_is_measured_from_its_finite_end() -> None:
    over_50 = Interval(D(50), INFINITY, closed_high=False)
    assert over_50.gap(48) == 2
    assert over_50.gap(float("inf")) == 0


@pytest.mark.parametrize(
    ("low", "high", "closed_low", "closed_high"),
    [(2, 1, True, True), (1, 1, True, False), (1, 1, False, True), (1, 1, False, False)],
)
def test_an_empty_interval_is_refused(
    low: int, high: int, closed_low: bool, closed_high: bool
) -> None:
    with pytest.raises(ValueError, match="empty interval: "):
        Interval(D(low), D(high), closed_low, closed_high)


def test_membership_follows_the_ends_and_reads_floats_as_printed() -> None:
    interval = Interval(D("0.15"), D("0.3"), closed_high=False)
    assert 0.15 in interval
    assert D("0.2999") in interval
    assert 0.3 not in interval
    assert "0.2" not in interval


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (closed(31.5, 31.53), "[31.5, 31.53]"),
        (Interval(D("1200.50"), D("1E+6"), False, True), "(1,200.5, 1,000,000]"),
        (Interval(-INFINITY, INFINITY, False, False), "(-∞, ∞)"),
    ],
)
def test_an_interval_prints_its_ends_and_whether_they_belong_to_it(
    interval: Interval, text: str
) -> None:
    assert str(interval) == text
