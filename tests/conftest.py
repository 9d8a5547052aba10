from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from claimbook.base.project import Project
from tests.bees import build_project
from tests.books import ROOT, build_copy, made_once
from tests.browser import find_browser

PARTS = ["_config.yml", "_toc.yml", "CITATION.cff", "requirements.lock", "book", "data"]
PARTS += ["editions", "notebooks", "teaching", "LICENSE", "CHANGELOG.md"]
PARTS += ["requirements-class.lock"]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]

# The same examples on every machine, however slow it is.
settings.register_profile("book", deadline=None, derandomize=True)
settings.load_profile("book")

# What a test asks for says what it takes; the rest is marked where it stands.
TAKES = {
    "book": {"built", "book", "public_book", "both"},
    "browser": {"browser", "printed"},
    "classroom": {"made", "zips"},
    "slow": {"disturbed", "ended", "original", "plain", "ran", "watched"},
}
# The files that take longest, first: so that no worker is left with one of them in the end.
FIRST = (
    *("test_faults.py", "test_book.py", "test_bundle.py", "test_class.py", "test_editions.py"),
    *("test_interactive.py", "test_exercises.py", "test_manager.py", "test_rerun.py"),
    *("test_models.py", "test_slides.py", "test_findability.py", "test_freshness.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests by their fixtures, and put the long files first."""
    for item in items:
        given = item.callspec.params if hasattr(item, "callspec") else {}
        asked = set(getattr(item, "fixturenames", ())) - set(given)
        for mark, fixtures in TAKES.items():
            if asked & fixtures:
                item.add_marker(mark)
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.name, len(FIRST)))


@pytest.fixture
def bees(tmp_path: Path) -> Project:
    """A project of another subject than the book's, in a folder of its own."""
    return build_project(tmp_path / "bees")


# The book, built by its command ---------------------------------------------------------


def copy_project(target: Path) -> Path:
    target.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            ignored = shutil.ignore_patterns("chapters", "generated", "__pycache__")
            shutil.copytree(source, target / part, ignore=ignored)
        else:
            shutil.copy(source, target / part)
    return target


def claimbook(*arguments: str, cwd: Path, fails: bool = False) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "claimbook", *arguments]
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, built once for all workers; each has a copy of its own with all its runs."""
    original = made_once(tmp_path_factory, "book", build_original)
    return shutil.copytree(original, tmp_path_factory.mktemp("book") / "project")


def build_original(folder: Path) -> None:
    project = copy_project(folder)
    done = claimbook("build", cwd=project / "book")  # from any folder of the project
    assert done.stdout.strip().endswith(str(project / "_build" / "html" / "index.html"))


# In the browser --------------------------------------------------------------------------


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        del format, args


@pytest.fixture(scope="module")
def address(built: Path) -> Iterator[str]:
    handler = functools.partial(QuietHandler, directory=str(built / "_build" / "html"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")  # its processes and event loop are for no other module's tests
def browser() -> Iterator[Browser]:
    program = find_browser()
    assert program, "the browser tests need Chromium, Chrome or Edge; `make test` gets one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visit:
    page: Page
    faults: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, context: BrowserContext, url: str) -> Visit:
        visit = cls(context.new_page())
        page, faults, host = visit.page, visit.faults, urlparse(url).netloc
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda r: (
                faults.append(f"outside: {r.url}")
                if urlparse(r.url).scheme.startswith("http") and urlparse(r.url).netloc != host
                else None
            ),
        )
        page.goto(url, wait_until="load")
        return visit


@pytest.fixture(scope="session")
def book(built: Path) -> Project:
    """The built copy of the book, which has no public address."""
    return Project(built)


@pytest.fixture(scope="session")
def public_book(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same with addresses of its own and of its repository, built once for all workers."""
    return Project(
        made_once(tmp_path_factory, "public", lambda at: build_copy(at, built, public=True))
    )
