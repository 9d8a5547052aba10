"""Commands for a class: its book, slides and bundle, a notebook for each student, their grades."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from claimbook.base import ClaimbookError, find_project
from claimbook.cli import complete
from claimbook.cli.options import ChapterName, Cold, ForStudents, ForTeacher
from claimbook.cli.show import faults, print_line, progress_bars

if TYPE_CHECKING:
    from claimbook.book import Audience

classes = typer.Typer(
    help="Teach a class: its book, a notebook for each student, their grades.",
    no_args_is_help=True,
)


@classes.command()
def book(student: ForStudents = False, teacher: ForTeacher = False, cold: Cold = False) -> None:
    """Build the book for students, or for their teacher, beside the default book."""
    from claimbook.teaching import build_class_book

    with faults():
        audience = _audience(student, teacher)
        with progress_bars() as progress:
            page = build_class_book(find_project(), audience, progress, cold=cold)
    print_line(str(page))


@classes.command()
def slides(chapter: ChapterName = None, cold: Cold = False) -> None:
    """Make the slides of one chapter, or of all: each a file that needs nothing else."""
    from claimbook.runs import chapter_path
    from claimbook.teaching import marked_chapters, write_slides

    with faults():
        project = find_project()
        if chapter is not None:
            chapter_path(project, chapter)
        with progress_bars() as progress:
            chapters = [chapter] if chapter else marked_chapters(project)
            written = write_slides(project, chapters, progress, cold=cold)
    for path in written:
        print_line(str(path))


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

    with faults():
        audience = _audience(student, teacher)
        with progress_bars() as progress:
            made = write_bundle(
                find_project(), audience, progress, with_wheels=with_wheels, cold=cold
            )
    print_line(str(made))


@classes.command("make")
def make_class(
    roster: Annotated[
        Path, typer.Argument(metavar="ROSTER", help="CSV file with the columns id and name.")
    ],
    assignment: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="The assignment's name.", autocompletion=complete.assignments
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Folder for the class.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier class.")] = False,
) -> None:
    """Write one notebook for each student, and the teacher's folder with the key."""
    from claimbook.teaching import make

    with faults():
        count = make(find_project(), roster, assignment, output.resolve(), force=force)
    print_line(f"{count} notebooks of {assignment}")
    for name in ("student", "teacher"):
        print_line(str(output.resolve() / name))


@classes.command("grade")
def grade_class(
    folder: Annotated[
        Path,
        typer.Argument(metavar="RETURNED", help="Returned notebooks: ID.ipynb or ID/NAME.ipynb."),
    ],
    key: Annotated[Path, typer.Option(metavar="FOLDER", help="The teacher's folder.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Folder for the grades.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace earlier grades.")] = False,
    seconds: Annotated[
        int, typer.Option(min=1, metavar="SECONDS", help="What one notebook may take.")
    ] = 60,
) -> None:
    """Grade the returned notebooks; write grades.csv and a page for each student."""
    from claimbook.teaching import GRADES, GradingLimits, best_isolation, grade

    with faults():
        print_line(f"isolation: {best_isolation().value}")
        masters = []
        with suppress(ClaimbookError):  # grading needs no project
            masters.append(find_project().root / "teaching")
        with progress_bars() as progress:
            done = grade(
                folder.resolve(),
                key.resolve(),
                output.resolve(),
                force=force,
                limits=GradingLimits(seconds=seconds),
                progress=progress,
                hidden=masters,
            )
    remarks = sum(bool(one.remark) for one in done)
    print_line(f"{len(done)} graded, {remarks} with a remark")
    print_line(str(output.resolve() / GRADES))


def _audience(student: bool, teacher: bool) -> Audience:
    from claimbook.book import Audience

    if student == teacher:
        raise ClaimbookError("for whom? Give one of --student and --teacher")
    return Audience.STUDENT if student else Audience.TEACHER
