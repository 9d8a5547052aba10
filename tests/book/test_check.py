"""`claimbook check`: every fault of what is written by hand, a line each, and nothing run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimbook.base.project import Project
from claimbook.book.check import check_project
from claimbook.cli.app import app
from tests import bees
from tests.bees import NORTH_SHARE, WINTER_LOSSES, write_ledger
from tests.books import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return bees.build_book(tmp_path / "bees")


def write(project: Project, name: str, text: str) -> None:
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_this_book_has_no_fault() -> None:
    found = check_project(Project(ROOT))
    assert found.faults == []
    for what in ("tables", "claims", "relations", "accepted verdicts", "chapters", "pages"):
        assert found.counts[what] > 1


def test_a_sound_book_is_counted(project: Project) -> None:
    found = check_project(project)
    assert found.faults == []
    assert found.counts == {"tables": 1, "claims": 6, "chapters": 3, "pages": 6}


def test_claims_and_chapters_without_a_book_are_checked_too(bees: Project) -> None:
    assert check_project(bees).faults == []


FAULTS = {
    "data/claims/wax.yaml": ("- id: Wax\n", r"data/claims/wax.yaml:1: Wax: .*id: String should"),
    "data/corrections.yaml": ("- id: a\n", r"corrections.yaml:1: a: table: Field required"),
    "data/accepted.yaml": ("- id: a\n", r".*accepted.yaml:1: a: status: Field required"),
    "data/claims/paper/incidental.yaml": ("[", r"incidental.yaml:\d+: not readable as YAML: .*"),
    "data/hives.csv": ("release\n", r".*hives.csv: the file is not the one that was described.*"),
    "teaching/exercises/wax.yaml": ("- id: a\n", r"wax.yaml:1: a: level: Field required"),
    "editions/old.yaml": ("title: Old\n", r".*old.yaml:1: .*description: Field required"),
    "_toc.yml": ("root: book/index\n", r".*_toc.yml: lacks format"),
    "CITATION.cff": ("title: Bees\n", r".*CITATION.cff: lacks version"),
    "_config.yml": ("title: Bees\n", r".*_config.yml: lacks author"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_one_line_with_its_file(project: Project, name: str) -> None:
    text, words = FAULTS[name]
    write(project, name, text)
    told = check_project(project).faults
    assert any(re.fullmatch(words, line) or re.match(words, line) for line in told), told
    assert not any("\n" in line for line in told)


def test_all_faults_are_told_at_once_each_once(project: Project) -> None:
    without = "data/corrections.yaml"  # no table is read while its corrections have faults
    faults = {name: fault for name, fault in FAULTS.items() if name != without}
    for name, (text, _) in faults.items():
        write(project, name, text)
    told = check_project(project).faults
    for _, words in faults.values():
        assert any(re.match(words, line) for line in told), words
    assert len(told) == len(set(told))


def test_every_fault_of_a_ledger_is_a_line_of_its_own(project: Project) -> None:
    claims = [{**NORTH_SHARE, "chapter": "wax", "unit": "pecks"}, {**WINTER_LOSSES, "chapter": "x"}]
    write_ledger(project, claims, "wax.yaml")
    first, second = check_project(project).faults
    assert first.startswith("data/claims/wax.yaml:1: north-share: unit")
    assert "unknown chapter 'x'" in second


def test_a_claim_names_a_table_that_is_there(project: Project) -> None:
    write_ledger(project, [{**NORTH_SHARE, "tables": ["hive"]}])
    assert check_project(project).faults == ["north-share: unknown table 'hive': " + MEANT]


MEANT = "did you mean hives? Allowed: hives"


def test_verdicts_and_claims_have_each_other(project: Project) -> None:
    entry = "- {id: gone, status: unchecked, because: It was read by two.}\n"
    write(project, "data/accepted.yaml", entry)
    told = check_project(project).faults
    assert "gone: accepted, but no claim of it" in told
    assert "honey-north-share: no verdict of it is accepted yet" in told
    assert len(told) == 7


def test_a_parameter_whose_default_is_not_allowed_is_named_with_its_chapter(
    project: Project,
) -> None:
    path = project.notebooks / "wax.ipynb"
    notebook = json.loads(path.read_text())
    source = "year: int = 1900  # year of the census; allowed: 2018..2019"
    notebook["cells"][1]["source"] = source
    path.write_text(json.dumps(notebook))
    (told,) = check_project(project).faults
    assert told.startswith("wax: parameter 'year'")
    assert "1900" in told


def test_a_chapter_that_the_contents_leave_out_is_told(project: Project) -> None:
    path = project.root / "_toc.yml"
    path.write_text(path.read_text().replace("- file: book/chapters/wax\n", ""))
    (told,) = check_project(project).faults
    assert told.endswith("_toc.yml: book/chapters/wax is left out")


# The command -----------------------------------------------------------------------------


def test_the_command_prints_counts_when_there_is_no_fault(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.notebooks)
    done = CliRunner().invoke(app, ["check"])
    assert done.exit_code == 0
    assert done.stdout.startswith("no fault: tables 1, claims 6, ")
    assert not project.runs.exists()


def test_the_command_prints_every_fault_and_ends_with_2(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, "data/accepted.yaml", "- id: a\n")
    write(project, "_toc.yml", "[]")
    monkeypatch.chdir(project.root)
    done = CliRunner().invoke(app, ["check"])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == len(check_project(project).faults) >= 2
