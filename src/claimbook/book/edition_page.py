"""The page on an edition and the banner on all its pages, which only its own book has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup

from claimbook.base import Project, render, replace_text, rewrite_yaml
from claimbook.book import pages
from claimbook.book.comparison import EditionComparison, compare_records, comparison_table
from claimbook.book.editions import Edition
from claimbook.claims import WORDS, Record, Status
from claimbook.runs import Parameter, Request, chapter_path, read_parameters

PAGE = "book/generated/edition"
_BANNER = Path(__file__).with_name("edition-banner.html")
_TEMPLATES = "book/_templates"


def add_edition(
    copy: Project, edition: Edition, default: list[Record], records: list[Record]
) -> None:
    """Give the copy the page on the edition, its place in the contents, and the banner.

    `default` are the records of the default edition, `records` those of this one.
    """
    contracts = {
        asked.chapter: read_parameters(chapter_path(copy, asked.chapter))
        for asked in edition.chapters
    }
    found = compare_records(default, records)
    text = edition_page(edition, contracts, found, (default, records))
    replace_text(copy.generated / f"{Path(PAGE).name}.ipynb", text)
    banner = copy.root / _TEMPLATES / "sections" / "announcement.html"
    replace_text(banner, _BANNER.read_text(encoding="utf-8"))
    rewrite_yaml(copy.root / "_toc.yml", _with_page)
    rewrite_yaml(copy.root / "_config.yml", lambda settings: _with_banner(settings, edition))


def _with_page(contents: dict[str, Any]) -> dict[str, Any]:
    """The table of contents with the edition's page before the others."""
    entry = {"file": PAGE}
    if "parts" in contents:
        part = {"caption": "This edition", "chapters": [entry]}
        return {**contents, "parts": [part, *contents["parts"]]}
    return {**contents, "chapters": [entry, *contents.get("chapters", [])]}


def _with_banner(settings: dict[str, Any], edition: Edition) -> dict[str, Any]:
    sphinx = settings.get("sphinx") or {}
    config = sphinx.get("config") or {}
    context = {
        **config.get("html_context", {}),
        "edition_title": edition.title,
        "edition_parameters": "; ".join(map(_given, edition.chapters)),
    }
    templates = [_TEMPLATES, *config.get("templates_path", [])]
    config = {**config, "html_context": context, "templates_path": templates}
    title = f"{settings['title']} (edition: {edition.title})"
    return {**settings, "title": title, "sphinx": {**sphinx, "config": config}}


def _given(asked: Request) -> str:
    values = ", ".join(f"{name} {_words(value)}" for name, value in asked.given.items())
    return f"{asked.chapter}: {values}"


def _words(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def edition_page(
    edition: Edition,
    contracts: dict[str, list[Parameter]],
    found: EditionComparison,
    both: tuple[list[Record], list[Record]],
) -> str:
    """The page on an edition as a notebook: its parameters, and what differs from the default.

    `both` are the records of the default edition and of this one. The counts can be glued.
    """
    named = {"claims": found.claims, **found.counts}
    glued = [pages.glued(name, str(count)) for name, count in named.items()]
    introduction = pages.html_output(_introduction(edition, found), edition.title)
    differences = pages.html_output(comparison_table(found), found.summary)
    verdicts = pages.html_output(_verdict_counts(*both), "verdicts")
    parameters = pages.html_output(_parameters(edition, contracts), "parameters")
    cells = [
        nbformat.v4.new_markdown_cell("# This edition against the default", id="introduction"),
        pages.output_cell("edition", [*glued, introduction]),
        nbformat.v4.new_markdown_cell(_DIFFERENCES, id="differences-introduction"),
        pages.output_cell("differences", [differences, verdicts]),
        nbformat.v4.new_markdown_cell(_PARAMETERS, id="parameters-introduction"),
        pages.output_cell("parameters", [parameters]),
    ]
    return pages.as_notebook(cells)


_DIFFERENCES = """## Which values moved, which verdicts changed

A value is the one on the stated basis, which the parameters set. The claim leads to its card in
this edition.
"""
_PARAMETERS = """## Its parameters

All other parameters, and all chapters that are not named here, are as in the default edition.
"""


def _introduction(edition: Edition, found: EditionComparison) -> Markup:
    moved, verdicts, points = found.counts.values()
    counts = {"claims": found.claims, "values moved": moved, "verdicts changed": verdicts}
    counts["points that come out otherwise"] = points
    return render("book/edition.html", edition=edition, counts=counts)


def _verdict_counts(default: list[Record], records: list[Record]) -> Markup:
    counts = [(WORDS[s], _count(default, s), _count(records, s)) for s in Status]
    return render("book/edition_verdicts.html", counts=counts)


def _count(records: list[Record], status: Status) -> int:
    claims = (claim for record in records for claim in record["claims"].values())
    return sum(claim["status"] == status for claim in claims)


def _parameters(edition: Edition, contracts: dict[str, list[Parameter]]) -> Markup:
    parameters = [
        (asked.chapter, p, _words(p.default), _words(asked.given[p.name]))
        for asked in edition.chapters
        for p in contracts[asked.chapter]
        if p.name in asked.given
    ]
    return render("book/edition_parameters.html", parameters=parameters)
