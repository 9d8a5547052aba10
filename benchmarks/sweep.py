"""One chapter with many sets of parameters, in a process whose memory can be watched.

    python benchmarks/sweep.py PROJECT CHAPTER SETS

SETS is a JSON list of objects. It prints a line for every run that is kept.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from claimbook.base.project import Project
from claimbook.runs.execute import run_all
from claimbook.runs.freshness import today
from claimbook.runs.kept import Request, Run, Store, request


def main() -> None:
    root, chapter, sets = sys.argv[1:]
    project = Project(Path(root))
    store = Store(project)

    def keep(asked: Request, run: Run) -> None:
        store.keep(asked, run)
        print(asked.key, flush=True)

    requests = [request(project, chapter, given) for given in json.loads(sets)]
    run_all(today(project), requests, lambda *_: None, keep)


main()
