"""Exercises: read, shown to the right people, and true to the chapters that they belong to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.book import current
from claimbook.book.exercises import Audience, Exercise, Level, exercises_section, load_exercises
from claimbook.runs.notebooks import read_notebook
from tests.books import ROOT
from tests.conftest import Visit, claimbook

BOOK = Project(ROOT)
EXERCISES = load_exercises(BOOK)
MAIN = [
    "arms",
    "brics",
    "brics-outlook",
    "consistency",
    "debt",
    "energy",
    "trade",
    "trade-outlook",
]
ENTRY = {
    "id": "hives-share",
    "level": "read",
    "topic": "shares",
    "title": "A share of what?",
    "question": "What is the share of the north a share of?",
    "hint": "Look at the foot of the table.",
    "solution": "Of all hives that were counted, not of the honey.",
    "teacher": "Many forget the year.",
}


def write(project: Project, *entries: dict[str, str], chapter: str = "hives") -> None:
    project.exercises.mkdir(parents=True, exist_ok=True)
    (project.exercises / f"{chapter}.yaml").write_text(yaml.safe_dump(list(entries)))


def literals(text: str) -> list[str]:
    """The long pieces of a text that stand on a page as they are written."""
    pieces = re.split(r"\{[^}]*\}`[^`]*`|[`*_\[\]()]", text)
    return [" ".join(piece.split()) for piece in pieces if len(piece.split()) >= 7]


def bare(text: str) -> str:
    """A text without blanks, and without the signs that a compiler sets otherwise."""
    return re.sub(r"\W", "", text)


# Reading ---------------------------------------------------------------------------------


def test_exercises_are_read_in_the_order_of_the_file(bees: Project) -> None:
    write(bees, ENTRY, {**ENTRY, "id": "hives-again", "level": "reading"})
    found = load_exercises(bees)["hives"]
    assert [(e.id, e.level) for e in found] == [
        ("hives-share", Level.READ),
        ("hives-again", Level.READING),
    ]


def test_project_without_exercises_has_none(bees: Project) -> None:
    assert load_exercises(bees) == {}
    assert exercises_section([], Audience.EVERYONE) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"level": "hard"}, "level"),
        ({"hint": ""}, "hint"),
        ({"solution": "Yes."}, "solution"),
        ({"id": "Hives share"}, "id"),
        ({"answer": "all"}, "answer"),
    ],
)
def test_fault_of_an_exercise_names_place_and_field(
    bees: Project, change: dict[str, str], said: str
) -> None:
    write(bees, ENTRY, {**ENTRY, "id": "hives-other", **change})
    with pytest.raises(ClaimbookError, match=rf"hives\.yaml:9: .*{said}"):
        load_exercises(bees)


def test_doubled_id_and_unknown_chapter_are_told_together(bees: Project) -> None:
    write(bees, ENTRY)
    write(bees, ENTRY, chapter="hivs")
    with pytest.raises(ClaimbookError) as error:
        load_exercises(bees)
    assert "hivs.yaml: no such chapter: did you mean hives?" in str(error.value)
    assert "hivs.yaml:1: hives-share: the id stands already at hives.yaml:1" in str(error.value)


# Writing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "solution", "note"),
    [
        (Audience.EVERYONE, True, False),
        (Audience.STUDENT, False, False),
        (Audience.TEACHER, True, True),
    ],
)
def test_each_audience_is_given_what_is_meant_for_it(
    audience: Audience, solution: bool, note: bool
) -> None:
    text = exercises_section([Exercise.model_validate(ENTRY)], audience)
    assert ENTRY["question"] in text
    assert ENTRY["hint"] in text
    assert (ENTRY["solution"] in text) == solution
    assert (ENTRY["teacher"] in text) == note


# The book's own --------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", BOOK.chapter_names())
def test_every_chapter_has_aims_and_exercises_of_three_levels(chapter: str) -> None:
    first = read_notebook(BOOK.notebooks / f"{chapter}.ipynb").cells[0].source
    assert "ou will learn" in " ".join(first.split())
    exercises = EXERCISES[chapter]
    assert {e.level for e in exercises} == set(Level)
    assert len(exercises) >= (6 if chapter in MAIN else 4)
    assert all(e.id.startswith(f"{chapter}-") for e in exercises)


@pytest.mark.parametrize("chapter", BOOK.chapter_names())
def test_exercises_type_no_figure_and_glue_none_that_the_chapter_lacks(
    book: Project, chapter: str
) -> None:
    cells = read_notebook(book.chapters / f"{chapter}.ipynb").cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    known = {output.get("metadata", {}).get("scrapbook", {}).get("name") for output in outputs}
    for exercise in EXERCISES[chapter]:
        texts = (exercise.question, exercise.hint, exercise.solution, exercise.teacher)
        glued = set(re.findall(r"\{glue:text\}`([^`]+)`", " ".join(texts)))
        assert glued <= known, exercise.id
        prose = re.sub(r"`[^`]*`", "", " ".join(texts))
        made_up = r"\d+\.5\b"  # the ends of rounding intervals of round numbers
        assert not re.search(r"\d+\.\d", re.sub(made_up, "", prose)), exercise.id


def test_topics_that_a_course_on_reading_numbers_needs_are_there() -> None:
    topics = " | ".join(e.topic for exercises in EXERCISES.values() for e in exercises)
    for word in ("percentage point", "mirror", "vintage", "random walk", "window", "interval"):
        assert word in topics, word


def test_solution_is_folded_until_it_is_asked_for(address: str, browser: Browser) -> None:
    exercise = EXERCISES["trade"][0]
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = Visit.open(context, f"{address}/book/chapters/trade.html").page
    solution = page.locator(f"#{exercise.id}").locator(
        "xpath=following::*[contains(@class,'solution')][1]"
    )
    text = solution.get_by_text(literals(exercise.solution)[0][:30])
    assert not text.is_visible()
    solution.locator("p.admonition-title").click()
    text.wait_for(state="visible")
    context.close()


@pytest.fixture(scope="module")
def student(built: Path) -> Path:
    claimbook("class", "book", "--student", cwd=built)
    return built / "_build" / "class" / "student" / "html"


def test_students_book_holds_questions_and_no_word_of_a_solution(student: Path) -> None:
    pages = {
        path: " ".join(BeautifulSoup(path.read_text(), "html.parser").get_text(" ").split())
        for path in student.rglob("*.html")
    }
    other = [path for path in student.rglob("*") if path.is_file() and path not in pages]
    sources = [" ".join(path.read_text(errors="ignore").split()) for path in other]
    squeezed = [bare(text) for text in [*pages.values(), *sources]]
    secrets = [
        bare(piece)
        for exercises in EXERCISES.values()
        for exercise in exercises
        for text in (exercise.solution, exercise.teacher)
        for piece in literals(text)
    ]
    assert len(secrets) > 60
    assert [s for s in secrets if any(s in text for text in squeezed)] == []
    question = literals(EXERCISES["trade"][0].question)[0]
    assert bare(question) in bare(pages[student / "book" / "chapters" / "trade.html"])
    assert "For students" in pages[student / "book" / "index.html"]


def test_a_class_book_is_built_again_only_after_a_change(student: Path, built: Path) -> None:
    before = (student / "index.html").stat().st_ino
    claimbook("class", "book", "--student", cwd=built)
    assert (student / "index.html").stat().st_ino == before
    project = Project(built)
    path = project.exercises / "trade.yaml"
    text = path.read_text()
    path.write_text(f"{text}# a remark\n")
    assert not current.stands_beside(student, current.sources_digest(project))
    path.write_text(text)
    assert current.stands_beside(student, current.sources_digest(project))
    (student / "index.html").write_text((student / "index.html").read_text() + " ")
    assert not current.stands_beside(student, current.sources_digest(project))


def test_the_same_search_finds_the_solutions_in_the_book_for_everyone(built: Path) -> None:
    page = built / "_build" / "html" / "book" / "chapters" / "trade.html"
    text = bare(BeautifulSoup(page.read_text(), "html.parser").get_text(" "))
    for exercise in EXERCISES["trade"]:
        for piece in literals(exercise.solution):
            assert bare(piece) in text


def test_whose_book_has_to_be_said(built: Path) -> None:
    for arguments in ([], ["--student", "--teacher"]):
        done = claimbook("class", "book", *arguments, cwd=built, fails=True)
        assert done.returncode == 2
        assert "--student and --teacher" in done.stderr
