"""Commands for readers: the book, its claims, its PDF."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from claimbook.base import ClaimbookError, Project, find_project, nearest
from claimbook.claims import WORDS, Status
from claimbook.cli import complete
from claimbook.cli.options import Cold
from claimbook.cli.show import faults, print_claims, print_line, progress_bars


def build(
    force: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHAPTER",
            help="Run this chapter again; may be repeated.",
            autocompletion=complete.chapters,
        ),
    ] = None,
    edition: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Build this edition beside the default book.",
            autocompletion=complete.editions,
        ),
    ] = None,
    cold: Cold = False,
) -> None:
    """Run the chapters whose inputs changed and compile the book; do nothing if nothing changed."""
    from claimbook.book import is_current

    with faults():
        project = find_project()
        if edition is not None:
            _build_edition(project, edition, force or [], cold)
            return
        if not force and is_current(project):
            print_line("nothing changed since the last build")
            print_line(str(project.html / "index.html"))
            return
        from claimbook.book import build_book

        with progress_bars() as progress:
            done = build_book(project, progress, force=force or (), cold=cold)
        compiled = "compiled the book" if done.compiled else "its pages are the same"
        print_line(f"{_what_ran(done.ran)}; {compiled}")
        _print_counts(project)
    print_line(str(done.page))


def _build_edition(project: Project, named: str, force: list[str], cold: bool) -> None:
    from claimbook.book import edition_html, edition_path, is_current, load_edition

    file = edition_path(project, named)
    page = edition_html(project, file.stem) / "index.html"
    if not force and is_current(project, file):
        print_line(f"nothing changed since the last build of {file.stem}")
        print_line(str(page))
        return
    from claimbook.book import build_edition

    asked = load_edition(project, file)
    with progress_bars() as progress:
        done, found = build_edition(project, asked, file, progress, force=force, cold=cold)
    print_line(f"{_what_ran(done.ran)}; compiled the edition")
    print_line(found.summary)
    print_line(str(page))


def claims(
    status: Annotated[
        str | None,
        typer.Option(
            metavar="VERDICT",
            help=f"Only this verdict: {', '.join(Status)}.",
            autocompletion=complete.verdicts,
        ),
    ] = None,
    chapter: Annotated[
        str | None,
        typer.Option(
            metavar="CHAPTER", help="Only this chapter.", autocompletion=complete.chapters
        ),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Accept this claim's verdict; may be repeated; `all` for all that are listed.",
            autocompletion=complete.claim_ids,
            rich_help_panel="Maintain",
        ),
    ] = None,
    because: Annotated[
        str,
        typer.Option(
            metavar="REASON", help="Why the new verdict is right.", rich_help_panel="Maintain"
        ),
    ] = "",
) -> None:
    """List the claims with their verdicts, as the last run found them; or accept new ones."""
    from claimbook.claims import accept as accept_verdicts
    from claimbook.runs import chapter_path, claims_of

    with faults():
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
    print_claims(found)


def pdf(
    chromium: Annotated[
        str | None, typer.Option(metavar="PATH", help="The browser to print with.")
    ] = None,
) -> None:
    """Print the built book as one PDF, with contents, page numbers and an outline."""
    from claimbook.book import find_chromium, print_book

    with faults():
        project = find_project()
        done = print_book(project, find_chromium(chromium))
    print_line(str(done))


def _what_ran(chapters: list[str]) -> str:
    return f"ran {', '.join(chapters)}" if chapters else "no chapter had to run"


def _print_counts(project: Project) -> None:
    from claimbook.runs import claims_of

    counts = Counter(claim["status"] for claim in claims_of(project))
    words = (f"{counts[s]} {WORDS[s]}" for s in Status if counts[s])
    print_line(f"{counts.total()} claims: {', '.join(words)}")
