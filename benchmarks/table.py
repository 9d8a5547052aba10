"""The table of what was measured: ours, the rival's, the ratio, and what it should be."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

WIDTH = 118  # where the output is no terminal

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Aim:
    """What a ratio should be: at most, or at least, a number."""

    most: float | None = None
    least: float | None = None

    def shown(self, ratio: float) -> str:
        """The aim, and whether a ratio reaches it."""
        if self.most is not None:
            return f"≤ {self.most:g} {'✓' if ratio <= self.most else '✗'}"
        if self.least is not None:
            return f"≥ {self.least:g} {'✓' if ratio >= self.least else '✗'}"
        return "–"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table, as it is printed."""

    what: str
    ours: str
    rival: str
    ratio: str
    aim: str
    times: str


def compared(what: str, pairs: Iterable[Pair], aim: Aim = Aim(), form: str = "{:.2f} s") -> Row:
    """Medians of both, and median and range of the ratios of what was measured in turn."""
    found = list(pairs)
    ours, rival = (statistics.median(values) for values in zip(*found, strict=True))
    ratios = [a / b for a, b in found]
    ratio = statistics.median(ratios)
    spread = f" ({min(ratios):.2f}–{max(ratios):.2f})" if len(ratios) > 1 else ""
    return Row(
        what,
        form.format(ours),
        form.format(rival),
        f"{ratio:.2f}{spread}",
        aim.shown(ratio),
        str(len(found)),
    )


def load() -> str:
    """How busy the machine is: the mean length of its queue in the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def show(rows: Iterable[Row], workers: int, load_before: str) -> None:
    """Print the table, and the machine."""
    table = Table(caption=_machine(workers, load_before), caption_justify="left")
    table.add_column("what", ratio=1)
    for name in ("ours", "rival", "ratio (range)", "aim", "times"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(row.what, row.ours, row.rival, row.ratio, row.aim, row.times)
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)


def _machine(workers: int, load_before: str) -> str:
    return (
        f"{workers} cores, {platform.python_implementation()} {platform.python_version()}, "
        f"{platform.platform()}; load {load_before} before, {load()} after.\n"
        "Medians; the ratio is the median of the ratios of what was measured in turn. "
        "Overhead is wall time less the time that the cells take in a kernel with the stack loaded."
    )
