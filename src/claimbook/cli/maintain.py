"""Commands for those who change the book: its faults, what is stale, whether bytes are the same."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from claimbook.base import find_project
from claimbook.cli.options import ChapterName, Cold
from claimbook.cli.show import BAD_INPUT, FAILED, faults, print_fault, print_line, progress_bars


def check() -> None:
    """Read all that is written by hand and say every fault, a line each; run nothing."""
    with _without_grammar():
        from claimbook.book import check_project

    with faults():
        found = check_project(find_project())
    for fault in found.faults:
        print_fault(fault)
    if found.faults:
        raise typer.Exit(BAD_INPUT)
    print_line(f"no fault: {', '.join(f'{what} {n}' for what, n in found.counts.items())}")


@contextmanager
def _without_grammar() -> Iterator[None]:
    """Import without the package that compiles a grammar of addresses when jsonschema finds it.

    It comes with JupyterLab, takes longer than all that is checked, and is needed for no notebook.
    """
    name = "rfc3987_syntax"
    absent = name not in sys.modules
    if absent:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if absent:
            del sys.modules[name]


def why(chapter: ChapterName = None) -> None:
    """Say what changed since a chapter was run: why the next build will run it again."""
    from claimbook.runs import why as reasons

    with faults():
        project = find_project()
        found = reasons(project, [chapter] if chapter else project.chapter_names())
    for name, changed in found.items():
        for reason in changed or ["nothing changed since its run"]:
            print_line(f"{name}: {reason}")


def verify(cold: Cold = False) -> None:
    """Build the book again elsewhere and compare every byte with the shown one."""
    from claimbook.book import byte_differences

    with faults():
        project = find_project()
        with progress_bars() as progress:
            found = byte_differences(project, progress, cold=cold)
    for difference in found:
        print_line(difference)
    if found:
        raise typer.Exit(FAILED)
    print_line("the shown book is what the project gives, byte for byte")
