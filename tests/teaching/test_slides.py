"""Slides: what a notebook marks is shown, with its values, and every slide fits its screen."""

from __future__ import annotations

import base64
import io
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, BrowserContext

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.book.exercises import Exercise, Level, load_exercises
from claimbook.teaching.slides import deck, deck_slides, marked_chapters
from tests.books import ROOT
from tests.conftest import Visit, claimbook

BOOK = Project(ROOT)
MARKED = {"slideshow": {"slide_type": "slide"}}
CARD = (
    '<section class="claim-card verdict-close" id="a"><header><span class="verdict">close</span>'
    '<span class="claim-place">Trade, paragraph 1</span></header><p class="claim-text">It grew.</p>'
    "<dl><div><dt>P</dt><dd>“5”</dd></div><div><dt>D</dt><dd>6</dd></div><div><dt>B</dt>"
    '<dd>year 2019</dd></div></dl><p class="claim-sentence">Five is not six.</p></section>'
)
ASKED = Exercise(
    id="why",
    level=Level.READ,
    topic="shares",
    title="Why {glue:text}`n`?",
    question="Say why it is {glue:text}`n`, as [the page](rerun) says & shows.",
    hint="The hint is a secret",
    solution="The solution is a secret",
    teacher="The note is a secret",
)


def picture() -> Any:
    return new_output("display_data", {"image/png": "AAAA\n"}, metadata={"alt": 'A "line"'})


def named(name: str, text: str) -> Any:
    data = {"application/papermill.record/text/plain": text}
    return new_output("display_data", data, metadata={"scrapbook": {"name": name}})


def chapter(*cells: Any) -> Any:
    first = new_markdown_cell("# Hives\n\nThere are {glue:text}`n` of them.\n\nNot this.")
    values = new_code_cell("", outputs=[named("n", "<7>")])
    return new_notebook(cells=[first, values, new_markdown_cell("## The *north*"), *cells])


def marked(*outputs: Any) -> Any:
    return new_code_cell("", outputs=list(outputs), metadata=MARKED)


def card(html: str = CARD) -> Any:
    return new_output("display_data", {"text/html": html})


def text(section: str) -> str:
    return BeautifulSoup(section, "html.parser").get_text(" ", strip=True)


def test_marked_figures_and_cards_become_slides_in_order() -> None:
    notebook = chapter(marked(picture(), card(CARD + CARD)), new_code_cell("", outputs=[picture()]))
    first, figure, claim, _, question = deck_slides("hives", notebook, [ASKED])
    assert text(first) == "Hives There are <7> of them."
    image = BeautifulSoup(figure, "html.parser").img
    assert image
    assert image["alt"] == 'A "line"'
    assert image["src"] == "data:image/png;base64,AAAA"
    assert text(figure) == "The north"
    assert "“5”" in claim
    assert "Five is not six." in claim
    assert "verdict-close" in claim
    assert text(question) == (
        "Read a figure: shares Why <7>? Say why it is <7>, as the page says & shows."
    )
    assert "<a" not in question


def test_what_the_data_say_comes_after_what_the_paper_prints() -> None:
    _, claim = deck_slides("hives", chapter(marked(card())), [])
    soup = BeautifulSoup(claim, "html.parser")
    hidden = " ".join(step.get_text(" ") for step in soup.select(".fragment"))
    assert "6" in hidden
    assert "close" in hidden
    assert "“5”" not in hidden


def test_hints_solutions_and_notes_are_on_no_slide() -> None:
    changing = ASKED.model_copy(update={"id": "do", "level": Level.CHANGE, "title": "Machine"})
    shown = deck_slides("hives", chapter(marked(picture())), [ASKED, changing])
    assert "secret" not in "".join(shown)
    assert "Machine" not in "".join(shown)
    assert len(shown) == 3


@pytest.mark.parametrize(
    ("notebook", "exercises", "said"),
    [
        (chapter(new_code_cell("")), [], "hives: no cell is marked for slides"),
        (chapter(marked(named("m", "1"))), [], "shows no figure and no card"),
        (
            chapter(marked(picture())),
            [ASKED.model_copy(update={"question": "What is {glue:text}`lost`?"})],
            "no value is called 'lost'",
        ),
    ],
)
def test_what_cannot_be_shown_is_told(notebook: Any, exercises: list[Exercise], said: str) -> None:
    with pytest.raises(ClaimbookError, match=said):
        deck_slides("hives", notebook, exercises)


def test_a_deck_needs_no_other_file() -> None:
    made = deck(deck_slides("hives", chapter(marked(picture(), card())), [ASKED]))
    soup = BeautifulSoup(made, "html.parser")
    assert soup.title
    assert soup.title.get_text() == "Hives"
    assert not soup.select("[src]:not([src^='data:']), link, [href]")
    styles = "".join(style.get_text() for style in soup("style"))
    assert not re.search(r"@import|url\([\"']?(?!data:)", styles)
    assert "{{" not in "".join(str(tag) for tag in soup.select("head title, main"))


def test_every_chapter_of_the_book_has_slides_and_questions() -> None:
    assert marked_chapters(BOOK) == BOOK.chapter_names()
    for exercises in load_exercises(BOOK).values():
        assert sum(e.level is not Level.CHANGE for e in exercises) >= 2


# The book's own decks, in the browser ------------------------------------------------------


@pytest.fixture(scope="module")
def decks(built: Path) -> list[Path]:
    done = claimbook("class", "slides", cwd=built)
    return [Path(line) for line in done.stdout.split()]


@pytest.fixture(scope="module")
def wide(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context
    context.close()


# The lowest and rightmost points of the slide that is shown, on a screen of 1280 by 720.
REACH = """() => {
  const shown = [...Reveal.getCurrentSlide().querySelectorAll("*")];
  const boxes = shown.map(e => e.getBoundingClientRect());
  return [Math.max(...boxes.map(b => b.bottom)), Math.max(...boxes.map(b => b.right))];
}"""


def test_every_slide_fits_the_screen(decks: list[Path], wide: BrowserContext) -> None:
    assert [path.stem for path in decks] == BOOK.chapter_names()
    for path in decks:
        visit = Visit.open(wide, path.as_uri())
        for number in range(visit.page.evaluate("Reveal.getTotalSlides()")):
            visit.page.evaluate(f"Reveal.slide({number}, 0, 99)")
            low, right = visit.page.evaluate(REACH)
            assert low <= 720, f"{path.stem}, slide {number + 1}"
            assert right <= 1280, f"{path.stem}, slide {number + 1}"
        assert visit.faults == []
        visit.page.close()


def test_keys_reveal_the_verdict_step_by_step(decks: list[Path], wide: BrowserContext) -> None:
    visit = Visit.open(wide, decks[0].as_uri())
    page = visit.page
    assert page.locator("section.present h1").count() == 1
    while not page.locator("section.present dl").count():
        page.keyboard.press("Space")
    verdict = page.locator("section.present .outcome")
    assert not verdict.is_visible()
    page.keyboard.press("Space")
    assert not verdict.is_visible()
    page.keyboard.press("Space")
    verdict.wait_for(state="visible")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_deck_is_accessible_and_narrow_screens_scroll(
    decks: list[Path], browser: Browser, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    visit = Visit.open(context, decks[0].as_uri())
    page = visit.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("typeof Reveal.isReady === 'function' && Reveal.isReady()") is False
    assert page.locator("section .fragment").first.is_visible()
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [item["id"] for item in found] == []
    context.close()


def test_without_scripts_a_deck_reads_from_top_to_bottom(
    decks: list[Path], browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(decks[0].as_uri())
    tops = [s.bounding_box() for s in page.locator("section").all()]
    assert all(box and box["height"] > 50 for box in tops)
    assert tops == sorted(tops, key=lambda box: box["y"] if box else 0)
    context.close()


def test_figures_on_slides_are_wider_than_high(decks: list[Path]) -> None:
    """On a projector a high figure becomes so small that nobody reads its letters."""
    for path in decks:
        for image in BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")("img"):
            picture = base64.b64decode(str(image["src"]).partition(",")[2])
            width, height = struct.unpack(">II", io.BytesIO(picture).getvalue()[16:24])
            assert width > 1.1 * height, f"{path.stem}: {image['alt']}"


def test_a_chapter_that_does_not_exist_is_named(built: Path) -> None:
    done = claimbook("class", "slides", "trad", cwd=built, fails=True)
    assert "did you mean trade" in done.stderr


def test_one_deck_can_be_made_alone(built: Path) -> None:
    place = built / "_build" / "class" / "slides"
    place.joinpath("debt.html").unlink(missing_ok=True)
    done = claimbook("class", "slides", "debt", cwd=built)
    assert done.stdout.split() == [str(place / "debt.html")]
    assert (place / "debt.html").is_file()
