"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claimbook.cli import complete

Pairs = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A parameter; may be repeated."),
]
File = Annotated[
    Path | None,
    typer.Option("-f", "--parameters", metavar="FILE", help="A YAML file of parameters."),
]
Json = Annotated[
    str | None,
    typer.Option("--params-json", metavar="JSON", help="Parameters as a JSON object."),
]
ChapterName = Annotated[
    str | None,
    typer.Argument(
        metavar="CHAPTER",
        help="One chapter; all if not given.",
        autocompletion=complete.chapters,
    ),
]
Cold = Annotated[bool, typer.Option("--cold", help="Start ordinary kernels instead of forking.")]
ForStudents = Annotated[bool, typer.Option("--student", help="Without solutions.")]
ForTeacher = Annotated[bool, typer.Option("--teacher", help="With solutions and notes.")]
