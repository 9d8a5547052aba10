"""The command line's face: panels, and what the shell offers on the tab key."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from claimbook.base.project import Project
from claimbook.claims.status import Status
from claimbook.cli.app import app
from tests.books import ROOT

PANELS = {
    "Read": ["build", "claims", "pdf"],
    "Rerun": ["run", "params", "compare"],
    "Teach": ["class"],
    "Maintain": ["check", "why", "verify"],
}


def test_help_shows_every_command_in_the_panel_of_its_use() -> None:
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "100"}).stdout
    found: dict[str, list[str]] = {}
    for line in shown.splitlines():
        if heading := re.match(r"╭─ (\w+) ─", line):
            found[heading[1]] = []
        elif name := re.match(r"│ ([a-z]+) ", line):
            found[list(found)[-1]].append(name[1])
    assert {panel: found[panel] for panel in PANELS} == PANELS
    assert list(found) == ["Options", *PANELS]


def test_accepting_a_verdict_stands_apart_from_listing_claims() -> None:
    shown = CliRunner().invoke(app, ["claims", "--help"], env={"COLUMNS": "100"}).stdout
    assert shown.index("--chapter") < shown.index("─ Maintain ─") < shown.index("--accept")


def test_every_option_that_takes_a_value_says_what() -> None:
    groups = [get_command(app)]
    while groups:
        for command in vars(groups.pop())["commands"].values():
            if hasattr(command, "commands"):
                groups.append(command)
            for parameter in command.params:
                flag = getattr(parameter, "is_flag", False)
                assert parameter.help, (command.name, parameter.name)
                assert flag or parameter.metavar, (command.name, parameter.name)


# Completion ------------------------------------------------------------------------------


@pytest.fixture
def finished(bees: Project) -> Project:
    """The bees with an edition, an assignment, and the list of claims that a build leaves."""
    for folder, name in ((bees.editions, "census.yaml"), (bees.assignments, "counting.ipynb")):
        folder.mkdir(parents=True)
        (folder / name).write_text("")
    bees.generated.mkdir(parents=True)
    listed = [{"id": "north-share"}, {"id": "winter-losses"}]
    (bees.generated / "claims.json").write_text(json.dumps(listed))
    return bees


def offered(words: str, cwd: Path) -> set[str]:
    """What bash offers after these words."""
    count = len(words.split()) - (not words.endswith(" "))
    variables = {"_CLAIMBOOK_COMPLETE": "complete_bash", "COMP_WORDS": words}
    program = "import sys; sys.argv[0] = 'claimbook'; from claimbook.cli import app; app()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=cwd,
        env={**os.environ, **variables, "COMP_CWORD": str(count)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("claimbook ver", {"verify"}),
        ("claimbook class gra", {"grade"}),
        ("claimbook run ", {"hives"}),
        ("claimbook run hi", {"hives"}),
        ("claimbook run wax", set()),
        ("claimbook why ", {"hives"}),
        ("claimbook params ", {"hives"}),
        ("claimbook build --force ", {"hives"}),
        ("claimbook claims --chapter ", {"hives"}),
        ("claimbook class slides ", {"hives"}),
        ("claimbook build --edition ", {"census"}),
        ("claimbook compare ce", {"census"}),
        ("claimbook class make ROSTER --assignment ", {"counting"}),
        ("claimbook claims --accept n", {"north-share"}),
        ("claimbook claims --accept ", {"all", "north-share", "winter-losses"}),
        ("claimbook claims --status ", set(Status)),
        ("claimbook claims --status c", {"close", "contradicted"}),
    ],
)
def test_the_shell_completes_names_of_the_project(
    finished: Project, words: str, names: set[str]
) -> None:
    assert offered(words, finished.notebooks) == names


@pytest.mark.parametrize("content", [None, "{", "[1]", '[{"name": 1}]'])
def test_without_a_built_book_no_claim_is_offered(finished: Project, content: str | None) -> None:
    listed = finished.generated / "claims.json"
    listed.unlink()
    if content is not None:
        listed.write_text(content)
    assert offered("claimbook claims --accept ", finished.root) <= {"all"}


def test_outside_a_project_nothing_is_offered(tmp_path: Path) -> None:
    for words in ("run ", "claims --accept ", "build --edition ", "class make R --assignment "):
        assert offered(f"claimbook {words}", tmp_path) == set()


def test_a_shell_can_ask_for_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever shell has started the tests, and `make` takes a plain one, a person asks from bash.
    monkeypatch.setattr("shellingham.detect_shell", lambda *_, **__: ("bash", "/bin/bash"))
    done = CliRunner().invoke(app, ["--show-completion", "bash"], prog_name="claimbook")
    assert done.exit_code == 0
    assert "_CLAIMBOOK_COMPLETE=complete_bash" in done.stdout


def test_completion_and_the_build_that_has_nothing_to_do_load_nothing_heavy() -> None:
    program = (
        "import sys\nfrom claimbook.cli.app import app\nfrom claimbook.cli import complete\n"
        "complete.chapters(''), complete.editions(''), complete.claim_ids('')\n"
        "from claimbook.book import is_current\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not {"yaml", "pydantic", "nbformat", "pandas"} & set(done.stdout.split())
