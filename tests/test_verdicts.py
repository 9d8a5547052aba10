from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.claims import Claim
from claimbook.errors import ClaimbookError
from claimbook.intervals import INFINITY, Interval
from claimbook.verdicts import (
    NoData,
    Status,
    describe_basis,
    grid,
    judge,
    show_value,
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


@pytest.mark.parametrize("nothing", [None, math.nan, np.nan, pd.NA])
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
    assert "published evidence" in judge(yearly(secondary=True), values).sentence
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
        (1.5, "1.2", "number", "1.50"),
        (math.inf, "31.53 per cent", "percent", "no limit"),
        (None, "31.53 per cent", "percent", "no value"),
        (BELOW, "31.5 per cent", "percent", "20.00 % to 31.40 %"),
        (FAR, "31.5 per cent", "percent", "40.00 % to no limit"),
        (Interval.point(31.5), "31.5 per cent", "percent", "31.50 %"),
    ],
)
def test_a_value_is_shown_in_its_unit_with_one_digit_more_than_printed(
    value: Any, printed: str, unit: str, shown: str
) -> None:
    assert show_value(value, make_claim(printed=[printed], unit=unit)) == shown


def test_a_basis_reads_as_words() -> None:
    assert describe_basis({"base_year": 2015, "group": None}) == "base year 2015, group none"
