"""Where things stand in a project: its folders, found from any folder inside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from claimbook.base.errors import ClaimbookError

_MARK = Path("data") / "datapackage.json"


@dataclass(frozen=True, slots=True)
class Project:
    """The folders of one project, as absolute paths."""

    root: Path

    @property
    def data(self) -> Path:
        """Tables, their descriptor and the ledger."""
        return self.root / "data"

    @property
    def ledger(self) -> Path:
        """One YAML file of claims a chapter."""
        return self.data / "claims"

    @property
    def notebooks(self) -> Path:
        """One parameterised notebook a chapter, without outputs."""
        return self.root / "notebooks"

    @property
    def exercises(self) -> Path:
        """One YAML file of exercises a chapter; a project may have none."""
        return self.root / "teaching" / "exercises"

    @property
    def assignments(self) -> Path:
        """One master notebook an assignment; a project may have none."""
        return self.root / "teaching" / "assignments"

    @property
    def editions(self) -> Path:
        """One YAML file of other parameters an edition; a project may have none."""
        return self.root / "editions"

    @property
    def chapters(self) -> Path:
        """The executed notebooks and their records."""
        return self.root / "book" / "chapters"

    @property
    def generated(self) -> Path:
        """Pages that the build writes from the records and descriptors."""
        return self.root / "book" / "generated"

    @property
    def html(self) -> Path:
        """The built book."""
        return self.root / "_build" / "html"

    @property
    def runs(self) -> Path:
        """The kept runs of the chapters."""
        return self.root / "_build" / "runs"

    @property
    def lock(self) -> Path:
        """The pinned versions of all packages."""
        return self.root / "requirements.lock"

    def chapter_names(self) -> list[str]:
        """Names of the chapters, in alphabetical order."""
        return sorted(path.stem for path in self.notebooks.glob("*.ipynb"))


def find_project(start: Path | None = None) -> Project:
    """The project that `start` (the working folder if not given) lies in.

    Raises ClaimbookError outside a project.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / _MARK).is_file():
            return Project(folder)
    raise ClaimbookError(f"no project here: neither {here} nor a folder above it holds {_MARK}")


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
