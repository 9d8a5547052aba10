"""Slides: a chapter as a reveal.js deck, one file that needs nothing else, for a projector.

A cell of the chapter's notebook is shown if its metadata say `"slideshow": {"slide_type":
"slide"}`, as Jupyter's own slides do: each of its figures and claim cards becomes a slide. The
exercises that need the page alone follow as questions, without hints or solutions. On narrow
screens, on paper and without scripts the same file reads from top to bottom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt
from markupsafe import Markup

from claimbook.base import ClaimbookError, Project, only_build, render, replace_text
from claimbook.book import ASKS, STYLE, Exercise, Level, load_exercises
from claimbook.claims import GLUE_PREFIX
from claimbook.runs import (
    Progress,
    chapter_path,
    kept_runs,
    page,
    read_notebook,
    request,
    run_stale,
    today,
)

_OWN = Path(__file__).parent
_REVEAL = files("sphinx_revealjs") / "_static" / "revealjs" / "dist"
_GLUE = re.compile(r"\{glue:text\}`([^`]+)`")
_HEADING = re.compile(r"^## (.+)$", re.M)
_PROJECTED = (Level.READ, Level.READING)  # to change a parameter one needs a machine
_LONG = 340  # characters of text above which a slide is set smaller
_LONG_QUESTION = 480  # the same of a question, which is all that its slide holds
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def write_slides(
    project: Project, chapters: Sequence[str], progress: Progress, *, cold: bool = False
) -> list[Path]:
    """Write the decks of chapters into `_build/class/slides`; return their paths.

    Chapters whose runs do not stand are run first; the book is not compiled. Raises ClaimbookError
    for a chapter that no cell marks for slides or that marks a cell with nothing to show, and
    RunError for a chapter that fails.
    """
    exercises = load_exercises(project)
    decks = {}
    with only_build(project):
        requests = [request(project, chapter) for chapter in chapters]
        run_stale(today(project), requests, progress, cold=cold)
        for asked, run in zip(requests, kept_runs(project, requests), strict=True):
            notebook = page(chapter_path(project, asked.chapter), asked, run)
            shown = deck_slides(asked.chapter, notebook, exercises.get(asked.chapter, []))
            decks[_folder(project) / f"{asked.chapter}.html"] = deck(shown)
    for path, text in decks.items():
        replace_text(path, text)
    return list(decks)


def _folder(project: Project) -> Path:
    """Where the decks stand."""
    return project.html.parent / "class" / "slides"


def marked_chapters(project: Project) -> list[str]:
    """The chapters with at least one cell that is marked for slides."""
    found = {c: read_notebook(project.notebooks / f"{c}.ipynb") for c in project.chapter_names()}
    return [chapter for chapter, notebook in found.items() if any(map(_is_marked, notebook.cells))]


def deck_slides(chapter: str, notebook: Any, exercises: Sequence[Exercise]) -> list[Markup]:
    """The slides of an executed notebook as HTML sections: title, marked outputs, questions."""
    if not any(map(_is_marked, notebook.cells)):
        raise ClaimbookError(
            f'{chapter}: no cell is marked for slides: give one the metadata "slideshow": '
            '{"slide_type": "slide"}'
        )
    values = _values(notebook)
    questions = [_question(e, values) for e in exercises if e.level in _PROJECTED]
    return [_title(notebook, values), *_marked(chapter, notebook, values), *questions]


def deck(sections: Sequence[Markup]) -> Markup:
    """One HTML file with everything in it: sections, styles and reveal.js."""
    heading = BeautifulSoup(sections[0], "html.parser").h1
    return render(
        "teaching/slides.page.html",
        title=heading.get_text() if heading else "",
        style=_text(STYLE) + _text(_OWN / "slides.css"),
        reveal_style=_text(_REVEAL / "reveal.css"),
        sections=Markup("\n").join(sections),
        reveal=_text(_REVEAL / "reveal.js"),
    )


def _text(file: Traversable) -> Markup:
    """A style sheet or a script as it stands."""
    return Markup(file.read_text(encoding="utf-8"))


def _is_marked(cell: Any) -> bool:
    return bool(cell.metadata.get("slideshow", {}).get("slide_type") == "slide")


def _values(notebook: Any) -> dict[str, str]:
    """What the notebook glued: the shown text of each name."""
    return {
        output.metadata["scrapbook"]["name"]: output.data[f"{GLUE_PREFIX}text/plain"]
        for output in _outputs(notebook)
        if f"{GLUE_PREFIX}text/plain" in output.get("data", {})
    }


def _outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def _title(notebook: Any, values: Mapping[str, str]) -> Markup:
    heading, _, rest = notebook.cells[0].source.partition("\n")
    lead = rest.strip().partition("\n\n")[0]
    title = _inline(heading.strip("# "), values)
    return render("teaching/title_slide.html", title=title, lead=_rendered(lead, values))


def _marked(chapter: str, notebook: Any, values: Mapping[str, str]) -> Iterator[Markup]:
    heading = Markup()
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := _HEADING.findall(cell.source)):
            heading = _inline(found[-1], values)
        if not _is_marked(cell):
            continue
        shown = [slide for output in cell.get("outputs", []) for slide in _shown(output, heading)]
        if not shown:
            raise ClaimbookError(
                f"{chapter}: cell {cell.id} is marked for slides and shows no figure and no card"
            )
        yield from shown


def _shown(output: Any, heading: Markup) -> Iterator[Markup]:
    """The slides that an output gives: a figure, or its cards."""
    data = output.get("data", {})
    if picture := data.get("image/png"):
        alt, picture = output.metadata.get("alt", ""), "".join(picture.split())
        yield render("teaching/figure_slide.html", heading=heading, alt=alt, picture=picture)
    for card in BeautifulSoup(data.get("text/html", ""), "html.parser").select(".claim-card"):
        yield _relation(card, heading) if card.ul and not card.dl else _claim(card)


def _claim(card: Tag) -> Markup:
    """What the paper prints; then, step by step, what the data say and the verdict."""
    printed, value, basis = map(_inside, card.select("dl dd")[:3])
    inner = render(
        "teaching/claim_slide.page.html",
        place=_first(card, ".claim-place"),
        claim=_first(card, ".claim-text"),
        printed=printed,
        value=value,
        basis=basis,
        verdict=Markup(card.select_one("span.verdict")),
        point=_first(card, ".claim-consequence") or _first(card, ".claim-sentence"),
    )
    return _slide(_kind(card), inner)


def _relation(card: Tag, heading: Markup) -> Markup:
    """The figures that the paper prints; then how they fit together."""
    inner = render(
        "teaching/relation_slide.page.html",
        heading=heading,
        figures=[_inside(item) for item in card.select("ul > li")],
        verdict=Markup(card.select_one("span.verdict")),
        sentence=_first(card, ".claim-sentence"),
    )
    return _slide(_kind(card), inner)


def _question(exercise: Exercise, values: Mapping[str, str]) -> Markup:
    inner = render(
        "teaching/question_slide.page.html",
        asks=ASKS[exercise.level],
        topic=exercise.topic,
        title=_inline(exercise.title, values),
        question=_rendered(exercise.question, values),
    )
    return _slide("question", inner, _LONG_QUESTION)


def _slide(kind: str, inner: Markup, long: int = _LONG) -> Markup:
    inner = inner.removesuffix("\n")
    is_long = len(BeautifulSoup(inner, "html.parser").get_text()) > long
    return render("teaching/slide.html", kind=kind, is_long=is_long, inner=inner)


def _kind(card: Tag) -> str:
    """The card's classes that tell its verdict."""
    return " ".join(name for name in card.get_attribute_list("class") if name != "claim-card")


def _first(card: Tag, selector: str) -> Markup:
    found = card.select_one(selector)
    return _inside(found) if found else Markup()


def _inside(tag: Tag) -> Markup:
    return Markup(tag.decode_contents())


def _inline(text: str, values: Mapping[str, str]) -> Markup:
    return Markup(_MARKDOWN.renderInline(_resolved(text, values)))


def _rendered(text: str, values: Mapping[str, str]) -> Markup:
    """Markdown as HTML; links, which lead to pages that a deck does not have, become text."""
    soup = BeautifulSoup(_MARKDOWN.render(_resolved(text, values)), "html.parser")
    for link in soup("a"):
        link.unwrap()
    return Markup(soup)


def _resolved(text: str, values: Mapping[str, str]) -> str:
    """A text with the glued values in their places. Raises ClaimbookError for an unknown name."""
    for name in _GLUE.findall(text):
        if name not in values:
            raise ClaimbookError(f"slides: no value is called {name!r}")
    return _GLUE.sub(lambda match: escape(values[match[1]]), text)
