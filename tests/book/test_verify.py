"""Two books are compared byte for byte, and each difference is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from claimbook.base.project import Project
from claimbook.book.jupyter_book import BuildError
from claimbook.book.verify import byte_differences, compare

Folders = Callable[[dict[str, bytes], dict[str, bytes]], list[str]]
PAGE = "<p>one</p>\n<p>two</p>\n<p>three</p>\n"


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.fixture
def compared(tmp_path: Path) -> Folders:
    """What differs between a shown and a fresh folder of these files."""

    def compare_files(shown: dict[str, bytes], fresh: dict[str, bytes]) -> list[str]:
        return compare(write(tmp_path / "shown", shown), write(tmp_path / "fresh", fresh))

    return compare_files


def test_the_same_bytes_are_no_difference(compared: Folders) -> None:
    files = {"index.html": PAGE.encode(), "_images/a.png": bytes(range(256)), "empty.css": b""}
    assert compared(files, files) == []


def test_the_first_line_that_differs_is_named_with_both_texts(compared: Folders) -> None:
    other = PAGE.replace("two", "2").replace("three", "3")
    found = compared({"book/page.html": PAGE.encode()}, {"book/page.html": other.encode()})
    assert found == ["book/page.html:2: shown '<p>two</p>', fresh '<p>2</p>'"]


def test_of_a_long_line_the_part_is_shown_that_differs(compared: Folders) -> None:
    shown, fresh = ("x" * 5000 + word + "y" * 5000 for word in ("bees", "wasps"))
    (found,) = compared({"search.js": shown.encode()}, {"search.js": fresh.encode()})
    assert found.startswith("search.js:1: shown 'xxxx")
    assert "xbeesy" in found
    assert "xwaspsy" in found
    assert len(found) < 300


@pytest.mark.parametrize(
    ("shown", "fresh", "line"),
    [("a\nb\n", "a\nb\nc\n", 3), ("a\nb\nc", "a", 2), ("", "a", 1), ("a\nb\n", "a\nb", 3)],
)
def test_a_text_that_ends_earlier_is_named_with_the_line(
    compared: Folders, shown: str, fresh: str, line: int
) -> None:
    found = compared({"a.html": shown.encode()}, {"a.html": fresh.encode()})
    assert found == [f"a.html:{line}: one of the two ends here"]


def test_other_ends_of_lines_are_a_difference(compared: Folders) -> None:
    assert len(compared({"a.html": b"a\r\nb\r\n"}, {"a.html": b"a\nb\n"})) == 1


@pytest.mark.parametrize(
    ("shown", "fresh", "place"),
    [
        (b"\x89PNG\xff\x00\x01", b"\x89PNG\xff\x00\x02", 6),
        (b"\xff\x00", b"\xff\x00\x01", 2),
        (b"text", b"\xfe", 0),
    ],
)
def test_of_a_file_that_is_no_text_the_first_byte_is_named_that_differs(
    compared: Folders, shown: bytes, fresh: bytes, place: int
) -> None:
    found = compared({"_images/a.png": shown}, {"_images/a.png": fresh})
    assert found == [f"_images/a.png: differs from byte {place} on"]


def test_missing_and_surplus_files_are_named_in_order_of_their_names(compared: Folders) -> None:
    shown = {"b.html": b"", "index.html": b"same", ".buildinfo": b"hidden"}
    fresh = {"a/a.html": b"", "index.html": b"same"}
    assert compared(shown, fresh) == [
        ".buildinfo: is in the shown book, but not made by a fresh build",
        "a/a.html: is missing in the shown book",
        "b.html: is in the shown book, but not made by a fresh build",
    ]


# A whole project -------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, bytes]]:
    """What stood in each fresh copy when it was built; its book is one page."""
    seen: list[dict[str, bytes]] = []

    def build(project: Project, *_: Any, **__: Any) -> None:
        seen.append(contents(project.root))
        write(project.html, {"index.html": PAGE.encode()})

    monkeypatch.setattr("claimbook.book.verify.build_book", build)
    return seen


def quiet(*_: object) -> None:
    pass


def test_a_project_without_a_book_has_nothing_to_verify(bees: Project) -> None:
    with pytest.raises(BuildError, match="there is no book to verify; build it first"):
        byte_differences(bees, quiet)


def test_the_shown_book_is_compared_with_one_built_from_the_project_alone(
    bees: Project, copies: list[dict[str, bytes]]
) -> None:
    sources = contents(bees.root)
    write(bees.root, {"book/index.md": b"# Bees"})
    write(bees.chapters, {"hives.ipynb": b"of the last build"})
    write(bees.generated, {"claims.json": b"of the last build"})
    write(bees.runs, {"hives/0.json": b"kept"})
    write(bees.root, {"runs/hives/hives.html": b"kept", ".git/config": b"secret"})
    write(bees.notebooks, {"__pycache__/helper.pyc": b"", ".ipynb_checkpoints/a.ipynb": b""})
    write(bees.html, {"index.html": PAGE.encode()})
    before = contents(bees.root)
    assert byte_differences(bees, quiet) == []
    assert copies == [{**sources, "book/index.md": b"# Bees"}]
    assert contents(bees.root) == before


def test_a_touched_byte_of_the_shown_book_is_found(
    bees: Project, copies: list[dict[str, bytes]]
) -> None:
    write(bees.html, {"index.html": PAGE.replace("three", "thrice").encode()})
    assert byte_differences(bees, quiet) == [
        "index.html:3: shown '<p>thrice</p>', fresh '<p>three</p>'"
    ]
    assert len(copies) == 1


@pytest.mark.parametrize("name", ["data/runs/2019.csv", "data/_build/2019.csv", "data/.stations"])
def test_a_fresh_copy_holds_every_source_whatever_its_name(
    bees: Project, copies: list[dict[str, bytes]], name: str
) -> None:
    write(bees.root, {name: b"hives\n1\n"})
    write(bees.html, {"index.html": PAGE.encode()})
    byte_differences(bees, quiet)
    assert name in copies[0]
