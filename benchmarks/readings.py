"""How long all readings of all claims take: the grids alone, without kernels, figures and pages.

    python benchmarks/readings.py

It runs the code cells of every notebook in this process and adds up the time inside
`verdicts.judge`, which derives each claim's value on its stated basis and on every reading.
"""

from __future__ import annotations

import io
import os
import time
from collections import Counter, defaultdict
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ["MPLBACKEND"] = "agg"

import nbformat
from IPython.display import display
from rich.console import Console
from rich.table import Table

from claimbook import chapter
from claimbook.claims import verdicts

ROOT = Path(__file__).parents[1]


def main() -> None:
    seconds: defaultdict[str, float] = defaultdict(float)
    readings: Counter[str] = Counter()
    claims: Counter[str] = Counter()
    current = ""

    def timed(*arguments: Any, **named: Any) -> verdicts.Verdict:
        start = time.perf_counter()
        verdict = verdicts.judge(*arguments, **named)
        seconds[current] += time.perf_counter() - start
        readings[current] += 1 + len(verdict.others)
        claims[current] += 1
        return verdict

    os.chdir(ROOT)
    with patch.object(chapter, "judge", timed):
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            current = path.stem
            cells = nbformat.read(path, as_version=4).cells
            source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
            with redirect_stdout(io.StringIO()):
                exec(
                    compile(source, path.name, "exec"), {"__name__": "notebook", "display": display}
                )
    table = Table("chapter", "claims", "readings", "seconds")
    for name in claims:
        table.add_row(name, str(claims[name]), str(readings[name]), f"{seconds[name]:.2f}")
    table.add_row("all", str(claims.total()), str(readings.total()), f"{sum(seconds.values()):.2f}")
    Console().print(table)


main()
