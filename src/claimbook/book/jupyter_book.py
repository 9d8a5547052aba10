"""Compiling with Jupyter Book, in a process that does not outlive the one that started it.

    python -m claimbook.book.jupyter_book ARGUMENTS

is that process: it ends at once when its standard input is closed, which also happens when the
starter is killed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from claimbook.base import FailedError, Project, exchange

_NEXT = ".next-"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class BuildError(FailedError):
    """The book could not be compiled."""


def compile_at(project: Project, html: Path) -> None:
    """Compile a project's pages in a fresh folder, then put the book at `html` in one step.

    Warnings are errors. Raises BuildError with Sphinx's warnings.
    """
    html.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=html.parent, prefix=_NEXT) as folder:
        arguments = ["build", str(project.root), "--path-output", folder]
        log = _guarded([*arguments, "-W", "--keep-going", "-q"])
        if log is not None:
            raise BuildError(f"the book does not compile:\n{_complaints(log)}")
        exchange(Path(folder) / "_build" / "html", html)


def tidy(html: Path) -> None:
    """Remove what a killed build left, and put the book back if it had just been moved away."""
    for left in html.parent.glob(f"{_NEXT}*"):
        old = left / "_build" / "old"
        if old.is_dir() and not html.exists():
            old.rename(html)
        shutil.rmtree(left, ignore_errors=True)


def _guarded(arguments: list[str]) -> str | None:
    """Run Jupyter Book in a process that ends with this one; return its log if it failed."""
    command = [sys.executable, "-m", "claimbook.book.jupyter_book", *arguments]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "0"},
        start_new_session=True,
        text=True,
    ) as process:
        try:
            assert process.stderr
            log = process.stderr.read()
            return log if process.wait() else None
        except BaseException:
            process.kill()
            raise


def _complaints(log: str) -> str:
    lines = _COLOURS.sub("", log).splitlines()
    telling = ("WARNING", "ERROR", "(exception: ")
    return "\n".join([s for s in lines if any(word in s for word in telling)] or lines[-10:])


def _end_with_starter() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_starter, daemon=True).start()
    from jupyter_book.cli.main import main  # type: ignore[import-untyped]

    main()
