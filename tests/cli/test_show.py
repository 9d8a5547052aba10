"""What the commands print: names are whole at any width."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from claimbook.cli import show

LONG = "the-hives-of-the-north-lead-those-of-the-south"
CLAIMS: list[dict[str, Any]] = [
    {"id": LONG, "printed": ["more than [half]"], "shown": "60 %", "status": "another-basis"},
    {"id": "wax", "printed": ["1", "one"], "shown": "rank 2 or more", "status": "contradicted"},
]
WIDTHS = (20, 40, 60, 80, 100, 200)


def printed(capsys: pytest.CaptureFixture[str], width: int, monkeypatch: Any) -> str:
    monkeypatch.setattr(show, "_out", Console(width=width))
    show.print_claims(CLAIMS)
    return capsys.readouterr().out


@pytest.mark.parametrize("width", WIDTHS)
def test_claims_have_whole_ids_at_any_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    shown = printed(capsys, width, monkeypatch)
    words = " ".join(shown.split())
    assert LONG in words
    assert "…" not in words
    assert words.endswith("2 claims")
    for word in ("[half]", "holds", "another", "contradicted", "rank"):
        assert word in words


@pytest.mark.parametrize("width", WIDTHS)
def test_no_other_line_is_wider_than_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    lines = printed(capsys, width, monkeypatch).splitlines()
    assert {line for line in lines if len(line) > width} <= {LONG}


def test_a_wide_terminal_has_a_table_and_a_narrow_one_has_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "┃ claim" in printed(capsys, 100, monkeypatch)
    assert printed(capsys, 80, monkeypatch).splitlines()[:3] == [
        LONG,
        "  paper prints: more than [half]; data say: 60 %; verdict: ⇄ holds on another",
        "  basis",
    ]


def test_parameters_keep_their_names_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "_out", Console(width=30))
    show.rows(("name", "type"), [("a_name_of_thirty_characters_xx", "int")], title="hives")
    assert capsys.readouterr().out.splitlines() == [
        "hives",
        "a_name_of_thirty_characters_xx",
        "  type: int",
    ]


def test_a_table_without_rows_is_only_its_head(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "_out", Console(width=80))
    show.print_claims([])
    assert "0 claims" in capsys.readouterr().out
