"""Built copies of the book, for tests of what stands on its pages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from claimbook.base.project import Project

ROOT = Path(__file__).parents[1]
ADDRESS = "https://example.org/book/"
REPOSITORY = "https://github.com/example/book"
_NOT_COPIED = (".*", "_build", "chapters", "generated", "__pycache__", "runs", "tests", "src")


def command(*arguments: str, cwd: Path, engine: Path | None = None) -> str:
    """Run the command line, of another engine if one is given; return what it printed."""
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    if engine:
        environment["PYTHONPATH"] = str(engine)
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build_copy(target: Path, source: Path = ROOT, *, public: bool = False) -> Project:
    """Build a copy of the book; what was run in `source` and still stands is not run again."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    if (runs := Project(source).runs).is_dir():
        shutil.copytree(runs, Project(target).runs)
    if public:
        path = target / "_config.yml"
        settings = yaml.safe_load(path.read_text())
        settings["repository"]["url"] = REPOSITORY
        settings["html"]["baseurl"] = ADDRESS.rstrip("/")
        path.write_text(yaml.safe_dump(settings, sort_keys=False))
    command("claimbook", "build", cwd=target)
    return Project(target)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` fills, once for all workers of a run; it is for reading only."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, done = base / f"shared-{name}", base / f"shared-{name}.done"
    with FileLock(base / f"shared-{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder
