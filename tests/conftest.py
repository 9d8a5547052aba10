from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from claimbook.project import Project
from tests.bees import build_project
from tests.books import build_copy

# The same examples on every machine, however slow it is.
settings.register_profile("book", deadline=None, derandomize=True)
settings.load_profile("book")


@pytest.fixture
def bees(tmp_path: Path) -> Project:
    """A project of another subject than the book's, in a folder of its own."""
    return build_project(tmp_path / "bees")


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A built copy of the book, which has no public address."""
    return build_copy(tmp_path_factory.mktemp("books") / "plain")


@pytest.fixture(scope="session")
def public_book(book: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same with addresses of its own and of its repository."""
    return build_copy(tmp_path_factory.mktemp("books") / "public", book.root, public=True)
