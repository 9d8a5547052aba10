"""Pages that the build writes: the scoreboard, the sources and the parameters."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from claimbook.cards import badge
from claimbook.parameters import Parameter
from claimbook.records import GLUE_PREFIX, Record
from claimbook.tables import Resource
from claimbook.verdicts import Status


def scoreboard(records: list[Record]) -> str:
    """The scoreboard as a notebook: all claims in a table, and the counts for prose to glue."""
    claims = [claim for record in records for claim in record["claims"].values()]
    counts = Counter(claim["status"] for claim in claims)
    cells = [
        new_markdown_cell(_SCOREBOARD_INTRO, id="introduction"),
        _output_cell("counts", [_glued(name, shown) for name, shown in _named(counts, records)]),
        _output_cell("table", [_html(_summary(counts) + _claims_table(claims))]),
    ]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    text: str = nbformat.writes(new_notebook(cells=cells, metadata=metadata))
    return text + "\n"


def sources(resources: list[Resource]) -> str:
    """The page on the data: every table with its publisher, terms, faults and fields."""
    intro = (
        "# Data and sources\n\n"
        "Every number in this book is computed from the tables below. Each is loaded only if its "
        "bytes have the checksum given here and its rows keep the rules of its schema.\n"
    )
    return intro + "\n" + "\n".join(_source(item) for item in resources)


def parameters_table(contracts: dict[str, list[Parameter]]) -> str:
    """What can be changed in each chapter, for the page on rerunning."""
    parts = []
    for chapter, parameters in contracts.items():
        rows = "\n".join(
            f"| `{p.name}` | {_cell(p.type)} | `{_cell(repr(p.default))}` | "
            f"{_cell(p.allowed) or 'any'} | {_cell(p.meaning)} |"
            for p in parameters
        )
        parts.append(
            f"### {chapter}\n\n| parameter | type | default | allowed | meaning |\n"
            f"|---|---|---|---|---|\n{rows}\n"
        )
    return "\n".join(parts)


_SCOREBOARD_INTRO = """# Scoreboard

Every claim of the ledger with the figure that the paper prints, the value recomputed on the
stated basis, and the verdict. The claim's name leads to its card, with the derivation above it.
"""


def _named(counts: Counter[str], records: list[Record]) -> list[tuple[str, str]]:
    total = sum(counts.values())
    checked = total - counts[Status.UNCHECKED]
    named = [("claims", total), ("checked", checked), ("chapters", len(records))]
    named += [(status.value, counts[status.value]) for status in Status]
    share = f"{100 * counts[Status.REPRODUCED] / checked:.0f} %" if checked else "none"
    return [*((name, str(count)) for name, count in named), ("reproduced-share", share)]


def _summary(counts: Counter[str]) -> str:
    items = "".join(
        f"<li>{badge(status)} <b>{counts[status.value]}</b></li>"
        for status in Status
        if counts[status.value]
    )
    return f'<ul class="scoreboard-counts">{items}</ul>'


def _claims_table(claims: list[Record]) -> str:
    rows = "".join(_claim_row(claim) for claim in claims)
    return (
        '<div class="claim-scroll" tabindex="0" role="region" aria-label="All claims">'
        '<table class="scoreboard"><thead><tr><th>Claim</th><th>Paper prints</th>'
        "<th>Data say</th><th>Verdict</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _claim_row(claim: Record) -> str:
    printed = " / ".join(f"“{escape(text)}”" for text in claim["printed"])
    link = f"../chapters/{claim['chapter']}.html#{claim['id']}"
    secondary = ' <span class="claim-secondary">statement</span>' if claim["secondary"] else ""
    return (
        f'<tr id="{claim["id"]}"><td><a href="{link}">{escape(claim["claim"])}</a></td>'
        f"<td>{printed}</td><td>{escape(claim['shown'])}{secondary}</td>"
        f"<td>{badge(Status(claim['status']))}</td></tr>"
    )


def _source(item: Resource) -> str:
    links = "; ".join(
        f"[{source['title']}]({source['path']})" if "path" in source else source["title"]
        for source in item["sources"]
    )
    licences = ", ".join(licence["title"] for licence in item.get("licenses", [])) or "none stated"
    facts = [
        ("Publisher", item["publisher"]),
        ("Source", links),
        ("Release", item["release"]),
        ("Accessed", item["accessed"]),
        ("Read from", item["copy"]),
        ("Licence", licences),
        ("Terms", item["terms"]),
        ("Credit line", item["credit"]),
        ("Checksum", f"`{item['hash']}`"),
        ("File", f"{{download}}`{item['path']} <../../data/{item['path']}>`"),
    ]
    rows = "\n".join(f"- **{name}**: {value}" for name, value in facts)
    faults = "\n".join(f"- {fault}" for fault in item["faults"])
    fields = "\n".join(
        f"| `{f['name']}` | {f['type']} | {_cell(f.get('unit', ''))} | {_cell(f['description'])} |"
        for f in item["schema"]["fields"]
    )
    return (
        f"({item['name']})=\n## {item['title']}\n\n{item['description']}\n\n{rows}\n\n"
        f"**Known faults**\n\n{faults}\n\n| field | type | unit | meaning |\n|---|---|---|---|\n"
        f"{fields}\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _output_cell(name: str, outputs: list[Any]) -> Any:
    return new_code_cell(
        "# Written by the build from the chapters' run records.",
        id=name,
        execution_count=1,
        outputs=outputs,
        metadata={"tags": ["remove-input"]},
    )


def _html(body: str) -> Any:
    return new_output("display_data", data={"text/html": body, "text/plain": "scoreboard"})


def _glued(name: str, shown: str) -> Any:
    return new_output(
        "display_data",
        data={f"{GLUE_PREFIX}text/plain": shown},
        metadata={"scrapbook": {"name": name, "mime_prefix": GLUE_PREFIX}},
    )
