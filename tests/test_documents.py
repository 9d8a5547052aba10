"""What the documents name is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from claimbook.base.inputs import ENGINE
from claimbook.book.commands import commands_page
from claimbook.cli.app import app
from tests.books import ROOT

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "docs/how-it-is-made.md", "docs/speed.md"]
DOCUMENTS += ["teaching/README.md"]
# What only a build, a set-up or a class writes, and a placeholder.
WRITTEN = re.compile(
    r"_build/|\.venv|generated/|book/(chapters|generated)/|my-|START|start\.py|ro-crate|"
    r"roster\.csv|grades\.csv|.*\b(CHAPTER|NAME|ID)\b"
)
PATH = re.compile(r"[\w.*-]*(/[\w.*-]*)+|[\w-]+\.(md|cff|yml|yaml|toml|py|json|csv)|LICENSE")


def named(document: str) -> set[str]:
    """The paths that a document names: in back ticks, in links and pictures."""
    text = re.sub(r"^```.*?^```", "", (ROOT / document).read_text(), flags=re.M | re.S)
    found = set(re.findall(r"`([^`\s]+)`", text))
    found |= set(re.findall(r'src="([^"]+)"', text)) | set(re.findall(r"\]\(([^)\s]+)\)", text))
    return {word for word in found if PATH.fullmatch(word)}


def is_there(document: str, name: str) -> bool:
    folders = [ROOT, ENGINE, (ROOT / document).parent, ROOT / "data", ROOT / "notebooks"]
    return any(any(folder.glob(name.rstrip("/"))) for folder in folders)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_a_document_names_is_there(document: str) -> None:
    paths = {name for name in named(document) if not WRITTEN.match(name)}
    assert paths
    assert {name for name in paths if not is_there(document, name)} == set()


def test_the_list_of_rooms_is_whole() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    table = text.partition("## The rooms")[2].partition("\n## ")[0]
    rooms = {path.parent.relative_to(ENGINE).as_posix() for path in ENGINE.glob("*/**/__init__.py")}
    assert {name.rstrip("/") for name in re.findall(r"`([a-z/]+/)`", table)} >= rooms


def test_the_readme_is_of_two_screens_and_names_every_document() -> None:
    text = (ROOT / "README.md").read_text()
    assert 300 <= len(text.split()) <= 450
    for document in (*DOCUMENTS[1:], "book/rerun.md", "CHANGELOG.md"):
        assert f"`{document}`" in text
    assert (ROOT / "docs" / "card.png").stat().st_size <= 150_000


@pytest.mark.parametrize("document", [*DOCUMENTS, "book/rerun.md", "book/teach.md"])
def test_every_command_that_a_document_names_is_one(document: str) -> None:
    known = re.findall(r"`claimbook ((?:class )?[a-z]+)", commands_page(get_command(app)))
    text = (ROOT / document).read_text()
    named = re.findall(r"(?:`|bin/|^)claimbook ((?:class )?[a-z]+)", text, re.M)
    assert set(named) <= set(known)


def test_every_target_that_a_document_names_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for document in (*DOCUMENTS, "book/rerun.md"):
        named = re.findall(r"(?:`|^)make ([a-z-]+)", (ROOT / document).read_text(), re.M)
        assert set(named) <= targets


# Hooks -----------------------------------------------------------------------------------


def hooks() -> dict[str, dict[str, str]]:
    settings = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    return {hook["id"]: hook for repo in settings["repos"] for hook in repo["hooks"]}


def test_the_hooks_use_the_programs_of_this_environment() -> None:
    assert list(hooks()) == ["ruff-check", "ruff-format", "nbstripout", "claimbook-check"]
    for hook in hooks().values():
        assert hook["language"] == "system"
        program = hook["entry"].split()[0].removeprefix(".venv/bin/")
        assert (Path(sys.executable).parent / program).is_file()


def test_the_notebooks_are_as_the_hook_leaves_them() -> None:
    program, *options = hooks()["nbstripout"]["entry"].split()
    notebooks = [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("teaching/assignments/*.ipynb")]
    command = [str(Path(sys.executable).parent / Path(program).name), *options, "--verify"]
    done = subprocess.run([*command, *notebooks], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
