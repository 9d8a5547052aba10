from __future__ import annotations

from html import unescape
from pathlib import Path
from re import findall
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from claimbook.book.card_foot import Foot, add_footers
from claimbook.book.pages import marks
from claimbook.claims.records import Record
from claimbook.runs.parameters import Parameter, read_parameters

PARAMETERS = """year: int = 2019  # year of the census; allowed: 2015..2021
release: str = "2021-04"  # release of the census; allowed: any
members: list[str] = ["north"]  # regions; allowed: north | south"""


@pytest.fixture
def contract(tmp_path: Path) -> tuple[Parameter, ...]:
    cell = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "hives.ipynb")
    return tuple(read_parameters(tmp_path / "hives.ipynb"))


def claim(status: str = "reproduced", **basis: Any) -> Record:
    return {
        "id": "north-share",
        "chapter": "hives",
        "claim": "The north <keeps> most hives.",
        "status": status,
        "tables": ["hives", "people"],
        "stated": {"basis": basis},
    }


def shown(record: Record) -> Any:
    html = f'<section class="claim-card" id="{record["id"]}">card</section>'
    metadata = {"claimbook": {"claim": record}}
    return new_output("display_data", {"text/html": html}, metadata=metadata)


def cell(name: str, *outputs: Any) -> Any:
    return new_code_cell("1", id=name, outputs=list(outputs))


def test_a_card_leads_to_its_code_its_data_and_its_row(contract: tuple[Parameter, ...]) -> None:
    notebook = new_notebook(cells=[cell("other"), cell("check-it", shown(claim()))])
    add_footers(notebook, Foot("hives", contract, "Us."))
    assert [cell.cell_type for cell in notebook.cells] == ["code", "markdown", "code"]
    assert notebook.cells[1].source == "(code-hives-check-it)="
    html = notebook.cells[2].outputs[0].data["text/html"]
    assert html.startswith("<section")
    assert html.endswith("</p></section>")
    assert findall('href="([^"]*)"', html) == [
        "#code-hives-check-it",
        "../generated/sources.html#table-hives",
        "../generated/sources.html#table-people",
        "../generated/scoreboard.html#north-share",
    ]
    nbformat.validate(notebook)


def test_two_cards_of_one_cell_have_one_anchor(contract: tuple[Parameter, ...]) -> None:
    notebook = new_notebook(cells=[cell("both", shown(claim()), shown(claim()))])
    add_footers(notebook, Foot("hives", contract, "Us."))
    assert len(notebook.cells) == 2
    assert sum(o.data["text/html"].count("claim-links") for o in notebook.cells[1].outputs) == 2


def test_outputs_without_a_claim_stay_as_they_are(contract: tuple[Parameter, ...]) -> None:
    plain = new_output("display_data", {"text/html": "<section>x</section>"})
    notebook = new_notebook(cells=[cell("plain", plain)])
    add_footers(notebook, Foot("hives", contract, "Us."))
    assert len(notebook.cells) == 1
    assert notebook.cells[0].outputs[0].data["text/html"] == "<section>x</section>"


@pytest.mark.parametrize(
    ("basis", "given"),
    [
        ({"year": 2019, "release": "2021-04"}, " -p year=2019 -p release=2021-04"),
        ({"year": 2018}, ""),  # another year than the chapter's
        ({"members": "north", "region": "north"}, ""),
    ],
)
def test_the_command_gives_the_parameters_that_the_basis_names(
    contract: tuple[Parameter, ...], basis: dict[str, Any], given: str
) -> None:
    foot, command = Foot("hives", contract, "Us."), f"claimbook run hives{given} -o my-run"
    assert foot.command(claim(**basis)) == command
    assert command in foot.html(claim(**basis), "x")


def test_the_citation_names_book_claim_and_verdict(contract: tuple[Parameter, ...]) -> None:
    foot = Foot("hives", contract, "A, B, T, version 2.")
    assert foot.citation(claim("close")) == "A, B, T, version 2. Claim “north-share”: close."
    assert foot.citation(claim("close")) in unescape(foot.html(claim("close"), "x"))


def test_the_cover_has_a_mark_a_claim_with_symbol_words_and_link() -> None:
    records: list[Record] = [
        {"claims": {"b": claim("contradicted") | {"id": "b"}, "a": claim() | {"id": "a"}}},
        {"claims": {}},
    ]
    html = marks(records, {"hives": "Hives & bees"})
    assert findall('href="([^"]*)"', html) == [
        "chapters/hives.html",
        "chapters/hives.html#a",  # the reproduced ones first
        "chapters/hives.html#b",
    ]
    assert "Hives &amp; bees" in html
    assert "&lt;keeps&gt;" in html
    assert "✗" in html
    assert "b: contradicted" in html
