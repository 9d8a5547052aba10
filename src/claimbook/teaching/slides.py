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
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt

from claimbook.base import ClaimbookError, Project, only_build, replace_text
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


def deck_slides(chapter: str, notebook: Any, exercises: Sequence[Exercise]) -> list[str]:
    """The slides of an executed notebook as HTML sections: title, marked outputs, questions."""
    if not any(map(_is_marked, notebook.cells)):
        raise ClaimbookError(
            f'{chapter}: no cell is marked for slides: give one the metadata "slideshow": '
            '{"slide_type": "slide"}'
        )
    values = _values(notebook)
    questions = [_question(e, values) for e in exercises if e.level in _PROJECTED]
    return [_title(notebook, values), *_marked(chapter, notebook, values), *questions]


def deck(sections: Sequence[str]) -> str:
    """One HTML file with everything in it: sections, styles and reveal.js."""
    heading = BeautifulSoup(sections[0], "html.parser").h1
    parts = {
        "title": escape(heading.get_text() if heading else ""),
        "style": "".join(p.read_text(encoding="utf-8") for p in (STYLE, _OWN / "slides.css")),
        "reveal_style": (_REVEAL / "reveal.css").read_text(encoding="utf-8"),
        "sections": "\n".join(sections),
        "reveal": (_REVEAL / "reveal.js").read_text(encoding="utf-8"),
    }
    template = (_OWN / "slides.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


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


def _title(notebook: Any, values: Mapping[str, str]) -> str:
    heading, _, rest = notebook.cells[0].source.partition("\n")
    lead = rest.strip().partition("\n\n")[0]
    name = _inline(heading.strip("# "), values)
    return f'<section class="first"><h1>{name}</h1><div>{_rendered(lead, values)}</div></section>'


def _marked(chapter: str, notebook: Any, values: Mapping[str, str]) -> Iterator[str]:
    heading = ""
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


def _shown(output: Any, heading: str) -> Iterator[str]:
    """The slides that an output gives: a figure, or its cards."""
    data = output.get("data", {})
    if picture := data.get("image/png"):
        alt = escape(output.metadata.get("alt", ""))
        image = f'<img alt="{alt}" src="data:image/png;base64,{"".join(picture.split())}">'
        yield f"<section><h2>{heading}</h2><figure>{image}</figure></section>"
    for card in BeautifulSoup(data.get("text/html", ""), "html.parser").select(".claim-card"):
        yield _relation(card, heading) if card.ul and not card.dl else _claim(card)


def _claim(card: Tag) -> str:
    """What the paper prints; then, step by step, what the data say and the verdict."""
    printed, found, basis = (item.decode_contents() for item in card.select("dl dd")[:3])
    stated = "" if basis == "—" else f"<dd>{basis}</dd>"
    point = _first(card, ".claim-consequence")
    parts = [
        f'<p class="place">The paper, {_first(card, ".claim-place")}</p>',
        f"<h2>{_first(card, '.claim-text')}</h2>",
        f"<dl><div><dt>The paper prints</dt><dd>{printed}</dd></div>",
        f'<div class="fragment"><dt>The data say</dt><dd>{found}</dd>{stated}</div></dl>',
        f'<div class="fragment"><p class="outcome">{card.select_one("span.verdict")}</p>',
        f"<p>{point or _first(card, '.claim-sentence')}</p></div>",
    ]
    return _section(" ".join(_classes(card)), parts)


def _relation(card: Tag, heading: str) -> str:
    """The figures that the paper prints; then how they fit together."""
    figures = "".join(f"<li>{item.decode_contents()}</li>" for item in card.select("ul > li"))
    parts = [
        '<p class="place">The paper against itself</p>',
        f"<h2>{heading}</h2>",
        f"<ul>{figures}</ul>",
        f'<div class="fragment"><p class="outcome">{card.select_one("span.verdict")}</p>',
        f"<p>{_first(card, '.claim-sentence')}</p></div>",
    ]
    return _section(" ".join(_classes(card)), parts)


def _question(exercise: Exercise, values: Mapping[str, str]) -> str:
    parts = [
        f'<p class="place">{ASKS[exercise.level]}: {escape(exercise.topic)}</p>',
        f"<h2>{_inline(exercise.title, values)}</h2>",
        _rendered(exercise.question, values),
    ]
    return _section("question", parts, _LONG_QUESTION)


def _section(classes: str, parts: Sequence[str], long: int = _LONG) -> str:
    inner = "\n".join(parts)
    is_long = len(BeautifulSoup(inner, "html.parser").get_text()) > long
    return f'<section class="{classes}{" long" if is_long else ""}">{inner}</section>'


def _classes(card: Tag) -> list[str]:
    """The card's classes that tell its verdict."""
    return [name for name in card.get_attribute_list("class") if name != "claim-card"]


def _first(card: Tag, selector: str) -> str:
    found = card.select_one(selector)
    return found.decode_contents() if found else ""


def _inline(text: str, values: Mapping[str, str]) -> str:
    rendered: str = _MARKDOWN.renderInline(_resolved(text, values))
    return rendered


def _rendered(text: str, values: Mapping[str, str]) -> str:
    """Markdown as HTML; links, which lead to pages that a deck does not have, become text."""
    soup = BeautifulSoup(_MARKDOWN.render(_resolved(text, values)), "html.parser")
    for link in soup("a"):
        link.unwrap()
    return str(soup)


def _resolved(text: str, values: Mapping[str, str]) -> str:
    """A text with the glued values in their places. Raises ClaimbookError for an unknown name."""
    for name in _GLUE.findall(text):
        if name not in values:
            raise ClaimbookError(f"slides: no value is called {name!r}")
    return _GLUE.sub(lambda match: escape(values[match[1]]), text)
