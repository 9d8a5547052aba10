"""What the commands print: lines, tables, progress, and faults with their exit codes."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from textwrap import wrap
from typing import TYPE_CHECKING

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column, Table
from rich.text import Text

from claimbook.base import ClaimbookError, FailedError
from claimbook.claims import SYMBOLS, WORDS, Status

if TYPE_CHECKING:
    from claimbook.book import EditionComparison

BAD_INPUT = 2
FAILED = 1
STOPPED = 130

_LEAST = 14  # a column is folded to no less than its longest word, or than this
_BETWEEN = 3  # characters between two columns
_out = Console()
_err = Console(stderr=True)


def print_line(text: str) -> None:
    """Print a line as it is, however long."""
    _out.print(text, markup=False, highlight=False, soft_wrap=True)


def print_fault(text: str) -> None:
    """Print a fault as it is, on the standard error."""
    _err.print(text, markup=False, highlight=False, soft_wrap=True)


def print_claims(found: list[dict[str, str]]) -> None:
    """Print claims: what the paper prints, what the data say, the verdict."""
    cells = [(c["id"], " / ".join(c["printed"]), c["shown"], _verdict(c)) for c in found]
    rows(("claim", "paper prints", "data say", "verdict"), cells)
    print_line(f"{len(found)} claims")


def print_moves(found: EditionComparison, before: str, after: str) -> None:
    """Print the claims that differ between two editions of these names."""
    cells = []
    for move in found.moves:
        printed = " / ".join(move.after["printed"])
        texts = [f"{c['shown']}\n{_verdict(c)}" for c in (move.before, move.after)]
        cells.append((move.after["id"], printed, *texts, move.what))
    if cells:
        rows(("claim", "paper prints", before, after, "what changed"), cells)
    print_line(found.summary)


def rows(heads: Sequence[str], cells: Sequence[Sequence[str]], title: str | None = None) -> None:
    """Print rows as a table; where their first cells would be cut, one under the other."""
    widths = _widths(heads, cells, _out.width - _BETWEEN * len(heads) - 1)
    if not widths:
        _print_blocks(heads, cells, title)
        return
    columns = [Column(h, overflow="fold", width=w) for h, w in zip(heads, widths, strict=True)]
    table = Table(*columns, title=title)
    for row in cells:
        table.add_row(*map(Text, row))
    _out.print(table)


def _widths(heads: Sequence[str], cells: Sequence[Sequence[str]], room: int) -> list[int]:
    """The widths of the columns in so much room, the first one uncut; none if it is too little."""
    columns = list(zip(heads, *cells, strict=True))
    widths = [_longest(line for text in texts for line in text.splitlines()) for texts in columns]
    words = [_longest(word for text in texts for word in text.split()) for texts in columns]
    least = [widths[0], *(min(word, _LEAST) for word in words[1:])]
    if sum(least) > room:
        return []
    while sum(widths) > room:
        spare = [width if width > low else 0 for width, low in zip(widths, least, strict=True)]
        widths[spare.index(max(spare))] -= 1
    return widths


def _longest(texts: Iterable[str]) -> int:
    return max(map(cell_len, texts), default=0)


def _print_blocks(heads: Sequence[str], cells: Sequence[Sequence[str]], title: str | None) -> None:
    if title:
        print_line(title)
    for name, *others in cells:
        print_line(name)
        told = [
            f"{head}: {', '.join(text.splitlines())}"
            for head, text in zip(heads[1:], others, strict=True)
        ]
        for line in wrap("; ".join(told), max(_out.width - 2, 1), break_on_hyphens=False):
            print_line(f"  {line}")


def _verdict(claim: dict[str, str]) -> str:
    verdict = Status(claim["status"])
    return f"{SYMBOLS[verdict]} {WORDS[verdict]}"


def _stop(*_: object) -> None:
    """Stop in order, once: what follows is the cleaning up, which is not to be interrupted."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def faults() -> Iterator[None]:
    """Turn a fault into its message and exit code: 2 for bad input, 1 for a failed run."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)
    try:
        yield
    except ClaimbookError as error:
        print_fault(f"error: {error}")
        raise typer.Exit(FAILED if isinstance(error, FailedError) else BAD_INPUT) from None
    except OSError as error:  # a full disk, a folder that may not be written
        print_fault(f"error: {error}")
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        _err.print("stopped; the book is as it was, and what has run is kept for the next build")
        raise typer.Exit(STOPPED) from None


@contextmanager
def progress_bars() -> Iterator[Reporter]:
    """Show the progress of chapters as bars, on the standard error."""
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
