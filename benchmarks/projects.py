"""Copies of the project to measure in, so that the checkout itself stays as it is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).parents[1]
FILES = ("_config.yml", "_toc.yml", "CITATION.cff", "requirements.lock")
FOLDERS = ("book", "data", "notebooks")
WRITTEN = ("_build", "chapters", "generated")  # by a build
COPIED = "debt"  # a small chapter that needs no other one


def copy_project(source: Path, target: Path, *, built: Path | None = None) -> Path:
    """Copy what is written by hand, and of a `built` project the pages that its build wrote."""
    target.mkdir()
    for name in FILES:
        shutil.copy(source / name, target)
    for name in FOLDERS:
        ignore = shutil.ignore_patterns(*WRITTEN, "__pycache__", ".ipynb_checkpoints")
        shutil.copytree(source / name, target / name, ignore=ignore)
    if built:
        for name in ("chapters", "generated"):
            shutil.copytree(built / "book" / name, target / "book" / name)
    return target


def project_of_copies(source: Path, target: Path, count: int) -> Path:
    """A project whose chapters are `count` copies of one small chapter, each with its claims."""
    copy_project(source, target)
    notebook = (target / "notebooks" / f"{COPIED}.ipynb").read_text(encoding="utf-8")
    claims = (target / "data" / "claims" / f"{COPIED}.yaml").read_text(encoding="utf-8")
    _remove_chapters(target)
    names = [f"{COPIED}-{number:02}" for number in range(1, count + 1)]
    for name in names:
        rename = _renaming(claims, name)
        ledger = rename(claims).replace(f"chapter: {COPIED}\n", f"chapter: {name}\n")
        (target / "data" / "claims" / f"{name}.yaml").write_text(ledger, encoding="utf-8")
        _write_notebook(notebook, name, rename, target / "notebooks" / f"{name}.ipynb")
    _write_book(target, names)
    return target


def _remove_chapters(project: Path) -> None:
    """Remove chapters, claims, and what refers to them: relations and accepted verdicts."""
    (project / "data" / "accepted.yaml").unlink()
    (project / "data" / "claims" / "paper" / "relations.yaml").unlink()
    for folder, pattern in (("notebooks", "*.ipynb"), ("data/claims", "*.yaml")):
        for path in (project / folder).glob(pattern):
            path.unlink()


def _renaming(claims: str, name: str) -> Callable[[str], str]:
    """Give every id of the ledger's text the number with which `name` ends."""
    ids = "|".join(map(re.escape, re.findall(r"^- id: (\S+)$", claims, re.MULTILINE)))
    pattern = re.compile(rf"(?<![\w-])({ids})(?![\w-])")
    number = name.removeprefix(COPIED)
    return lambda text: pattern.sub(rf"\g<1>{number}", text)


def _write_notebook(text: str, name: str, rename: Callable[[str], str], path: Path) -> None:
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        opened, now_opened = (f'open_chapter("{chapter}")' for chapter in (COPIED, name))
        cell.source = rename(cell.source).replace(opened, now_opened)
    nbformat.write(notebook, path)


def _write_book(project: Path, names: list[str]) -> None:
    """A first page and a table of contents that name the copies alone."""
    pages = [f"book/chapters/{name}" for name in names]
    pages += ["book/generated/scoreboard", "book/generated/sources"]
    contents = {
        "format": "jb-book",
        "root": "book/index",
        "chapters": [{"file": page} for page in pages],
    }
    (project / "_toc.yml").write_text(yaml.safe_dump(contents, sort_keys=False), encoding="utf-8")
    (project / "book" / "index.md").write_text("# Copies of a chapter\n", encoding="utf-8")
