"""The command line: thin, and every fault of the user's is one clear message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from claimbook.cards import SYMBOLS, WORDS
from claimbook.errors import ClaimbookError, nearest
from claimbook.project import Project, find_project
from claimbook.verdicts import Status

BAD_INPUT = 2
FAILED = 1

app = typer.Typer(
    help="Hold every quantitative claim of a paper against data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_out = Console()
_err = Console(stderr=True)

Pairs = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A parameter; may be repeated."),
]


@app.command()
def build() -> None:
    """Run all chapters on the data and compile the book."""
    from claimbook.build import build as build_book

    with _faults():
        project = find_project()
        with _progress() as progress:
            page = build_book(project, progress)
        _print_counts(project)
    _out.print(str(page), soft_wrap=True, highlight=False)


@app.command()
def run(
    chapter: Annotated[str, typer.Argument(help="The chapter's name.")],
    parameter: Pairs = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for the results.")
    ] = None,
) -> None:
    """Run one chapter with other parameters; leave notebook, HTML page and record."""
    from claimbook.execute import publish, request, run_one
    from claimbook.files import replace_text
    from claimbook.parameters import parse_assignments
    from claimbook.preview import to_html

    with _faults():
        from claimbook.claims import load_ledger

        project = find_project()
        asked = request(project, chapter, parse_assignments(parameter or []))
        folder = (output or project.root / "runs" / chapter).resolve()
        ledger = load_ledger(project)
        with _progress() as progress:
            done = run_one(project, asked, ledger, progress)
        publish(done, folder, chapter)
        style = project.root / "book" / "_static" / "claimbook.css"
        page = folder / f"{chapter}.html"
        replace_text(page, to_html(done.notebook, chapter, style.read_text(encoding="utf-8")))
    _print_claims(list(done.record["claims"].values()))
    for name in (f"{chapter}.ipynb", f"{chapter}.html", f"{chapter}.json"):
        _out.print(str(folder / name), soft_wrap=True, highlight=False)


@app.command()
def params(
    chapter: Annotated[str | None, typer.Argument(help="One chapter; all if not given.")] = None,
) -> None:
    """List the parameters of the chapters: name, type, default, allowed values, meaning."""
    from claimbook.execute import chapter_path
    from claimbook.parameters import read_parameters

    with _faults():
        project = find_project()
        for name in [chapter] if chapter else project.chapter_names():
            table = Table("name", "type", "default", "allowed", "meaning", title=name)
            for p in read_parameters(chapter_path(project, name)):
                table.add_row(p.name, p.type, repr(p.default), p.allowed or "any", p.meaning)
            _out.print(table)


@app.command()
def claims(
    status: Annotated[
        str | None, typer.Option(help=f"Only this verdict: {', '.join(Status)}.")
    ] = None,
    chapter: Annotated[str | None, typer.Option(help="Only this chapter.")] = None,
    accept: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Accept this claim's verdict; `all`.")
    ] = None,
    because: Annotated[str, typer.Option(help="Why the new verdict is right.")] = "",
) -> None:
    """List the claims with their verdicts, as the last run found them; or accept new ones."""
    from claimbook.accepted import accept as accept_verdicts
    from claimbook.execute import chapter_path, claims_of

    with _faults():
        project = find_project()
        if status is not None and status not in set(Status):
            raise ClaimbookError(f"unknown verdict {status!r}: {nearest(status, Status)}")
        if chapter is not None:
            chapter_path(project, chapter)
        every = claims_of(project)
        found = [
            claim
            for claim in every
            if status in (None, claim["status"]) and chapter in (None, claim["chapter"])
        ]
        if accept:
            ids = [claim["id"] for claim in found] if accept == ["all"] else accept
            found = accept_verdicts(project, every, ids, because)
    _print_claims(found)


def _print_claims(found: list[dict[str, str]]) -> None:
    table = Table("claim", "paper prints", "data say", "verdict")
    for claim in found:
        verdict = Status(claim["status"])
        table.add_row(
            claim["id"],
            " / ".join(claim["printed"]),
            claim["shown"],
            f"{SYMBOLS[verdict]} {WORDS[verdict]}",
        )
    _out.print(table)
    _out.print(f"{len(found)} claims")


def _print_counts(project: Project) -> None:
    from claimbook.execute import claims_of

    counts = Counter(claim["status"] for claim in claims_of(project))
    words = (f"{counts[s]} {WORDS[s]}" for s in Status if counts[s])
    _out.print(f"{counts.total()} claims: {', '.join(words)}", soft_wrap=True)


@contextmanager
def _faults() -> Iterator[None]:
    """Turn a fault into its message and exit code: 2 for bad input, 1 for a failed run."""
    try:
        yield
    except ClaimbookError as error:
        from claimbook.build import BuildError
        from claimbook.execute import RunError

        _err.print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        code = FAILED if isinstance(error, RunError | BuildError) else BAD_INPUT
        raise typer.Exit(code) from None


@contextmanager
def _progress() -> Iterator[Reporter]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=_err) as bars:
        yield Reporter(bars)


class Reporter:
    """Shows how many cells of each chapter are done."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, chapter: str, done: int, total: int) -> None:
        """Report that `done` of `total` cells of a chapter have run."""
        if chapter not in self._tasks:
            self._tasks[chapter] = self._bars.add_task(chapter, total=total)
        self._bars.update(self._tasks[chapter], completed=done)
