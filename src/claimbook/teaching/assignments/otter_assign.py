"""otter-assign on filled master notebooks, in a process of its own.

    python -m claimbook.teaching.assignments.otter_assign FOLDER ...

Each folder holds `master/NAME.ipynb`; beside it come `student/` and `autograder/`.
"""

from __future__ import annotations

import sys
from pathlib import Path


def assign(folder: Path) -> None:
    """Run otter-assign on the master notebook in a folder."""
    from otter.assign import main

    (master,) = (folder / "master").glob("*.ipynb")
    main(str(master), str(folder), no_run_tests=True, no_pdfs=True)
    (archive,) = (folder / "autograder").glob("*.zip")
    archive.rename(folder / "autograder.zip")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        assign(Path(name))
