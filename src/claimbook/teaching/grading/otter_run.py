"""otter-run on the values that a returned notebook reached, in a process of its own.

    python -m claimbook.teaching.grading.otter_run AUTOGRADER.zip NOTEBOOK.ipynb RESULT.json

The notebook holds nothing but `name = value` lines, which the engine has written: the hidden
tests with their answers are never in one process with code of a student's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def mark(archive: Path, notebook: Path) -> dict[str, Any]:
    """Points, points that can be had and messages of each question."""
    from otter.run import main

    graded = main(str(notebook), autograder=str(archive), output_dir="", no_logo=True)
    if graded.catastrophic_error is not None:
        raise RuntimeError(f"otter could not grade: {graded.catastrophic_error!r}")
    return {
        name: {
            "points": test.score,
            "out_of": test.possible,
            "told": [
                result.message.rpartition("AssertionError: ")[2].strip()
                for result in test.test_case_results
                if not result.passed and not result.test_case.hidden
            ],
        }
        for name, test in graded.results.items()
    }


if __name__ == "__main__":
    found = mark(Path(sys.argv[1]), Path(sys.argv[2]))
    Path(sys.argv[3]).write_text(json.dumps(found), encoding="utf-8")
