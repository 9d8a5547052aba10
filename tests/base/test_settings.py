"""CITATION.cff, `_config.yml` and `_toc.yml`: one model, and faults that say what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.base.settings import (
    Author,
    Citation,
    Contents,
    Settings,
    read_citation,
    read_contents,
    read_settings,
    rewrite_yaml,
)
from tests.books import ROOT

CITED: dict[str, Any] = {
    "title": "Bees",
    "version": "1.0",
    "authors": [{"name": "The keepers"}],
    "license": "MIT",
    "references": [{"title": "On bees"}],
}
SETTINGS: dict[str, Any] = {"title": "Bees", "author": "A keeper"}
TOC: dict[str, Any] = {"format": "jb-book", "root": "index", "chapters": [{"file": "a"}]}
READERS = {
    "CITATION.cff": (read_citation, CITED),
    "_config.yml": (read_settings, SETTINGS),
    "_toc.yml": (read_contents, TOC),
}


# Authors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "short", "full"),
    [
        ({"name": "The keepers"}, "The keepers", "The keepers"),
        ({"family-names": "Ali", "given-names": "Moomina"}, "Ali, M.", "Moomina Ali"),
        ({"family-names": "Ali"}, "Ali", "Ali"),
        ({"given-names": "Moomina"}, "Moomina", "Moomina"),
        ({"alias": "bee"}, "bee", "bee"),
        (
            {"family-names": "Waal", "given-names": "Anne-Marie Eva", "name-particle": "de"},
            "de Waal, A.-M. E.",
            "Anne-Marie Eva de Waal",
        ),
        (
            {"family-names": "King", "given-names": "Martin", "name-suffix": "Jr."},
            "King, M., Jr.",
            "Martin King Jr.",
        ),
        ({"family-names": "Ali", "orcid": "https://orcid.org/0000"}, "Ali", "Ali"),
    ],
)
def test_persons_and_entities_are_named(given: dict[str, str], short: str, full: str) -> None:
    author = Author.model_validate(given)
    assert (author.short, author.full) == (short, full)


def test_a_book_by_persons_and_an_entity_is_cited() -> None:
    authors = [
        {"family-names": "Ali", "given-names": "Moomina"},
        {"family-names": "Javed", "given-names": "Nabila"},
        {"name": "The keepers"},
    ]
    cited = Citation.model_validate({**CITED, "authors": authors})
    assert cited.text == "Ali, M., Javed, N., The keepers, Bees, version 1.0."


def test_numbers_and_one_licence_are_taken_as_text() -> None:
    cited = Citation.model_validate({**CITED, "version": 2, "title": 1984})
    assert (cited.version, cited.title, cited.license) == ("2", "1984", ("MIT",))


# The files -------------------------------------------------------------------------------


def write(folder: Path, name: str, data: Any) -> Project:
    text = data if isinstance(data, str) else yaml.safe_dump(data)
    (folder / name).write_text(text)
    return Project(folder)


@pytest.mark.parametrize("name", READERS)
def test_the_least_that_is_needed_is_enough(tmp_path: Path, name: str) -> None:
    reader, least = READERS[name]
    assert reader(write(tmp_path, name, least))


@pytest.mark.parametrize("name", READERS)
def test_the_files_of_this_book_are_right(name: str) -> None:
    assert READERS[name][0](Project(ROOT))


@pytest.mark.parametrize(
    ("name", "changed", "told"),
    [
        ("CITATION.cff", {"authors": None}, "authors: Input should be a valid tuple (given None)"),
        ("CITATION.cff", {"authors": []}, "authors: Tuple should have at least 1 item"),
        ("CITATION.cff", {"authors": [{"orcid": "x"}]}, "authors.0: no name; allowed: name, or"),
        ("CITATION.cff", {"authors": [{"family-names": ["A"]}]}, "authors.0.family-names: Input"),
        ("CITATION.cff", {"title": ""}, "title: String should have at least 1 character"),
        ("CITATION.cff", {"references": []}, "references: Tuple should have at least 1 item"),
        ("CITATION.cff", {"references": [{}]}, "lacks references.0.title"),
        ("CITATION.cff", {"license": {"a": 1}}, "license: Input should be a valid tuple (given {"),
        ("CITATION.cff", {"date-released": "soon"}, "date-released: Input should be a valid date"),
        ("_config.yml", {"html": {"baseurl": "x"}}, "html.baseurl: 'x' is no address of a book; a"),
        ("_config.yml", {"titel": "x"}, "unknown key 'titel': did you mean title? Allowed: "),
        ("_config.yml", {"execute": {}}, "unknown key 'execute': "),
        ("_config.yml", {"sphinx": {"extra_extensions": []}}, "sphinx: unknown key 'extra_ext"),
        ("_config.yml", {"title": ["a"]}, "title: Input should be a valid string (given ['a'])"),
        ("_toc.yml", {"format": "jb-article"}, "format: Input should be 'jb-book' (given 'jb-a"),
        ("_toc.yml", {"root": None}, "root: Input should be a valid string (given None)"),
        ("_toc.yml", {"chapters": [{"fil": "a"}]}, "chapters.0: unknown key 'fil': did you mean f"),
        ("_toc.yml", {"chapters": [{}]}, "chapters.0: allowed: one of file and url"),
        ("_toc.yml", {"chapters": [{"file": "a", "url": "b"}]}, "chapters.0: allowed: one of"),
        ("_toc.yml", {"chapters": ["a"]}, "chapters.0: Input should be a valid dictionary"),
        ("_toc.yml", {"parts": [{"chapters": [{"file": "b"}]}]}, "one of parts and chapters"),
        ("_toc.yml", {"chapters": [{"file": "a"}, {"file": "a.md"}]}, "pages that stand twice: a"),
    ],
)
def test_a_fault_names_file_key_value_and_what_is_allowed(
    tmp_path: Path, name: str, changed: dict[str, Any], told: str
) -> None:
    reader, least = READERS[name]
    with pytest.raises(ClaimbookError) as caught:
        reader(write(tmp_path, name, {**least, **changed}))
    assert str(tmp_path / name) in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize("name", READERS)
def test_everything_that_is_lacking_is_told_at_once(tmp_path: Path, name: str) -> None:
    reader, least = READERS[name]
    with pytest.raises(ClaimbookError) as caught:
        reader(write(tmp_path, name, {}))
    needed = [key for key in least if key != "chapters"]
    assert [line.strip() for line in str(caught.value).splitlines()[1:]] == [
        f"lacks {key}" for key in sorted(needed, key=list(least).index)
    ]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("text", ["a: [", "- a", "", None, b"\xff\xfe"])
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, text: str | bytes | None) -> None:
    if text is not None:
        (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ClaimbookError, match=name):
        READERS[name][0](Project(tmp_path))


# What they mean --------------------------------------------------------------------------


def test_pages_are_listed_in_order_with_those_below_them() -> None:
    entry = {"file": "a.md", "sections": [{"file": "b"}, {"url": "https://bees.example"}]}
    parts = [{"caption": "One", "chapters": [entry]}, {"chapters": [{"file": "c"}], "numbered": 1}]
    found = Contents.model_validate({"format": "jb-book", "root": "index", "parts": parts})
    assert found.pages == [("", "index"), ("One", "a"), ("One", "b"), ("", "c")]


def test_an_address_may_be_left_empty() -> None:
    assert Settings.model_validate({**SETTINGS, "html": {"baseurl": None}}).html.baseurl == ""


def test_a_rewritten_file_keeps_its_order(tmp_path: Path) -> None:
    write(tmp_path, "_config.yml", "title: Bees # and honey\nauthor: Ä\n")
    rewrite_yaml(tmp_path / "_config.yml", lambda data: {**data, "title": "Wax"})
    assert (tmp_path / "_config.yml").read_text() == "title: Wax\nauthor: Ä\n"
