"""The command line: thin, and every fault of the user's is one clear message."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from claimbook.base import ClaimbookError, FailedError, Project, find_project, nearest
from claimbook.claims import SYMBOLS, WORDS, Status

if TYPE_CHECKING:
    from claimbook.book import Audience, EditionComparison

BAD_INPUT = 2
FAILED = 1
STOPPED = 130

app = typer.Typer(
    help="Hold every quantitative claim of a paper against data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
classes = typer.Typer(
    help="Teach a class: its book, a notebook for each student, their grades.",
    no_args_is_help=True,
)
app.add_typer(classes, name="class")
_out = Console()
_err = Console(stderr=True)

Pairs = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A parameter; may be repeated."),
]


File = Annotated[Path | None, typer.Option("-f", "--parameters", help="A YAML file of parameters.")]
Json = Annotated[str | None, typer.Option("--params-json", help="Parameters as a JSON object.")]
ChapterName = Annotated[str | None, typer.Argument(help="One chapter; all if not given.")]
Cold = Annotated[bool, typer.Option("--cold", help="Start ordinary kernels instead of forking.")]
ForStudents = Annotated[bool, typer.Option("--student", help="Without solutions.")]
ForTeacher = Annotated[bool, typer.Option("--teacher", help="With solutions and notes.")]


@app.command()
def build(
    force: Annotated[
        list[str] | None,
        typer.Option(metavar="CHAPTER", help="Run this chapter again; may be repeated."),
    ] = None,
    edition: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Build this edition beside the default book."),
    ] = None,
    cold: Cold = False,
) -> None:
    """Run the chapters whose inputs changed and compile the book; do nothing if nothing changed."""
    from claimbook.book import is_current

    with _faults():
        project = find_project()
        if edition is not None:
            _build_edition(project, edition, force or [], cold)
            return
        if not force and is_current(project):
            _out.print("nothing changed since the last build", highlight=False)
            _out.print(str(project.html / "index.html"), soft_wrap=True, highlight=False)
            return
        from claimbook.book import build_book

        with _progress() as progress:
            done = build_book(project, progress, force=force or (), cold=cold)
        ran = f"ran {', '.join(done.ran)}" if done.ran else "no chapter had to run"
        compiled = "compiled the book" if done.compiled else "its pages are the same"
        _out.print(f"{ran}; {compiled}", soft_wrap=True, highlight=False)
        _print_counts(project)
    _out.print(str(done.page), soft_wrap=True, highlight=False)


def _build_edition(project: Project, named: str, force: list[str], cold: bool) -> None:
    from claimbook.book import edition_html, edition_path, is_current, load_edition

    file = edition_path(project, named)
    page = edition_html(project, file.stem) / "index.html"
    if not force and is_current(project, file):
        _out.print(f"nothing changed since the last build of {file.stem}", highlight=False)
        _out.print(str(page), soft_wrap=True, highlight=False)
        return
    from claimbook.book import build_edition

    asked = load_edition(project, file)
    with _progress() as progress:
        done, found = build_edition(project, asked, file, progress, force=force, cold=cold)
    ran = f"ran {', '.join(done.ran)}" if done.ran else "no chapter had to run"
    _out.print(f"{ran}; compiled the edition", soft_wrap=True, highlight=False)
    _out.print(found.summary, soft_wrap=True, highlight=False)
    _out.print(str(page), soft_wrap=True, highlight=False)


@app.command()
def pdf(
    chromium: Annotated[
        str | None, typer.Option(metavar="PATH", help="The browser to print with.")
    ] = None,
) -> None:
    """Print the built book as one PDF, with contents, page numbers and an outline."""
    from claimbook.book import find_chromium, print_book

    with _faults():
        project = find_project()
        done = print_book(project, find_chromium(chromium))
    _out.print(str(done), soft_wrap=True, highlight=False)


@classes.command()
def book(student: ForStudents = False, teacher: ForTeacher = False, cold: Cold = False) -> None:
    """Build the book for students, or for their teacher, beside the default book."""
    from claimbook.teaching import build_class_book

    with _faults():
        audience = _audience(student, teacher)
        with _progress() as progress:
            page = build_class_book(find_project(), audience, progress, cold=cold)
    _out.print(str(page), soft_wrap=True, highlight=False)


@classes.command()
def slides(chapter: ChapterName = None, cold: Cold = False) -> None:
    """Make the slides of one chapter, or of all: each a file that needs nothing else."""
    from claimbook.runs import chapter_path
    from claimbook.teaching import marked_chapters, write_slides

    with _faults():
        project = find_project()
        if chapter is not None:
            chapter_path(project, chapter)
        with _progress() as progress:
            chapters = [chapter] if chapter else marked_chapters(project)
            written = write_slides(project, chapters, progress, cold=cold)
    for path in written:
        _out.print(str(path), soft_wrap=True, highlight=False)


@classes.command()
def bundle(
    student: ForStudents = False,
    teacher: ForTeacher = False,
    with_wheels: Annotated[
        bool, typer.Option("--with-wheels", help="Hold all packages, for this platform.")
    ] = False,
    cold: Cold = False,
) -> None:
    """Make a zip file to work with elsewhere: for students, or for their teacher."""
    from claimbook.teaching import write_bundle

    with _faults():
        audience = _audience(student, teacher)
        with _progress() as progress:
            made = write_bundle(
                find_project(), audience, progress, with_wheels=with_wheels, cold=cold
            )
    _out.print(str(made), soft_wrap=True, highlight=False)


@app.command()
def compare(
    edition: Annotated[str, typer.Argument(help="An edition's file or name.")],
    other: Annotated[
        str | None, typer.Argument(help="The edition to compare it with; else the default one.")
    ] = None,
    cold: Cold = False,
) -> None:
    """Say which values moved and which verdicts changed between two editions."""
    from claimbook.book import compared, default_requests, edition_path, load_edition

    with _faults():
        project = find_project()
        files = [edition_path(project, named) for named in (other, edition) if named]
        found = [load_edition(project, file) for file in files]
        requests = [list(one.requests) for one in found]
        names = [one.name for one in found]
        if other is None:
            requests, names = [default_requests(project), *requests], ["default", *names]
        with _progress() as progress:
            result = compared(project, requests[0], requests[1], progress, cold=cold)
    _print_moves(result, *names)


@app.command()
def why(chapter: ChapterName = None) -> None:
    """Say what changed since a chapter was run: why the next build will run it again."""
    from claimbook.runs import why as reasons

    with _faults():
        project = find_project()
        found = reasons(project, [chapter] if chapter else project.chapter_names())
    for name, changed in found.items():
        for reason in changed or ["nothing changed since its run"]:
            _out.print(f"{name}: {reason}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def verify(cold: Cold = False) -> None:
    """Build the book again elsewhere and compare every byte with the shown one."""
    from claimbook.book import byte_differences

    with _faults():
        project = find_project()
        with _progress() as progress:
            found = byte_differences(project, progress, cold=cold)
    for difference in found:
        _out.print(difference, markup=False, highlight=False, soft_wrap=True)
    if found:
        raise typer.Exit(FAILED)
    _out.print("the shown book is what the project gives, byte for byte", highlight=False)


@app.command()
def run(
    chapter: Annotated[str, typer.Argument(help="The chapter's name.")],
    parameter: Pairs = None,
    file: File = None,
    params_json: Json = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for the results.")
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

    with _faults():
        project = find_project()
        given, faults = gather(file, params_json, parameter or [])
        asked = request(project, chapter, given, faults)
        folder = (output or project.root / "runs" / chapter).resolve()
        with _progress() as progress:
            run_stale(
                today(project), [asked], progress, force=[chapter] if force else [], cold=cold
            )
        (done,) = kept_runs(project, [asked])
        publish(project, asked, done, folder)
        notebook = page(project.notebooks / f"{chapter}.ipynb", asked, done)
        replace_text(folder / f"{chapter}.html", to_html(notebook, chapter))
    _print_claims(list(done.record["claims"].values()))
    for name in (f"{chapter}.ipynb", f"{chapter}.html", f"{chapter}.json"):
        _out.print(str(folder / name), soft_wrap=True, highlight=False)


@app.command()
def params(chapter: ChapterName = None) -> None:
    """List the parameters of the chapters: name, type, default, allowed values, meaning."""
    from claimbook.runs import chapter_path, read_parameters

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
    from claimbook.claims import accept as accept_verdicts
    from claimbook.runs import chapter_path, claims_of

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


@classes.command("make")
def make_class(
    roster: Annotated[Path, typer.Argument(help="CSV file with the columns id and name.")],
    assignment: Annotated[str, typer.Option(help="The assignment's name.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the class.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier class.")] = False,
) -> None:
    """Write one notebook for each student, and the teacher's folder with the key."""
    from claimbook.teaching import make

    with _faults():
        count = make(find_project(), roster, assignment, output.resolve(), force=force)
    _out.print(f"{count} notebooks of {assignment}", highlight=False)
    for name in ("student", "teacher"):
        _out.print(str(output.resolve() / name), soft_wrap=True, highlight=False)


@classes.command("grade")
def grade_class(
    folder: Annotated[Path, typer.Argument(help="Returned notebooks: ID.ipynb or ID/NAME.ipynb.")],
    key: Annotated[Path, typer.Option(help="The teacher's folder.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the grades.")],
    force: Annotated[bool, typer.Option("--force", help="Replace earlier grades.")] = False,
    seconds: Annotated[int, typer.Option(min=1, help="What one notebook may take.")] = 60,
) -> None:
    """Grade the returned notebooks; write grades.csv and a page for each student."""
    from claimbook.teaching import GRADES, GradingLimits, best_isolation, grade

    with _faults():
        _out.print(f"isolation: {best_isolation().value}", soft_wrap=True, highlight=False)
        masters = []
        with suppress(ClaimbookError):  # grading needs no project
            masters.append(find_project().root / "teaching")
        with _progress() as progress:
            done = grade(
                folder.resolve(),
                key.resolve(),
                output.resolve(),
                force=force,
                limits=GradingLimits(seconds=seconds),
                hidden=masters,
                progress=progress,
            )
    remarks = sum(bool(one.remark) for one in done)
    _out.print(f"{len(done)} graded, {remarks} with a remark", highlight=False)
    _out.print(str(output.resolve() / GRADES), soft_wrap=True, highlight=False)


def _audience(student: bool, teacher: bool) -> Audience:
    from claimbook.book import Audience

    if student == teacher:
        raise ClaimbookError("for whom? Give one of --student and --teacher")
    return Audience.STUDENT if student else Audience.TEACHER


def _print_claims(found: list[dict[str, str]]) -> None:
    table = Table("claim", "paper prints", "data say", "verdict")
    for claim in found:
        table.add_row(claim["id"], " / ".join(claim["printed"]), claim["shown"], _verdict(claim))
    _out.print(table)
    _out.print(f"{len(found)} claims")


def _print_moves(found: EditionComparison, before: str, after: str) -> None:
    table = Table("claim", "paper prints", before, after, "what changed")
    for move in found.moves:
        printed = " / ".join(move.after["printed"])
        texts = [f"{c['shown']}\n{_verdict(c)}" for c in (move.before, move.after)]
        table.add_row(*map(escape, (move.after["id"], printed, *texts, move.what)))
    if found.moves:
        _out.print(table)
    _out.print(found.summary, soft_wrap=True, highlight=False)


def _verdict(claim: dict[str, str]) -> str:
    verdict = Status(claim["status"])
    return f"{SYMBOLS[verdict]} {WORDS[verdict]}"


def _print_counts(project: Project) -> None:
    from claimbook.runs import claims_of

    counts = Counter(claim["status"] for claim in claims_of(project))
    words = (f"{counts[s]} {WORDS[s]}" for s in Status if counts[s])
    _out.print(f"{counts.total()} claims: {', '.join(words)}", soft_wrap=True)


def _stop(*_: object) -> None:
    """Stop in order, once: what follows is the cleaning up, which is not to be interrupted."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def _faults() -> Iterator[None]:
    """Turn a fault into its message and exit code: 2 for bad input, 1 for a failed run."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)
    try:
        yield
    except ClaimbookError as error:
        _err.print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED if isinstance(error, FailedError) else BAD_INPUT) from None
    except OSError as error:  # a full disk, a folder that may not be written
        _err.print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        _err.print("stopped; the book is as it was, and what has run is kept for the next build")
        raise typer.Exit(STOPPED) from None


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
