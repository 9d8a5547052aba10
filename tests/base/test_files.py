"""Files and folders are put in place whole, or what stood there stays."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from claimbook.base.files import exchange, replace_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make_book(folder: Path, text: str) -> Path:
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "page.html").write_text(text)
    return folder


def page(folder: Path) -> str:
    return (folder / "deep" / "page.html").read_text()


# Texts -----------------------------------------------------------------------------------


def test_a_text_is_put_in_place_byte_for_byte_with_the_folders_that_it_needs(
    tmp_path: Path,
) -> None:
    path = tmp_path / "new" / "folder" / "hives.json"
    replace_text(path, "Hönig\nline two\r\n")
    assert path.read_bytes() == "Hönig\nline two\r\n".encode()
    assert names(path.parent) == ["hives.json"]


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such permissions")
def test_a_text_can_be_read_by_everybody_as_an_ordinary_file_can(tmp_path: Path) -> None:
    path = tmp_path / "hives.json"
    replace_text(path, "new")
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(os.name != "posix", reason="other systems refuse to replace an open file")
def test_who_reads_the_earlier_text_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "hives.json"
    path.write_text("earlier text")
    with path.open() as reader:
        replace_text(path, "a new text")
        assert reader.read() == "earlier text"
    assert path.read_text() == "a new text"


def test_a_text_that_cannot_be_written_leaves_the_earlier_one_and_nothing_else(
    tmp_path: Path,
) -> None:
    path = tmp_path / "hives.json"
    path.write_text("earlier text")
    with pytest.raises(UnicodeEncodeError):
        replace_text(path, "half of a pair: \ud800")
    assert path.read_text() == "earlier text"
    assert names(tmp_path) == ["hives.json"]


def test_a_text_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "hives.json"
    make_book(folder, "a folder stands here")
    with pytest.raises(OSError, match=r"hives\.json"):
        replace_text(folder, "text")
    assert names(tmp_path) == ["hives.json"]
    assert page(folder) == "a folder stands here"


def test_an_interrupt_while_writing_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_text(tmp_path / "hives.json", "text")
    assert names(tmp_path) == []


# Folders ---------------------------------------------------------------------------------


def test_a_first_folder_is_moved_to_its_place(tmp_path: Path) -> None:
    new = make_book(tmp_path / "new", "first")
    exchange(new, tmp_path / "html")
    assert names(tmp_path) == ["html"]
    assert page(tmp_path / "html") == "first"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take two steps")
def test_two_folders_change_places_in_one_step(tmp_path: Path) -> None:
    html, new = make_book(tmp_path / "html", "earlier"), make_book(tmp_path / "new", "next")
    exchange(new, html)
    assert (page(html), page(new)) == ("next", "earlier")  # there never was a third name
    assert names(tmp_path) == ["html", "new"]


def test_without_such_a_step_the_earlier_folder_is_left_beside_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimbook.base.files._exchanged", lambda *_: False)
    html = make_book(tmp_path / "html", "earlier")
    new = make_book(tmp_path / "draft" / "new", "next")
    exchange(new, html)
    assert page(html) == "next"
    assert names(tmp_path / "draft") == ["old"]
    assert page(tmp_path / "draft" / "old") == "earlier"


def test_the_earlier_folder_is_put_back_if_the_new_one_cannot_be_moved(tmp_path: Path) -> None:
    html = make_book(tmp_path / "html", "earlier")
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "missing", html)
    assert names(tmp_path) == ["html"]
    assert page(html) == "earlier"
