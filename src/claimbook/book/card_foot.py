"""The foot of a claim card in the built book: where its evidence stands, and what can be copied.

The build adds it to a run's outputs. A notebook that runs by itself has no book beside it whose
pages it could lead to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nbformat
from markupsafe import Markup

from claimbook.base import render
from claimbook.claims import METADATA_KEY, WORDS, Record, Status
from claimbook.data import table_anchor
from claimbook.runs import Parameter

_END = "</section>"


@dataclass(frozen=True, slots=True)
class Foot:
    """What the cards of one chapter say at their foot; `cited` is how the book is cited."""

    chapter: str
    contract: tuple[Parameter, ...]
    cited: str

    def html(self, claim: Record, cell: str) -> Markup:
        """Links to code, data and scoreboard, and two buttons that copy."""
        links = [(f"#{_anchor(self.chapter, cell)}", "code")]
        sources = "../generated/sources.html"
        links += [(f"{sources}#{table_anchor(t)}", f"data: {t}") for t in claim["tables"]]
        links.append((f"../generated/scoreboard.html#{claim['id']}", "row of the scoreboard"))
        copied = [("citation", self.citation(claim)), ("command", self.command(claim))]
        return render("book/card_foot.html", links=links, copied=copied)

    def citation(self, claim: Record) -> str:
        """How this claim is cited."""
        return f"{self.cited} Claim “{claim['id']}”: {WORDS[Status(claim['status'])]}."

    def command(self, claim: Record) -> str:
        """The command that runs the chapter with the parameters that the claim's basis names."""
        basis = claim["stated"]["basis"]
        given = "".join(
            f" -p {p.name}={basis[p.name]}"
            for p in self.contract
            if p.name in basis and p.default == basis[p.name] and isinstance(p.default, str | int)
        )
        return f"claimbook run {self.chapter}{given} -o my-run"


def add_footers(notebook: Any, foot: Foot) -> None:
    """Put a foot on each claim card, and an anchor before each cell that shows one."""
    cells = []
    for cell in notebook.cells:
        outputs = [output for output in cell.get("outputs", []) if _claim(output)]
        if outputs:
            label = f"({_anchor(foot.chapter, cell.id)})="
            cells.append(nbformat.v4.new_markdown_cell(label, id=f"at-{cell.id}"[:64]))
        for output in outputs:
            card = output["data"]["text/html"].removesuffix(_END)
            output["data"]["text/html"] = f"{card}{foot.html(_claim(output), cell.id)}{_END}"
        cells.append(cell)
    notebook.cells = cells


def _claim(output: Any) -> Record:
    found: Record = output.get("metadata", {}).get(METADATA_KEY, {}).get("claim", {})
    return found


def _anchor(chapter: str, cell: str) -> str:
    return f"code-{chapter}-{cell}"
