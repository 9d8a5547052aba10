from __future__ import annotations

import io
import json
from datetime import date
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import nbformat
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.book.pages import (
    CLAIM_COLUMNS,
    claims_csv,
    claims_list,
    parameters_table,
    scoreboard,
    sources_page,
)
from claimbook.claims.intervals import INFINITY, Interval, exact
from claimbook.claims.ledger import Claim, Consequence, Incidental, Kind, load_incidental
from claimbook.claims.records import GLUE_PREFIX, Record, claim_record
from claimbook.claims.status import WORDS, Status
from claimbook.claims.verdicts import Value, judge, unchecked
from claimbook.data.corrections import Correction
from claimbook.data.tables import Resource, resources
from claimbook.runs.kept import to_json
from claimbook.runs.parameters import Parameter
from tests.bees import FIELDS, WINTER_LOSSES, make_claim
from tests.books import ROOT

BOOK = Project(ROOT)
ATTACKS = Incidental(figure="9/11", section="Abstract | text", why="names the attacks")
PAPER = "On <Bees> & Honey"
HOSTILE = "A </script><script>alert('\"x\"')</script> & more"
POINT = "the north keeps most hives"


def checked(value: Value, name: str = "north-share", **changes: Any) -> Record:
    """The record of a claim whose every reading gives `value`."""
    return claim_record(judge(make_claim(id=name, **changes), lambda **_: value))


def not_checked(name: str = "winter-losses", **changes: Any) -> Record:
    return claim_record(unchecked(Claim.model_validate({**WINTER_LOSSES, "id": name, **changes})))


def chapter(name: str, *claims: Record) -> Record:
    return {"chapter": name, "claims": {c["id"]: {**c, "chapter": name} for c in claims}}


RECORDS = [
    chapter(
        "hives",
        checked(
            40.0,
            conclusion={"point": POINT, "survives_if": "over 50"},
            readings={},
            note=None,
        ),
        not_checked(secondary=True),
        checked(63.0, "south-share", kind="ratio"),
    ),
    chapter(
        "honey",
        checked(Interval(exact(61), INFINITY, closed_high=False), "honey-wax"),
        checked(63.1, "close-share", secondary=True, printed=["63.0 per cent", "63.0%"]),
    ),
]
HOSTILE_RECORDS = [
    chapter("hives", checked(40.0, claim=HOSTILE, printed=[f"63.0% {HOSTILE}"], section=HOSTILE)),
]


def notebook(records: list[Record]) -> Any:
    found = nbformat.reads(scoreboard(records, PAPER, [ATTACKS]), as_version=4)
    nbformat.validate(found)
    return found


def html(records: list[Record], cell: str) -> str:
    """The HTML that a cell of the scoreboard shows."""
    (found,) = [c for c in notebook(records).cells if c.id == cell]
    (text,) = [o.data["text/html"] for o in found.outputs if "text/html" in o.data]
    assert isinstance(text, str)
    return text


def element(text: str, tag: str) -> ET.Element:
    """The one element of this tag, which has to be well-formed."""
    assert text.count(f"</{tag}>") == 1
    start = text.index(f"<{tag}")
    part = text[start : text.index(f"</{tag}>") + len(tag) + 3]
    return ET.fromstring(part.replace("<br>", "<br/>"))


def picture(records: list[Record], group: str = "chapter") -> ET.Element:
    text = html(records, "counts")
    start = text.index(f'aria-label="Verdicts by {group}"')
    return element(text[start : text.index("</div>", start)], "svg")


def rows(records: list[Record]) -> list[ET.Element]:
    return element(html(records, "table"), "table").findall("tbody/tr")


def words(found: ET.Element | None) -> str:
    assert found is not None
    return "".join(found.itertext())


def glued(records: list[Record]) -> dict[str, str]:
    outputs = [output for cell in notebook(records).cells for output in cell.get("outputs", [])]
    return {
        output.metadata["scrapbook"]["name"]: output.data[f"{GLUE_PREFIX}text/plain"]
        for output in outputs
        if "scrapbook" in output.metadata
    }


def reviews(records: list[Record]) -> list[dict[str, Any]]:
    text = html(records, "claim-review")
    opening, closing = '<script type="application/ld+json">', "</script>"
    assert text.startswith(opening)
    assert text.endswith(closing)
    found: list[dict[str, Any]] = json.loads(text[len(opening) : -len(closing)])
    return found


# The scoreboard --------------------------------------------------------------------------


def test_the_scoreboard_is_a_valid_notebook_that_hides_its_code() -> None:
    cells = notebook(RECORDS).cells
    assert cells[0].source.startswith("# Scoreboard\n")
    assert len({cell.id for cell in cells}) == len(cells)
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert all(cell.metadata["tags"] == ["remove-input"] for cell in code)


def test_the_scoreboard_is_the_same_for_the_same_records() -> None:
    assert scoreboard(RECORDS, PAPER, []) == scoreboard(RECORDS, PAPER, [])


def test_every_claim_has_one_row_with_its_lasting_id() -> None:
    found = rows(RECORDS)
    assert [row.get("id") for row in found] == [
        *("north-share", "winter-losses", "south-share", "honey-wax", "close-share")
    ]
    assert [row.get("id") for row in rows(RECORDS[::-1])] == [
        *("honey-wax", "close-share", "north-share", "winter-losses", "south-share")
    ]


def test_a_row_leads_to_the_card_and_shows_figure_value_and_verdict() -> None:
    first, *_, last = rows(RECORDS)
    link = first.find("td/a")
    assert link is not None
    assert link.get("href") == "../chapters/hives.html#north-share"
    assert [words(cell) for cell in first] == [
        "The north keeps three hives in five.",
        "“63.0 per cent”",
        "40.00 %",
        "✗ contradictedits point flips",
    ]
    assert [words(cell) for cell in last][1:] == [
        "“63.0 per cent” / “63.0%”",
        "63.10 % statement",
        "≈ close",
    ]


def test_a_row_carries_what_the_controls_choose_by() -> None:
    page = html(RECORDS, "table")
    form = element(page.replace('data-filter="text">', 'data-filter="text"/>'), "form")
    choices = {
        select.get("data-filter"): {option.get("value") for option in select}
        for select in form.iter("select")
    }
    assert set(choices) == {"verdict", "chapter", "kind"}
    for name, allowed in choices.items():
        found = {row.get(f"data-{name}") for row in rows(RECORDS)}
        assert found | {""} <= allowed
    assert choices["chapter"] == {"", "hives", "honey"}
    assert choices["kind"] == {"", "share", "ratio"}
    assert choices["verdict"] == {"", *Status}
    assert words(form.find("output")) == "5 claims"


def test_only_a_point_that_flips_is_marked_in_its_row() -> None:
    marked = [row.get("id") for row in rows(RECORDS) if "its point flips" in words(row)]
    assert marked == ["north-share"]


def test_the_glued_counts_are_those_of_the_records() -> None:
    assert glued(RECORDS) == {
        "claims": "5",
        "checked": "4",
        "chapters": "2",
        "reproduced": "2",
        "another-basis": "0",
        "close": "1",
        "inconsistent": "0",
        "contradicted": "1",
        "unchecked": "1",
        "failed": "1",
        "reproduced-share": "50 %",
    }


statuses = st.lists(st.lists(st.sampled_from(Status), max_size=6), min_size=1, max_size=4)


@settings(max_examples=25)
@given(statuses.filter(any))
def test_counts_table_picture_and_reviews_agree(chapters: list[list[Status]]) -> None:
    base = checked(40.0)
    records = [
        chapter(
            f"part-{i}",
            *({**base, "id": f"claim-{i}-{j}", "status": s.value} for j, s in enumerate(found)),
        )
        for i, found in enumerate(chapters)
    ]
    every = [status for found in chapters for status in found]
    counts = glued(records)
    assert counts["claims"] == str(len(every)) == str(len(rows(records)))
    assert {s: counts[s] for s in Status} == {s: str(every.count(s)) for s in Status}
    assert counts["checked"] == str(len(reviews(records)))
    titles = picture(records).findall("g/title")
    assert sum(int(words(title).split()[0]) for title in titles) == len(every)
    listed = element(html(records, "counts"), "ul")
    assert [words(item.find("b")) for item in listed] == [
        str(every.count(s)) for s in Status if s in every
    ]


def test_without_a_checked_claim_no_share_is_glued() -> None:
    assert glued([chapter("hives", not_checked())])["reproduced-share"] == "none"


def test_the_picture_is_told_in_words() -> None:
    svg = picture(RECORDS)
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == (
        "hives: 1 contradicted, 1 reproduced, 1 unchecked; honey: 1 close, 1 reproduced"
    )
    assert [words(name) for name in svg.findall("text[@class='name']")] == ["hives", "honey"]


def test_a_second_picture_counts_by_kind() -> None:
    kinds = [claim["kind"] for record in RECORDS for claim in record["claims"].values()]
    found = picture(RECORDS, "kind")
    names = [words(name) for name in found.findall("text[@class='name']")]
    assert names == list(dict.fromkeys(kinds))
    titles = [words(title) for title in found.findall("g/title")]
    assert sum(int(title.split()[0]) for title in titles) == len(kinds)


def test_the_bars_of_the_picture_lie_side_by_side_inside_it() -> None:
    svg = picture(RECORDS)
    _, _, width, height = map(float, svg.get("viewBox", "").split())
    boxes = [
        tuple(float(rect.get(name, "nan")) for name in ("x", "y", "width", "height"))
        for rect in svg.iter("rect")
    ]
    assert len(boxes) == 5
    for x, y, wide, high in boxes:
        assert x >= 0
        assert y >= 0
        assert x + wide <= width
        assert y + high <= height
    for (x, y, wide, _), (next_x, next_y, _, _) in pairwise(boxes):
        assert next_y > y or next_x >= x + wide


# Downloads -------------------------------------------------------------------------------


def test_every_column_of_the_downloads_is_explained_on_the_scoreboard() -> None:
    (page,) = [cell.source for cell in notebook(RECORDS).cells if cell.id == "downloads"]
    listed = claims_list(RECORDS)
    assert all(list(row) == list(CLAIM_COLUMNS) for row in listed)
    assert claims_csv(listed).splitlines()[0] == ",".join(CLAIM_COLUMNS)
    for name, meaning in CLAIM_COLUMNS.items():
        assert f"| `{name}` | {meaning} |\n" in page


def test_the_columns_of_choices_name_every_choice() -> None:
    assert all(status in CLAIM_COLUMNS["verdict"] for status in Status)
    assert all(consequence in CLAIM_COLUMNS["consequence"] for consequence in Consequence)
    assert CLAIM_COLUMNS["kind"].split(", ") == list(Kind)


def test_the_list_holds_one_flat_row_a_claim() -> None:
    first, second, *_, honey, last = claims_list(RECORDS)
    assert first == {
        "id": "north-share",
        "chapter": "hives",
        "kind": "share",
        "section": "The state of the hives",
        "paragraph": 2,
        "note": None,
        "claim": "The north keeps three hives in five.",
        "printed": "63.0 per cent",
        "interval": "[62.95, 63.05)",
        "unit": "percent",
        "verdict": "contradicted",
        "value": 40.0,
        "value_high": None,
        "secondary": False,
        "consequence": "flips",
        "sentence": RECORDS[0]["claims"]["north-share"]["sentence"],
    }
    assert (second["value"], second["verdict"]) == (None, "unchecked")
    assert (honey["value"], honey["value_high"]) == (61.0, None)
    assert last["printed"] == "63.0 per cent | 63.0%"


def test_a_range_of_values_fills_both_columns() -> None:
    (row,) = claims_list([chapter("hives", checked(Interval(exact(61), exact(64))))])
    assert (row["value"], row["value_high"]) == (61.0, 64.0)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_pandas_reads_the_downloads_with_the_right_types(form: str) -> None:
    listed = claims_list([*RECORDS, chapter("wax", checked(63.0, "wax", claim='Wax, "pure",\nis'))])
    table = (
        pd.read_csv(io.StringIO(claims_csv(listed)))
        if form == "csv"
        else pd.read_json(io.StringIO(to_json(listed)))
    )
    assert set(table) == set(CLAIM_COLUMNS)
    assert table.id.tolist() == [row["id"] for row in listed]
    assert table.claim.tolist() == [row["claim"] for row in listed]
    assert table.value.fillna(-1).tolist() == [40.0, -1, 63.0, 61.0, 63.1, 63.0]
    assert table.secondary.tolist() == [False, True, False, False, True, False]
    assert table.value.dtype.kind == table.value_high.dtype.kind == table.note.dtype.kind == "f"
    assert table.paragraph.dtype.kind == "i"
    assert table.secondary.dtype.kind == "b"
    assert table.note.isna().tolist() == [True, *[False] * 5]
    assert table.consequence.isna().tolist() == [False, *[True] * 5]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_survives_the_way_through_the_csv(text: str) -> None:
    listed = claims_list([chapter("hives", checked(63.0, claim=text))])
    table = pd.read_csv(io.StringIO(claims_csv(listed)), dtype=str, keep_default_na=False)
    assert table.claim.tolist() == [text]


# ClaimReview -----------------------------------------------------------------------------


def test_every_checked_claim_has_one_review() -> None:
    found = reviews(RECORDS)
    places = [review["url"].split("#") for review in found]
    assert [claim for _, claim in places] == [
        *("north-share", "south-share", "honey-wax", "close-share")
    ]
    assert places[0][0] == f"../chapters/{RECORDS[0]['claims']['north-share']['chapter']}.html"
    first = found[0]
    assert first["@context"] == "https://schema.org"
    assert first["@type"] == "ClaimReview"
    assert first["claimReviewed"] == "The north keeps three hives in five."
    assert first["itemReviewed"]["appearance"]["headline"] == PAPER
    assert first["reviewBody"] == RECORDS[0]["claims"]["north-share"]["sentence"]


def test_the_rating_of_a_review_follows_from_the_verdict() -> None:
    base = checked(40.0)
    records = [chapter("hives", *({**base, "id": s, "status": s.value} for s in Status))]
    ratings = {r["url"].partition("#")[2]: r["reviewRating"] for r in reviews(records)}
    assert {url: rating["ratingValue"] for url, rating in ratings.items()} == {
        "reproduced": 5,
        "another-basis": 3,
        "close": 4,
        "inconsistent": 2,
        "contradicted": 1,
    }
    assert {(rating["worstRating"], rating["bestRating"]) for rating in ratings.values()} == {
        (1, 5)
    }
    assert {rating["alternateName"] for rating in ratings.values()} == {
        WORDS[status] for status in Status if status is not Status.UNCHECKED
    }


def test_a_text_of_the_paper_cannot_end_the_script_that_holds_it() -> None:
    assert html(HOSTILE_RECORDS, "claim-review").count("</script") == 1
    (review,) = reviews(HOSTILE_RECORDS)
    assert review["claimReviewed"] == HOSTILE
    assert HOSTILE in review["reviewBody"]


def test_texts_of_the_paper_are_escaped_in_the_table() -> None:
    page = html(HOSTILE_RECORDS, "table")
    assert page.count("<script>") == page.count("</script>") == 1  # the table's own
    (row,) = rows(HOSTILE_RECORDS)
    assert words(row[0]) == HOSTILE
    assert words(row[1]) == f"“63.0% {HOSTILE}”"


# Sources ---------------------------------------------------------------------------------

HIVES: Resource = {
    "name": "hives",
    "path": "hives.csv",
    "title": "Census of hives",
    "description": "Hives by region and year.",
    "hash": "sha256:0123",
    "publisher": "Bee office",
    "release": "April 2020",
    "accessed": "2020-05-01",
    "copy": "the office's own file",
    "terms": "Free to use; name the office.",
    "credit": "Hive census",
    "licenses": [{"title": "CC BY 4.0"}, {"title": "ODbL"}],
    "sources": [{"title": "Bee office", "path": "https://bees.example"}, {"title": "A letter"}],
    "faults": ["The north is counted twice.", "2017 is missing."],
    "schema": {
        "fields": [
            {**field, "description": f"the {field['name']} | as counted", "unit": "kg | t"}
            for field in FIELDS
        ]
    },
}


def test_the_sources_page_names_every_table_of_the_book_with_terms_faults_and_checksum() -> None:
    tables = resources(BOOK)
    page = sources_page(tables, [])
    parts = page.split("\n## ")[1:]
    assert len(parts) == len(tables)
    for part, table in zip(parts, tables, strict=True):
        assert part.startswith(f"{table['title']}\n")
        anchor = table["name"].replace("_", "-")
        assert f"\n(table-{anchor})=\n## {table['title']}\n" in page
        assert f"- **Checksum**: `{table['hash']}`\n" in part
        assert f"- **Terms**: {table['terms']}\n" in part
        assert f"- **Credit line**: {table['credit']}\n" in part
        assert f"<../../data/{table['path']}>" in part
        assert table["faults"]
        for fault in table["faults"]:
            assert f"\n- {fault}\n" in part
        for field in table["schema"]["fields"]:
            assert f"| `{field['name']}` | {field['type']} |" in part


def test_a_table_is_shown_with_its_sources_licences_and_fields() -> None:
    page = sources_page([HIVES], [])
    assert "- **Source**: [Bee office](https://bees.example); A letter\n" in page
    assert "- **Licence**: CC BY 4.0, ODbL\n" in page
    assert "**Known faults**\n\n- The north is counted twice.\n- 2017 is missing.\n" in page
    assert "| `hives` | integer | kg \\| t | the hives \\| as counted |\n" in page


def test_a_table_without_a_licence_says_so() -> None:
    page = sources_page([{**HIVES, "licenses": []}], [])
    assert "- **Licence**: none stated\n" in page


def test_corrections_are_listed_with_their_reasons() -> None:
    where = {"region": "north", "year": 2019}
    entry = {"id": "x", "table": "hives", "column": "hives", "was": 60, "becomes": 61}
    because = "The printed census has it so."
    found = [
        Correction.model_validate({**entry, "where": where, "because": because}),
        Correction.model_validate({**entry, "because": because, "was": date(2020, 1, 2)}),
    ]
    page = sources_page([HIVES], found)
    assert page.endswith(
        "- `hives`, region north, year 2019: hives `60` is read as `61`. "
        "The printed census has it so.\n"
        "- `hives`: hives `2020-01-02` is read as `61`. The printed census has it so.\n"
    )


def test_without_corrections_the_page_has_no_heading_for_them() -> None:
    assert "Corrections" not in sources_page([HIVES], [])


# Parameters ------------------------------------------------------------------------------


def test_the_parameters_of_every_chapter_are_tabled() -> None:
    page = parameters_table(
        {
            "hives": [
                Parameter("year", "int", 2019, "2018..2019", "year of the census"),
                Parameter("flow", "str", "in", "in | out", "in | out of the hive"),
            ],
            "honey": [Parameter("names", "list[str]", ["a", "b"], "", "names of honeys")],
        }
    )
    assert page == (
        "### hives\n\n"
        "| parameter | type | default | allowed | meaning |\n"
        "|---|---|---|---|---|\n"
        "| `year` | int | `2019` | 2018..2019 | year of the census |\n"
        "| `flow` | str | `'in'` | in \\| out | in \\| out of the hive |\n"
        "\n### honey\n\n"
        "| parameter | type | default | allowed | meaning |\n"
        "|---|---|---|---|---|\n"
        "| `names` | list[str] | `['a', 'b']` | any | names of honeys |\n"
    )


def test_the_numbers_that_are_no_claims_stand_with_their_reason() -> None:
    text = scoreboard(RECORDS, PAPER, [ATTACKS])
    assert "| 9/11 | Abstract \\\\| text | names the attacks |" in text


def test_a_faulty_list_of_incidental_numbers_is_refused_with_its_line(bees: Project) -> None:
    path = bees.ledger / "paper" / "incidental.yaml"
    path.parent.mkdir()
    path.write_text("- {figure: '9/11', section: Abstract, why: names it}\n- {figure: '5'}\n")
    with pytest.raises(ClaimbookError, match=r"incidental.yaml:2: \?: section: Field required"):
        load_incidental(bees)
