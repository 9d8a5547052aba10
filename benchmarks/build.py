"""How long the book takes, against a plain loop of the papermill command plus jupyter-book.

Both build the same notebooks in fresh copies of the project, in turn, in one run of this script:

    python benchmarks/build.py [RUNS]

It prints the median of the seconds of each and the median of the paired ratios. Machines differ
and are noisy: quote the ratio.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).parents[1]
PARTS = [
    "_config.yml",
    "_toc.yml",
    "CITATION.cff",
    "requirements.lock",
    "book",
    "data",
    "notebooks",
]
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"


def copy_project(target: Path, *, with_results: bool) -> Path:
    target.mkdir()
    left_out = ["_build"] if with_results else ["_build", "chapters", "generated"]
    for part in PARTS:
        source, place = ROOT / part, target / part
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns(*left_out))
        else:
            shutil.copy(source, place)
    return target


def with_claimbook(project: Path) -> None:
    _call(project, "-m", "claimbook", "build")


def with_plain_commands(project: Path) -> None:
    for notebook in sorted((project / "notebooks").glob("*.ipynb")):
        out = project / "book" / "chapters" / notebook.name
        _call(project, "-m", "papermill", str(notebook), str(out), "--no-progress-bar")
    # Without claimbook's checks warnings are no errors here: the plain run has no glue pages.
    _call(project, "-c", JUPYTER_BOOK, "build", str(project), "--all", "-q")


def seconds(build: Callable[[Path], None], *, with_results: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        project = copy_project(Path(folder) / "project", with_results=with_results)
        start = time.perf_counter()
        build(project)
        return time.perf_counter() - start


def _call(project: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=project, check=True, capture_output=True)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    if not (ROOT / "book" / "generated").is_dir():
        sys.exit("run `make book` first: the plain commands reuse its generated pages")
    pairs = [
        (
            seconds(with_claimbook, with_results=False),
            seconds(with_plain_commands, with_results=True),
        )
        for _ in track(range(runs), description="pairs of builds", console=Console(stderr=True))
    ]
    ours, plain = zip(*pairs, strict=True)
    table = Table("build", "median s", "fastest s", "slowest s", title=f"{runs} runs of each")
    for name, times in (("claimbook build", ours), ("papermill loop + jupyter-book", plain)):
        row = (statistics.median(times), min(times), max(times))
        table.add_row(name, *(f"{value:.1f}" for value in row))
    console = Console()
    console.print(table)
    ratio = statistics.median(a / b for a, b in pairs)
    console.print(f"claimbook takes {ratio:.2f} of the plain commands' time (median of pairs)")


main()
