from __future__ import annotations

from pathlib import Path

import pytest

from claimbook.project import Project
from tests.bees import build_project


@pytest.fixture
def bees(tmp_path: Path) -> Project:
    """A project of another subject than the book's, in a folder of its own."""
    return build_project(tmp_path / "bees")
