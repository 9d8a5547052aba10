"""A chapter taken away from its page runs again and finds the same."""

from __future__ import annotations

import io
import json
import re
import zipfile
from html import unescape
from pathlib import Path

import pytest
import yaml

from claimbook.base.project import Project
from claimbook.book.rerun import chapter_bundle, engine_wheel
from claimbook.runs.freshness import changes, today
from claimbook.runs.given import gather
from claimbook.runs.kept import Run, Store, request
from tests.books import ROOT, command

CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
LAUNCH = "https://mybinder.org/v2/gh/example/book/main?urlpath=lab/tree/notebooks/{}.ipynb"


def kept_run(book: Project, chapter: str) -> Run:
    found = Store(book).find(request(book, chapter))
    assert found
    return found


def page(book: Project, chapter: str) -> str:
    return (book.html / "book" / "chapters" / f"{chapter}.html").read_text()


def unpacked(book: Project, chapter: str, folder: Path) -> Project:
    """The zip file that the chapter's page links to, unpacked."""
    links = set(re.findall(rf'href="([^"]*/{chapter}\.zip)"', page(book, chapter)))
    assert len(links) == 1
    place = (book.html / "book" / "chapters" / links.pop()).resolve()
    with zipfile.ZipFile(place) as archive:
        archive.extractall(folder)
    return Project(folder / chapter)


@pytest.fixture(scope="module")
def engine(book: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine that a page offers, installed by pip in a folder of its own."""
    folder = tmp_path_factory.mktemp("engine")
    links = set(re.findall(r'href="([^"]*\.whl)"', page(book, "institutions")))
    wheels = [str((book.html / "book" / "chapters" / link).resolve()) for link in links]
    assert len(wheels) == 1
    install = ("install", "--no-deps", "--no-index", "--target", str(folder / "installed"))
    command("pip", "--disable-pip-version-check", *install, *wheels, cwd=folder)
    return folder / "installed"


# What a zip file holds -------------------------------------------------------------------


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_zip_file_holds_all_that_the_run_read(
    book: Project, tmp_path: Path, chapter: str
) -> None:
    alone = unpacked(book, chapter, tmp_path)
    run = kept_run(book, chapter)
    assert changes(today(alone), request(alone, chapter), run) == []
    read = {item.name for item in run.inputs if item.kind == "file"}
    tables = {path.relative_to(alone.root).as_posix() for path in alone.data.glob("*.csv")}
    assert {name for name in read if name.endswith(".csv")} <= tables


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_parameters_file_holds_the_defaults(
    book: Project, tmp_path: Path, chapter: str
) -> None:
    alone = unpacked(book, chapter, tmp_path)
    given, faults = gather(alone.root / "parameters.yaml")
    asked = request(alone, chapter, given, faults)
    assert asked.parameters == request(book, chapter).parameters
    assert list(given) == list(asked.parameters)


def test_a_zip_file_holds_no_table_that_the_chapter_does_not_use(
    book: Project, tmp_path: Path
) -> None:
    alone = unpacked(book, "arms", tmp_path)
    tables = {path.name for path in alone.data.glob("*.csv")}
    assert "arms_imports.csv" in tables
    assert not {"weo.csv", "trade.csv", "debt.csv"} & tables
    descriptors = json.loads((alone.data / "datapackage.json").read_text())["resources"]
    assert {item["path"] for item in descriptors} == tables


def test_a_zip_file_without_an_entry_that_the_run_used_would_be_told(
    book: Project, tmp_path: Path
) -> None:
    alone = unpacked(book, "institutions", tmp_path)
    ledger = alone.ledger / "claims.yaml"
    entries = yaml.safe_load(ledger.read_text())
    ledger.write_text(yaml.safe_dump([e for e in entries[1:] if e["chapter"] == "institutions"]))
    (alone.ledger / "paper" / "relations.yaml").unlink()
    run = kept_run(book, "institutions")
    assert changes(today(alone), request(alone, "institutions"), run) != []


def test_the_lock_in_a_zip_file_pins_what_the_projects_own_does(
    book: Project, tmp_path: Path
) -> None:
    alone = unpacked(book, "arms", tmp_path)
    pins = re.compile(r"^[\w.-]+(?:\[[^]]*\])?==[^\s;\\]+(?: ; [^\\\n]*[^\\\s])?", re.MULTILINE)
    own = pins.findall(book.lock.read_text())
    assert alone.lock.read_text().splitlines() == own
    assert len(own) > 50


def test_a_zip_file_is_the_same_bytes_each_time(book: Project) -> None:
    entries, run = today(book).entries, kept_run(book, "arms")
    made = chapter_bundle(book, entries, run)
    assert made == chapter_bundle(book, entries, run)
    assert made == (book.generated / "rerun" / "arms.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_the_wheel_records_every_file_of_the_engine() -> None:
    name, content = engine_wheel()
    assert re.fullmatch(r"claimbook-[\d.]+-py3-none-any\.whl", name)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        held = set(archive.namelist())
        record = next(n for n in held if n.endswith("/RECORD"))
        listed = {line.split(",")[0] for line in archive.read(record).decode().splitlines()}
    assert held == listed
    own = {path.relative_to(ROOT / "src").as_posix() for path in ROOT.glob("src/**/*.py")}
    assert own <= held


# Running it ------------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", ["institutions", "debt"])
def test_one_command_gives_the_record_of_the_page(
    book: Project, engine: Path, tmp_path: Path, chapter: str
) -> None:
    alone = unpacked(book, chapter, tmp_path)
    words = f"claimbook run {chapter} -f parameters.yaml -o result"
    assert words in (alone.root / "README.md").read_text()
    command(*words.split(), cwd=alone.root, engine=engine)
    found = json.loads((alone.root / "result" / f"{chapter}.json").read_text())
    assert found == json.loads((book.chapters / f"{chapter}.json").read_text())


def test_the_papermill_command_of_the_page_works(
    book: Project, engine: Path, tmp_path: Path
) -> None:
    alone = unpacked(book, "institutions", tmp_path)
    words = "papermill notebooks/institutions.ipynb out.ipynb -f parameters.yaml"
    assert f".venv/bin/{words}" in text_of_commands(page(book, "institutions"))
    command(*words.split(), "--no-progress-bar", cwd=alone.root, engine=engine)
    assert '"application/papermill.record/text/plain"' in (alone.root / "out.ipynb").read_text()


# On the page -----------------------------------------------------------------------------


def text_of_commands(html: str) -> str:
    """The shell commands of a page; each block of them gets a copy button."""
    blocks = re.findall(r'<div class="highlight-sh[^>]*>.*?<pre>(.*?)</pre>', html, re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", "\n".join(blocks)))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_page_offers_notebook_zip_and_commands(book: Project, chapter: str) -> None:
    html = page(book, chapter)
    assert "copybutton.js" in html
    told = text_of_commands(html)
    assert f".venv/bin/claimbook run {chapter} -f parameters.yaml -o result" in told
    assert f".venv/bin/papermill notebooks/{chapter}.ipynb out.ipynb -f parameters.yaml" in told
    links = set(re.findall(rf'href="([^"]*/{chapter}\.ipynb)"', html))
    assert len(links) == 1  # of the block, and of the theme's button
    offered = (book.html / "book" / "chapters" / links.pop()).resolve()
    assert offered.read_bytes() == (book.notebooks / f"{chapter}.ipynb").read_bytes()


def test_the_results_of_other_parameters_have_no_such_block(book: Project, tmp_path: Path) -> None:
    command("claimbook", "run", "institutions", "-o", str(tmp_path), cwd=book.root)
    assert "Rerun this chapter" in page(book, "institutions")
    assert "Rerun this chapter" not in (tmp_path / "institutions.ipynb").read_text()


def test_without_an_address_of_the_repository_nothing_is_to_be_launched(book: Project) -> None:
    for path in (book.html / "book").rglob("*.html"):
        assert "mybinder" not in path.read_text(), path.name


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_with_one_the_stored_notebook_is_launched(public_book: Project, chapter: str) -> None:
    launched = re.findall(r'href="(https://mybinder[^"]*)"', page(public_book, chapter))
    assert list(map(unescape, launched)) == [LAUNCH.format(chapter)]
    assert (public_book.notebooks / f"{chapter}.ipynb").is_file()


def test_pages_that_are_no_chapters_launch_nothing(public_book: Project) -> None:
    for path in (public_book.html / "book").rglob("*.html"):
        if path.parent.name != "chapters":
            assert "mybinder" not in path.read_text(), path.name


def test_addresses_are_links_and_no_requests(public_book: Project) -> None:
    loaded = re.compile(
        r'<(?:script|img|iframe|link(?! rel="canonical"))\b[^>]*(?:src|href)="(http[^"]*)"'
    )
    for path in public_book.html.rglob("*.html"):
        assert loaded.findall(path.read_text()) == [], path.name
