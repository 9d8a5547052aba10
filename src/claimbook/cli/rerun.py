"""Commands for those who change a parameter: one chapter, its parameters, two editions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claimbook.base import find_project
from claimbook.cli import complete
from claimbook.cli.options import ChapterName, Cold, File, Json, Pairs
from claimbook.cli.show import faults, print_claims, print_line, print_moves, progress_bars, rows

# What a page of the book has and the page of a single run has not.
_LEFT_OUT = (
    "left out of the page, which the book's own has: exercises, links under the cards, how to "
    "rerun, numbers inside sentences; interactive charts are pictures. The record has every value"
)


def run(
    chapter: Annotated[
        str,
        typer.Argument(
            metavar="CHAPTER", help="The chapter's name.", autocompletion=complete.chapters
        ),
    ],
    parameter: Pairs = None,
    file: File = None,
    params_json: Json = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Folder for the results."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Run even if nothing changed.")] = False,
    cold: Cold = False,
) -> None:
    """Run one chapter with other parameters; leave notebook, HTML page and record."""
    from claimbook.base import replace_text
    from claimbook.book import to_html
    from claimbook.runs import (
        gather,
        kept_runs,
        page,
        publish,
        request,
        run_stale,
        today,
    )

    with faults():
        project = find_project()
        given, wrong = gather(file, params_json, parameter or [])
        asked = request(project, chapter, given, wrong)
        folder = (output or project.root / "runs" / chapter).resolve()
        with progress_bars() as progress:
            run_stale(
                today(project), [asked], progress, force=[chapter] if force else [], cold=cold
            )
        (done,) = kept_runs(project, [asked])
        publish(project, asked, done, folder)
        notebook = page(project.notebooks / f"{chapter}.ipynb", asked, done)
        replace_text(folder / f"{chapter}.html", to_html(notebook, chapter))
    print_claims(list(done.record["claims"].values()))
    for what, suffix in {"notebook": "ipynb", "page": "html", "record": "json"}.items():
        print_line(f"{what}: {folder / f'{chapter}.{suffix}'}")
    print_line(_LEFT_OUT)


def params(chapter: ChapterName = None) -> None:
    """List the parameters of the chapters: name, type, default, allowed values, meaning."""
    from claimbook.runs import chapter_path, read_parameters

    heads = ("name", "type", "default", "allowed", "meaning")
    with faults():
        project = find_project()
        for name in [chapter] if chapter else project.chapter_names():
            contract = read_parameters(chapter_path(project, name))
            cells = [
                (p.name, p.type, repr(p.default), p.allowed or "any", p.meaning) for p in contract
            ]
            rows(heads, cells, title=name)


def compare(
    edition: Annotated[
        str,
        typer.Argument(
            metavar="EDITION",
            help="An edition's file or name.",
            autocompletion=complete.editions,
        ),
    ],
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="OTHER",
            help="The edition to compare it with; else the default one.",
            autocompletion=complete.editions,
        ),
    ] = None,
    cold: Cold = False,
) -> None:
    """Say which values moved and which verdicts changed between two editions."""
    from claimbook.book import compared, default_requests, edition_path, load_edition

    with faults():
        project = find_project()
        files = [edition_path(project, named) for named in (other, edition) if named]
        found = [load_edition(project, file) for file in files]
        requests = [list(one.requests) for one in found]
        names = [one.name for one in found]
        if other is None:
            requests, names = [default_requests(project), *requests], ["default", *names]
        with progress_bars() as progress:
            result = compared(project, requests[0], requests[1], progress, cold=cold)
    print_moves(result, *names)
