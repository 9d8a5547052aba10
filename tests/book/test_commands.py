"""The reference of commands is what the command line says of itself."""

from __future__ import annotations

import re

from typer.main import get_command

from claimbook.book.commands import command_line, commands_page
from claimbook.cli.app import app
from tests.books import ROOT

PAGE = commands_page(get_command(app))


def test_the_installed_command_is_the_one_that_is_described() -> None:
    assert commands_page(command_line()) == PAGE


def test_panels_and_commands_are_headings_in_the_order_of_help() -> None:
    assert re.findall("^### (.+)$", PAGE, re.M) == ["Read", "Rerun", "Teach", "Maintain"]
    usages = re.findall("^#### `claimbook (.+)`$", PAGE, re.M)
    assert usages == [
        "build",
        "claims",
        "pdf",
        "run CHAPTER",
        "params [CHAPTER]",
        "compare EDITION [OTHER]",
        "class book",
        "class slides [CHAPTER]",
        "class bundle",
        "class make ROSTER --assignment NAME --output FOLDER",
        "class grade RETURNED --key FOLDER --output FOLDER",
        "check",
        "why [CHAPTER]",
        "verify",
    ]


def test_each_command_says_what_it_does_and_what_each_option_means() -> None:
    part = PAGE.partition("#### `claimbook run CHAPTER`")[2].partition("####")[0]
    assert "leave notebook, HTML page and record" in part
    assert "`-p, --parameter NAME=VALUE`\n: A parameter; may be repeated." in part
    assert "`--force`\n: Run even if nothing changed." in part
    assert "--help" not in PAGE
    assert "None" not in PAGE


def test_the_page_on_rerunning_shows_it() -> None:
    assert "```{include} generated/commands.md\n```" in (ROOT / "book" / "rerun.md").read_text()
