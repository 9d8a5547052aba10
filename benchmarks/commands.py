"""The commands that are timed: ours, and those that a user without claimbook would give."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"


def claimbook_build(project: Path) -> float:
    """Seconds of `claimbook build`."""
    return _seconds(project, "-m", "claimbook", "build")


def plain_build(project: Path) -> float:
    """Seconds of a loop of the papermill command, then `jupyter-book build` of everything."""
    start = time.perf_counter()
    for notebook in sorted((project / "notebooks").glob("*.ipynb")):
        papermill(project, notebook.stem, project / "book" / "chapters" / notebook.name)
    jupyter_book(project, "--all")
    return time.perf_counter() - start


def jupyter_book(project: Path, *options: str) -> float:
    """Seconds of `jupyter-book build`; warnings are no errors, as by default."""
    return _seconds(project, "-c", JUPYTER_BOOK, "build", str(project), "-q", *options)


def papermill(
    project: Path, chapter: str, out: Path, given: Mapping[str, Any] | None = None
) -> float:
    """Seconds of the papermill command for one chapter."""
    notebook = project / "notebooks" / f"{chapter}.ipynb"
    pairs = [part for name, value in (given or {}).items() for part in ("-p", name, str(value))]
    return _seconds(
        project, "-m", "papermill", str(notebook), str(out), "--no-progress-bar", *pairs
    )


def papermill_many(
    project: Path, chapter: str, out: Path, sets: list[dict[str, Any]], workers: int
) -> float:
    """Seconds of one papermill command for each set of parameters, so many at a time."""

    def one(number: int) -> float:
        return papermill(project, chapter, out / f"{number}.ipynb", sets[number])

    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(len(sets))))
    return time.perf_counter() - start


def _seconds(project: Path, *arguments: str) -> float:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=project, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return time.perf_counter() - start
