from __future__ import annotations

from pathlib import Path

import pytest

from claimbook.project import Project
from tests.bees import build_project


@pytest.fixture
def bees(tmp_path: Path) -> Project:
    """A project of another subject than the book's, in a folder of its own."""
    return build_project(tmp_path / "bees")


@pytest.fixture(scope="session")
def book() -> Project:
    """The project that this repository holds; to be read only."""
    return Project(Path(__file__).parents[1])
