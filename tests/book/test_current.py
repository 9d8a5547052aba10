"""Whether the shown book is what the project holds now, told without running anything."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import claimbook
from claimbook.base.project import Project
from claimbook.book import current

ENGINE = Path(claimbook.__file__).parent


@pytest.fixture
def shown(bees: Project) -> Project:
    """A project whose book is shown and was just made from it."""
    files = {
        "_config.yml": "title: Bees",
        "_toc.yml": "root: book/index",
        "CITATION.cff": "references: []",
        "requirements.lock": "honey==1.0",
        "book/index.md": "# Bees",
        "book/chapters/hives.ipynb": "{}",
        "book/generated/claims.json": "[]",
        "notebooks/helper.py": "half = 0.5",
        "tests/test_bees.py": "def test(): ...",
        "_build/html/index.html": "<p>Bees</p>",
        "_build/html/_static/page.css": "p {}",
        "_build/runs/hives/0.json": "{}",
    }
    for name, text in files.items():
        path = bees.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    current.remember(bees, current.sources_digest(bees))
    return bees


def edit(project: Project, words: str) -> None:
    """Do what the words say: write, remove or touch a file, or change one byte of it."""
    action, name = words.split()
    path = project.root / name
    match action:
        case "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("edited")
        case "empty":
            path.write_text("")
        case "byte":
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        case "rename":
            path.rename(path.with_name("renamed"))
        case "remove":
            path.unlink()
        case "touch":
            path.touch()


SOURCES = [
    "byte data/hives.csv",
    "write data/datapackage.json",
    "write data/claims/hives.yaml",
    "write data/claims/paper/relations.yaml",
    "write data/corrections.yaml",
    "write data/accepted.yaml",
    "write data/.stations",
    "write data/new/table.csv",
    "remove data/hives.csv",
    "rename data/hives.csv",
    "write notebooks/hives.ipynb",
    "write notebooks/new.ipynb",
    "byte notebooks/helper.py",
    "remove notebooks/helper.py",
    "write book/index.md",
    "write book/_static/new.css",
    "remove book/index.md",
    "write _config.yml",
    "write _toc.yml",
    "write CITATION.cff",
    "write requirements.lock",
]
BOOK = [
    "byte _build/html/index.html",
    "byte _build/html/_static/page.css",
    "empty _build/html/index.html",
    "write _build/html/new.html",
    "remove _build/html/_static/page.css",
    "rename _build/html/index.html",
]
NOTES = ["", "{}", "[1]", '{"sources": "", "pages": "", "shown": ""}', '{"sources"']


def test_a_book_that_was_just_made_is_current_and_compiled(shown: Project) -> None:
    assert current.is_current(shown)
    assert current.is_compiled(shown)


def test_a_project_that_was_never_built_is_neither(bees: Project) -> None:
    assert not current.is_current(bees)
    assert not current.is_compiled(bees)


@pytest.mark.parametrize("words", [*SOURCES, *BOOK])
def test_each_edit_of_sources_or_book_makes_the_book_out_of_date(
    shown: Project, words: str
) -> None:
    edit(shown, words)
    assert not current.is_current(shown)


@pytest.mark.parametrize("text", NOTES)
def test_a_damaged_note_is_none(shown: Project, text: str) -> None:
    (shown.root / "_build" / "state.json").write_text(text)
    assert not current.is_current(shown)
    assert not current.is_compiled(shown)


def test_a_book_without_a_note_or_without_its_folder_is_neither(shown: Project) -> None:
    shutil.rmtree(shown.html)
    assert not current.is_current(shown)
    assert not current.is_compiled(shown)
    current.remember(shown, current.sources_digest(shown))
    (shown.root / "_build" / "state.json").unlink()
    assert not current.is_current(shown)
    assert not current.is_compiled(shown)


@pytest.mark.parametrize(
    "words",
    [
        *BOOK,
        "write book/index.md",
        "write book/chapters/hives.ipynb",
        "write book/chapters/new.ipynb",
        "write book/generated/claims.json",
        "remove book/generated/claims.json",
        "write _config.yml",
        "write _toc.yml",
        "remove _toc.yml",
        "byte data/hives.csv",
    ],
)
def test_each_edit_of_the_pages_asks_for_compiling(shown: Project, words: str) -> None:
    edit(shown, words)
    assert not current.is_compiled(shown)


@pytest.mark.parametrize(
    "words",
    [
        "write tests/test_bees.py",
        "write tests/new/test_more.py",
        "write benchmarks/build.py",
        "write .git/HEAD",
        "write .mypy_cache/3.11/cache.json",
        "write runs/hives/hives.html",
        "write book/chapters/hives.ipynb",
        "write book/chapters/new.json",
        "remove book/generated/claims.json",
        "write _build/runs/hives/0.json",
        "write _build/.lock",
        "touch data/hives.csv",
        "touch _build/html/index.html",
    ],
)
def test_what_no_build_depends_on_leaves_the_book_current(shown: Project, words: str) -> None:
    edit(shown, words)
    assert current.is_current(shown)


@pytest.mark.parametrize(
    "name",
    [
        ".gitignore",
        ".coverage",
        "notebooks/.ipynb_checkpoints/hives-checkpoint.ipynb",
        "notebooks/__pycache__/helper.cpython-311.pyc",
        "book/.DS_Store",
    ],
)
def test_hidden_files_and_byte_code_leave_the_book_current(shown: Project, name: str) -> None:
    edit(shown, f"write {name}")
    assert current.is_current(shown)


@pytest.mark.parametrize("words", ["write notebooks/helper.py", "write requirements.lock"])
def test_sources_that_are_no_pages_leave_the_book_compiled(shown: Project, words: str) -> None:
    edit(shown, words)
    assert current.is_compiled(shown)


def test_an_edit_taken_back_makes_the_book_current_again(shown: Project) -> None:
    edit(shown, "byte data/hives.csv")
    assert not current.is_current(shown)
    edit(shown, "byte data/hives.csv")
    assert current.is_current(shown)


def test_an_edit_during_a_build_is_not_taken_for_built(shown: Project) -> None:
    made_from = current.sources_digest(shown)
    edit(shown, "write data/claims/hives.yaml")
    current.remember(shown, made_from)
    assert not current.is_current(shown)


@pytest.mark.parametrize("name", ["trends/models.py", "new.py"])
def test_an_edit_of_the_engine_makes_the_book_out_of_date(
    shown: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    engine = tmp_path / "engine"
    shutil.copytree(ENGINE, engine, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(current, "ENGINE", engine)
    current.remember(shown, current.sources_digest(shown))
    (engine / "__pycache__").mkdir()
    (engine / "__pycache__" / "trends.cpython-311.pyc").write_bytes(b"")
    assert current.is_current(shown)
    with (engine / name).open("a") as module:
        module.write("# edited\n")
    assert not current.is_current(shown)


def test_another_package_or_python_makes_the_book_out_of_date(
    shown: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "site-packages"
    (installed / "honey-1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(installed))
    assert not current.is_current(shown)
    current.remember(shown, current.sources_digest(shown))
    (installed / "honey-1.0.dist-info").rename(installed / "honey-1.1.dist-info")
    assert not current.is_current(shown)
    assert not current.is_compiled(shown)
    current.remember(shown, current.sources_digest(shown))
    monkeypatch.setattr(sys, "version", "3.99.0")
    assert not current.is_current(shown)


def test_asking_loads_nothing_but_the_standard_library_and_the_lazy_faces() -> None:
    program = """
import sys
before = set(sys.modules)
import claimbook.book.current
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(loaded - sys.stdlib_module_names))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['claimbook', 'lazy_loader']"
