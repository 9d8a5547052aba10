from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from claimbook.base.errors import ClaimbookError
from claimbook.chapter import quoted
from claimbook.claims.cards import badge, card, outcome_badge, relation_card
from claimbook.claims.ledger import Claim, Ledger
from claimbook.claims.relations import Finding, Outcome, Relation, evaluate
from claimbook.claims.status import SYMBOLS, WORDS, Status
from claimbook.claims.verdicts import NoData, Verdict, judge, unchecked
from tests.bees import WINTER_LOSSES, make_claim

HOSTILE = "<script>alert('\"x\"')</script> & more"
SOURCES: list[dict[str, Any]] = [
    {"credit": "Hive census", "release": "April 2021", "licenses": [{"title": "CC BY 4.0"}]},
    {"credit": "Honey & Wax <2020>", "release": "first edition"},
]
SHARES = {"2020-04": 60.0, "2021-04": 63.0, "2022-04": None}


def with_releases(*releases: str, **changes: Any) -> Claim:
    readings = {"release": {"values": list(releases), "why": "each release was revised"}}
    return make_claim(**{"readings": readings, **changes})


def derive(year: int, release: str) -> float:
    if SHARES[release] is None or year != 2019:
        raise NoData
    return SHARES[release] or 0.0


SOUTH = make_claim(id="south-share", claim="The south keeps two in five.", printed=["40%"])
POINT = "most hives stand in the north"


def shown(
    verdict: Verdict, findings: Sequence[Finding] = (), statements: Sequence[str] = ()
) -> ET.Element:
    """The card, which has to be well-formed."""
    return ET.fromstring(card(verdict, SOURCES, findings, statements))


def related(compare: str, right: str, because: str = "Shares add up.", **more: str) -> Finding:
    """A relation that the north's and the south's share take part in."""
    entries = {"id": "shares-add-up", "left": "{north-share} + {south-share}", "unit": "percent"}
    relation = {**entries, "compare": compare, "right": right, "because": because, **more}
    return evaluate(Relation.model_validate(relation), Ledger([make_claim(), SOUTH]))


def words(element: ET.Element | None) -> str:
    assert element is not None
    return "".join(element.itertext())


def part(element: ET.Element, name: str) -> str:
    return words(element.find(f".//*[@class='{name}']"))


def test_every_status_has_a_symbol_and_words_of_its_own() -> None:
    assert set(SYMBOLS) == set(WORDS) == set(Status)
    assert len(set(SYMBOLS.values())) == len(set(WORDS.values())) == len(Status)


@pytest.mark.parametrize("status", Status)
def test_a_badge_says_the_status_in_words_and_hides_its_symbol_from_screen_readers(
    status: Status,
) -> None:
    element = ET.fromstring(badge(status))
    assert element.get("class") == f"verdict verdict-{status}"
    assert words(element) == f"{SYMBOLS[status]} {WORDS[status]}"
    assert words(element.find("span[@aria-hidden='true']")) == SYMBOLS[status]


def test_a_card_shows_claim_figure_value_verdict_and_place() -> None:
    verdict = judge(with_releases("2021-04"), derive)
    element = shown(verdict)
    assert element.tag == "section"
    assert element.get("id") == "north-share"
    assert element.get("aria-label") == "Claim north-share"
    assert element.get("class") == "claim-card verdict-another-basis"
    header = words(element.find("header"))
    assert header == "⇄ holds on another basisThe state of the hives, paragraph 2, note 7"
    assert part(element, "claim-text") == "The north keeps three hives in five."
    assert [
        (words(row.find("dt")), words(row.find("dd"))) for row in element.findall("dl/div")
    ] == [
        ("The paper prints", "“63.0 per cent”"),
        ("The data say", "60.00 %"),
        ("Stated basis", "year 2019, release 2020-04"),
    ]
    assert part(element, "claim-sentence") == verdict.sentence
    assert part(element, "claim-source") == (
        "Source: Hive census (April 2021; CC BY 4.0); "
        "Honey & Wax <2020> (first edition; the publisher's own terms)"
    )


def test_a_card_lists_every_reading_with_its_reason() -> None:
    details = shown(judge(with_releases("2021-04", "2022-04"), derive)).find("details")
    assert details is not None
    assert words(details.find("summary")) == "All 3 readings"
    assert [words(item) for item in details.findall("ul/li")] == [
        "release: each release was revised"
    ]
    rows = [[words(cell) for cell in row] for row in details.findall(".//tbody/tr")]
    assert rows == [
        ["stated basis", "60.00 %", "misses by 4.7 %"],
        ["release 2021-04", "63.00 %", "yes"],
        ["release 2022-04", "no value", "no data"],
    ]


def test_a_reading_that_is_far_off_names_no_distance() -> None:
    text = card(judge(with_releases("2021-04", printed=["4 per cent"]), derive), [])
    assert "<td>no</td>" in text
    assert "misses by 1" not in text


def test_a_scrolling_table_can_be_reached_by_keyboard_and_has_a_name() -> None:
    region = shown(judge(with_releases("2021-04"), derive)).find(".//*[@role='region']")
    assert region is not None
    assert region.get("tabindex") == "0"
    assert region.get("aria-label") == "Readings of north-share"


def test_a_claim_without_other_readings_shows_no_list_of_readings() -> None:
    assert shown(judge(make_claim(readings={}), derive)).find("details") is None


def test_a_claim_that_cannot_be_checked_shows_no_value_and_no_basis() -> None:
    element = shown(unchecked(Claim.model_validate(WINTER_LOSSES)))
    assert [words(item) for item in element.findall("dl/div/dd")] == [
        "“about 20 per cent”",
        "no value",
        "—",
    ]
    assert "a count of the hives in spring" in part(element, "claim-sentence")


def test_every_printed_figure_is_shown() -> None:
    element = shown(judge(make_claim(printed=["63 per cent", "63.0%"]), derive))
    assert words(element.find("dl/div/dd")) == "“63 per cent” / “63.0%”"


def test_secondary_evidence_and_remarks_are_shown_only_where_there_are_any() -> None:
    plain = shown(judge(make_claim(note=None), derive))
    assert plain.find(".//*[@class='claim-secondary']") is None
    assert plain.find(".//*[@class='claim-remark']") is None
    assert "note" not in part(plain, "claim-place")
    marked = shown(judge(make_claim(secondary=True, remark="As in 2018."), derive))
    assert part(marked, "claim-secondary").startswith("Secondary evidence")
    assert part(marked, "claim-remark") == "As in 2018."


def test_a_card_without_tables_names_no_source() -> None:
    assert "claim-source" not in card(judge(make_claim(), derive), [])


@pytest.mark.parametrize(
    ("conclusion", "sentence"),
    [
        (
            {"survives_if": "over 50"},
            f"The sentence's point ({POINT}) holds: computed: 60.00 % against “over 50”.",
        ),
        (
            {"survives_if": "over 61"},
            f"The sentence's point ({POINT}) flips: computed: 60.00 % against “over 61”.",
        ),
        (
            {"argued": "not affected", "because": "the order of the two stays"},
            f"The sentence's point ({POINT}) is not affected: the order of the two stays.",
        ),
        (
            {"argued": "open", "because": "nobody counted in spring"},
            f"The sentence's point ({POINT}) stays open: nobody counted in spring.",
        ),
    ],
)
def test_a_card_says_whether_the_sentences_point_survives(
    conclusion: dict[str, str], sentence: str
) -> None:
    claim = make_claim(conclusion={"point": POINT, **conclusion})
    assert part(shown(judge(claim, derive)), "claim-consequence") == sentence


def test_a_card_of_a_claim_without_a_point_names_no_consequence() -> None:
    assert "claim-consequence" not in card(judge(make_claim(), derive), SOURCES)


def test_a_card_lists_the_published_statements_that_the_claim_rests_on() -> None:
    lines = ["Keeper, 2019: 60 % (Bee news)", "Office, 2020: 63 % <prov.>"]
    element = shown(judge(make_claim(secondary=True), derive), statements=lines)
    assert [words(item) for item in element.findall("ul[@class='claim-statements']/li")] == lines
    assert "claim-statements" not in card(judge(make_claim(), derive), SOURCES)


def test_a_card_lists_the_relations_that_the_claim_takes_part_in() -> None:
    findings = [related("=", "103"), related("<=", "100")]
    element = shown(judge(make_claim(readings={}), derive), findings)
    details = element.find("details")
    assert details is not None
    assert words(details.find("summary")) == "Relations to the paper's other figures: 2"
    assert [words(item) for item in details.findall("ul[@class='claim-relations']/li")] == [
        f"✓ holds {findings[0].sentence}",
        f"≠ fails {findings[1].sentence}",
    ]
    assert "claim-relations" not in card(judge(make_claim(), derive), SOURCES)


def test_every_outcome_of_a_relation_has_a_symbol_that_screen_readers_skip() -> None:
    badges = [ET.fromstring(outcome_badge(outcome)) for outcome in Outcome]
    assert len({words(element.find("span[@aria-hidden='true']")) for element in badges}) == 3
    assert [words(element).split(" ", 1)[1] for element in badges] == [*Outcome]
    assert all(" " not in (element.get("class") or "").split("verdict ")[1] for element in badges)


def test_the_card_of_a_relation_shows_its_figures_outcome_and_sentence() -> None:
    finding = related("<=", "100", remark="Some hives are counted twice.")
    element = ET.fromstring(relation_card(finding, Ledger([make_claim(), SOUTH])))
    assert element.get("id") == "shares-add-up"
    assert element.get("aria-label") == "Relation shares-add-up"
    assert words(element.find("header")) == "≠ fails"
    assert [words(item) for item in element.findall("ul/li")] == [
        "“63.0 per cent”: The north keeps three hives in five.",
        "“40%”: The south keeps two in five.",
    ]
    assert part(element, "claim-sentence") == finding.sentence
    assert part(element, "claim-remark") == "Some hives are counted twice."


def test_the_chart_of_the_readings_stands_before_their_list() -> None:
    tags = [child.tag for child in shown(judge(with_releases("2021-04"), derive))]
    assert tags.index("svg") + 1 == tags.index("details")


def test_a_single_value_makes_a_list_and_no_chart() -> None:
    tags = [child.tag for child in shown(judge(with_releases("2022-04"), derive))]
    assert "svg" not in tags
    assert "details" in tags


def test_the_content_of_a_relations_card_is_escaped() -> None:
    claims = [make_claim(claim=HOSTILE, printed=[f"63.0% {HOSTILE}"]), SOUTH]
    finding = related("=", "103", because=f"{HOSTILE}.", remark=HOSTILE)
    text = relation_card(finding, Ledger(claims))
    assert "<script" not in text
    element = ET.fromstring(text)
    assert words(element.find("ul/li")) == f"“63.0% {HOSTILE}”: {HOSTILE}"
    assert part(element, "claim-remark") == HOSTILE


def test_content_is_escaped_wherever_it_comes_from() -> None:
    claim = make_claim(
        section=HOSTILE,
        claim=HOSTILE,
        remark=HOSTILE,
        printed=[f"63.0% {HOSTILE}"],
        basis={"year": 2019, "release": HOSTILE, HOSTILE: 1},
        readings={
            "release": {"values": [f"{HOSTILE}!"], "why": HOSTILE},
            HOSTILE: {"values": [2], "why": HOSTILE},
        },
        conclusion={"point": HOSTILE, "argued": "open", "because": HOSTILE},
    )
    verdict = judge(claim, lambda **_: 60.0)
    finding = related("=", "103", because=f"{HOSTILE}.")
    text = card(verdict, [{"credit": HOSTILE}], [finding], [HOSTILE])
    assert "<script" not in text
    element = ET.fromstring(text)
    names = ("text", "remark", "sentence", "source", "consequence", "statements", "relations")
    for name in (f"claim-{name}" for name in names):
        assert HOSTILE in part(element, name)
    assert {child.tag for child in element.iter()} <= {
        *("section", "header", "span", "p", "dl", "div", "dt", "dd", "details", "summary"),
        *("ul", "li", "b", "table", "thead", "tbody", "tr", "th", "td", "svg"),
        *("rect", "line", "circle", "polygon", "title", "text", "g", "path"),
    }


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        ("year", 1969.0, "Visit, 1969-03 (the press, printed 1969-04)"),
        ("visits", 1969.0, "Visit, 1969-03: 1,969 visits (the press, printed 1969-04)"),
    ],
)
def test_a_statement_of_a_date_tells_the_date_once(unit: str, value: float, said: str) -> None:
    row = {"subject": "Visit", "period": "1969-03", "value": value, "unit": unit}
    row |= {"source": "the press", "published": "1969-04"}
    table = pd.DataFrame([row], index=["visit"])
    assert quoted("claim", "visit", table).startswith(said)
    with pytest.raises(ClaimbookError, match="unknown statement 'visits'"):
        quoted("claim", "visits", table)
