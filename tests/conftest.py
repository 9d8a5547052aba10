from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from claimbook.project import Project
from tests.bees import build_project

# The same examples on every machine, however slow it is.
settings.register_profile("book", deadline=None, derandomize=True)
settings.load_profile("book")


@pytest.fixture
def bees(tmp_path: Path) -> Project:
    """A project of another subject than the book's, in a folder of its own."""
    return build_project(tmp_path / "bees")
