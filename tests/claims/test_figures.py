from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.claims.figures import Figure, Hedge, Unit, parse_figure

HEDGE_WORDS = {
    Hedge.NONE: [""],
    Hedge.ABOUT: ["about ", "approximately ", "some ", "almost exactly "],
    Hedge.NEARLY: ["nearly ", "nearing ", "almost ", "close to "],
    Hedge.OVER: ["over ", "more than ", "at least "],
    Hedge.UNDER: ["under ", "less than ", "up to "],
}


def digits(places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=0, max_value=5000, places=places)


@st.composite
def printed(draw: st.DrawFn, hedge: Hedge | None = None) -> str:
    """A figure or range of figures as a paper could print it."""
    hedge = draw(st.sampled_from(Hedge)) if hedge is None else hedge
    values = [draw(digits(draw(st.integers(0, 4)))) for _ in range(draw(st.integers(1, 2)))]
    scale = draw(st.sampled_from(["", " thousand", " million", " billion", " trillion"]))
    sign, unit = draw(st.sampled_from([("", ""), ("US$", ""), ("", "%"), ("", " per cent")]))
    numbers = [f"{sign}{value:,f}{scale}{unit}" for value in sorted(values)]
    return draw(st.sampled_from(HEDGE_WORDS[hedge])) + " to ".join(numbers)


@pytest.mark.parametrize(
    ("text", "interval", "unit", "hedge"),
    [
        ("31.53 per cent", "[31.525, 31.535)", Unit.PERCENT, Hedge.NONE),
        ("US$790 million", "[789,500,000, 790,500,000)", Unit.USD, Hedge.NONE),
        ("76%", "[75.5, 76.5)", Unit.PERCENT, Hedge.NONE),
        ("US$1.9 trillion", "[1,850,000,000,000, 1,950,000,000,000)", Unit.USD, Hedge.NONE),
        ("approximately half", "[45, 55]", Unit.PERCENT, Hedge.ABOUT),
        ("half", "[45, 55]", Unit.PERCENT, Hedge.ABOUT),
        ("more than half", "[50, ∞)", Unit.PERCENT, Hedge.OVER),
        ("nearing US$1 billion", "[900,000,000, 1,000,000,000]", Unit.USD, Hedge.NEARLY),
        ("US$2 to US$3", "[1.5, 3.5)", Unit.USD, Hedge.NONE),
        ("US$2 to 3 billion", "[1,500,000,000, 3,500,000,000)", Unit.USD, Hedge.NONE),
        ("22-23", "[21.5, 23.5)", Unit.NUMBER, Hedge.NONE),
        ("four", "[3.5, 4.5)", Unit.NUMBER, Hedge.NONE),
        ("top four", "[1, 4]", Unit.RANK, Hedge.NONE),
        ("Top 10", "[1, 10]", Unit.RANK, Hedge.NONE),
        ("record", "[1, 1]", Unit.RANK, Hedge.NONE),
        ("dropped", "(-∞, 0)", Unit.DIRECTION, Hedge.NONE),
        ("climbed", "(0, ∞)", Unit.DIRECTION, Hedge.NONE),
        ("no", "[0, 0]", Unit.COUNT, Hedge.NONE),
        ("1990s", "[1,990, 1,999]", Unit.YEAR, Hedge.NONE),
        ("early 2010s", "[2,010, 2,014]", Unit.YEAR, Hedge.NONE),
        ("late 2010s", "[2,015, 2,019]", Unit.YEAR, Hedge.NONE),
        ("US$7.55 billion", "[7,545,000,000, 7,555,000,000)", Unit.USD, Hedge.NONE),
        ("US$67.6 million", "[67,550,000, 67,650,000)", Unit.USD, Hedge.NONE),
        ("6.6%", "[6.55, 6.65)", Unit.PERCENT, Hedge.NONE),
        ("55.75 per cent", "[55.745, 55.755)", Unit.PERCENT, Hedge.NONE),
        ("1,250", "[1,249.5, 1,250.5)", Unit.NUMBER, Hedge.NONE),
        ("about 30", "[27, 33]", Unit.NUMBER, Hedge.ABOUT),
        ("about 2", "[1.5, 2.5]", Unit.NUMBER, Hedge.ABOUT),
        ("less than 5%", "(-∞, 5]", Unit.PERCENT, Hedge.UNDER),
        ("over US$1 billion", "[1,000,000,000, ∞)", Unit.USD, Hedge.OVER),
    ],
)
def test_a_printed_figure_reads_as_interval_unit_and_hedge(
    text: str, interval: str, unit: Unit, hedge: Hedge
) -> None:
    figure = parse_figure(text)
    assert (str(figure.interval), figure.unit, figure.hedge) == (interval, unit, hedge)
    assert figure.text == text


@pytest.mark.parametrize("hedge", Hedge)
@given(data=st.data())
def test_the_printed_value_lies_in_its_interval(hedge: Hedge, data: st.DataObject) -> None:
    figure = parse_figure(data.draw(printed(hedge)))
    assert figure.hedge is hedge
    assert figure.low in figure.interval
    assert figure.high in figure.interval


@given(value=st.decimals(min_value=0, max_value=1000, places=6), places=st.integers(0, 4))
def test_a_figure_stands_for_the_values_that_round_to_it(value: Decimal, places: int) -> None:
    step = Decimal(1).scaleb(-places)
    rounded = value.quantize(step, ROUND_HALF_UP)
    assert value in parse_figure(str(rounded)).interval
    assert value not in parse_figure(str(rounded + step)).interval


@given(value=digits(2), digit=st.integers(0, 9))
def test_a_further_digit_narrows_the_interval_and_stays_inside_up_to_4(
    value: Decimal, digit: int
) -> None:
    wide, narrow = parse_figure(f"{value}").interval, parse_figure(f"{value}{digit}").interval
    assert (narrow.high - narrow.low) * 10 == wide.high - wide.low
    assert (wide.intersection(narrow) == narrow) == (digit <= 4)


def test_trailing_zeros_narrow_the_interval() -> None:
    assert str(parse_figure("31.5").interval) == "[31.45, 31.55)"
    assert str(parse_figure("31.50").interval) == "[31.495, 31.505)"


@given(text=printed())
def test_the_standard_form_reads_back_as_the_same_figure(text: str) -> None:
    figure = parse_figure(text)
    assert parse_figure(str(figure)) == figure


@pytest.mark.parametrize(
    ("text", "standard"),
    [
        ("0.79 billion", "0.79 billion"),
        ("US$1000 million", "US$1.000 billion"),
        ("10 thousand", "10 thousand"),
        ("67600", "67,600"),
        ("nearing US$1 billion", "nearly US$1 billion"),
        ("2.5 to 3", "2.5 to 3"),
        ("approximately half", "about 50 percent"),
        ("top four", "top 4"),
        ("record", "largest"),
        ("dropped", "decreased"),
        ("climbed", "increased"),
        ("none", "no"),
        ("1990s", "1990s"),
        ("Early 2010s", "early 2010s"),
        ("late 2010s", "late 2010s"),
        ("August 24th, 2023", "24 August 2023"),
        ("february 2024", "February 2024"),
    ],
)
def test_the_standard_form_keeps_the_last_printed_place(text: str, standard: str) -> None:
    figure = parse_figure(text)
    assert str(figure) == standard
    assert parse_figure(standard) == figure


def test_a_day_or_month_stands_for_its_days() -> None:
    day, month = parse_figure("29 February 2024"), parse_figure("February 2024")
    assert day.unit is month.unit is Unit.DATE
    assert day.low == day.high == month.high == date(2024, 2, 29).toordinal()
    assert month.low == date(2024, 2, 1).toordinal()


@given(value=st.integers(1, 999))
def test_scales_agree_on_the_value_and_differ_in_precision(value: int) -> None:
    fine = parse_figure(f"{value}000 million")
    coarse = parse_figure(f"{value} billion")
    assert (fine.low, fine.high) == (coarse.low, coarse.high)
    assert coarse.interval.intersection(fine.interval) == fine.interval != coarse.interval


def test_the_same_amount_in_millions_and_billions_has_another_precision() -> None:
    million, billion = parse_figure("790 million"), parse_figure("0.79 billion")
    assert million.low == billion.low
    assert million.interval != billion.interval
    assert million != billion


def test_a_hedge_that_stands_elsewhere_in_the_sentence_counts() -> None:
    assert parse_figure("31.5", Hedge.OVER) == parse_figure("over 31.5")
    assert parse_figure("31.5") != parse_figure("over 31.5")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "US$",
        "about",
        "more than",
        "sixty",  # not six
        "tenth",  # not ten
        "1,23",
        "31.5.3",
        "5bn",
        "top 0",
        "30 February 2024",
        "-5 per cent",
        "1 to 2 to 3",
    ],
)
def test_text_without_a_figure_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"no figure can be read") as caught:
        parse_figure(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["3 to 2", "US$2 billion to US$900 million", "2022-23"])
def test_a_range_that_runs_downwards_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="downwards") as caught:
        parse_figure(text)
    assert repr(text) in str(caught.value)


@given(text=st.text(max_size=20))
def test_any_text_is_a_figure_or_refused(text: str) -> None:
    try:
        figure = parse_figure(text)
    except ValueError:
        return
    assert isinstance(figure, Figure)
