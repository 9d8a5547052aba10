"""Building the book: run what is stale, write the generated pages, compile, put in place.

There is one recipe for all its forms: the book itself, an edition with other parameters, and the
books of a class. All but the first are compiled in a copy of the project, so that the pages and
records of the book that is shown are not touched.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nbformat

from claimbook.base import Project, fresh_copy, only_build, replace_bytes, replace_text
from claimbook.book import current, pages
from claimbook.book.by_hand import ByHand, read_by_hand
from claimbook.book.card_foot import Foot, add_footers
from claimbook.book.commands import command_line, commands_page
from claimbook.book.comparison import EditionComparison, compare_records
from claimbook.book.edition_page import add_edition
from claimbook.book.editions import Edition, default_requests
from claimbook.book.exercises import Audience, exercises_section
from claimbook.book.jupyter_book import BuildError, compile_at, tidy
from claimbook.book.rerun import block, chapter_bundle, engine_wheel
from claimbook.charts import update_script
from claimbook.claims import Accepted, Record, Relation, verdict_changes
from claimbook.data import resources
from claimbook.runs import (
    Progress,
    Request,
    Today,
    chapter_path,
    kept_records,
    kept_runs,
    publish,
    read_notebook,
    read_parameters,
    run_stale,
    to_json,
    today,
)


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: the book's first page, the chapters that ran, whether it compiled."""

    page: Path
    ran: list[str]
    compiled: bool
    records: list[Record]


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of the book: where it is put, with which parameters, and for whom.

    `requests` are empty for the default parameters, else those of the edition in `file`. `add`
    writes what this form has besides into the copy of the project that is compiled.
    """

    html: Path
    requests: Collection[Request] = ()
    file: Path | None = None
    audience: Audience = Audience.EVERYONE
    add: Callable[[Project, list[Record]], None] = lambda *_: None


def build_book(
    project: Project, progress: Progress, *, force: Collection[str] = (), cold: bool = False
) -> Built:
    """Build the book itself, and compile it if its pages changed."""
    return build_variant(project, Variant(project.html), progress, force=force, cold=cold)


def build_edition(
    project: Project,
    edition: Edition,
    file: Path,
    progress: Progress,
    *,
    force: Collection[str] = (),
    cold: bool = False,
) -> tuple[Built, EditionComparison]:
    """Build the whole book with an edition's parameters into the edition's own folder.

    Returns also how it differs from the default edition, which is run where it was not yet.
    """
    default = default_requests(project)

    def add(copy: Project, records: list[Record]) -> None:
        add_edition(copy, edition, kept_records(project, default), records)

    html = current.edition_html(project, edition.name)
    variant = Variant(html, edition.requests, file, add=add)
    done = build_variant(project, variant, progress, force=force, cold=cold)
    return done, compare_records(kept_records(project, default), done.records)


def build_variant(
    project: Project,
    variant: Variant,
    progress: Progress,
    *,
    force: Collection[str] = (),
    cold: bool = False,
) -> Built:
    """Run the chapters that are stale or in `force`, write the pages, compile, put in place.

    Every form has to show all relations. Accepted verdicts are those of the default parameters:
    the book and the books of a class have to meet them, an edition has others to find. The earlier
    book stays as it was unless everything succeeded; chapters that have run are kept for the next
    build. Raises ClaimbookError for what is written by hand, before a kernel starts, RunError for
    a chapter, BuildError for findings and compilation.
    """
    for chapter in force:
        chapter_path(project, chapter)
    with only_build(project):
        tidy(variant.html)
        # Before anything is read: an edit from here on is new.
        made_from = current.sources_digest(project, variant.file)
        written = read_by_hand(project)
        requests = list(variant.requests) or default_requests(project)
        ran = _run(written.now, [requests], progress, force=force, cold=cold)
        with _compiled_project(project, variant) as target:
            records = publish_all(project, requests, written, target, variant.audience)
            _require_relations(written.now.entries.relations(), records)
            if not variant.requests:
                _require_accepted(records, written.accepted)
            write_pages(target, records, written, public=target == project)
            update_script(target)
            variant.add(target, records)
            compiled = target != project or not current.is_compiled(project)
            if compiled:
                compile_at(target, variant.html)
        _remember(project, variant, made_from, requests)
    return Built(variant.html / "index.html", ran, compiled, records)


def compared(
    project: Project, one: list[Request], other: list[Request], progress: Progress, *, cold: bool
) -> EditionComparison:
    """Compare two sets of parameters for the whole book, running what was not run yet."""
    _run(today(project), [one, other], progress, cold=cold)
    return compare_records(kept_records(project, one), kept_records(project, other))


def _run(
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


@contextmanager
def _compiled_project(project: Project, variant: Variant) -> Iterator[Project]:
    """The project whose pages are compiled: the book's own, or a copy for what stands beside it."""
    if variant.html == project.html:
        yield project
    else:
        with tempfile.TemporaryDirectory(prefix="claimbook-copy-") as folder:
            yield fresh_copy(project, Path(folder).resolve() / "project")


def _remember(
    project: Project, variant: Variant, made_from: str, requests: Collection[Request]
) -> None:
    if variant.html == project.html:
        current.remember(project, made_from)
        return
    others = default_requests(project) if variant.requests else []
    records = kept_records(project, [*requests, *others])
    read = [(item["name"], item["digest"]) for record in records for item in record["inputs"]]
    current.remember_beside(variant.html, made_from, read)


def publish_all(
    project: Project,
    requests: list[Request],
    written: ByHand,
    target: Project,
    audience: Audience,
) -> list[Record]:
    """Write the chapters' pages, bundles and records from the kept runs into `target`'s book.

    The exercises on the pages are those for `audience`. Returns the records. Raises RunError for
    a run that was removed meanwhile.
    """
    name, wheel = engine_wheel()
    replace_bytes(target.generated / "rerun" / name, wheel)
    records = []
    for asked, run in zip(requests, kept_runs(project, requests), strict=True):
        section = exercises_section(written.exercises.get(run.chapter, []), audience)
        finish = partial(_finish, project, run.chapter, written.citation.text, section)
        publish(project, asked, run, target.chapters, finish)
        place = target.generated / "rerun" / f"{asked.chapter}.zip"
        replace_bytes(place, chapter_bundle(project, written.now.entries, run))
        records.append(run.published())
    return records


def _finish(project: Project, chapter: str, cited: str, exercises: str, notebook: Any) -> None:
    """Add what only a page of the book has: the cards' feet, exercises, how to run it again."""
    contract = tuple(read_parameters(chapter_path(project, chapter)))
    add_footers(notebook, Foot(chapter, contract, cited))
    if exercises:
        notebook.cells.append(nbformat.v4.new_markdown_cell(exercises, id="exercises"))
    notebook.cells.append(nbformat.v4.new_markdown_cell(block(chapter), id="foot"))


def _require_relations(relations: list[Relation], records: list[Record]) -> None:
    """Raise BuildError unless every relation was shown in some chapter."""
    shown = {name for record in records for name in record["relations"]}
    missing = [r.id for r in relations if r.id not in shown]
    if missing:
        raise BuildError(f"relations that no chapter shows: {', '.join(missing)}")


def _require_accepted(records: list[Record], accepted: dict[str, Accepted]) -> None:
    """Raise BuildError when findings leave the accepted verdicts, if there are any."""
    found = [claim for record in records for claim in record["claims"].values()]
    if accepted and (changed := verdict_changes(found, accepted)):
        raise BuildError(
            "findings that are not the accepted ones:\n  "
            + "\n  ".join(changed)
            + "\naccept a change with: claimbook claims --accept ID --because REASON"
        )


def write_pages(
    project: Project, records: list[Record], written: ByHand, *, public: bool = True
) -> None:
    """Write the generated pages from the records, the data package and the notebooks.

    Only a `public` book's pages name its address.
    """
    contracts = {
        chapter: read_parameters(project.notebooks / f"{chapter}.ipynb")
        for chapter in project.chapter_names()
    }
    listed = pages.claims_list(records)
    paper = written.citation.paper.title
    address = written.settings.html.baseurl if public else ""
    texts = {
        "marks.md": pages.marks(records, _titles(project)),
        "scoreboard.ipynb": pages.scoreboard(records, paper, written.incidental, address),
        "claims.json": to_json(listed),
        "claims.csv": pages.claims_csv(listed),
        "sources.md": pages.sources_page(resources(project), written.corrections),
        "commands.md": commands_page(command_line()),
        "parameters.md": pages.parameters_table(contracts),
    }
    for name, text in texts.items():
        replace_text(project.generated / name, text)


def _titles(project: Project) -> dict[str, str]:
    """The first line of each chapter."""
    return {
        name: read_notebook(chapter_path(project, name)).cells[0].source.splitlines()[0].strip("# ")
        for name in project.chapter_names()
    }
