"""Building an edition: its chapters run here, its pages are compiled in a copy of the project.

The default edition's pages, records and book are not touched.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import yaml

from claimbook.base import ClaimbookError, Project, fresh_copy, replace_text
from claimbook.book import current, pages
from claimbook.book.build import (
    Built,
    compile_at,
    only_build,
    publish_all,
    require_relations,
    run_stale,
    tidy,
    write_pages,
)
from claimbook.book.comparison import EditionComparison, compare_records, comparison_table
from claimbook.book.editions import Edition, default_requests
from claimbook.charts import update_script
from claimbook.claims import WORDS, Record, Status, load_incidental
from claimbook.data import load_table, resources
from claimbook.runs import (
    Parameter,
    Progress,
    Request,
    Store,
    Today,
    chapter_path,
    read_parameters,
    today,
)

PAGE = "book/generated/edition"
_BANNER = Path(__file__).with_name("edition-banner.html")
_TEMPLATES = "book/_templates"


@dataclass(frozen=True, slots=True)
class EditionBuilt:
    """What the build of an edition did, and how it differs from the default edition."""

    built: Built
    comparison: EditionComparison
    records: list[Record]


def build_edition(
    project: Project,
    edition: Edition,
    file: Path,
    progress: Progress,
    *,
    force: Collection[str] = (),
    cold: bool = False,
) -> EditionBuilt:
    """Build the whole book with an edition's parameters into the edition's own folder.

    Kept runs are used as far as they stand. The verdicts are not held against the accepted ones,
    which are the default edition's. The edition's earlier book stays unless everything succeeded.
    Raises as `claimbook.build.build` does.
    """
    for chapter in force:
        chapter_path(project, chapter)
    html = current.edition_html(project, edition.name)
    with only_build(project):
        tidy(html)
        made_from = current.sources_digest(project, file)
        now = today(project)
        for item in resources(project):
            load_table(project, item["name"])
        ran = run_editions(now, [edition.requests], progress, force=force, cold=cold)
        with tempfile.TemporaryDirectory(prefix="claimbook-edition-") as folder:
            copy = fresh_copy(project, Path(folder).resolve() / "project")
            records = publish_all(project, list(edition.requests), now.entries, copy)
            require_relations(now.entries.relations(), records)
            write_pages(copy, records, load_incidental(copy), address="")
            update_script(copy)
            default = records_of(project, default_requests(project))
            found = compare_records(default, records)
            _write_edition(copy, edition, found, (default, records))
            compile_at(copy, html)
        every = [*edition.requests, *default_requests(project)]
        current.remember_beside(html, made_from, inputs_of(project, every))
    return EditionBuilt(Built(html / "index.html", ran, compiled=True), found, records)


def compared(
    project: Project, one: list[Request], other: list[Request], progress: Progress, *, cold: bool
) -> EditionComparison:
    """Compare two sets of parameters for the whole book, running what was not run yet."""
    run_editions(today(project), [one, other], progress, cold=cold)
    return compare_records(records_of(project, one), records_of(project, other))


def run_editions(
    now: Today,
    editions: Collection[Collection[Request]],
    progress: Progress,
    *,
    force: Collection[str] = (),
    cold: bool = False,
) -> list[str]:
    """Run what is stale of the default edition and of `editions`; `force` is for the latter."""
    asked = {(r.chapter, r.key): r for edition in editions for r in edition}
    default = {(r.chapter, r.key): r for r in default_requests(now.project)}
    others = [r for name, r in default.items() if name not in asked]
    ran = run_stale(now, list(asked.values()), progress, force=force, cold=cold)
    return sorted({*ran, *run_stale(now, others, progress, cold=cold)})


def records_of(project: Project, requests: Collection[Request]) -> list[Record]:
    """The records of kept runs. Raises ClaimbookError for one that is gone."""
    store = Store(project)
    runs = [(asked, store.find(asked)) for asked in requests]
    if gone := [asked.chapter for asked, run in runs if run is None]:
        raise ClaimbookError(f"{gone[0]}: its run is gone; build again")
    return [run.published() for _, run in runs if run]


def inputs_of(project: Project, requests: list[Request]) -> list[tuple[str, str]]:
    """What the kept runs of requests read: names and digests."""
    records = records_of(project, requests)
    return [(item["name"], item["digest"]) for record in records for item in record["inputs"]]


def _write_edition(
    copy: Project,
    edition: Edition,
    found: EditionComparison,
    both: tuple[list[Record], list[Record]],
) -> None:
    """Give the copy the page on the edition, its place in the contents, and the banner."""
    contracts = {
        asked.chapter: read_parameters(chapter_path(copy, asked.chapter))
        for asked in edition.chapters
    }
    text = edition_page(edition, contracts, found, both)
    replace_text(copy.generated / f"{Path(PAGE).name}.ipynb", text)
    banner = copy.root / _TEMPLATES / "sections" / "announcement.html"
    replace_text(banner, _BANNER.read_text(encoding="utf-8"))
    rewrite_yaml(copy.root / "_toc.yml", _with_page)
    rewrite_yaml(copy.root / "_config.yml", lambda settings: _with_banner(settings, edition))


def rewrite_yaml(path: Path, change: Callable[[Any], Any]) -> None:
    """Change what a YAML file holds; its comments are lost, so this is for copies."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    replace_text(path, yaml.safe_dump(change(data), sort_keys=False, allow_unicode=True))


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


def _introduction(edition: Edition, found: EditionComparison) -> str:
    moved, verdicts, points = found.counts.values()
    counts = {"claims": found.claims, "values moved": moved, "verdicts changed": verdicts}
    counts["points that come out otherwise"] = points
    items = "".join(f"<li>{name} <b>{count}</b></li>" for name, count in counts.items())
    return (
        f"<p><b>{escape(edition.title)}.</b> {escape(edition.description)}</p>"
        "<p>Only the numbers are computed anew. The prose of the chapters was written for the "
        "default edition, whose verdicts are the ones that were reviewed.</p>"
        f'<ul class="scoreboard-counts">{items}</ul>'
    )


def _verdict_counts(default: list[Record], records: list[Record]) -> str:
    rows = "".join(
        f"<tr><td>{WORDS[status]}</td><td>{_count(default, status)}</td>"
        f"<td>{_count(records, status)}</td></tr>"
        for status in Status
    )
    return _table("Verdicts", ("Verdict", "Default edition", "This edition"), rows)


def _count(records: list[Record], status: Status) -> int:
    claims = (claim for record in records for claim in record["claims"].values())
    return sum(claim["status"] == status for claim in claims)


def _parameters(edition: Edition, contracts: dict[str, list[Parameter]]) -> str:
    rows = "".join(
        f"<tr><td>{asked.chapter}</td><td><code>{p.name}</code></td>"
        f"<td>{escape(_words(p.default))}</td><td><b>{escape(_words(asked.given[p.name]))}</b></td>"
        f"<td>{escape(p.meaning)}</td></tr>"
        for asked in edition.chapters
        for p in contracts[asked.chapter]
        if p.name in asked.given
    )
    heads = ("Chapter", "Parameter", "Default edition", "This edition", "Meaning")
    return _table("Parameters of this edition", heads, rows)


def _table(label: str, names: tuple[str, ...], rows: str) -> str:
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    return (
        f'<div class="claim-scroll" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="scoreboard"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
