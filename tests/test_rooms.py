"""The rooms of the engine: each is entered by its face, and a face holds what others take."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from claimbook.base.inputs import ENGINE
from tests.books import ROOT

ROOMS = sorted(path.parent.name for path in ENGINE.glob("*/__init__.py"))
# What only part of the engine is needed for, and may not be loaded by asking for less.
HEAVY = ("pandas", "papermill", "pydantic", "sphinx", "yaml")


def sources() -> Iterator[tuple[str, str]]:
    """Every Python text that may take something from a room, with the room it stands in."""
    for path in ENGINE.rglob("*.py"):
        parts = path.relative_to(ENGINE).parts
        yield parts[0] if len(parts) > 1 else "", path.read_text()
    for path in [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("teaching/assignments/*.ipynb")]:
        cells = nbformat.read(path, as_version=4).cells
        yield "", "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    for path in [*ROOT.glob("notebooks/*.py"), *ROOT.glob("teaching/assignments/*.py")]:
        yield "", path.read_text()


def taken() -> dict[str, set[str]]:
    """What is taken from each room by the others."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for room, text in sources():
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                package, _, inside = node.module.partition(".")
                if package == "claimbook" and inside in ROOMS and inside != room:
                    found[inside] |= {alias.name for alias in node.names}
                elif node.module == "claimbook":
                    for alias in node.names:
                        if alias.name in ROOMS:
                            name = alias.asname or alias.name
                            found[alias.name] |= set(re.findall(rf"\b{name}\.(\w+)", text))
    return dict(found)


def test_a_room_is_entered_by_its_face() -> None:
    past = []
    for room, text in sources():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("claimbook."):
                parts = str(node.module).split(".")[1:]
                if len(parts) > 1 and parts[0] != room:
                    past.append((room, node.module))
    assert past == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_face_holds_what_others_take_and_nothing_else(room: str) -> None:
    face = __import__(f"claimbook.{room}", fromlist=["__all__"])
    assert set(face.__all__) == taken()[room]
    for name in face.__all__:
        assert getattr(face, name) is not None
    assert face.__doc__


def loaded(statement: str) -> set[str]:
    program = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("room", ROOMS)
def test_a_face_loads_nothing_until_it_is_asked(room: str) -> None:
    found = loaded(f"import claimbook.{room}")
    assert not found & set(HEAVY)
    assert {name for name in found if name.startswith("claimbook")} == {
        "claimbook",
        f"claimbook.{room}",
    }


def test_a_name_brings_its_own_module_alone() -> None:
    found = loaded("from claimbook.claims import Interval")
    assert "claimbook.claims.intervals" in found
    assert not found & set(HEAVY)


def test_every_test_file_stands_in_the_room_of_what_it_tests() -> None:
    walks = {"series", "book", "browser", "chapter", "documents", "environment", "faults", "rooms"}
    for path in (ROOT / "tests").rglob("test_*.py"):
        inside = path.relative_to(ROOT / "tests")
        if len(inside.parts) == 1:
            assert path.stem.removeprefix("test_") in walks
        else:
            assert (ENGINE / inside.parent).is_dir(), path


def test_every_module_started_by_name_is_there() -> None:
    """The names after `python -m`, in strings that no linter follows."""
    names = set()
    for _, text in sources():
        names |= set(re.findall(r'"(claimbook(?:\.\w+){2,})"', text))
    assert names
    for name in names:
        assert (ENGINE.parent / Path(*name.split(".")).with_suffix(".py")).is_file(), name
