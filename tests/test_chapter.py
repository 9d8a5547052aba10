"""Chapters, records and projects, on a project of another subject than the book's."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import pytest

import claimbook
from claimbook.base.errors import ClaimbookError, nearest
from claimbook.base.project import Project, find_project
from claimbook.chapter import Chapter, open_chapter
from claimbook.claims.intervals import INFINITY, Interval
from claimbook.claims.records import claim_record, read_record
from claimbook.claims.verdicts import judge
from tests.bees import make_claim


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the chapter displays, in the form in which a notebook keeps it."""
    shown: list[Any] = []

    def display(data: dict[str, Any], *, raw: bool, metadata: dict[str, Any]) -> None:
        assert raw
        shown.append(nbformat.v4.new_output("display_data", data=data, metadata=metadata))

    monkeypatch.setattr("claimbook.chapter.display", display)
    return shown


@pytest.fixture
def executed(bees: Project, outputs: list[Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The project's notebook, run cell by cell in this process."""
    notebook = nbformat.read(bees.notebooks / "hives.ipynb", as_version=4)
    monkeypatch.chdir(bees.notebooks)
    scope: dict[str, Any] = {}
    for cell in notebook.cells:
        exec(cell.source, scope)
        cell.outputs, outputs[:] = list(outputs), []
    return nbformat.reads(nbformat.writes(notebook), as_version=4)


@pytest.fixture
def chapter(bees: Project, outputs: list[Any]) -> Chapter:  # noqa: ARG001 - display is replaced
    return Chapter("hives", bees)


def test_a_chapter_of_any_subject_records_its_verdicts_and_values(executed: Any) -> None:
    record = read_record(executed)
    assert record["values"] == {"years": 2, "checked": 2}
    assert list(record["claims"]) == ["north-share", "winter-losses"]
    share, losses = record["claims"].values()
    assert (share["status"], share["value"], share["shown"]) == ("another-basis", 60.0, "60.00 %")
    assert share["given_by"]["changes"] == {"release": "2021-04"}
    assert [reading["value"] for reading in share["readings"]] == [63.0]
    assert share["interval"] == "[62.95, 63.05)"
    assert share["stated_basis"] is True
    assert (losses["status"], losses["value"], losses["given_by"]) == ("unchecked", None, None)


def test_a_checked_claim_is_shown_as_a_card_and_glued_for_prose(executed: Any) -> None:
    checked = executed.cells[3].outputs
    assert 'id="north-share"' in checked[0].data["text/html"]
    assert checked[0].data["text/plain"].startswith("north-share: another-basis - The paper's")
    glued = {
        output.metadata["scrapbook"]["name"]: output.data["application/papermill.record/text/plain"]
        for output in checked[1:]
    }
    assert glued == {
        "north-share.value": "60.00 %",
        "north-share.verdict": "another-basis",
        "north-share.printed": "63.0 per cent",
        "north-share.nearest": "63.00 %",
    }


def test_a_run_with_other_parameters_is_recorded_as_another_basis(
    chapter: Chapter, outputs: list[Any]
) -> None:
    chapter.check("north-share", lambda **_: 63.0, year=2018)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=outputs)])
    share = read_record(notebook)["claims"]["north-share"]
    assert share["stated_basis"] is False
    assert share["stated"]["basis"] == {"year": 2018, "release": "2020-04"}


def test_a_record_is_valid_json_even_where_no_distance_can_be_measured() -> None:
    fell = make_claim(printed=["dropped"], unit="direction")
    record = claim_record(judge(fell, lambda **_: 3.0))
    assert record["stated"] == {"basis": fell.basis, "changes": {}, "value": 3.0, "miss": None}
    over = Interval(Decimal(60), INFINITY, closed_high=False)
    ranged = claim_record(judge(make_claim(), lambda **_: over))
    assert ranged["value"] == [60.0, None]
    json.dumps([record, ranged], allow_nan=False)


def test_a_chapter_gives_tables_credits_and_printed_intervals(chapter: Chapter) -> None:
    assert len(chapter.table("hives")) == 6
    assert chapter.credit("hives") == "Hive census <2020>"
    assert str(chapter.printed("north-share")) == "[62.95, 63.05)"


def test_a_chapter_cannot_close_before_every_claim_is_checked(chapter: Chapter) -> None:
    chapter.check("winter-losses")
    with pytest.raises(ClaimbookError, match=r"not checked: north-share$"):
        chapter.close()


@pytest.mark.parametrize(
    ("claim", "derive", "words"),
    [
        ("north-shore", None, "not of this chapter: did you mean north-share"),
        ("north-share", None, "north-share: a derivation is needed"),
        ("winter-losses", float, "winter-losses: the ledger says that it cannot be checked"),
    ],
)
def test_a_check_that_the_ledger_does_not_allow_is_refused(
    chapter: Chapter, claim: str, derive: Any, words: str
) -> None:
    with pytest.raises(ClaimbookError, match=words):
        chapter.check(claim, derive)


def test_a_chapter_without_claims_is_refused_with_the_nearest(
    bees: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bees.root)
    with pytest.raises(ClaimbookError, match="'hive': did you mean hives"):
        open_chapter("hive")


def test_a_project_is_found_from_every_folder_inside_it(
    bees: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_project(bees.notebooks) == bees
    monkeypatch.chdir(bees.ledger)
    assert find_project() == bees
    assert bees.chapter_names() == ["hives"]


def test_outside_a_project_the_error_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ClaimbookError, match=re.escape(f"neither {tmp_path.resolve()} nor a")):
        find_project(tmp_path)


def test_a_long_list_of_allowed_names_is_cut_and_counted() -> None:
    words = nearest("zzz", [f"name{number}" for number in range(40)])
    assert words.startswith("allowed: name0, name1, ")
    assert words.endswith("name28, ... (40 in all)")


def test_the_engine_names_no_subject() -> None:
    sources = sorted(Path(claimbook.__file__).parent.rglob("*.py"))
    assert sources
    for path in sources:
        assert not re.search("pakistan|russia|brics", path.read_text(), re.IGNORECASE), path
