"""The browser that the tests drive: `python -m tests.browser` sees to it that there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

from claimbook.base import ClaimbookError
from claimbook.book import find_chromium

_PATIENCE = 600  # seconds to fetch one


def find_browser() -> str | None:
    """The program that $CHROMIUM names, one on the path, or the one that playwright fetched."""
    try:
        return find_chromium(os.environ.get("CHROMIUM"))
    except ClaimbookError:
        return _fetched_browser()


def require_browser(ways: tuple[Callable[[], object], ...]) -> None:
    """Find a browser that starts; if there is none, try the ways to get one in turn.

    Exits with a message if there is none in the end.
    """
    for get in (lambda: None, *ways):
        get()
        if (found := find_browser()) and _starts(found):
            return
    sys.exit(
        "error: the browser tests need Chromium, Chrome or Edge, none starts here, and none could "
        "be fetched: install one, or set CHROMIUM to its program"
    )


def fetch() -> None:
    """Fetch Chromium through playwright, into the user's cache."""
    _try(sys.executable, "-m", "playwright", "install", "chromium")


def install() -> None:
    """Install Debian's Chromium, where that is allowed."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        _try("apt-get", "update", "-qq")
        _try("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")


def _fetched_browser() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def _starts(program: str) -> bool:
    done = subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def _try(*command: str) -> None:
    """Run a command quietly; how it ends is seen by what is there afterwards."""
    print(f"no browser is here: {' '.join(command)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(
            command, env=environment, capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  {error}")


if __name__ == "__main__":
    require_browser((fetch, install))
