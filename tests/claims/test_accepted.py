from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.claims.accepted import Accepted, accept, load_accepted, verdict_changes
from claimbook.claims.intervals import INFINITY, Interval
from claimbook.claims.ledger import Claim
from claimbook.claims.records import Record, claim_record
from claimbook.claims.verdicts import NoData, Value, judge, unchecked
from tests.bees import WINTER_LOSSES, make_claim

WHY = "The census counts the hives of the north twice."


def found(value: Value | None, name: str = "north-share", **changes: Any) -> Record:
    """The record of a claim whose every reading gives `value`."""

    def derive(**_: Any) -> Value:
        if value is None:
            raise NoData
        return value

    return claim_record(judge(make_claim(id=name, **changes), derive))


def as_accepted(claim: Record, **changes: Any) -> dict[str, Accepted]:
    entry = {"id": claim["id"], "status": claim["status"], "value": claim["value"], "because": WHY}
    return {claim["id"]: Accepted.model_validate({**entry, **changes})}


def text_of(project: Project) -> str:
    return (project.data / "accepted.yaml").read_text(encoding="utf-8")


def write(project: Project, text: str) -> None:
    project.data.mkdir(parents=True, exist_ok=True)
    project.data.joinpath("accepted.yaml").write_text(text, encoding="utf-8")


def at_least(low: int) -> Interval:
    return Interval(Decimal(low), INFINITY, closed_high=False)


def test_findings_that_are_the_accepted_ones_make_no_difference() -> None:
    claims = [found(63.0), claim_record(unchecked(Claim.model_validate(WINTER_LOSSES)))]
    accepted = as_accepted(claims[0]) | as_accepted(claims[1])
    assert verdict_changes(claims, accepted) == []


def test_a_claim_that_was_never_accepted_is_named_with_its_finding() -> None:
    assert verdict_changes([found(63.0)], {}) == [
        "north-share: reproduced (63.00 %), not accepted yet",
    ]


def test_a_changed_verdict_is_named_with_the_old_and_the_new() -> None:
    accepted = as_accepted(found(63.0))
    assert verdict_changes([found(40.0)], accepted) == [
        "north-share: contradicted (40.00 %), accepted as reproduced (63.0)",
    ]


def test_a_changed_verdict_counts_though_the_value_is_within_its_tolerance() -> None:
    accepted = as_accepted(found(63.04), tolerance=0.5)
    assert "close (63.10 %), accepted as reproduced" in verdict_changes([found(63.1)], accepted)[0]


@pytest.mark.parametrize(("value", "same"), [(63.03, True), (63.04, False), (62.96, False)])
def test_a_changed_value_counts_beyond_the_tolerance_of_its_entry(value: float, same: bool) -> None:
    accepted = as_accepted(found(63.0), tolerance=0.0005)
    expected = [] if same else [f"north-share: value {value}, accepted as 63.0"]
    assert verdict_changes([found(value)], accepted) == expected


@given(st.floats(62.951, 63.049), st.floats(62.951, 63.049), st.sampled_from([1e-6, 1e-4, 1e-3]))
def test_the_tolerance_is_relative(old: float, new: float, tolerance: float) -> None:
    accepted = as_accepted(found(old), tolerance=tolerance)
    within = abs(old - new) <= tolerance * max(old, new)
    assert (verdict_changes([found(new)], accepted) == []) == within


def test_without_a_tolerance_of_its_own_an_entry_allows_only_the_noise_of_computation() -> None:
    accepted = as_accepted(found(63.0))
    assert verdict_changes([found(63.0 + 1e-9)], accepted) == []
    assert verdict_changes([found(63.001)], accepted) != []


def test_a_date_that_moves_by_one_day_is_noticed() -> None:
    def dated(day: float) -> Record:
        return found(day, printed=["May 2017"], unit="date", kind="date")

    accepted = as_accepted(dated(736_450.0))
    assert verdict_changes([dated(736_450.0)], accepted) == []
    assert verdict_changes([dated(736_451.0)], accepted) == [
        "north-share: value 736451.0, accepted as 736450.0"
    ]


def test_an_accepted_claim_that_the_ledger_no_longer_holds_is_named() -> None:
    accepted = as_accepted(found(63.0)) | as_accepted(found(63.0, "south-share"))
    assert verdict_changes([found(63.0)], accepted) == [
        "south-share: accepted, but no claim of the ledger"
    ]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (None, None, True),
        (Interval(Decimal(62), Decimal(63)), Interval(Decimal(62), Decimal(63)), True),
        (Interval(Decimal(62), Decimal(63)), Interval(Decimal(61), Decimal(63)), False),
        (at_least(60), at_least(60), True),
        (at_least(60), at_least(61), False),
        (at_least(60), Interval(Decimal(60), Decimal(70)), False),
        (Interval(Decimal(60), Decimal(70)), at_least(60), False),
        (Interval(Decimal(63), Decimal(64)), 63.0, False),
        (63.0, Interval(Decimal(63), Decimal(64)), False),
        (0.0, 0.0, True),
    ],
)
def test_missing_values_and_intervals_are_compared_end_by_end(
    old: Value | None, new: Value | None, same: bool
) -> None:
    assert (verdict_changes([found(new)], as_accepted(found(old))) == []) == same


@pytest.mark.parametrize(("old", "new"), [(None, 63.0), (63.0, None)])
def test_a_value_that_comes_or_goes_is_a_difference(old: float | None, new: float | None) -> None:
    claim = found(63.0)
    accepted = as_accepted({**claim, "value": old})
    assert verdict_changes([{**claim, "value": new}], accepted) == [
        f"north-share: value {new}, accepted as {old}"
    ]


def test_without_a_file_nothing_is_accepted(bees: Project) -> None:
    assert load_accepted(bees) == {}


def test_accepting_writes_verdict_value_and_reason(bees: Project) -> None:
    claims = [found(60.0), found(63.0, "south-share")]
    assert accept(bees, claims, ["south-share"], WHY) == [claims[1]]
    assert load_accepted(bees) == as_accepted(claims[1])
    assert yaml.safe_load(text_of(bees)) == [
        {"id": "south-share", "status": "reproduced", "value": 63.0, "because": WHY}
    ]


numbers = st.floats(-1e15, 1e15)
spans = st.tuples(numbers, numbers).map(sorted)
values = st.one_of(
    st.none(),
    numbers,
    spans.map(lambda ends: Interval(Decimal(str(ends[0])), Decimal(str(ends[1])))),
    st.integers(-(10**9), 10**9).map(at_least),
)


@given(st.lists(values, min_size=1, max_size=4), st.text(min_size=1).filter(str.isprintable))
def test_what_was_just_accepted_makes_no_difference(
    found_values: list[Value | None], words: str
) -> None:
    claims = [found(value, f"share-{place}") for place, value in enumerate(found_values)]
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        accept(project, claims, [claim["id"] for claim in claims], f"{WHY} {words}.")
        accepted = load_accepted(project)
    assert verdict_changes(claims, accepted) == []
    assert {item.because for item in accepted.values()} == {f"{WHY} {words}."}


def test_accepting_one_claim_keeps_the_entries_of_the_others(bees: Project) -> None:
    claims = [found(63.0), found(63.0, "south-share")]
    accept(bees, claims, ["north-share", "south-share"], WHY)
    changed = [found(40.0), found(41.0, "south-share")]
    accept(bees, changed, ["south-share"], "The south was counted anew.")
    accepted = load_accepted(bees)
    assert accepted["north-share"] == as_accepted(claims[0])["north-share"]
    assert accepted["south-share"].value == 41.0
    assert accepted["south-share"].because == "The south was counted anew."


def test_accepting_keeps_the_tolerance_of_an_entry(bees: Project) -> None:
    write(
        bees, f"- {{id: north-share, status: close, value: 1, tolerance: 0.02, because: {WHY!r}}}\n"
    )
    accept(bees, [found(63.0)], ["north-share"], WHY)
    assert load_accepted(bees) == as_accepted(found(63.0), tolerance=0.02)


def test_accepting_drops_entries_of_claims_that_are_gone(bees: Project) -> None:
    accept(bees, [found(63.0), found(63.0, "south-share")], ["north-share", "south-share"], WHY)
    accept(bees, [found(63.0)], ["north-share"], WHY)
    assert list(load_accepted(bees)) == ["north-share"]


def test_entries_stand_in_alphabetical_order_whatever_the_order_of_asking(bees: Project) -> None:
    claims = [found(63.0, name) for name in ("west", "north", "east")]
    accept(bees, claims, ["west", "east", "north"], WHY)
    first = text_of(bees)
    accept(bees, claims[::-1], ["north", "west", "east"], WHY)
    assert text_of(bees) == first
    assert [entry["id"] for entry in yaml.safe_load(first)] == ["east", "north", "west"]


@pytest.mark.parametrize(
    ("ids", "because", "words"),
    [
        (["north-share", "north-shore"], WHY, "unknown claim 'north-shore': did you mean north-"),
        (["all"], WHY, "unknown claim 'all': allowed: north-share"),
        (["north-share"], "", "because: '' says too little; give the reason in a sentence"),
        (["north-share"], "ok", "because: 'ok' says too little"),
        (["north-share"], " " * 20, "says too little"),
    ],
)
def test_what_cannot_be_accepted_leaves_the_file_as_it_was(
    bees: Project, ids: list[str], because: str, words: str
) -> None:
    accept(bees, [found(63.0)], ["north-share"], WHY)
    before = text_of(bees)
    with pytest.raises(ClaimbookError, match=words):
        accept(bees, [found(40.0)], ids, because)
    assert text_of(bees) == before
    assert [path.name for path in bees.data.glob(".*")] == []


def test_a_refused_first_acceptance_makes_no_file(bees: Project) -> None:
    with pytest.raises(ClaimbookError, match="says too little"):
        accept(bees, [found(63.0)], ["north-share"], "so")
    assert not bees.data.joinpath("accepted.yaml").exists()


FAULTY = """\
# As last reviewed.
- id: north-share
  status: reproduced
  value: 63.0
  because: The census of 2020 gives it.
- id: south-share
  status: refuted
  value: many
  because: so
- id: north-share
  status: reproduced
  because: The census of 2020 gives it.
- id: west-share
  status: close
  tolerance: 1
  verdict: close
"""


def test_every_fault_of_the_file_is_reported_with_its_line(bees: Project) -> None:
    write(bees, FAULTY)
    with pytest.raises(ClaimbookError) as caught:
        load_accepted(bees)
    first, *faults = str(caught.value).splitlines()
    path = bees.data / "accepted.yaml"
    assert first == "the accepted verdicts have faults:"
    for start in (
        f"  {path}:6: south-share: status: Input should be 'reproduced', ",
        f"  {path}:6: south-share: value.float: ",
        f"  {path}:6: south-share: because: String should have at least 10 characters",
        f"  {path}:10: id 'north-share' is used twice",
        f"  {path}:13: west-share: tolerance: Input should be less than 1",
        f"  {path}:13: west-share: verdict: Extra inputs are not permitted",
        f"  {path}:13: west-share: because: Field required",
    ):
        assert any(fault.startswith(start) for fault in faults), start


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("north-share: reproduced\n", "accepted.yaml:1: expected a list of entries"),
        ("- id: north-share\n  status: [\n", "accepted.yaml:3: not readable as YAML"),
        ("- north-share\n", "accepted.yaml:1: "),
    ],
)
def test_a_file_of_another_form_is_refused_and_not_overwritten(
    bees: Project, text: str, words: str
) -> None:
    write(bees, text)
    with pytest.raises(ClaimbookError, match=words):
        load_accepted(bees)
    with pytest.raises(ClaimbookError, match=words):
        accept(bees, [found(63.0)], ["north-share"], WHY)
    assert text_of(bees) == text
