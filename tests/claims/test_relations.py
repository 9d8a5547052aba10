from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.claims.figures import Unit, show_interval
from claimbook.claims.intervals import INFINITY, Interval
from claimbook.claims.ledger import Ledger, load_ledger
from claimbook.claims.relations import Finding, Outcome, Relation, evaluate, load_relations
from tests.bees import make_claim

BECAUSE = "The hives of both regions are all hives."


def relation(left: str, compare: str, right: str, **changes: Any) -> Relation:
    """A relation between bare numbers, with some of its entries changed."""
    entries = {"left": left, "compare": compare, "right": right, "because": BECAUSE}
    return Relation.model_validate({"id": "hives-fit", "unit": "number", **entries, **changes})


def ledger_of(unit: str = "number", **printed: str) -> Ledger:
    """Claims whose ids are the names of their printed figures."""
    return Ledger([make_claim(id=i, printed=[text], unit=unit) for i, text in printed.items()])


def compared(left: str, compare: str, right: str, unit: str = "number") -> Finding:
    """What two printed figures of a unit give, compared with each other."""
    ledger = ledger_of(unit, a=left, b=right)
    return evaluate(relation("{a}", compare, "{b}", unit=unit), ledger)


def side(expression: str, unit: str = "number", **printed: str) -> Interval:
    ledger = ledger_of(unit, **printed)
    return evaluate(relation(expression, "=", "0", unit=unit), ledger).left


def interval(low: str, high: str) -> Interval:
    return Interval(Decimal(low), Decimal(high), closed_high=False)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{a}", interval("9.5", "10.5")),
        ("{a} + {b}", interval("13", "15")),
        ("{a} - {b}", Interval(Decimal(5), Decimal(7), closed_low=False, closed_high=False)),
        ("{a} * {b}", interval("33.25", "47.25")),
        ("{a} / 0.5", interval("19", "21")),
        ("{a} / (1 + {b} / 100)", None),
        ("2 * ({a} + 1)", interval("21", "23")),
        ("2 * {a} + 1", interval("20", "22")),
        ("1 - 2 - 3", Interval.point(-4)),
        ("-3 + 1", Interval.point(-2)),
        ("1.10", Interval.point(Decimal("1.1"))),
    ],
)
def test_expressions_are_calculated_with_the_ends_of_the_printed_figures(
    expression: str, expected: Interval | None
) -> None:
    found = side(expression, a="10", b="4")
    if expected is None:
        expected = Interval(
            Decimal("9.5") / Decimal("1.045"),
            Decimal("10.5") / Decimal("1.035"),
            closed_low=False,
            closed_high=False,
        )
    assert found == expected


@given(cents=st.integers(0, 9999), other=st.integers(0, 9999), places=st.integers(0, 2))
def test_two_figures_are_unequal_exactly_if_their_intervals_are_disjoint(
    cents: int, other: int, places: int
) -> None:
    printed = [f"{Decimal(cents) / 100:.2f}", f"{Decimal(other) / 100:.{places}f}"]
    ledger = ledger_of(a=printed[0], b=printed[1])
    apart = ledger["a"].interval.intersection(ledger["b"].interval) is None
    assert (compared(printed[0], "=", printed[1]).outcome is Outcome.FAILS) == apart


@given(
    values=st.tuples(*[st.decimals("0.1", "999", places=4) for _ in "abc"]),
    places=st.integers(0, 2),
)
def test_rounding_raises_no_false_alarm(
    values: tuple[Decimal, Decimal, Decimal], places: int
) -> None:
    a, b, c = values
    parts = {name: f"{value:.4f}" for name, value in zip("abc", values, strict=True)}
    ledger = ledger_of(**parts, d=f"{a + b:.{places}f}", e=f"{a * b / c:.{places}f}")
    sums = evaluate(relation("{a} + {b}", "=", "{d}"), ledger)
    products = evaluate(relation("{a} * {b} / {c}", "=", "{e}"), ledger)
    assert Outcome.FAILS not in (sums.outcome, products.outcome)


@pytest.mark.parametrize(
    ("left", "compare", "right", "outcome"),
    [
        ("4", "=", "4", Outcome.HOLDS),
        ("4", "=", "4.4", Outcome.HOLDS),  # 4.4 at face value is within the rounding of 4
        ("4.5", "=", "5", Outcome.HOLDS),
        ("1.04", "=", "1.1", Outcome.FAILS),
        ("4", "=", "5", Outcome.FAILS),  # 4.5 rounds to 5
        ("about 100", "=", "about 115", Outcome.TENSION),
        ("about 100", "=", "about 105", Outcome.HOLDS),
        ("4", "<", "5", Outcome.HOLDS),
        ("4", "<", "4", Outcome.TENSION),
        ("5", "<", "4", Outcome.FAILS),
        ("4", "<=", "4", Outcome.HOLDS),
        ("4.4", "<=", "4", Outcome.TENSION),
        ("4.5", "<=", "4.3", Outcome.FAILS),
        ("5", ">", "4", Outcome.HOLDS),
        ("4", ">", "4.4", Outcome.TENSION),
        ("4", ">", "5", Outcome.FAILS),
        ("4", ">=", "4", Outcome.HOLDS),
        ("4", ">=", "4.4", Outcome.TENSION),
        ("4", ">=", "4.6", Outcome.FAILS),
        ("over 29", "=", "31.53", Outcome.HOLDS),
        ("over 29", "=", "28", Outcome.FAILS),
        ("over 29", "<", "28", Outcome.FAILS),
        ("over 29", "<", "29.2", Outcome.HOLDS),
    ],
)
def test_the_outcome_tells_face_value_from_the_edge_of_rounding(
    left: str, compare: str, right: str, outcome: Outcome
) -> None:
    assert compared(left, compare, right).outcome is outcome


@pytest.mark.parametrize(
    ("left", "compare", "right", "outcome"),
    [
        ("28", "=", "28", Outcome.HOLDS),
        ("28", "<", "28", Outcome.FAILS),
        ("several", "=", "three", Outcome.HOLDS),
        ("several", "=", "two", Outcome.FAILS),
        ("about 40", "=", "44", Outcome.HOLDS),
        ("about 40", "=", "45", Outcome.FAILS),
        ("no", "=", "one", Outcome.FAILS),
    ],
)
def test_counts_are_whole_and_not_rounded(
    left: str, compare: str, right: str, outcome: Outcome
) -> None:
    assert compared(left, compare, right, unit="count").outcome is outcome


def test_two_counts_add_up_without_rounding() -> None:
    ledger = ledger_of("count", all="28", kept="two", lost="26")
    assert evaluate(relation("{kept} + {lost}", "=", "{all}"), ledger).outcome is Outcome.HOLDS
    assert evaluate(relation("{kept} + {all}", "=", "{all}"), ledger).outcome is Outcome.FAILS


@pytest.mark.parametrize(
    ("left", "compare", "right", "outcome"),
    [
        ("1971", "<", "1972", Outcome.HOLDS),
        ("1971", "<", "1971", Outcome.HOLDS),  # one may be of May and the other of June
        ("1972", "<", "1971", Outcome.FAILS),
        ("1961", "=", "1960s", Outcome.HOLDS),
        ("1979", "=", "1980s", Outcome.FAILS),
    ],
)
def test_a_year_is_any_time_of_that_year(
    left: str, compare: str, right: str, outcome: Outcome
) -> None:
    assert compared(left, compare, right, unit="year").outcome is outcome


@given(
    day=st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    year=st.integers(1900, 2099),
)
def test_a_date_lies_in_its_own_year_and_in_no_other(day: date, year: int) -> None:
    dated = make_claim(
        id="day", printed=[f"{day.strftime('%B')} {day.day}, {day.year}"], unit="date"
    )
    ledger = Ledger([dated, make_claim(id="year", printed=[str(year)], unit="year")])
    found = evaluate(relation("{day}", "=", "{year}", unit="year"), ledger)
    assert (found.outcome is Outcome.HOLDS) == (day.year == year)
    assert show_interval(found.left, Unit.YEAR) == str(day.year)


def test_lengths_run_between_dates_and_years() -> None:
    dated = make_claim(id="end", printed=["November 2019"], unit="date")
    ledger = Ledger([dated, make_claim(id="start", printed=["1991"], unit="year")])
    found = evaluate(relation("{end} - {start}", ">", "28", unit="years"), ledger)
    assert found.outcome is Outcome.HOLDS
    assert show_interval(found.left, Unit.YEARS) == "27.8 to 28.9 years"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("{hives-in-all}", "unknown claim 'hives-in-all'"),
        ("{a} +", "'{a} +' is not an expression"),
        ("{A}", "allowed are numbers, claims in braces"),
        ("", "'' is not an expression"),
        ("a", "allowed are numbers, claims in braces"),
        ("abs({a})", "allowed are numbers, claims in braces"),
        ("{a}.low", "allowed are numbers, claims in braces"),
        ("'4'", "allowed are numbers, claims in braces"),
        ("True", "allowed are numbers, claims in braces"),
        ("{a} < {b}", "allowed are numbers, claims in braces"),
        ("{a} ** 2", "allowed are + - * /"),
        ("{a} / ({b} - 4)", "division by an interval that holds 0"),
        ("{a} / 0", "division by an interval that holds 0"),
    ],
)
def test_an_expression_that_cannot_be_calculated_is_refused(expression: str, message: str) -> None:
    with pytest.raises((ClaimbookError, ValueError, ZeroDivisionError)) as caught:
        side(expression, a="10", b="4")
    assert message in str(caught.value)


def test_a_relation_names_each_of_its_claims_once_and_in_order() -> None:
    found = relation("{north} + {south-1} * {north}", "=", "100 - {all}")
    assert found.claims == ["north", "south-1", "all"]


@pytest.mark.parametrize(
    ("left", "compare", "right", "unit", "words"),
    [
        ("4", "=", "4", "number", "This holds: 3.5 to 4.5 against 3.5 to 4.5."),
        ("4", "<", "4", "number", "only at the edge of rounding or hedges: 3.5 to 4.5, which has"),
        ("5", "<=", "4", "number", "can do this: 4.5 to 5.5, which has to be at most 3.5 to 4.5."),
        ("over 5%", ">", "4%", "percent", "5 % or more, which has to be above 3.5 to 4.5 %."),
        ("fell", "<", "4%", "percent", "less than 0 %, which has to be below 3.5 to 4.5 %."),
        ("US$1.0 billion", ">=", "US$7 million", "USD", "US$0.95 to 1.05 billion, which has to be"),
        ("1972", "<", "1971", "year", "can do this: 1972, which has to be before 1971."),
        ("1971", ">=", "1960s", "year", "1971, which has to be no earlier than 1960 to 1969."),
        ("6 May 2020", ">", "5 May 2020", "date", "6 May 2020, which has to be after 5 May 2020."),
        ("9", "<=", "9", "years", "8.5 to 9.5 years, which has to be at most 8.5 to 9.5 years."),
        ("six", "=", "6", "count", "This holds: 6 against 6."),
    ],
)
def test_the_sentence_gives_the_reason_the_outcome_and_both_sides(
    left: str, compare: str, right: str, unit: str, words: str
) -> None:
    sentence = compared(left, compare, right, unit).sentence
    assert sentence.startswith(BECAUSE)
    assert words in sentence


def test_an_interval_without_limits_is_shown_as_such() -> None:
    both = Interval(-INFINITY, INFINITY, closed_low=False, closed_high=False)
    assert show_interval(both, Unit.USD) == "any value"
    below = Interval(-INFINITY, Decimal(2040), closed_low=False)
    assert show_interval(below, Unit.YEAR) == "2040 or less"


RELATIONS = """\
- id: north-above-losses
  left: "{north-share}"
  compare: ">"
  right: "{winter-losses}"
  unit: percent
  because: More hives are in the north than die.
"""
FAULTY = """\
- id: north-above-losses
  left: "{north-shore}"
  compare: ">"
  right: "20"
  unit: percent
  because: More hives are in the north than die.
- id: north-above-losses
  left: "{north-share} / (20 - {winter-losses})"
  compare: ">"
  right: "abs(20)"
  unit: percent
  because: More hives are in the north than die
- id: losses-in-all
  left: "{winter-losses} / (20 - {winter-losses})"
  compare: ">"
  right: "20"
  unit: percent
  because: More hives are in the north than die.
- id: losses-in-all
  left: "20"
  compare: "<"
  right: "{winter-losses} 3"
  unit: percent
  because: More hives are in the north than die.
"""


def write_relations(project: Project, text: str) -> None:
    path = project.ledger / "paper" / "relations.yaml"
    path.parent.mkdir()
    path.write_text(text)


def test_the_relations_of_a_project_are_read_with_the_ledger(bees: Project) -> None:
    ledger = load_ledger(bees)
    assert load_relations(bees, ledger) == []
    write_relations(bees, RELATIONS)
    (found,) = load_relations(bees, ledger)
    assert found.claims == ["north-share", "winter-losses"]
    assert evaluate(found, ledger).outcome is Outcome.HOLDS


def test_every_fault_of_the_relations_is_told_with_file_and_line(bees: Project) -> None:
    write_relations(bees, FAULTY)
    with pytest.raises(ClaimbookError) as caught:
        load_relations(bees, load_ledger(bees))
    told = str(caught.value).splitlines()[1:]
    file = "  data/claims/paper/relations.yaml"
    for line, fault in zip(
        told,
        [
            f"{file}:1: north-above-losses: unknown claim 'north-shore': did you mean north-share",
            f"{file}:7: north-above-losses: because: String should match pattern",
            f"{file}:13: losses-in-all: division by an interval that holds 0",
            f"{file}:19: id 'losses-in-all' is used twice",
            f"{file}:19: losses-in-all: '{{winter-losses}} 3' is not an expression",
        ],
        strict=True,
    ):
        assert line.startswith(fault)
