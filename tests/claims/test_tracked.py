"""TrackedLedger are asked for one by one, and each answer is noted for what it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from claimbook.base import inputs
from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.claims.tracked import TrackedLedger
from tests.bees import NORTH_SHARE, WINTER_LOSSES, write_ledger

SOUTH_SHARE: dict[str, Any] = {
    **NORTH_SHARE,
    "id": "south-share",
    "claim": "The south keeps the rest.",
    "printed": ["37.0 per cent"],
}
HALVES: dict[str, Any] = {
    "id": "halves-fit",
    "left": "{north-share} + {south-share}",
    "compare": "=",
    "right": "100",
    "unit": "percent",
    "because": "The two regions are all there is.",
}
ORDER: dict[str, Any] = {**HALVES, "id": "south-is-less", "left": "{south-share}", "compare": "<"}
QUESTIONS = [
    ("claims of chapter", "hives"),
    ("claim", "north-share"),
    ("claim", "south-share"),
    ("claim", "winter-losses"),
    ("relations of claim", "north-share"),
    ("relations of claim", "south-share"),
    ("relations of claim", "winter-losses"),
    ("relation", "halves-fit"),
    ("relation", "south-is-less"),
    ("relations", "all"),
]
OF_SOUTH = {
    ("claims of chapter", "hives"),
    ("claim", "south-share"),
    ("relations of claim", "north-share"),
    ("relations of claim", "south-share"),
    ("relation", "halves-fit"),
    ("relation", "south-is-less"),
    ("relations", "all"),
}
Noted = tuple[str, str, str]


def write_relations(project: Project, *relations: dict[str, Any]) -> None:
    path = project.ledger / "paper" / "relations.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(list(relations), sort_keys=False))


@pytest.fixture
def paper(bees: Project) -> Project:
    """A project of three claims, two of which take part in relations."""
    write_ledger(bees, [NORTH_SHARE, SOUTH_SHARE, WINTER_LOSSES])
    write_relations(bees, HALVES, ORDER)
    return bees


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[Noted]:
    """What is noted from now on."""
    found: list[Noted] = []
    monkeypatch.setattr(inputs, "_listeners", [])
    inputs.listen(lambda *entry: found.append(entry))
    return found


def digests(project: Project) -> dict[tuple[str, str], str]:
    entries = TrackedLedger(project)
    return {question: entries.digest_of(*question) for question in QUESTIONS}


def changed(project: Project, edit: Callable[[], None]) -> set[tuple[str, str]]:
    """The questions that an edit gives another answer."""
    before = digests(project)
    edit()
    after = digests(project)
    return {question for question in QUESTIONS if before[question] != after[question]}


# What is noted ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "question"),
    [
        (lambda entries: entries.claims_of("hives"), ("claims of chapter", "hives")),
        (lambda entries: entries.claim("north-share"), ("claim", "north-share")),
        (lambda entries: entries.relations_of("south-share"), QUESTIONS[5]),
        (lambda entries: entries.relation("halves-fit"), ("relation", "halves-fit")),
        (lambda entries: entries.relations(), ("relations", "all")),
    ],
)
def test_a_question_notes_its_answer_as_it_is_asked_for_again(
    paper: Project,
    noted: list[Noted],
    ask: Callable[[TrackedLedger], Any],
    question: tuple[str, str],
) -> None:
    entries = TrackedLedger(paper)
    assert noted == []  # reading all of them uses none
    ask(entries)
    found = list(noted)
    assert found == [(*question, TrackedLedger(paper).digest_of(*question))]


def test_answers_are_the_entries_as_they_are_written(paper: Project) -> None:
    entries = TrackedLedger(paper)
    assert [claim.id for claim in entries.claims_of("hives")] == [
        "north-share",
        "south-share",
        "winter-losses",
    ]
    assert entries.claims_of("honey") == []
    assert entries.claim("south-share").printed == ["37.0 per cent"]
    assert [item.id for item in entries.relations_of("north-share")] == ["halves-fit"]
    assert entries.relations_of("winter-losses") == []
    assert entries.relation("halves-fit").right == "100"
    assert [item.id for item in entries.relations()] == ["halves-fit", "south-is-less"]
    assert len(entries.ledger) == 3


def test_unknown_names_are_refused_with_the_nearest(paper: Project) -> None:
    entries = TrackedLedger(paper)
    with pytest.raises(ClaimbookError, match="'north-shore': did you mean north-share"):
        entries.claim("north-shore")
    with pytest.raises(ClaimbookError, match="'halves-fits': did you mean halves-fit"):
        entries.relation("halves-fits")


def test_an_entry_that_is_gone_has_no_digest(paper: Project) -> None:
    write_relations(paper, ORDER)
    entries = TrackedLedger(paper)
    with pytest.raises(ClaimbookError, match="unknown relation 'halves-fit'"):
        entries.digest_of("relation", "halves-fit")
    assert entries.digest_of("relation", "south-is-less")


# What an edit changes --------------------------------------------------------------------


def test_a_digit_of_a_claim_changes_what_shows_the_claim_and_nothing_else(paper: Project) -> None:
    south = {**SOUTH_SHARE, "printed": ["37.1 per cent"]}

    def edit() -> None:
        write_ledger(paper, [NORTH_SHARE, south, WINTER_LOSSES])

    assert changed(paper, edit) == OF_SOUTH


def test_a_claim_without_relations_changes_only_its_chapter(paper: Project) -> None:
    losses = {**WINTER_LOSSES, "remark": "Winters differ."}

    def edit() -> None:
        write_ledger(paper, [NORTH_SHARE, SOUTH_SHARE, losses])

    assert changed(paper, edit) == {("claims of chapter", "hives"), ("claim", "winter-losses")}


def test_a_new_relation_changes_what_its_claims_take_part_in(paper: Project) -> None:
    more = {**HALVES, "id": "north-is-more", "left": "{north-share}", "compare": ">", "right": "50"}

    def edit() -> None:
        write_relations(paper, HALVES, ORDER, more)

    assert changed(paper, edit) == {("relations of claim", "north-share"), ("relations", "all")}


def test_a_reworded_relation_changes_where_it_is_shown(paper: Project) -> None:
    reworded = {**ORDER, "because": "The south has always kept fewer."}

    def edit() -> None:
        write_relations(paper, HALVES, reworded)

    assert changed(paper, edit) == {
        ("relations of claim", "south-share"),
        ("relation", "south-is-less"),
        ("relations", "all"),
    }


def test_comments_and_another_layout_of_the_files_change_nothing(paper: Project) -> None:
    def edit() -> None:
        claims = [NORTH_SHARE, SOUTH_SHARE, WINTER_LOSSES]
        text = yaml.safe_dump(claims, sort_keys=True, default_flow_style=True, width=60)
        (paper.ledger / "hives.yaml").write_text(f"# The ledger of the bees\n\n{text}# its end\n")
        path = paper.ledger / "paper" / "relations.yaml"
        path.write_text("# Relations\n" + path.read_text().replace("\n- ", "\n\n# next\n- "))

    assert changed(paper, edit) == set()


# How inputs are noted --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": True}),
        ({"a": None}, {}),
        ([1, 2], [2, 1]),
        (["ab"], ["a", "b"]),
        ("é", "e"),
    ],
)
def test_different_contents_have_different_digests(one: Any, other: Any) -> None:
    assert inputs.digest(one) != inputs.digest(other)


def test_every_listener_hears_of_an_entry(noted: list[Noted]) -> None:
    second: list[Noted] = []
    inputs.listen(lambda *entry: second.append(entry))
    inputs.note("claim", "north-share", {"printed": ["63"]})
    assert noted == second == [("claim", "north-share", inputs.digest({"printed": ["63"]}))]


def test_files_are_read_by_entry_only_within_the_context_and_whatever_ends_it() -> None:
    def inner() -> None:
        with inputs.by_entry():
            assert inputs.read_by_entry()
            raise ClaimbookError("a fault of a file")

    with inputs.by_entry():
        with pytest.raises(ClaimbookError):
            inner()
        assert inputs.read_by_entry()
    assert not inputs.read_by_entry()
