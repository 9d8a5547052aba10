from __future__ import annotations

from typing import Any

import pytest

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.claims.ledger import load_ledger
from tests.bees import NORTH_SHARE, WINTER_LOSSES, ledger_entry, make_claim, write_ledger

FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"printed": ["a good many"]}, "no figure can be read from 'a good many'"),
    ({"unit": "bushels"}, "unit: Input should be "),
    ({"unit": "USD"}, "unit is USD, but ['63.0 per cent'] reads as percent"),
    ({"chapter": "hive"}, "unknown chapter 'hive': did you mean hives?"),
    (
        {"readings": {"relase": {"values": ["2021-04"], "why": "the census was revised"}}},
        "readings over relase, which the basis does not name: did you mean release?",
    ),
    (
        {"readings": {"release": {"values": [], "why": "the census was revised"}}},
        "readings.release.values",
    ),
    ({"readings": {"release": {"values": ["2021-04"], "why": "so"}}}, "readings.release.why"),
    ({"verdict": "reproduced"}, "verdict: Extra inputs are not permitted"),
    ({"paragraph": "second"}, "paragraph: Input should be a valid integer"),
    ({"paragraph": 0}, "paragraph: Input should be greater than or equal to 1 (given 0)"),
    ({"tolerance": 2}, "tolerance: Input should be less than or equal to 1"),
    ({"id": "North Share"}, "id: String should match pattern"),
    ({"printed": []}, "printed: List should have at least 1 item"),
    ({"printed": [63.0]}, "printed.0: Input should be a valid string"),
    ({"printed": ["63.0%", "64.0%"]}, "['63.0%', '64.0%'] share no value"),
    ({"checkable": "no"}, "says in settled_by what would"),
    (
        {"conclusion": {"point": "The north leads."}},
        "give either survives_if, or possible_if, or argued",
    ),
    (
        {"conclusion": {"point": "The north leads.", "argued": "holds"}},
        "an argued consequence gives its reason in because",
    ),
    (
        {
            "conclusion": {
                "point": "The north leads.",
                "survives_if": "over 50",
                "argued": "holds",
                "because": "it does",
            }
        },
        "give either survives_if, or possible_if, or argued",
    ),
    (
        {"conclusion": {"point": "The north leads.", "survives_if": "in front"}},
        "no figure can be read from 'in front'",
    ),
    ({"checkable": "perhaps"}, "checkable: Input should be 'data', 'paper' or 'no'"),
]


def ledger_error(project: Project) -> str:
    with pytest.raises(ClaimbookError) as caught:
        load_ledger(project)
    return str(caught.value)


def test_a_sound_ledger_gives_its_claims_in_the_order_of_the_file(bees: Project) -> None:
    ledger = load_ledger(bees)
    assert list(ledger) == ["north-share", "winter-losses"]
    assert len(ledger) == 2
    assert ledger["north-share"].printed == ["63.0 per cent"]
    assert [claim.id for claim in ledger.of_chapter("hives")] == list(ledger)
    assert ledger.of_chapter("honey") == []


def test_an_unknown_claim_is_refused_with_the_nearest_id(bees: Project) -> None:
    ledger = load_ledger(bees)
    assert "north-shore" not in ledger
    with pytest.raises(ClaimbookError, match="'north-shore': did you mean north-share"):
        ledger["north-shore"]


@pytest.mark.parametrize(("change", "words"), FAULTS, ids=[words for _, words in FAULTS])
def test_a_fault_is_named_with_file_line_and_claim(
    bees: Project, change: dict[str, Any], words: str
) -> None:
    write_ledger(bees, [{**NORTH_SHARE, **change}])
    message = ledger_error(bees)
    assert "data/claims/hives.yaml:1: " in message
    assert str(change.get("id", "north-share")) in message
    assert words in message


def test_a_missing_entry_is_named(bees: Project) -> None:
    write_ledger(bees, [{key: value for key, value in NORTH_SHARE.items() if key != "kind"}])
    assert "hives.yaml:1: north-share: kind: Field required" in ledger_error(bees)


def test_an_id_used_in_two_files_is_named_with_both_places(bees: Project) -> None:
    write_ledger(bees, [WINTER_LOSSES, NORTH_SHARE], "more.yaml")
    message = ledger_error(bees)
    second = ledger_entry(WINTER_LOSSES).count("\n") + 1
    assert (
        f"data/claims/more.yaml:{second}: id 'north-share' is used twice, "
        "first at data/claims/hives.yaml:1"
    ) in message


def test_all_faults_of_all_files_are_reported_at_once_each_with_its_line(bees: Project) -> None:
    entries: list[dict[str, Any]] = [
        {**NORTH_SHARE, **change, "id": f"claim-{number}"}
        for number, (change, _) in enumerate(FAULTS)
    ]
    write_ledger(bees, entries)
    bees.ledger.joinpath("broken.yaml").write_text("- id: a\n- id: [b\n- id: c\n")
    bees.ledger.joinpath("date.yaml").write_text("- period: 2020-02-30\n")
    bees.ledger.joinpath("mapping.yaml").write_text("id: a\n")
    bees.ledger.joinpath("text.yaml").write_text("- just words\n")
    message = ledger_error(bees)
    line = 1
    for entry, (change, words) in zip(entries, FAULTS, strict=True):
        if "id" not in change:
            fault = next(f for f in message.splitlines() if f": {entry['id']}: " in f)
            assert f"data/claims/hives.yaml:{line}: " in fault
            assert words in fault
        line += ledger_entry(entry).count("\n")
    assert "data/claims/broken.yaml:3: not readable as YAML" in message
    assert "data/claims/date.yaml: not readable as YAML" in message
    assert "data/claims/mapping.yaml:1: expected a list of entries" in message
    assert "data/claims/text.yaml:1: " in message


def test_figures_that_restate_one_quantity_share_the_narrowest_interval() -> None:
    claim = make_claim(printed=["63 per cent", "63.2 per cent", "over 60 per cent"])
    assert str(claim.interval) == "[63.15, 63.25)"


def test_the_hedge_of_the_sentence_applies_to_the_figure() -> None:
    assert str(make_claim(hedge="over").interval) == "[63, ∞)"


@pytest.mark.parametrize(
    ("printed", "unit"),
    [("climbed", "percent"), ("record", "rank"), ("four", "count"), ("US$3 billion", "SDR")],
)
def test_words_are_read_in_the_unit_of_the_claim(printed: str, unit: str) -> None:
    assert make_claim(printed=[printed], unit=unit).unit == unit


@pytest.mark.parametrize(
    "conclusion",
    [
        {"point": "The north leads.", "survives_if": "over 50"},
        {"point": "The north leads.", "argued": "open", "because": "no count was made"},
    ],
)
def test_a_conclusion_is_computed_or_argued(conclusion: dict[str, str]) -> None:
    assert make_claim(conclusion=conclusion).conclusion is not None


def test_a_claim_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        make_claim().tolerance = 0.5
