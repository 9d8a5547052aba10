"""How long runs, builds and sweeps take, against the plain commands.

    python benchmarks/runs.py [--quick] [--only rerun,cold,noop,sweep,growth]

Every figure is measured here, in turn with its rival, in copies of the project as it stands at
the start; every other time the rival goes first. The rivals are the papermill command and
`jupyter-book build` as a user would give them. Machines differ and are noisy: quote the ratios.

*Overhead* is wall time less the cells' own computing. That is the time which the same cells need
in a process that has the stack imported already: it is taken from each of our runs, as the sum
over its code cells of the time between the kernel's own messages that it begins a cell and that
it has done it. The same number is subtracted from our wall time and from the rival's. It holds
what a chapter's opening cell does, where claimbook is imported and the ledger and the tables are
read; one row counts that cell as overhead too, for both.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from commands import claimbook_build, jupyter_book, papermill, papermill_many, plain_build
from memory import Memory, Watcher
from nbclient import NotebookClient
from projects import COPIED, ROOT, copy_project, project_of_copies
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from table import Aim, Pair, Row, compared, load, show

from claimbook.base.project import Project
from claimbook.runs.execute import RunLimits, run_one, workers
from claimbook.runs.freshness import Today, today
from claimbook.runs.kept import Store, request
from claimbook.runs.kernels.manager import Kernels, kernels

CHAPTER = "energy"
SETS = [
    {"year": year, "horizon": horizon}
    for year in range(2001, 2021)
    for horizon in range(2021, 2026)
]
SWEEP = Path(__file__).with_name("sweep.py")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How often each thing is measured, and how large it is."""

    reruns: int = 5
    builds: int = 5
    noops: int = 5
    sweeps: int = 5
    runs: int = 100  # of a sweep; of the rivals' fewer, because only their rate counts
    plain_runs: int = 12
    loop_runs: int = 6
    growths: int = 2
    chapters: tuple[int, ...] = (3, 6, 12, 24)


QUICK = Plan(
    reruns=3,
    builds=1,
    noops=3,
    sweeps=1,
    runs=20,
    plain_runs=4,
    loop_runs=2,
    growths=1,
    chapters=(3, 6),
)


def in_turn(
    count: int, ours: Callable[[int], Any], rival: Callable[[int], Any]
) -> list[tuple[Any, Any]]:
    """What both give, time after time; every other time the rival goes first."""
    found = []
    for number in range(count):
        if number % 2:
            late = rival(number)
            found.append((ours(number), late))
        else:
            found.append((ours(number), rival(number)))
    return found


@dataclass(frozen=True, slots=True)
class Rerun:
    """Seconds of one run of ours, and of its cells; `opening` is the cell that opens it."""

    wall: float
    cells: float
    opening: float


def rerun(plan: Plan, project: Path, folder: Path, say: Say) -> list[Row]:
    """(a) One chapter with a new parameter, inside a running build or sweep."""
    now = today(Project(copy_project(project, folder / "rerun")))

    def plain(number: int) -> float:
        say(f"papermill command {number + 1}")
        return papermill(now.project.root, CHAPTER, folder / "out.ipynb", SETS[number])

    with kernels() as found:
        _one_run(now, found, SETS[-1])  # not timed: the stack is still being loaded

        def ours(number: int) -> Rerun:
            say(f"run {number + 1}")
            return _one_run(now, found, SETS[number])

        pairs = in_turn(plan.reruns, ours, plain)
    own = statistics.median(mine.cells for mine, _ in pairs)
    what = f"(a) rerun of {CHAPTER}, inside a build:"
    return [
        compared(f"{what} wall", [(m.wall, p) for m, p in pairs], Aim(most=0.45)),
        compared(
            f"{what} overhead (wall less the cells' {own:.2f} s)",
            [(m.wall - m.cells, p - m.cells) for m, p in pairs],
            Aim(most=0.15),
        ),
        compared(
            f"{what} overhead with the opening cell in it",
            [(m.wall - m.cells + m.opening, p - m.cells + m.opening) for m, p in pairs],
        ),
    ]


def _one_run(now: Today, found: Kernels, given: dict[str, Any]) -> Rerun:
    with _cells_timed() as cells:
        start = time.perf_counter()
        asked = request(now.project, CHAPTER, given)
        run = run_one(now, asked, found, lambda *_: None, RunLimits())
        Store(now.project).keep(asked, run)
        wall = time.perf_counter() - start
    opening = next(seconds for source, seconds in cells if "open_chapter(" in source)
    return Rerun(wall, sum(seconds for _, seconds in cells), opening)


@contextmanager
def _cells_timed() -> Iterator[list[tuple[str, float]]]:
    """Collect source and seconds of each code cell that is executed, by the kernel's clock."""
    found: list[tuple[str, float]] = []
    plain = NotebookClient.execute_cell

    def timed(client: NotebookClient, cell: Any, *rest: Any, **named: Any) -> Any:
        done = plain(client, cell, *rest, **named)
        if times := cell.metadata.get("execution"):
            ends = (times["iopub.execute_input"], times["shell.execute_reply"])
            begun, ended = map(datetime.fromisoformat, ends)
            found.append((cell.source, (ended - begun).total_seconds()))
        return done

    with patch.object(NotebookClient, "execute_cell", timed):
        yield found


def cold(plan: Plan, project: Path, folder: Path, say: Say) -> list[Row]:
    """(b) The whole book, in a project in which nothing was built yet."""
    pairs = _builds(plan.builds, partial(copy_project, project), folder, say)
    return [compared("(b) cold build of the book", pairs, Aim(most=0.4), "{:.1f} s")]


def growth(plan: Plan, project: Path, folder: Path, say: Say) -> list[Row]:
    """(e) The same for books of ever more chapters, all copies of one small chapter."""
    rows = []
    found = {}
    for count in plan.chapters:
        place = folder / f"growth-{count}"
        place.mkdir()
        fresh = partial(project_of_copies, project, count=count)
        found[count] = _builds(plan.growths, fresh, place, say)
        what = f"(e) cold build of {count} copies of {COPIED}"
        rows.append(compared(what, found[count], form="{:.1f} s"))
    few, many = plan.chapters[0], plan.chapters[-1]
    added = [
        ((m[0] - f[0]) / (many - few), (m[1] - f[1]) / (many - few))
        for f, m in zip(found[few], found[many], strict=True)
    ]
    return [*rows, compared(f"(e) each chapter more, from {few} to {many}", added)]


def _builds(count: int, fresh: Callable[[Path], Path], folder: Path, say: Say) -> list[Pair]:
    """Seconds of our build and of the plain commands', each in a fresh copy.

    The plain commands make no scoreboard: they compile the pages that our first build wrote.
    """
    first = folder / "built-0"

    def ours(number: int) -> float:
        say(f"{folder.name}: claimbook build {number + 1}")
        return claimbook_build(fresh(folder / f"built-{number}"))

    def rival(number: int) -> float:
        say(f"{folder.name}: papermill loop and jupyter-book build {number + 1}")
        return plain_build(copy_project(first, folder / f"plain-{number}", built=first))

    return in_turn(count, ours, rival)


def noop(plan: Plan, project: Path, folder: Path, say: Say) -> list[Row]:
    """(c) A build when nothing changed, against the second `jupyter-book build`."""
    built = copy_project(project, folder / "built")
    say("the first builds")
    claimbook_build(built)
    plain = copy_project(built, folder / "plain", built=built)
    jupyter_book(plain)

    def ours(number: int) -> float:
        say(f"claimbook build {number + 1}")
        return claimbook_build(built)

    def rival(number: int) -> float:
        say(f"jupyter-book build {number + 1}")
        return jupyter_book(plain)

    pairs = in_turn(plan.noops, ours, rival)
    return [compared("(c) build when nothing changed", pairs, Aim(most=0.3))]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Runs a minute; peak memory of the first and of the last fifth of the runs."""

    rate: float
    first: Memory
    last: Memory


def sweep(plan: Plan, project: Path, folder: Path, say: Say) -> list[Row]:
    """(d) One chapter with many sets of parameters."""
    place = copy_project(project, folder / "sweep")
    out = folder / "out"
    out.mkdir()

    def ours(number: int) -> Sweep:
        return _sweep(place, SETS[: plan.runs], lambda text: say(f"sweep {number + 1}: {text}"))

    def rivals(number: int) -> Pair:
        say(f"sweep {number + 1}: papermill commands")
        some, few = SETS[: plan.plain_runs], SETS[-plan.loop_runs :]
        together = papermill_many(place, CHAPTER, out, some, workers())
        alone = papermill_many(place, CHAPTER, out, few, 1)
        return 60 * len(some) / together, 60 * len(few) / alone

    found = in_turn(plan.sweeps, ours, rivals)
    what = f"(d) {plan.runs} runs of {CHAPTER}, a minute:"
    return [
        compared(
            f"{what} papermill, {workers()} at a time",
            [(mine.rate, together) for mine, (together, _) in found],
            Aim(least=2.5),
            "{:.1f}",
        ),
        compared(
            f"{what} papermill, one by one",
            [(mine.rate, alone) for mine, (_, alone) in found],
            Aim(least=5),
            "{:.1f}",
        ),
        *_memory_rows([mine for mine, _ in found], plan.runs // 5),
    ]


def _sweep(project: Path, sets: list[dict[str, Any]], say: Say) -> Sweep:
    command = [sys.executable, str(SWEEP), str(project), CHAPTER, json.dumps(sets)]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        watcher = Watcher(process.pid)
        watcher.start()
        assert process.stdout
        try:
            for _ in process.stdout:
                watcher.done += 1
                say(f"{watcher.done} of {len(sets)} runs")
        except BaseException:
            process.send_signal(signal.SIGINT)  # its kernels end with it
            raise
    seconds = time.perf_counter() - start
    watcher.stop()
    if process.returncode or watcher.done != len(sets):
        sys.exit(f"the sweep ended with {process.returncode} after {watcher.done} runs")
    part = len(sets) // 5
    return Sweep(
        60 * len(sets) / seconds,
        watcher.peak(0, part),
        watcher.peak(len(sets) - part, len(sets)),
    )


def _memory_rows(sweeps: list[Sweep], part: int) -> list[Row]:
    rows = []
    for field in fields(Memory):
        pairs = [(getattr(s.last, field.name), getattr(s.first, field.name)) for s in sweeps]
        name = field.name.replace("_", " ")
        rows.append(
            compared(
                f"(d) peak memory, last {part} runs against first {part}: {name}",
                [(last / 1e6, first / 1e6) for last, first in pairs],
                Aim(most=1.05) if field.name == "all_processes" else Aim(),
                "{:.0f} MB",
            )
        )
    return rows


BENCHMARKS = {"rerun": rerun, "cold": cold, "noop": noop, "sweep": sweep, "growth": growth}


def main() -> None:
    parser = argparse.ArgumentParser(description="Times against the plain commands.")
    parser.add_argument("--quick", action="store_true", help="few repetitions, to try it out")
    parser.add_argument("--only", default=",".join(BENCHMARKS), help="of %(default)s")
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    before = load()
    rows = _measure(names, QUICK if options.quick else Plan())
    show(rows, workers(), before)


def _measure(names: list[str], plan: Plan) -> list[Row]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    rows = []
    with (
        _only_folder() as folder,
        Progress(*columns, console=Console(stderr=True), refresh_per_second=2) as progress,
    ):
        project = copy_project(ROOT, folder / "project")
        for name in names:
            task = progress.add_task(name, total=1)
            place = folder / name
            place.mkdir()
            rows += BENCHMARKS[name](plan, project, place, partial(_say, progress, task, name))
            progress.update(task, description=name, completed=1)
    return rows


@contextmanager
def _only_folder() -> Iterator[Path]:
    """A temporary folder in which all others lie, also those of the commands that are timed."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        patch.dict(os.environ, TMPDIR=folder),
        patch.object(tempfile, "tempdir", folder),
    ):
        yield Path(folder)


def _say(progress: Progress, task: TaskID, name: str, text: str) -> None:
    progress.update(task, description=f"{name}: {text}")


main()
