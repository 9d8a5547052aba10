"""The book on paper: one PDF whose contents, outline and links lead to the right pages."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pypdf import PdfReader
from pypdf.generic import Destination

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.base.settings import Settings, read_contents
from claimbook.book import pdf as printing
from claimbook.book.pdf import (
    BROWSERS,
    Leaf,
    PrintError,
    find_chromium,
    joined,
    print_book,
    read_leaves,
)
from tests.bees import build_book

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAA"
    "AABJRU5ErkJggg=="
)
PAGES = {
    "book/index": '<section id="bees"><h1>Bees</h1><p>A word.</p>'
    '<a href="chapters/hives.html#card">a card</a> <a href="chapters/honey.html">honey</a>'
    '<a href="#bees">here</a> <a href="https://bees.example/">outside</a>'
    '<a class="download" href="../_downloads/claims.csv">claims</a></section>',
    "book/chapters/hives": '<section id="the-hives"><h1>The hives'
    '<a class="headerlink" href="#the-hives">#</a></h1><section id="card"><h2>A card</h2>'
    '<img src="../../_images/hive.png" alt="A hive"><p aria-labelledby="card">Text</p></section>'
    "<script>alert(1)</script><form>search</form></section>",
    "book/chapters/honey": '<section id="card"><h1>Honey &amp; wax</h1>'
    '<section class="claim-card"><details><summary>All 12 readings</summary><table></table>'
    "</details><details><summary>Relations</summary>"
    '<ul class="claim-relations"><li>more</li></ul></details></section></section>',
}
SETTINGS = Settings(title="Bees & honey", author="A beekeeper", copyright="2020")


def write_pages(html: Path) -> list[Leaf]:
    for name, body in PAGES.items():
        path = html / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        article = f'<article class="bd-article">{body}</article>'
        path.write_text(f"<html><body><nav>side</nav>{article}<footer>foot</footer></body></html>")
    return read_leaves(html, [("" if name == "book/index" else "Part", name) for name in PAGES])


# The joined document ---------------------------------------------------------------------


def test_ids_are_unique_and_links_lead_to_them(tmp_path: Path) -> None:
    document = joined(write_pages(tmp_path), SETTINGS, tmp_path, {})
    ids = re.findall(r'\bid="([^"]+)"', document)
    assert len(ids) == len(set(ids))
    anchors = re.findall(r'href="#([^"]+)"', document)
    assert {"book.chapters.hives.card", "book.chapters.honey", "book.index.bees"} <= set(anchors)
    assert set(anchors) <= set(ids)
    assert 'aria-labelledby="book.chapters.hives.card"' in document
    assert 'href="https://bees.example/"' in document


def test_what_only_a_screen_can_use_is_left_out(tmp_path: Path) -> None:
    document = joined(write_pages(tmp_path), SETTINGS, tmp_path, {})
    for word in ("<script", "<form", "headerlink", "claims.csv", "<nav>", "<footer"):
        assert word not in document, word
    assert "All 12 readings: see the table in the book on screen." in document
    assert '<details open=""><summary>Relations</summary>' in document
    assert (tmp_path / "_images" / "hive.png").as_uri() in document


def test_contents_name_parts_headings_and_pages(tmp_path: Path) -> None:
    leaves = write_pages(tmp_path)
    assert [[(h.title, h.depth) for h in leaf.headings] for leaf in leaves] == [
        [("Bees", 1)],
        [("The hives", 1), ("A card", 2)],
        [("Honey & wax", 1)],
    ]
    document = joined(leaves, SETTINGS, tmp_path, {"book.chapters.honey": 17})
    assert document.count('<p class="part">Part</p>') == 1
    assert document.count('<span class="number">17</span>') == 1
    assert "Bees &amp; honey" in document


def test_a_page_without_an_article_is_named(tmp_path: Path) -> None:
    write_pages(tmp_path)
    (tmp_path / "book" / "index.html").write_text("<p>empty</p>")
    with pytest.raises(PrintError, match=r"index\.html: no article in it"):
        read_leaves(tmp_path, [("", "book/index")])


@pytest.mark.parametrize(
    "toc",
    [
        {
            "format": "jb-book",
            "root": "a",
            "parts": [{"caption": "P", "chapters": [{"file": "b"}]}],
        },
        {"format": "jb-book", "root": "a", "chapters": [{"file": "b"}]},
    ],
)
def test_the_order_is_that_of_the_book(bees: Project, toc: dict[str, Any]) -> None:
    (bees.root / "_toc.yml").write_text(yaml.safe_dump(toc))
    assert read_contents(bees).pages == [("", "a"), ("P" if "parts" in toc else "", "b")]


# Without a browser, without a book -------------------------------------------------------


def claimbook(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "claimbook", *arguments]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True
    )


def test_without_a_browser_the_command_says_what_to_do(bees: Project, tmp_path: Path) -> None:
    done = claimbook("pdf", cwd=bees.root, PATH=str(tmp_path))
    assert done.returncode == 2
    assert all(name in done.stderr for name in (*BROWSERS, "--chromium PATH"))
    done = claimbook("pdf", "--chromium", "/no/chromium", cwd=bees.root)
    assert done.returncode == 2
    assert "/no/chromium cannot be run" in done.stderr
    assert not (bees.root / "_build").exists()


def test_without_a_book_there_is_nothing_to_print(bees: Project) -> None:
    with pytest.raises(PrintError, match="there is no book to print"):
        print_book(bees, "chromium")


def test_a_browser_that_fails_leaves_the_earlier_file(tmp_path: Path) -> None:
    project = small_book(tmp_path)
    earlier = project.root / "_build" / "pdf" / "book.pdf"
    earlier.parent.mkdir()
    earlier.write_bytes(b"earlier")
    false = tmp_path / "browser"
    false.write_text("#!/bin/sh\necho out of paper >&2\nexit 3\n")
    false.chmod(0o755)
    with pytest.raises(PrintError, match="did not print the book: out of paper"):
        print_book(project, find_chromium(str(false)))
    assert earlier.read_bytes() == b"earlier"
    assert [path.name for path in earlier.parent.iterdir()] == ["book.pdf"]


def test_a_browser_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = small_book(tmp_path)
    slow = tmp_path / "browser"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(printing, "_LIMIT", 0.2)
    with pytest.raises(PrintError, match="did not print within"):
        print_book(project, str(slow))


def small_book(folder: Path) -> Project:
    """A project whose built book was written by hand."""
    project = build_book(folder / "bees")
    write_pages(project.html)
    (project.html / "index.html").write_text("first page")
    chapters = [{"file": name} for name in list(PAGES)[1:]]
    toc = {"format": "jb-book", "root": "book/index", "chapters": chapters}
    (project.root / "_toc.yml").write_text(yaml.safe_dump(toc))
    return project


# Printed ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, PdfReader]:
    """A real book of bees, built and printed by its commands, with a picture in a chapter."""
    project = build_book(tmp_path_factory.mktemp("paper") / "bees")
    index = project.root / "book" / "index.md"
    index.write_text(
        index.read_text()
        + f'\n<img src="{PIXEL}" alt="a dot" width="40">\n\n## Two hives\n\n'
        + "[The wax](chapters/wax) and [the census](https://bees.example/census).\n"
    )
    assert claimbook("build", cwd=project.root).returncode == 0
    done = claimbook("pdf", cwd=project.root)
    assert done.returncode == 0, done.stderr
    path = project.root / "_build" / "pdf" / "book.pdf"
    assert done.stdout.strip() == str(path)
    return project, PdfReader(io.BytesIO(path.read_bytes()))


Printed = tuple[Project, PdfReader]


def words(reader: PdfReader, number: int) -> str:
    return " ".join(reader.pages[number - 1].extract_text().split())


def entries(reader: PdfReader) -> list[tuple[str, int, int]]:
    """The outline: title, page from 1, depth."""

    def walk(items: list[Any], depth: int) -> list[tuple[str, int, int]]:
        found = []
        for item in items:
            if isinstance(item, Destination):
                number = reader.get_destination_page_number(item)
                assert number is not None
                found.append((str(item.title), number + 1, depth))
            else:
                found += walk(item, depth + 1)
        return found

    return walk(reader.outline, 1)


def test_no_page_is_blank_and_each_has_its_number(printed: Printed) -> None:
    _, reader = printed
    assert "Bees" in words(reader, 1)
    for number in range(2, len(reader.pages) + 1):
        text = words(reader, number)
        assert len(text) > 20
        assert text.split()[-1] == str(number) or text.split()[0] == str(number)


def test_contents_and_outline_point_to_the_pages_where_the_titles_stand(printed: Printed) -> None:
    _, reader = printed
    outline = entries(reader)
    titles = [title for title, _, depth in outline if depth == 1]
    assert titles == ["Bees", "The hives", "The honey", "The wax", "Scoreboard", "Data and sources"]
    assert ("Two hives", 2) in [(title, depth) for title, _, depth in outline]
    listed = words(reader, 2)
    for title, number, _ in outline:
        assert title in words(reader, number)
        assert re.search(rf"{re.escape(title)}\s*{number}\b", listed), (title, number)
    chapters = [number for _, number, depth in outline if depth == 1]
    assert chapters == sorted(set(chapters))  # each begins a page of its own


def test_links_lead_inside_the_file_or_to_the_net_and_never_to_this_machine(
    printed: Printed,
) -> None:
    project, reader = printed
    links = [
        annotation.get_object() for page in reader.pages for annotation in page.get("/Annots", [])
    ]
    addresses = {link["/A"]["/URI"] for link in links if "/URI" in link.get("/A", {})}
    assert addresses == {"https://bees.example/census"}
    inside = [link["/Dest"] for link in links if "/Dest" in link]
    assert len(inside) > 10
    assert {str(name).removeprefix("/") for name in inside} <= {
        name.removeprefix("/") for name in reader.named_destinations
    }
    content = (project.root / "_build" / "pdf" / "book.pdf").read_bytes()
    assert str(project.root).encode() not in content
    assert b"file://" not in content


def test_pictures_are_printed(printed: Printed) -> None:
    _, reader = printed
    (page,) = [number for title, number, depth in entries(reader) if (title, depth) == ("Bees", 1)]
    assert len(reader.pages[page - 1].images) == 1


def test_two_prints_are_the_same_bytes(printed: Printed) -> None:
    project, reader = printed
    path = project.root / "_build" / "pdf" / "book.pdf"
    before = path.read_bytes()
    print_book(project, find_chromium(None))
    assert path.read_bytes() == before
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("Bees", "A beekeeper")


def test_a_browser_that_is_named_wins() -> None:
    assert find_chromium(sys.executable) == sys.executable
    with pytest.raises(ClaimbookError, match="no browser to print with: none-such cannot be run"):
        find_chromium("none-such")
