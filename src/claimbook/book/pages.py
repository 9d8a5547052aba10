"""Pages that the build writes: the scoreboard, the sources and the parameters."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from markupsafe import Markup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from claimbook.base import render, script_json
from claimbook.claims import GLUE_PREFIX, SYMBOLS, WORDS, Incidental, Record, Status, badge
from claimbook.data import Correction, Resource, table_anchor
from claimbook.runs import Parameter

GENERATED_PAGES = ("marks", "parameters", "scoreboard", "sources")
# What the page on the data tells of each table.
DESCRIBED = (
    *("title", "description", "publisher", "sources", "release", "accessed", "copy"),
    *("terms", "credit", "faults"),
)


def scoreboard(
    records: list[Record], paper: str, incidental: list[Incidental], address: str = ""
) -> str:
    """The scoreboard as a notebook: picture, table and downloads, and the counts to glue.

    `paper` is the title of the paper whose claims are reviewed; `incidental` are its numbers
    that are no claims. `address` is the book's public one, if it has one.
    """
    claims = [claim for record in records for claim in record["claims"].values()]
    counts = Counter(claim["status"] for claim in claims)
    named = [glued(name, shown) for name, shown in _named(counts, records)]
    cells = [
        new_markdown_cell(_SCOREBOARD_INTRO, id="introduction"),
        output_cell("counts", [*named, html_output(_verdict_counts(claims, counts))]),
        new_markdown_cell(_TABLE_INTRO, id="table-introduction"),
        output_cell("table", [html_output(_claims_table(claims))]),
        new_markdown_cell(_downloads(), id="downloads"),
        new_markdown_cell(_incidental(incidental), id="incidental"),
        output_cell("claim-review", [html_output(_claim_review(claims, paper, address))]),
    ]
    return as_notebook(cells)


def as_notebook(cells: list[Any]) -> str:
    """Cells as the text of a notebook that the book shows and nobody runs."""
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    text: str = nbformat.writes(new_notebook(cells=cells, metadata=metadata))
    return text + "\n"


def marks(records: list[Record], titles: dict[str, str]) -> str:
    """All claims as marks, by chapter and verdict, each a link to its card: for the cover page.

    `titles` are the chapters' titles by name.
    """
    order = list(Status)
    chapters = []
    for record in filter(itemgetter("claims"), records):
        claims = sorted(record["claims"].values(), key=lambda c: order.index(Status(c["status"])))
        chapter = claims[0]["chapter"]
        chapters.append((chapter, titles[chapter], claims))
    html = render("book/marks.html", chapters=chapters, symbols=SYMBOLS, words=WORDS)
    return f"```{{raw}} html\n{html}\n```\n"


def claims_list(records: list[Record]) -> list[Record]:
    """All claims as flat records, one a row, with the columns of `CLAIM_COLUMNS`."""
    return [_flat(claim) for record in records for claim in record["claims"].values()]


def claims_csv(listed: list[Record]) -> str:
    """The claims as CSV, with a header."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, CLAIM_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row | {"secondary": str(row["secondary"]).lower()} for row in listed)
    return buffer.getvalue()


CLAIM_COLUMNS = {
    "id": "lasting name of the claim; its card is at chapters/CHAPTER.html#ID",
    "chapter": "chapter that checks it",
    "kind": "level, share, growth, ratio, ranking, count, duration, threshold, projection, date",
    "section": "heading of the paper under which it stands",
    "paragraph": "paragraph of that section",
    "note": "endnote nearest to the figure",
    "claim": "paraphrase",
    "printed": "figure as printed; several are joined by ' | '",
    "interval": "values that the printed figure stands for",
    "unit": "unit of interval and value (dates are day numbers, 1 is 1 January of the year 1)",
    "verdict": "reproduced, another-basis, close, inconsistent, contradicted or unchecked",
    "value": "value on the stated basis, or the low end of its interval; empty without one",
    "value_high": "high end of the value's interval; empty for a number",
    "secondary": "true when the evidence is a published statement and not a series",
    "consequence": "whether the sentence's point holds, flips, is not affected or stays open",
    "sentence": "the verdict in one sentence",
}


def sources_page(resources: list[Resource], corrections: list[Correction]) -> str:
    """The page on the data: every table with its publisher, terms, faults and fields."""
    intro = (
        "# Data and sources\n\n"
        "Every number in this book is computed from the tables below. Each is loaded only if its "
        "bytes have the checksum given here and its rows keep the rules of its schema.\n"
    )
    tables = "\n".join(_source(item) for item in resources)
    return f"{intro}\n{tables}\n{_corrections(corrections)}"


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

All claims of the ledger by verdict, for each chapter and for each kind of claim.
"""
_TABLE_INTRO = """## All claims

The claim leads to its card, with the derivation above it. Search, choose and sort work in the
page itself; the address of a row (`#` and the claim's name) lasts.
"""


def _incidental(items: list[Incidental]) -> str:
    rows = "\n".join(
        f"| {_cell(item.figure)} | {_cell(item.section)} | {_cell(item.why)} |" for item in items
    )
    head = "| figure | section | why |\n|---|---|---|\n"
    return (
        "## Numbers that are no claims\n\nEvery other figure in the paper's text is incidental: it "
        f"names something and says nothing of it.\n\n{head}{rows}"
    )


def _downloads() -> str:
    rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in CLAIM_COLUMNS.items())
    return (
        "## Downloads\n\n"
        "All claims with verdicts: {download}`claims.csv <claims.csv>` and "
        "{download}`claims.json <claims.json>`, with the same columns.\n\n"
        f"| column | meaning |\n|---|---|\n{rows}\n"
    )


def _flat(claim: Record) -> Record:
    value = claim["value"]
    low, high = value if isinstance(value, list) else (value, None)
    flat = {name: claim.get(name) for name in CLAIM_COLUMNS}
    conclusion = claim["conclusion"] or {}
    return flat | {
        "printed": " | ".join(claim["printed"]),
        "verdict": claim["status"],
        "value": low,
        "value_high": high,
        "consequence": conclusion.get("consequence"),
    }


def _named(counts: Counter[str], records: list[Record]) -> list[tuple[str, str]]:
    total = sum(counts.values())
    checked = total - counts[Status.UNCHECKED]
    named = [("claims", total), ("checked", checked), ("chapters", len(records))]
    named += [(status.value, counts[status.value]) for status in Status]
    failed = counts[Status.CONTRADICTED] + counts[Status.INCONSISTENT]
    named.append(("failed", failed))
    share = f"{100 * counts[Status.REPRODUCED] / checked:.0f} %" if checked else "none"
    return [*((name, str(count)) for name, count in named), ("reproduced-share", share)]


def _verdict_counts(claims: list[Record], counts: Counter[str]) -> Markup:
    """How many claims have each verdict: of all, and in a picture of each chapter and kind."""
    return render(
        "book/verdict_counts.html",
        symbols=SYMBOLS,
        words=WORDS,
        counts=[(badge(status), counts[status]) for status in Status if counts[status]],
        pictures=[_picture(claims, group) for group in ("chapter", "kind")],
    )


def _picture(claims: list[Record], group: str) -> tuple[str, str, dict[str, list[_Part]]]:
    """One bar a chapter or kind, one part a verdict; the group, the picture in words, the bars."""
    totals: dict[str, Counter[str]] = {}
    for claim in claims:
        totals.setdefault(claim[group], Counter())[claim["status"]] += 1
    widest = max(count.total() for count in totals.values())
    label = "; ".join(
        f"{name}: {', '.join(f'{n} {WORDS[Status(s)]}' for s, n in sorted(count.items()))}"
        for name, count in totals.items()
    )
    return group, label, {name: list(_bar(count, widest)) for name, count in totals.items()}


class _Part(NamedTuple):
    """The part of a bar that one verdict has."""

    status: Status
    number: int
    left: float
    width: float


def _bar(count: Counter[str], widest: int) -> Iterator[_Part]:
    left = 130.0
    for status in Status:
        if number := count[status]:
            width = 560 * number / widest
            yield _Part(status, number, left, width)
            left += width


def _claims_table(claims: list[Record]) -> Markup:
    """The form that searches and chooses, the table of all claims, and the script for both."""
    filters = {
        "verdict": WORDS,
        "chapter": {claim["chapter"]: claim["chapter"] for claim in claims},
        "kind": {kind: kind for kind in sorted({claim["kind"] for claim in claims})},
    }
    return render(
        "book/claims_table.html",
        claims=claims,
        filters=filters,
        badges={status: badge(status) for status in Status},
        script=Markup(_SCRIPT.read_text(encoding="utf-8")),
    )


_SCRIPT = Path(__file__).with_name("scoreboard.js")


def _claim_review(claims: list[Record], paper: str, address: str) -> Markup:
    """The verdicts as schema.org ClaimReview, for machines that read pages."""
    chapters = f"{address}book/chapters" if address else "../chapters"
    reviews = [
        {
            "@context": "https://schema.org",
            "@type": "ClaimReview",
            "url": f"{chapters}/{claim['chapter']}.html#{claim['id']}",
            "claimReviewed": claim["claim"],
            "itemReviewed": {
                "@type": "Claim",
                "appearance": {"@type": "ScholarlyArticle", "headline": paper},
            },
            "reviewBody": claim["sentence"],
            "reviewRating": {
                "@type": "Rating",
                "worstRating": 1,
                "bestRating": 5,
                "ratingValue": _RATINGS[Status(claim["status"])],
                "alternateName": WORDS[Status(claim["status"])],
            },
        }
        for claim in claims
        if claim["status"] != Status.UNCHECKED
    ]
    return render("book/claim_review.html", data=script_json(reviews))


_RATINGS = {
    Status.REPRODUCED: 5,
    Status.CLOSE: 4,
    Status.ANOTHER_BASIS: 3,
    Status.INCONSISTENT: 2,
    Status.CONTRADICTED: 1,
}


def _corrections(corrections: list[Correction]) -> str:
    if not corrections:
        return ""
    lines = "\n".join(
        f"- {', '.join([f'`{c.table}`', *(f'{k} {v}' for k, v in c.where.items())])}: "
        f"{c.column} `{c.was}` is read as `{c.becomes}`. {c.because}"
        for c in corrections
    )
    return (
        "## Corrections\n\nThe tables stay as published. These known faults are mended when a "
        f"table is loaded; an entry that no longer matches anything stops the build.\n\n{lines}\n"
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
        f"({table_anchor(item['name'])})=\n## {item['title']}\n\n{item['description']}\n\n"
        f"{rows}\n\n"
        f"**Known faults**\n\n{faults}\n\n| field | type | unit | meaning |\n|---|---|---|---|\n"
        f"{fields}\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def output_cell(name: str, outputs: list[Any]) -> Any:
    """A cell without visible source that has these outputs."""
    return new_code_cell(
        "# Written by the build from the chapters' run records.",
        id=name,
        execution_count=1,
        outputs=outputs,
        metadata={"tags": ["remove-input"]},
    )


def html_output(body: str, plain: str = "scoreboard") -> Any:
    """An output of HTML; `plain` stands for it where no HTML is shown."""
    return new_output("display_data", data={"text/html": body, "text/plain": plain})


def glued(name: str, shown: str) -> Any:
    """A value under a name, for prose to take by glue."""
    return new_output(
        "display_data",
        data={f"{GLUE_PREFIX}text/plain": shown},
        metadata={"scrapbook": {"name": name, "mime_prefix": GLUE_PREFIX}},
    )
