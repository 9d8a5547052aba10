"""What the shell offers on the tab key: names that stand in the project.

A shell asks at every press of the key, so only names of files and one written list are read, and
nothing is loaded for it. Outside a project there is nothing to offer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from claimbook.base import ClaimbookError, Project, find_project
from claimbook.claims import WORDS, Status


def chapters(incomplete: str) -> list[str]:
    """Chapters that begin so."""
    project = _project()
    return _beginning(incomplete, project.chapter_names() if project else [])


def editions(incomplete: str) -> list[str]:
    """Editions that begin so."""
    project = _project()
    return _beginning(incomplete, _stems(project.editions, "*.yaml") if project else [])


def assignments(incomplete: str) -> list[str]:
    """Assignments that begin so."""
    project = _project()
    return _beginning(incomplete, _stems(project.assignments, "*.ipynb") if project else [])


def claim_ids(incomplete: str) -> list[str]:
    """Claims of the last build that begin so, and the word for all of them."""
    project = _project()
    return _beginning(incomplete, ["all", *_built_ids(project)] if project else [])


def verdicts(incomplete: str) -> list[tuple[str, str]]:
    """Verdicts that begin so, each with what it means."""
    return [(str(s), WORDS[s]) for s in Status if s.startswith(incomplete)]


def _project() -> Project | None:
    try:
        return find_project()
    except ClaimbookError:
        return None


def _built_ids(project: Project) -> list[str]:
    try:
        listed = json.loads((project.generated / "claims.json").read_text(encoding="utf-8"))
        return [str(claim["id"]) for claim in listed]
    except (OSError, ValueError, TypeError, KeyError):  # no book yet, or one half there
        return []


def _stems(folder: Path, pattern: str) -> list[str]:
    return sorted(path.stem for path in folder.glob(pattern))


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
