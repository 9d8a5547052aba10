"""Building the book: run what is stale, write the generated pages, compile, put in place."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import yaml
from filelock import FileLock, Timeout

from claimbook.base import (
    ClaimbookError,
    FailedError,
    Project,
    exchange,
    replace_bytes,
    replace_text,
    site_address,
)
from claimbook.book import current, pages
from claimbook.book.card_foot import Foot, add_footers, book_citation
from claimbook.book.commands import command_line, commands_page
from claimbook.book.exercises import Audience, exercises_section, load_exercises
from claimbook.book.rerun import block, chapter_bundle, engine_wheel
from claimbook.charts import update_script
from claimbook.claims import (
    Accepted,
    Incidental,
    Record,
    Relation,
    TrackedLedger,
    load_accepted,
    load_incidental,
    verdict_changes,
)
from claimbook.data import load_corrections, load_table, resources
from claimbook.runs import (
    Progress,
    Request,
    Store,
    Today,
    changes,
    chapter_path,
    publish,
    read_notebook,
    read_parameters,
    request,
    run_all,
    to_json,
    today,
)

_NEXT = ".next-"


class BuildError(FailedError):
    """The book could not be compiled."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: the book's first page, the chapters that ran, whether it compiled."""

    page: Path
    ran: list[str]
    compiled: bool


def build_book(
    project: Project, progress: Progress, *, force: Collection[str] = (), cold: bool = False
) -> Built:
    """Run the chapters that are stale or in `force`, and compile the book if its pages changed.

    The earlier book stays as it was unless everything succeeded; chapters that have run are kept
    for the next build. Raises ClaimbookError for faults of data or ledger, RunError for a
    chapter, BuildError for the compilation.
    """
    for chapter in force:
        chapter_path(project, chapter)
    with only_build(project):
        tidy(project.html)
        return _build(project, progress, force, cold)


def _build(project: Project, progress: Progress, force: Collection[str], cold: bool) -> Built:
    # Before anything is read: an edit from here on is new.
    made_from = current.sources_digest(project)
    # All that is written by hand is read before a kernel starts.
    now = today(project)
    accepted = load_accepted(project)
    incidental = load_incidental(project)
    address = site_address(project)
    load_exercises(project)
    for item in resources(project):
        load_table(project, item["name"])
    requests = [request(project, chapter) for chapter in project.chapter_names()]
    ran = run_stale(now, requests, progress, force=force, cold=cold)
    records = publish_all(project, requests, now.entries, project)
    require_relations(now.entries.relations(), records)
    _require_accepted(records, accepted)
    write_pages(project, records, incidental, address)
    update_script(project)
    compiled = not current.is_compiled(project)
    if compiled:
        compile_book(project)
    current.remember(project, made_from)
    return Built(project.html / "index.html", ran, compiled)


def run_stale(
    now: Today,
    requests: list[Request],
    progress: Progress,
    *,
    force: Collection[str] = (),
    cold: bool = False,
) -> list[str]:
    """Run the requests whose kept runs do not stand, longest first; return their chapters."""
    store = Store(now.project)
    stale = [r for r in requests if r.chapter in force or stale_because(now, store, r)]
    if stale:
        longest_first = sorted(stale, key=lambda r: -store.seconds(r.chapter))
        run_all(now, longest_first, progress, store.keep, cold=cold)
    return [asked.chapter for asked in stale]


def stale_because(now: Today, store: Store, asked: Request) -> list[str]:
    """Why a request has to run: what changed since its run was kept; nothing if that stands."""
    run = store.find(asked)
    if run:
        return changes(now, asked, run)
    last = store.latest(asked.chapter)
    if last is None:
        return ["it has not been run yet"]
    return changes(now, asked, last) or ["it has not been run with these parameters given"]


def why(project: Project, chapters: Iterable[str]) -> dict[str, list[str]]:
    """What changed since each chapter's run was kept; nothing where it still stands."""
    now, store = today(project), Store(project)
    return {name: stale_because(now, store, request(project, name)) for name in chapters}


@contextmanager
def only_build(project: Project) -> Iterator[None]:
    """Keep other builds out of the project's folder; the system forgets a killed one's lock."""
    place = project.html.parent / ".lock"
    place.parent.mkdir(exist_ok=True)
    lock = FileLock(place, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise BuildError(
            f"another build is running in {project.root}: wait for it, or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()


def tidy(html: Path) -> None:
    """Remove what a killed build left, and put the book back if it had just been moved away."""
    for left in html.parent.glob(f"{_NEXT}*"):
        old = left / "_build" / "old"
        if old.is_dir() and not html.exists():
            old.rename(html)
        shutil.rmtree(left, ignore_errors=True)


def publish_all(
    project: Project,
    requests: list[Request],
    entries: TrackedLedger,
    target: Project,
    audience: Audience = Audience.EVERYONE,
) -> list[Record]:
    """Write the chapters' pages, bundles and records from the kept runs into `target`'s book.

    The exercises on the pages are those for `audience`. Returns the records. Raises BuildError for
    a run that was removed meanwhile.
    """
    store, cited = Store(project), book_citation(read_citation(project))
    exercises = load_exercises(project)
    name, wheel = engine_wheel()
    replace_bytes(target.generated / "rerun" / name, wheel)
    records = []
    for asked in requests:
        run = store.find(asked)
        if run is None:
            raise BuildError(f"{asked.chapter}: its run is gone; build again")
        section = exercises_section(exercises.get(run.chapter, []), audience)
        finish = partial(_finish, project, run.chapter, cited, section)
        publish(project, asked, run, target.chapters, finish)
        place = target.generated / "rerun" / f"{asked.chapter}.zip"
        replace_bytes(place, chapter_bundle(project, entries, run))
        records.append(run.published())
    return records


def _finish(project: Project, chapter: str, cited: str, exercises: str, notebook: Any) -> None:
    """Add what only a page of the book has: the cards' feet, exercises, how to run it again."""
    contract = tuple(read_parameters(chapter_path(project, chapter)))
    add_footers(notebook, Foot(chapter, contract, cited))
    if exercises:
        notebook.cells.append(nbformat.v4.new_markdown_cell(exercises, id="exercises"))
    notebook.cells.append(nbformat.v4.new_markdown_cell(block(chapter), id="foot"))


def require_relations(relations: list[Relation], records: list[Record]) -> None:
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
    project: Project, records: list[Record], incidental: list[Incidental], address: str
) -> None:
    """Write the generated pages from the records, the data package and the notebooks."""
    contracts = {
        chapter: read_parameters(project.notebooks / f"{chapter}.ipynb")
        for chapter in project.chapter_names()
    }
    listed = pages.claims_list(records)
    paper = read_citation(project)["references"][0]["title"]
    texts = {
        "marks.md": pages.marks(records, _titles(project)),
        "scoreboard.ipynb": pages.scoreboard(records, paper, incidental, address),
        "claims.json": to_json(listed),
        "claims.csv": pages.claims_csv(listed),
        "sources.md": pages.sources_page(resources(project), load_corrections(project)),
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


def read_citation(project: Project) -> Record:
    """CITATION.cff: how the book is cited, and under references the paper.

    Raises ClaimbookError if it cannot be read or lacks authors, title, version or the paper.
    """
    path = project.root / "CITATION.cff"
    try:
        described: Record = yaml.safe_load(path.read_text(encoding="utf-8"))
        book_citation(described)
        described["references"][0]["title"]
    except (OSError, yaml.YAMLError, KeyError, IndexError, TypeError) as error:
        needed = "title, version, authors with names and the paper as its first reference"
        raise ClaimbookError(f"{path}: needs {needed} ({error!r})") from error
    return described


def compile_book(project: Project) -> None:
    """Compile the pages with Jupyter Book in a fresh folder, then put the book in place.

    Warnings are errors. Raises BuildError with Sphinx's warnings.
    """
    compile_at(project, project.html)


def compile_at(project: Project, html: Path) -> None:
    """Compile a project's pages as `compile_book` does, and put the book at `html`."""
    html.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=html.parent, prefix=_NEXT) as folder:
        arguments = ["build", str(project.root), "--path-output", folder]
        log = _guarded([*arguments, "-W", "--keep-going", "-q"])
        if log is not None:
            raise BuildError(f"the book does not compile:\n{_complaints(log)}")
        exchange(Path(folder) / "_build" / "html", html)


def _guarded(arguments: list[str]) -> str | None:
    """Run Jupyter Book in a process that ends with this one; return its log if it failed."""
    command = [sys.executable, "-m", "claimbook.book.jupyter_book", *arguments]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "0"},
        start_new_session=True,
        text=True,
    ) as process:
        try:
            assert process.stderr
            log = process.stderr.read()
            return log if process.wait() else None
        except BaseException:
            process.kill()
            raise


_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def _complaints(log: str) -> str:
    lines = _COLOURS.sub("", log).splitlines()
    telling = ("WARNING", "ERROR", "(exception: ")
    return "\n".join([s for s in lines if any(word in s for word in telling)] or lines[-10:])
