from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from claimbook.claims.intervals import INFINITY, Interval
from claimbook.claims.readings_chart import readings_chart
from claimbook.claims.verdicts import NoData, Value, Verdict, judge
from tests.bees import make_claim

LEFT, RIGHT = 12.0, 628.0  # where the axis begins and ends
HALF_PIXEL = 0.051  # places are rounded to a tenth
CLAIMS = [
    ("31.53 per cent", "percent"),
    ("over 50 per cent", "percent"),
    ("up to 20", "count"),
    ("no", "count"),
    ("dropped", "direction"),
    ("climbed", "direction"),
    ("US$790 million", "USD"),
    ("top four", "rank"),
    ("nearly 3", "number"),
]


def read(*values: Value | None, printed: str = "31.53 per cent", **changes: Any) -> Verdict:
    """A verdict whose readings have these values, the stated one first."""

    def derive(number: int) -> Value:
        value = values[number]
        if value is None:
            raise NoData
        return value

    others = {"number": {"values": [*range(1, len(values))], "why": "each is defensible"}}
    entries: dict[str, Any] = {
        "printed": [printed],
        "basis": {"number": 0},
        "readings": others if len(values) > 1 else {},
    }
    return judge(make_claim(**{**entries, **changes}), derive)


def drawn(*values: Value | None, **changes: Any) -> ET.Element:
    """The chart, which has to be well-formed."""
    return ET.fromstring(readings_chart(read(*values, **changes)))


def kinds(mark: ET.Element) -> set[str]:
    return set(mark.get("class", "").split())


def marks(chart: ET.Element) -> list[ET.Element]:
    return [mark for mark in chart if kinds(mark) & {"dot", "span"}]


def title(element: ET.Element) -> str:
    text = element.findtext("title")
    assert text is not None
    return text


def mark_of(chart: ET.Element, number: int) -> ET.Element:
    """The mark of one reading; 0 is the stated one."""
    start = "stated basis: " if number == 0 else f"number {number}: "
    (found,) = [mark for mark in marks(chart) if title(mark).startswith(start)]
    return found


def number(element: ET.Element, name: str) -> float:
    return float(element.get(name, "nan"))


def corners(element: ET.Element) -> list[tuple[float, float]]:
    """The outermost points that an element draws."""
    match element.tag:
        case "rect":
            x, y = number(element, "x"), number(element, "y")
            return [(x, y), (x + number(element, "width"), y + number(element, "height"))]
        case "line":
            return [(number(element, f"x{end}"), number(element, f"y{end}")) for end in (1, 2)]
        case "circle":
            x, y, r = (number(element, name) for name in ("cx", "cy", "r"))
            return [(x - r, y - r), (x + r, y + r)]
        case "polygon":
            pairs = [pair.split(",") for pair in element.get("points", "").split()]
            return [(float(x), float(y)) for x, y in pairs]
        case tag:
            assert tag == "text"
            return [(number(element, "x"), number(element, "y"))]


def span(element: ET.Element) -> tuple[float, float]:
    places = [x for x, _ in corners(element)]
    return min(places), max(places)


def centre(mark: ET.Element) -> float:
    return sum(span(mark)) / 2


def band(chart: ET.Element) -> ET.Element:
    (found,) = chart.findall("rect[@class='printed']")
    return found


def ranged(low: float, high: float) -> Interval:
    return Interval(Decimal(str(low)), Decimal(str(high)))


AT_LEAST_40 = Interval(Decimal(40), INFINITY, closed_high=False)
AT_MOST_20 = Interval(-INFINITY, Decimal(20), closed_low=False)
ANY = Interval(-INFINITY, INFINITY, closed_low=False, closed_high=False)

finite = st.floats(-1e18, 1e18)
values = st.one_of(
    finite,
    st.sampled_from([math.inf, -math.inf, AT_LEAST_40, AT_MOST_20, ANY]),
    st.tuples(finite, finite).map(lambda ends: ranged(*sorted(ends))),
)


def test_every_reading_with_a_value_has_one_mark() -> None:
    chart = drawn(30.0, 31.53, None, 32.0)
    assert len(marks(chart)) == 3
    assert [title(mark) for mark in marks(chart)] == [
        "number 3: 32.000 %",
        "number 1: 31.530 %",
        "stated basis: 30.000 %",
    ]


@pytest.mark.parametrize("value", [30.0, ranged(30, 31), ranged(30, 30), AT_LEAST_40])
def test_the_stated_reading_is_told_by_its_shape(value: Value) -> None:
    chart = drawn(value, value, 31.53)
    assert [mark.tag for mark in marks(chart)].count("polygon") == 1
    assert mark_of(chart, 0).tag == "polygon"
    assert kinds(mark_of(chart, 0)) == {"dot", "stated"}


def test_without_a_value_on_the_stated_basis_no_mark_claims_to_be_it() -> None:
    assert [mark.tag for mark in marks(drawn(None, 30.0, 31.53))] == ["circle", "circle"]


def test_a_reading_that_gives_the_figure_is_told_from_one_that_does_not() -> None:
    chart = drawn(30.0, 31.53, 31.535, ranged(20, 40), ranged(40, 50))
    assert [kinds(mark_of(chart, place)) for place in range(1, 5)] == [
        {"dot", "inside"},
        {"dot", "outside"},
        {"span", "inside"},
        {"span", "outside"},
    ]


def test_the_chart_says_in_words_how_many_readings_give_the_figure() -> None:
    chart = drawn(30.0, 31.53, None, 31.528)
    assert chart.get("role") == "img"
    assert chart.get("aria-label") == "3 readings; 2 of them within the printed figure's interval"


def test_the_band_spans_the_printed_interval_and_names_it() -> None:
    chart = drawn(20.0, 40.0, 15.0, 25.0, printed="20 per cent", hedge="about")
    assert title(band(chart)) == "the printed figure stands for 18 to 22 %"
    low, high = span(band(chart))
    unit = (centre(mark_of(chart, 1)) - centre(mark_of(chart, 0))) / 20
    assert low == pytest.approx(centre(mark_of(chart, 0)) - 2 * unit, abs=0.2)
    assert high == pytest.approx(centre(mark_of(chart, 0)) + 2 * unit, abs=0.2)


@pytest.mark.parametrize(
    ("printed", "reaches"),
    [("over 50 per cent", RIGHT), ("up to 50 per cent", LEFT)],
)
def test_a_band_without_an_end_reaches_the_edge_of_the_chart(printed: str, reaches: float) -> None:
    chart = drawn(40.0, 60.0, printed=printed)
    assert reaches in span(band(chart))
    assert span(band(chart)) != (LEFT, RIGHT)


def test_a_printed_point_has_a_band_that_can_be_seen() -> None:
    chart = drawn(1.0, 30.0, printed="record", unit="rank")
    low, high = span(band(chart))
    assert high - low >= 2


@given(st.lists(st.floats(0, 100), min_size=2, max_size=12))
def test_a_dot_lies_on_the_band_exactly_if_its_value_is_in_the_interval(
    given_values: list[float],
) -> None:
    chart = drawn(*given_values, printed="20 per cent", hedge="about")
    low, high = span(band(chart))
    for place, value in enumerate(given_values):
        x = centre(mark_of(chart, place))
        if 18 <= value <= 22:
            assert low - 2 * HALF_PIXEL <= x <= high + 2 * HALF_PIXEL
        else:
            assert x <= low + 2 * HALF_PIXEL or x >= high - 2 * HALF_PIXEL


@given(st.lists(finite, min_size=2, max_size=8))
def test_a_larger_value_is_never_drawn_to_the_left(given_values: list[float]) -> None:
    chart = drawn(*given_values)
    ordered = sorted(range(len(given_values)), key=given_values.__getitem__)
    places = [centre(mark_of(chart, place)) for place in ordered]
    assert all(a <= b + 2 * HALF_PIXEL for a, b in pairwise(places))


def test_a_range_of_values_is_drawn_from_end_to_end() -> None:
    chart = drawn(20.0, 40.0, ranged(20, 40), ranged(30, 30))
    assert mark_of(chart, 2).tag == "line"
    assert span(mark_of(chart, 2)) == (centre(mark_of(chart, 0)), centre(mark_of(chart, 1)))
    assert title(mark_of(chart, 2)) == "number 2: 20.000 % to 40.000 %"
    assert mark_of(chart, 3).tag == "circle"  # a line without length would not be seen


def test_a_stated_range_is_drawn_from_end_to_end() -> None:
    chart = drawn(ranged(20, 40), 20.0, 40.0)
    low, high = span(mark_of(chart, 0))
    assert (low, high) == (centre(mark_of(chart, 1)), centre(mark_of(chart, 2)))


@pytest.mark.parametrize(
    ("value", "from_", "to", "words"),
    [
        (AT_LEAST_40, "40", RIGHT, "40.000 % or more"),
        (AT_MOST_20, LEFT, "20", "up to 20.000 %"),
        (ANY, LEFT, RIGHT, "any value"),
    ],
)
def test_a_range_without_an_end_reaches_the_edge_of_the_chart(
    value: Interval, from_: str | float, to: str | float, words: str
) -> None:
    chart = drawn(20.0, 40.0, value)
    named = {"20": centre(mark_of(chart, 0)), "40": centre(mark_of(chart, 1))}
    ends = tuple(named[end] if isinstance(end, str) else end for end in (from_, to))
    assert span(mark_of(chart, 2)) == ends
    assert title(mark_of(chart, 2)) == f"number 2: {words}"


def test_an_infinite_value_stands_at_the_edge_of_the_chart() -> None:
    chart = drawn(20.0, math.inf, -math.inf)
    assert [centre(mark_of(chart, place)) for place in (1, 2)] == [RIGHT, LEFT]
    assert title(mark_of(chart, 1)) == "number 1: no limit"


@pytest.mark.parametrize(
    "given_values", [(30.0,), (None,), (30.0, None), (None, 30.0), (None, None, None)]
)
def test_fewer_than_two_values_make_no_chart(given_values: tuple[float | None, ...]) -> None:
    assert readings_chart(read(*given_values)) == ""


@given(st.sampled_from(CLAIMS), st.lists(values | st.none(), min_size=2, max_size=15))
def test_everything_is_drawn_inside_the_view_box(
    claim: tuple[str, str], given_values: list[Value | None]
) -> None:
    known = [value for value in given_values if value is not None]
    assume(len(known) >= 2)
    chart = drawn(*given_values, printed=claim[0], unit=claim[1])
    left, top, width, height = map(float, chart.get("viewBox", "").split())
    assert (left, top) == (0, 0)
    assert len(marks(chart)) == len(known)
    for element in chart:
        for x, y in corners(element):
            assert 0 <= x <= width
            assert 0 <= y <= height


@pytest.mark.parametrize("value", [0.0, 5.0, 1e-9, 9e18])
def test_readings_that_agree_with_the_figure_to_the_last_digit_can_be_drawn(value: float) -> None:
    chart = drawn(value, value, printed=f"over US${value:,.9f}", unit="USD")
    assert {centre(mark) for mark in marks(chart)} == {320.0}


def test_a_high_stack_of_dots_stays_inside_the_view_box() -> None:
    chart = drawn(*[30.0] * 40, 31.53)
    assert len(marks(chart)) == 41
    assert min(y for mark in marks(chart) for _, y in corners(mark)) >= 0


def test_dots_at_one_place_are_stacked_with_the_stated_one_on_top() -> None:
    chart = drawn(30.0, 30.0, 30.0, 40.0)
    heights = [sum(y for _, y in corners(mark_of(chart, place))) for place in range(3)]
    assert len(set(heights)) == 3
    assert marks(chart)[-1] is mark_of(chart, 0)


def test_the_ends_of_the_axis_are_named_in_the_unit_of_the_claim() -> None:
    def ends(*given_values: float, **changes: Any) -> list[str | None]:
        return [element.text for element in drawn(*given_values, **changes).findall("text")]

    assert ends(0.0, 100.0) == ["-6.000 %", "106.000 %"]
    assert ends(1.0, 0.0, printed="no", unit="count") == ["0", "1"]
    days = ends(736_450.0, 736_500.0, printed="May 2017", unit="date", kind="date")
    assert days == ["28 April 2017", "23 June 2017"]


def test_a_reading_in_a_unit_of_its_own_says_so_in_its_title() -> None:
    units = {"unit": {"values": ["USD"], "why": "the register prints no unit"}}
    claim = make_claim(printed=["24"], unit="count", basis={"unit": "count"}, readings=units)
    verdict = judge(claim, lambda unit: 24.0 if unit == "count" else 3e6)
    chart = ET.fromstring(readings_chart(verdict))
    assert {title(mark) for mark in marks(chart)} == {
        "stated basis: 24",
        "unit USD: US$3.000 million",
    }


def test_names_and_values_are_escaped() -> None:
    hostile = "<script>\"&'</script>"
    releases = {"release": {"values": [hostile], "why": "each is defensible"}}
    claim = make_claim(readings=releases)
    chart = ET.fromstring(readings_chart(judge(claim, lambda **_: 60.0)))
    assert f"release {hostile}: 60.00 %" in [title(mark) for mark in marks(chart)]
