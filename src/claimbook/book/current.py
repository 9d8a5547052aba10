"""What the shown book was made from: enough to know in a moment that nothing has to be done.

This module imports only the standard library, because `claimbook build` asks it first.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from claimbook.base import ENGINE, Project, digest, file_digest, replace_text


def sources_digest(project: Project, edition: Path | None = None) -> str:
    """A digest of all that a build may depend on.

    That is every file of the project's top level and of book, data, notebooks and exercises (but
    not what a build writes there), the engine, and the installed packages; and an edition's file.
    """
    top = project.root.iterdir()
    files = [path for path in top if path.is_file() and not path.name.startswith(".")]
    for folder in (project.root / "book", project.notebooks):
        files += _files(folder)
    files += _files(project.exercises)
    files += _every_file(project.data)  # a chapter may read anything there
    written = (project.chapters, project.generated)
    kept = [path for path in files if not any(path.is_relative_to(folder) for folder in written)]
    own = [file_digest(edition)] if edition else []
    return digest([_digests(kept, project.root), _digests(_files(ENGINE), ENGINE), _stack(), *own])


def pages_digest(project: Project) -> str:
    """A digest of what the book is compiled from: pages, settings, data, and the engine.

    Parts of the engine are extensions of Sphinx.
    """
    files = [*_files(project.root / "book"), *_every_file(project.data)]
    files += [project.root / name for name in ("_config.yml", "_toc.yml", "CITATION.cff")]
    return digest([_digests(files, project.root), _digests(_files(ENGINE), ENGINE), _stack()])


def shown_digest(project: Project) -> str:
    """A digest of the built book as it stands on the disk."""
    return _shown(project.html)


def _shown(html: Path) -> str:
    return digest(_digests(_every_file(html), html))


def edition_html(project: Project, name: str) -> Path:
    """Where the built book of an edition stands."""
    return project.html.parent / "editions" / name / "html"


def is_current(project: Project, edition: Path | None = None) -> bool:
    """Whether the shown book is complete and made from what the project holds now.

    `edition` is the file of the edition that is asked for; the default one if not given.
    """
    if edition:
        return stands_beside(edition_html(project, edition.stem), sources_digest(project, edition))
    state = _read(project.html, _PARTS)
    return bool(state and _stands(project.html, state, sources_digest(project)))


def stands_beside(html: Path, made_from: str) -> bool:
    """Whether a book beside the default one is complete and made from sources of this digest."""
    state = _read(html, _PARTS - {"pages"})
    return bool(state and _stands(html, state, made_from))


def _stands(html: Path, state: dict[str, Any], made_from: str) -> bool:
    return bool(
        state["sources"] == made_from
        and state["shown"] == _shown(html)
        and all(file_digest(Path(name)) == noted for name, noted in state["outside"])
    )


def is_compiled(project: Project) -> bool:
    """Whether the shown book is complete and compiled from the pages as they are now."""
    state = _read(project.html, _PARTS)
    return bool(
        state
        and state["pages"] == pages_digest(project)
        and state["shown"] == shown_digest(project)
    )


def remember(project: Project, made_from: str) -> None:
    """Note that the book that is shown now was made from sources of this digest."""
    state = {
        "sources": made_from,
        "pages": pages_digest(project),
        "shown": shown_digest(project),
        "outside": _outside(project),
    }
    _write(project.html, state)


def remember_beside(html: Path, made_from: str, inputs: Iterable[tuple[str, str]]) -> None:
    """Note that a book beside the default one was made from sources of this digest.

    `inputs` are the names and digests of what its runs read.
    """
    outside = sorted({item for item in inputs if Path(item[0]).is_absolute()})
    _write(html, {"sources": made_from, "shown": _shown(html), "outside": outside})


_PARTS = {"sources", "pages", "shown", "outside"}


def _write(html: Path, state: dict[str, Any]) -> None:
    replace_text(_place(html), json.dumps(state, indent=1) + "\n")


def _place(html: Path) -> Path:
    return html.parent / "state.json"


def _read(html: Path, parts: set[str]) -> dict[str, Any] | None:
    try:
        state = json.loads(_place(html).read_text(encoding="utf-8"))
        return state if parts <= state.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def _outside(project: Project) -> list[tuple[str, str]]:
    """The files outside the project that kept runs read, with the digests they had."""
    found = {
        (item["name"], item["digest"])
        for path in project.runs.rglob("*.json")
        for item in _inputs(path)
        if Path(item["name"]).is_absolute()
    }
    return sorted(found)


def _inputs(path: Path) -> list[dict[str, str]]:
    """What a kept run of the book read; nothing for another, or for a damaged file."""
    try:
        run = json.loads(path.read_text(encoding="utf-8"))["run"]
        found: list[dict[str, str]] = [] if run["given"] else run["inputs"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return found


def _files(folder: Path) -> list[Path]:
    """The files under a folder but hidden ones and byte code."""
    return [
        path
        for path in _every_file(folder)
        if path.suffix != ".pyc"
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _every_file(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _digests(files: Iterable[Path], root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): file_digest(path) for path in files}


def _stack() -> list[str]:
    """Python's version, and the names and versions of the packages that can be imported."""
    folders = [Path(entry) for entry in sys.path if "site-packages" in entry]
    names = (info.name for folder in folders for info in folder.glob("*.dist-info"))
    return [sys.version, *sorted(names)]
