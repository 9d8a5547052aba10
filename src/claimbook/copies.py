"""Fresh copies of a project: what people wrote in it, and nothing that a build did."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from claimbook.project import Project


def fresh_copy(project: Project, root: Path) -> Project:
    """Copy a project's sources to the new folder `root`, without what builds and runs wrote."""
    shutil.copytree(project.root, root, ignore=_left_out(project))
    return Project(root)


def _left_out(project: Project) -> Callable[[str, list[str]], set[str]]:
    """What a fresh copy of the project does not hold: what is hidden at its top, and written."""
    written = {project.chapters, project.generated, project.root / "_build", project.root / "runs"}

    def ignore(folder: str, names: list[str]) -> set[str]:
        here = Path(folder)
        return {
            name
            for name in names
            if here / name in written
            or name in ("__pycache__", ".ipynb_checkpoints")
            or (here == project.root and name.startswith("."))
        }

    return ignore
