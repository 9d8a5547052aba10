"""One recipe for the book, its editions and the books of a class: what each checks, and when."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.book import build
from claimbook.book.build import build_book, build_edition
from claimbook.book.editions import load_edition
from claimbook.book.exercises import Audience
from claimbook.book.jupyter_book import BuildError
from claimbook.book.site.crate import crate
from claimbook.claims.records import METADATA_KEY
from claimbook.runs import stale
from claimbook.teaching.classbook import build_class_book
from tests import bees

EDITION = "title: The census\ndescription: As counted again.\nchapters: {hives: {year: 2018}}\n"
RELATION = {
    "id": "shares-fit",
    "left": "{hives-north-share}",
    "compare": "=",
    "right": "{honey-north-share}",
    "unit": "percent",
    "because": "Both chapters take the figure from one sentence.",
}


def quiet(*_: object) -> None:
    pass


def book(project: Project) -> None:
    build_book(project, quiet)


def edition(project: Project) -> None:
    path = project.root / "census.yaml"
    path.write_text(EDITION)
    build_edition(project, load_edition(project, path), path, quiet)


def class_book(project: Project) -> None:
    build_class_book(project, Audience.STUDENT, quiet)


BUILDS = pytest.mark.parametrize("built", [book, edition, class_book])
Build = Callable[[Project], None]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return bees.build_book(tmp_path / "bees")


# Before a kernel starts ------------------------------------------------------------------


class KernelStartedError(AssertionError):
    pass


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: Any, **__: Any) -> None:
        raise KernelStartedError

    monkeypatch.setattr(stale, "run_all", started)


def changed(project: Project, name: str, change: Callable[[Any], Any]) -> None:
    """Change what a YAML file of the project holds, or a JSON file."""
    path = project.root / name
    path.write_text(yaml.safe_dump(change(yaml.safe_load(path.read_text())), sort_keys=False))
    if path.suffix == ".json":
        path.write_text(json.dumps(yaml.safe_load(path.read_text())))


def written(name: str, content: Any) -> Callable[[Project], None]:
    def write(project: Project) -> None:
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content))

    return write


def lacking(name: str, key: str) -> Callable[[Project], None]:
    return lambda project: changed(
        project, name, lambda data: {k: v for k, v in data.items() if k != key}
    )


def undescribed(project: Project) -> None:
    package = project.data / "datapackage.json"
    data = json.loads(package.read_text())
    del data["resources"][0]["publisher"]
    del data["resources"][0]["schema"]["fields"][1]["description"]
    package.write_text(json.dumps(data))


def with_page(page: str) -> Callable[[Project], None]:
    return lambda project: changed(
        project,
        "_toc.yml",
        lambda data: {**data, "chapters": [*data["chapters"], {"file": page}]},
    )


def bad_parameter(project: Project) -> None:
    path = project.notebooks / "wax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source = "year = compute()"
    nbformat.write(notebook, path)


def cut_table(project: Project) -> None:
    (project.data / "hives.csv").write_text(bees.HIVES[:-1])


def without_extension(project: Project) -> None:
    changed(project, "_config.yml", lambda data: {**data, "sphinx": {"config": {}}})


BAD: dict[str, tuple[Callable[[Project], None], str]] = {
    "table": (cut_table, "hives.csv: .*sha256"),
    "description": (undescribed, "hives: lacks publisher\n.*field region: lacks description"),
    "ledger": (written("data/claims/wax.yaml", [{"id": "wax"}]), "wax.yaml:1: wax"),
    "relations": (written("data/claims/paper/relations.yaml", [{"id": "a"}]), "relations.yaml:1"),
    "incidental": (written("data/claims/paper/incidental.yaml", [{"why": 1}]), "incidental.yaml:1"),
    "accepted": (written("data/accepted.yaml", [{"id": "a"}]), "accepted.yaml:1: a: status"),
    "corrections": (written("data/corrections.yaml", [{"id": "a"}]), "corrections.yaml:1: a"),
    "exercises": (written("teaching/exercises/wax.yaml", [{"id": "a"}]), "wax.yaml:1: a: level"),
    "citation": (lacking("CITATION.cff", "authors"), "CITATION.cff has faults:\n  lacks authors"),
    "date": (lacking("CITATION.cff", "date-released"), "the book has no date"),
    "settings": (lacking("_config.yml", "title"), "_config.yml has faults:\n  lacks title"),
    "extension": (without_extension, "_config.yml: sphinx.config.extensions: None lacks the"),
    "contents": (lacking("_toc.yml", "root"), "_toc.yml has faults:\n  lacks root"),
    "no file": (with_page("book/nothing"), "book/nothing: no such file; allowed: one of .md"),
    "no notebook": (
        with_page("book/chapters/wasps"),
        "book/chapters/wasps: a chapter without a notebook; did you mean wax",
    ),
    "no such page": (
        with_page("book/generated/scorebord"),
        "book/generated/scorebord: a page that no build writes; did you mean scoreboard",
    ),
    "parameters": (bad_parameter, "wax"),
}


@BUILDS
@pytest.mark.parametrize("fault", BAD)
@pytest.mark.usefixtures("no_kernel")
def test_what_is_written_by_hand_is_checked_before_a_kernel_starts(
    project: Project, built: Build, fault: str
) -> None:
    spoil, told = BAD[fault]
    spoil(project)
    with pytest.raises(ClaimbookError, match=f"(?s){told}"):
        built(project)
    assert not project.runs.exists()
    assert not project.chapters.exists()


@BUILDS
@pytest.mark.usefixtures("no_kernel")
def test_a_project_without_a_fault_comes_to_its_kernels(project: Project, built: Build) -> None:
    with pytest.raises(KernelStartedError):
        built(project)


# What is found ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The book of bees with all its chapters run, and nothing compiled."""
    project = bees.build_book(tmp_path_factory.mktemp("recipe") / "bees")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "compile_at", compiled)
        book(project)
        edition(project)
    return project


def compiled(_: Project, html: Path) -> None:
    """Stands for Jupyter Book."""
    html.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def copy(ran: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    shutil.copytree(ran.root, tmp_path / "copy")
    monkeypatch.setattr(build, "compile_at", compiled)
    return Project(tmp_path / "copy")


@BUILDS
def test_every_form_has_to_show_all_relations(copy: Project, built: Build) -> None:
    written("data/claims/paper/relations.yaml", [RELATION])(copy)
    with pytest.raises(BuildError, match="relations that no chapter shows: shares-fit"):
        built(copy)


@BUILDS
def test_accepted_verdicts_are_those_of_the_default_parameters(copy: Project, built: Build) -> None:
    """The book and a class's book have these parameters; an edition has others to find."""
    of_another_reader = {"id": "hives-north-share", "status": "reproduced", "value": 63.0}
    written("data/accepted.yaml", [{**of_another_reader, "because": "counted again"}])(copy)
    if built is edition:
        built(copy)
        assert (copy.html.parent / "editions" / "census" / "state.json").is_file()
    else:
        with pytest.raises(BuildError, match="hives-north-share: another-basis"):
            built(copy)


def test_persons_as_authors_are_cited_on_every_card_and_in_the_crate(copy: Project) -> None:
    persons = [{"family-names": "Ali", "given-names": "Moomina"}, {"name": "The keepers"}]
    changed(copy, "CITATION.cff", lambda data: {**data, "authors": persons})
    book(copy)
    cards = [
        output["data"]["text/html"]
        for cell in nbformat.read(copy.chapters / "wax.ipynb", as_version=4).cells
        for output in cell.get("outputs", [])
        if "claim" in output.get("metadata", {}).get(METADATA_KEY, {})
    ]
    assert cards
    cited = "Ali, M., The keepers, The census of hives, recounted, version 1.0.0."
    assert all(cited in card for card in cards)
    entities = {entity["@id"]: entity for entity in crate(copy, {})["@graph"]}
    authors = [entities[item["@id"]] for item in entities["./"]["author"]]
    assert [(a["@type"], a["name"]) for a in authors] == [
        ("Person", "Moomina Ali"),
        ("Organization", "The keepers"),
    ]
