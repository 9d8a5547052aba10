"""How the tests come by a browser."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import browser

WORKS, FAILS = "#!/bin/sh\nexit 0\n", "#!/bin/sh\nexit 1\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its programs are shell scripts")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder on the path; nothing was fetched."""
    monkeypatch.setenv("PATH", f"{tmp_path}")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "_fetched_browser", lambda: None)
    return tmp_path


def program(place: Path, text: str = WORKS) -> str:
    place.write_text(text)
    place.chmod(0o755)
    return str(place)


@pytest.mark.parametrize("name", ["chromium", "google-chrome", "microsoft-edge"])
def test_a_browser_on_the_path_is_found(path: Path, name: str) -> None:
    assert browser.find_browser() is None
    found = program(path / name)
    assert browser.find_browser() == found


def test_the_one_that_is_named_is_taken(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(path / "chromium")
    monkeypatch.setenv("CHROMIUM", program(path / "mine"))
    assert browser.find_browser() == str(path / "mine")


def test_the_ways_to_get_one_are_tried_until_one_starts(path: Path) -> None:
    tried: list[str] = []

    def nothing() -> None:
        tried.append("nothing")

    def broken() -> None:
        tried.append("broken")
        program(path / "chromium", FAILS)

    def good() -> None:
        tried.append("good")
        program(path / "chromium")

    browser.require_browser((nothing, broken, good, nothing))
    assert tried == ["nothing", "broken", "good"]
    browser.require_browser((nothing,))
    assert tried[3:] == []


def test_without_any_the_message_says_what_to_do(path: Path) -> None:
    with pytest.raises(SystemExit, match=r"error: .*install one, or set CHROMIUM to its program"):
        browser.require_browser(())
    assert list(path.iterdir()) == []
