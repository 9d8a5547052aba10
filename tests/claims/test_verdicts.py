from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.base.errors import ClaimbookError
from claimbook.claims.intervals import INFINITY, Interval, exact
from claimbook.claims.ledger import Claim, Consequence
from claimbook.claims.status import Status
from claimbook.claims.verdicts import (
    NoData,
    Survival,
    describe_basis,
    grid,
    judge,
    show_reading,
    show_value,
    survival,
    unchecked,
)
from tests.bees import make_claim

WHY = "the census was taken in each of them"
Values = dict[int, Any]


def yearly(printed: str = "31.53 per cent", *years: int, **changes: Any) -> Claim:
    """A claim on 2019 with other years as readings."""
    readings = {"year": {"values": list(years), "why": WHY}} if years else {}
    entries: dict[str, Any] = {"basis": {"year": 2019}, "readings": readings}
    return make_claim(printed=[printed], **{**entries, **changes})


def looked_up(values: Values) -> Callable[..., Any]:
    def derive(year: int) -> Any:
        if year not in values:
            raise NoData
        return values[year]

    return derive


def status(claim: Claim, values: Values) -> Status:
    return judge(claim, looked_up(values)).status


@pytest.mark.parametrize(
    ("values", "expected", "given_by"),
    [
        ({2019: 31.53}, Status.REPRODUCED, 2019),
        ({2019: 31.53, 2020: 31.53}, Status.REPRODUCED, 2019),
        ({2019: 40, 2020: 31.53}, Status.ANOTHER_BASIS, 2020),
        ({2019: 31.6, 2020: 31.53}, Status.ANOTHER_BASIS, 2020),  # exact before close
        ({2019: 31.6, 2020: 40}, Status.CLOSE, 2019),
        ({2019: 31.6, 2020: 31.54}, Status.CLOSE, 2019),  # stated before nearer
        ({2019: 40, 2020: 31.6}, Status.ANOTHER_BASIS, 2020),  # close elsewhere
        ({2019: 40, 2020: 41}, Status.CONTRADICTED, 2019),
        ({2019: 41, 2020: 40}, Status.CONTRADICTED, 2020),
        ({2020: 31.53}, Status.ANOTHER_BASIS, 2020),
        ({2020: 31.6}, Status.ANOTHER_BASIS, 2020),
        ({2020: 40}, Status.UNCHECKED, 2020),
        ({2018: 40, 2020: 39}, Status.UNCHECKED, 2020),
        ({}, Status.UNCHECKED, None),
    ],
)
def test_a_verdict_follows_from_the_values_of_the_readings(
    values: Values, expected: Status, given_by: int | None
) -> None:
    verdict = judge(yearly("31.53 per cent", 2018, 2020), looked_up(values))
    assert verdict.status is expected
    assert (verdict.given_by and verdict.given_by.basis["year"]) == given_by


def test_a_figure_at_odds_with_the_papers_own_figures_is_inconsistent() -> None:
    claim = yearly("31.53 per cent", 2020, checkable="paper")
    assert status(claim, {2019: 40, 2020: 41}) is Status.INCONSISTENT
    assert status(claim, {2019: 31.53}) is Status.REPRODUCED


def test_a_claim_that_open_data_cannot_settle_is_unchecked() -> None:
    verdict = unchecked(make_claim(checkable="no", settled_by="a count of the hives in spring"))
    assert verdict.status is Status.UNCHECKED
    assert verdict.sentence.endswith("needed: a count of the hives in spring.")


@pytest.mark.parametrize(
    ("printed", "unit", "right", "wrong"),
    [
        ("top four", "rank", 4, 5),
        ("record", "rank", 1, 2),
        ("1,000", "count", 1000, 1001),
        ("2013", "year", 2013, 2014),
        ("dropped", "direction", -0.001, 0),
        ("climbed", "direction", 0.001, -0.001),
    ],
)
def test_ranks_counts_years_and_directions_have_no_tolerance(
    printed: str, unit: str, right: float, wrong: float
) -> None:
    claim = yearly(printed, unit=unit, tolerance=0.5)
    assert status(claim, {2019: right}) is Status.REPRODUCED
    assert status(claim, {2019: wrong}) is Status.CONTRADICTED


def test_tolerance_is_relative_to_the_printed_figure() -> None:
    assert status(yearly("100 per cent"), {2019: 101.5}) is Status.CLOSE
    assert status(yearly("100 per cent"), {2019: 101.6}) is Status.CONTRADICTED
    claim = yearly("100 per cent", tolerance=0.1)
    assert status(claim, {2019: 110.55}) is Status.CLOSE
    assert status(claim, {2019: 111}) is Status.CONTRADICTED
    assert status(yearly("100 per cent", tolerance=0.5), {2019: 111}) is Status.CLOSE


def test_a_value_on_the_open_end_misses() -> None:
    assert status(yearly(), {2019: 31.525}) is Status.REPRODUCED
    assert status(yearly(), {2019: 31.535}) is Status.CLOSE
    assert status(yearly(tolerance=0), {2019: 31.535}) is Status.CONTRADICTED


@given(cents=st.integers(31400, 31700))
def test_a_value_is_reproduced_exactly_if_it_rounds_to_the_printed_figure(cents: int) -> None:
    value = Decimal(cents) / 1000
    rounds = value.quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal("31.53")
    assert (status(yearly(), {2019: float(value)}) is Status.REPRODUCED) == rounds


@given(position=st.sampled_from([0, 1, 3, 4]), digit=st.sampled_from("123456789"))
def test_another_printed_digit_is_not_reproduced(position: int, digit: str) -> None:
    printed = "31.53"[:position] + digit + "31.53"[position + 1 :]
    reproduced = status(yearly(f"{printed} per cent"), {2019: 31.53}) is Status.REPRODUCED
    assert reproduced == (printed == "31.53")


@pytest.mark.parametrize("nothing", [None, math.nan, np.nan, pd.NA, pd.NaT])
def test_an_empty_result_counts_as_no_data(nothing: Any) -> None:
    verdict = judge(yearly(), looked_up({2019: nothing}))
    assert verdict.status is Status.UNCHECKED
    assert verdict.stated.value is None


def test_numbers_of_every_library_are_taken() -> None:
    for number in (np.float64(31.53), pd.Series([31.53]).sum(), Decimal("31.53")):
        assert status(yearly(), {2019: number}) is Status.REPRODUCED
    assert status(yearly("3 per cent"), {2019: np.int64(3)}) is Status.REPRODUCED


def test_of_equally_near_readings_the_one_with_fewest_changes_is_named() -> None:
    claim = make_claim(
        printed=["5 per cent"],
        basis={"year": 2019, "release": "a"},
        readings={
            "year": {"values": [2018], "why": WHY},
            "release": {"values": ["b"], "why": WHY},
        },
    )

    def derive(year: int, release: str) -> float:
        return 5 if release == "b" else 9 + year - 2019

    verdict = judge(claim, derive)
    assert verdict.given_by is not None
    assert verdict.given_by.changes == {"release": "b"}


def test_without_the_stated_value_a_disagreeing_reading_settles_nothing() -> None:
    claim = yearly("dropped", 2017, 2018, 2020, unit="direction")
    verdict = judge(claim, looked_up({2020: 3}))
    assert verdict.status is Status.UNCHECKED
    assert verdict.given_by is not None
    assert verdict.given_by.basis == {"year": 2020}


def test_overrides_replace_the_stated_basis() -> None:
    claim = yearly("31.53 per cent", 2020)
    values = looked_up({2019: 40, 2020: 31.53})
    verdict = judge(claim, values, {"year": 2020})
    assert verdict.status is Status.REPRODUCED
    assert verdict.stated.basis == {"year": 2020}


def test_an_unknown_part_of_the_basis_is_refused() -> None:
    with pytest.raises(ClaimbookError, match=r"north-share: .* no 'yaer' .* did you mean year\?"):
        judge(yearly(), looked_up({}), {"yaer": 2020})


INSIDE = Interval(Decimal("31.53"), Decimal(40))
BESIDE = Interval(Decimal("31.535"), Decimal(40))
BELOW = Interval(Decimal(20), Decimal("31.4"))
FAR = Interval(Decimal(40), INFINITY, closed_high=False)
UP_TO_20 = Interval(-INFINITY, Decimal(20), closed_low=False)
ANY = Interval(-INFINITY, INFINITY, closed_low=False, closed_high=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (INSIDE, Status.REPRODUCED),
        (BESIDE, Status.CLOSE),
        (BELOW, Status.CLOSE),
        (FAR, Status.CONTRADICTED),
    ],
)
def test_a_range_of_values_is_judged_by_what_it_shares_with_the_figure(
    value: Interval, expected: Status
) -> None:
    assert status(yearly(), {2019: value}) is expected


@given(
    years=st.lists(st.integers(2015, 2022), min_size=1, unique=True),
    releases=st.lists(st.sampled_from("abc"), min_size=1, unique=True),
)
def test_the_grid_is_every_combination_but_the_stated_one(
    years: list[int], releases: list[str]
) -> None:
    stated: dict[str, Any] = {"year": 2019, "release": "a", "unit": "hive"}
    axes = {"year": years, "release": releases}
    claim = make_claim(
        basis=stated,
        readings={name: {"values": values, "why": WHY} for name, values in axes.items()},
    )
    found = list(grid(claim, stated))
    assert len(found) == len({2019, *years}) * len({"a", *releases}) - 1
    assert len({tuple(basis.items()) for basis in found}) == len(found)
    assert stated not in found
    assert all(basis["unit"] == "hive" for basis in found)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({2019: 31.53}, ["agrees with the data", "31.530 %", "year 2019"]),
        ({2019: 40, 2020: 31.53}, ["year 2020 (31.530 %)", "40.000 %", "year 2019"]),
        ({2020: 31.6}, ["to within tolerance", "year 2020 (31.600 %)", "no value"]),
        ({2019: 31.6}, ["misses the data by 0.21 %", "31.600 %", "year 2019"]),
        ({2019: 40}, ["the one reading tried", "40.000 %", "year 2019"]),
        ({2019: 41, 2020: 40}, ["none of 2 readings", "41.000 %", "year 2020, 40.000 %"]),
        ({}, ["cannot settle", "a series that covers the stated basis"]),
    ],
)
def test_the_sentence_names_printed_figure_value_and_reading(
    values: Values, words: list[str]
) -> None:
    sentence = judge(yearly("31.53 per cent", 2020), looked_up(values)).sentence
    assert "“31.53 per cent”" in sentence
    assert sentence.endswith(".")
    for word in words:
        assert word.lower() in sentence.lower()


def test_the_sentence_says_what_sort_of_evidence_there_is() -> None:
    values = looked_up({2019: 31.53})
    assert "published figures" in judge(yearly(secondary=True), values).sentence
    assert "paper's other figures" in judge(yearly(checkable="paper"), values).sentence
    against = judge(yearly(checkable="paper"), looked_up({2019: 40})).sentence
    assert "does not fit its other figures, which give 40.000 %" in against


def test_the_sentence_repeats_the_hedge_and_every_printed_figure() -> None:
    claim = make_claim(printed=["31.5 per cent", "31.53 per cent"], hedge="nearly")
    sentence = judge(claim, lambda **_: 31.5).sentence
    assert "“nearly 31.5 per cent” or “nearly 31.53 per cent”" in sentence


@pytest.mark.parametrize(
    ("value", "printed", "unit", "shown"),
    [
        (31.5349, "31.53 per cent", "percent", "31.535 %"),
        (40.0, "half", "percent", "40.0 %"),
        (3.21, "climbed", "percent", "+3.2 %"),
        (789_640_000, "US$790 million", "USD", "US$789.6 million"),
        (1_904_000_000_000, "US$1.9 trillion", "USD", "US$1.90 trillion"),
        (1_000_000_000_000, "US$1 trillion", "USD", "US$1.0 trillion"),
        (1_652_000_000, "1,650 million", "TIV", "TIV 1.652 billion"),
        (-12_300_000, "US$12 million", "USD", "US$-12.3 million"),
        (2, "record", "rank", "rank 2"),
        (1234, "1,200", "count", "1,234"),
        (2013, "2013", "year", "2013"),
        (12, "12", "years", "12 years"),
        (1, "12", "years", "1 year"),
        (1.5, "1.2", "number", "1.50"),
        (math.inf, "31.53 per cent", "percent", "no limit"),
        (None, "31.53 per cent", "percent", "no value"),
        (BELOW, "31.5 per cent", "percent", "20.00 % to 31.40 %"),
        (FAR, "31.5 per cent", "percent", "40.00 % or more"),
        (UP_TO_20, "31.5 per cent", "percent", "up to 20.00 %"),
        (ANY, "31.5 per cent", "percent", "any value"),
        (-0.2, "no", "count", "0"),
        (736_450, "May 2017", "date", "1 May 2017"),
        (Interval.point(31.5), "31.5 per cent", "percent", "31.50 %"),
    ],
)
def test_a_value_is_shown_in_its_unit_with_one_digit_more_than_printed(
    value: Any, printed: str, unit: str, shown: str
) -> None:
    assert show_value(value, make_claim(printed=[printed], unit=unit)) == shown


def test_a_basis_reads_as_words() -> None:
    assert describe_basis({"base_year": 2015, "group": None}) == "base year 2015, group none"


# The point of the sentence ---------------------------------------------------------------

POINT = "the north keeps most of the hives"


def survived(value: Any, printed: str = "31.53 per cent", **conclusion: Any) -> Survival:
    claim = yearly(printed, conclusion={"point": POINT, **conclusion})
    found = survival(judge(claim, looked_up({} if value is None else {2019: value})))
    assert found is not None
    assert found.point == POINT
    return found


@pytest.mark.parametrize(
    ("value", "condition", "expected"),
    [
        (51.0, "over 50", Consequence.HOLDS),
        (49.0, "over 50", Consequence.FLIPS),
        (49.0, "under 50", Consequence.HOLDS),
        (3.0, "increased", Consequence.HOLDS),
        (0.0, "increased", Consequence.FLIPS),
        (-3.0, "increased", Consequence.FLIPS),
        (1.0, "largest", Consequence.HOLDS),
        (2.0, "largest", Consequence.FLIPS),
        (FAR, "over 50", Consequence.OPEN),
        (UP_TO_20, "over 50", Consequence.FLIPS),
    ],
)
def test_a_point_holds_if_the_value_meets_its_condition_and_flips_if_not(
    value: Any, condition: str, expected: Consequence
) -> None:
    assert survived(value, survives_if=condition).consequence is expected


@pytest.mark.parametrize(
    ("value", "condition", "point"),
    [
        (Interval(exact(40), exact(60)), Consequence.OPEN, Consequence.HOLDS),
        (Interval(exact(51), exact(60)), Consequence.HOLDS, Consequence.HOLDS),
        (Interval(exact(30), exact(40)), Consequence.FLIPS, Consequence.FLIPS),
    ],
)
def test_an_interval_on_both_sides_leaves_a_will_open_and_lets_a_may_hold(
    value: Interval, condition: Consequence, point: Consequence
) -> None:
    assert survived(value, survives_if="over 50").consequence is condition
    assert survived(value, possible_if="over 50").consequence is point


@pytest.mark.parametrize(
    ("values", "will", "may"),
    [
        ((60.0, 70.0), Consequence.HOLDS, Consequence.HOLDS),
        ((60.0, 40.0), Consequence.OPEN, Consequence.HOLDS),
        ((40.0, 60.0), Consequence.OPEN, Consequence.HOLDS),
        ((30.0, 40.0), Consequence.FLIPS, Consequence.FLIPS),
    ],
)
def test_a_projections_point_is_held_against_all_its_readings(
    values: tuple[float, float], will: Consequence, may: Consequence
) -> None:
    by_year = looked_up(dict(zip((2019, 2020), values, strict=True)))
    axis = {"year": {"values": [2020], "why": "the year is not stated"}}
    for way, expected in {"survives_if": will, "possible_if": may}.items():
        conclusion = {"point": POINT, way: "over 50"}
        claim = yearly(kind="projection", readings=axis, conclusion=conclusion)
        found = survival(judge(claim, by_year))
        assert found is not None
        assert found.consequence is expected
        assert (
            f"of 2 readings {'lie wholly in' if way == 'survives_if' else 'reach into'}"
            in found.because
        )


def test_a_computed_consequence_names_value_and_condition() -> None:
    found = survived(49.0, survives_if="over 50")
    assert found.because == "computed: 49.000 % against “over 50”"


@pytest.mark.parametrize("value", [31.53, 40.0, None])
@pytest.mark.parametrize("argued", Consequence)
def test_an_argued_consequence_is_taken_with_its_reason_whatever_the_value(
    value: float | None, argued: Consequence
) -> None:
    found = survived(value, argued=argued, because="the order stays")
    assert (found.consequence, found.because) == (argued, "the order stays")


def test_without_a_value_a_computed_point_stays_open() -> None:
    found = survived(None, survives_if="over 50")
    assert found == Survival(POINT, Consequence.OPEN, "no value on the stated basis")
    claim = make_claim(
        checkable="no", settled_by="a count", conclusion={"point": POINT, "survives_if": "over 50"}
    )
    assert survival(unchecked(claim)) == found


def test_a_claim_without_a_point_has_no_consequence() -> None:
    assert survival(judge(yearly(), looked_up({2019: 31.53}))) is None


@given(value=st.floats(-100, 100), bound=st.integers(-100, 100))
def test_a_wrong_figure_and_a_wrong_conclusion_are_two_things(value: float, bound: int) -> None:
    conclusion = {"point": POINT, "survives_if": f"over {abs(bound)}"}
    found = judge(yearly("31.53 per cent", conclusion=conclusion), looked_up({2019: value}))
    result = survival(found)
    assert result is not None
    assert (result.consequence is Consequence.HOLDS) == (value >= abs(bound))
    assert found.status is status(yearly(), {2019: value})


# Units and parameters --------------------------------------------------------------------


def test_a_reading_in_another_unit_is_shown_in_that_unit() -> None:
    units = {"unit": {"values": ["TIV", "hives"], "why": "the register prints no unit"}}
    claim = make_claim(printed=["US$24 million"], unit="USD", basis={"unit": "USD"}, readings=units)
    values = {"USD": 30e6, "TIV": 24e6, "hives": 12e6}
    verdict = judge(claim, lambda unit: values[unit])
    assert [show_reading(r, claim) for r in (verdict.stated, *verdict.others)] == [
        "US$30.0 million",
        "TIV 24.0 million",
        "US$12.0 million",  # no unit that the engine knows: the claim's own
    ]
    assert "give for unit TIV (TIV 24.0 million)" in verdict.sentence
    assert "gives US$30.0 million" in verdict.sentence


@pytest.mark.parametrize(
    ("year", "readings"), [(2019, [2020]), (2020, [2019]), (2021, [2019, 2020])]
)
def test_a_run_with_another_parameter_keeps_the_ledgers_stated_value_as_a_reading(
    year: int, readings: list[int]
) -> None:
    claim = yearly("31.53 per cent", 2020)
    values = {2019: 31.53, 2020: 40.0, 2021: 41.0}
    verdict = judge(claim, looked_up(values), {"year": year})
    assert [reading.basis["year"] for reading in verdict.others] == readings
    expected = Status.REPRODUCED if year == 2019 else Status.ANOTHER_BASIS
    assert verdict.status is expected
    assert verdict.given_by is not None
    assert verdict.given_by.basis == {"year": 2019}


DAY = date(2017, 5, 1)


@pytest.mark.parametrize("day", [DAY, datetime(2017, 5, 1, 9), pd.Timestamp(DAY), DAY.toordinal()])
def test_a_date_is_judged_and_shown_as_a_date(day: Any) -> None:
    claim = yearly("May 2017", 2020, unit="date", kind="date")
    verdict = judge(claim, looked_up({2019: day, 2020: date(2017, 6, 1)}))
    assert verdict.status is Status.REPRODUCED
    assert show_reading(verdict.stated, claim) == "1 May 2017"
    assert "agrees with the data: 1 May 2017 (year 2019)" in verdict.sentence
    assert verdict.others[0].miss > 0


def test_a_date_has_no_tolerance() -> None:
    claim = yearly("1 May 2017", unit="date", kind="date", tolerance=0.5)
    assert status(claim, {2019: date(2017, 5, 2)}) is Status.CONTRADICTED


@given(st.dates())
def test_a_day_as_printed_is_reproduced_by_that_day_alone(day: date) -> None:
    printed = f"{day.day} {day:%B} {day.year:04}"
    claim = yearly(printed, unit="date", kind="date")
    assert status(claim, {2019: day}) is Status.REPRODUCED
    other = date.fromordinal(day.toordinal() + (1 if day.year < 9999 else -1))
    assert status(claim, {2019: other}) is Status.CONTRADICTED
