"""A tiny project about beehives: the engine has to know nothing of its subject."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import nbformat
import yaml

from claimbook.base.project import Project
from claimbook.claims.ledger import Claim
from tests.books import ROOT

HIVES = """\
release,region,year,hives,honey_kg,estimate,surveyed
2020-04,north,2018,90,1800.5,false,2018-06-01
2020-04,south,2018,60,1500,false,2018-06-02
2020-04,north,2019,60,1200,false,2019-06-01
2020-04,south,2019,40,1000,true,2019-06-02
2021-04,north,2019,63,1260,false,2019-06-01
2021-04,south,2019,37,925,false,
"""

FIELDS: list[dict[str, Any]] = [
    {
        "name": "release",
        "type": "string",
        "constraints": {"required": True, "pattern": r"\d{4}-\d{2}"},
    },
    {
        "name": "region",
        "type": "string",
        "constraints": {"required": True, "enum": ["north", "south"]},
    },
    {
        "name": "year",
        "type": "integer",
        "constraints": {"required": True, "minimum": 2018, "maximum": 2030},
    },
    {"name": "hives", "type": "integer", "constraints": {"required": True, "minimum": 0}},
    {"name": "honey_kg", "type": "number", "constraints": {"minimum": 0}},
    {"name": "estimate", "type": "boolean", "constraints": {"required": True}},
    {"name": "surveyed", "type": "date", "constraints": {"maximum": "2021-12-31"}},
]

NORTH_SHARE: dict[str, Any] = {
    "id": "north-share",
    "section": "The state of the hives",
    "paragraph": 2,
    "note": 7,
    "claim": "The north keeps three hives in five.",
    "printed": ["63.0 per cent"],
    "kind": "share",
    "unit": "percent",
    "period": "2019",
    "cites": "Hive census",
    "chapter": "hives",
    "checkable": "data",
    "basis": {"year": 2019, "release": "2020-04"},
    "readings": {"release": {"values": ["2021-04"], "why": "the census was revised in 2021"}},
    "tables": ["hives"],
}

WINTER_LOSSES: dict[str, Any] = {
    **NORTH_SHARE,
    "id": "winter-losses",
    "claim": "A fifth of all hives die in winter.",
    "printed": ["about 20 per cent"],
    "checkable": "no",
    "basis": {},
    "readings": {},
    "settled_by": "a count of the hives in spring",
}

CELLS = [
    "year: int = 2019  # year of the census; allowed: 2018..2019\n"
    'release: str = "2020-04"  # release of the census; allowed: hives.release',
    "from claimbook.chapter import NoData, open_chapter\n"
    'chapter = open_chapter("hives")\n'
    'hives = chapter.table("hives")',
    "def north_share(year, release):\n"
    "    found = hives.query('year == @year and release == @release')\n"
    "    if found.empty:\n"
    "        raise NoData\n"
    "    return 100 * found.hives[found.region == 'north'].sum() / found.hives.sum()",
    'chapter.check("north-share", north_share, year=year, release=release)',
    'chapter.check("winter-losses")',
    'chapter.name("years", int(hives.year.nunique()), "two")',
    "chapter.close()",
]


def make_claim(**changes: Any) -> Claim:
    """The claim on the north's share, with some of its entries changed."""
    return Claim.model_validate({**NORTH_SHARE, **changes})


def build_project(root: Path) -> Project:
    """Write the whole project under `root`."""
    project = Project(root)
    project.ledger.mkdir(parents=True)
    project.notebooks.mkdir()
    write_table(project, HIVES)
    write_ledger(project, [NORTH_SHARE, WINTER_LOSSES])
    nbformat.write(hives_notebook(), project.notebooks / "hives.ipynb")
    return project


def hives_notebook() -> Any:
    """The project's one chapter, without outputs."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    cells[0].metadata["tags"] = ["parameters"]
    return nbformat.v4.new_notebook(cells=cells)


def write_table(project: Project, text: str, **schema: Any) -> None:
    """Write the table with a descriptor that fits its bytes; `schema` changes the schema."""
    content = text.encode()
    project.data.joinpath("hives.csv").write_bytes(content)
    write_descriptor(
        project,
        name="hives",
        path="hives.csv",
        hash=f"sha256:{hashlib.sha256(content).hexdigest()}",
        credit="Hive census <2020>",
        schema={"fields": FIELDS, "primaryKey": ["release", "region", "year"], **schema},
    )


def write_descriptor(project: Project, **entries: Any) -> None:
    """Write a data package of one table that is described by `entries`."""
    package = {"name": "bees", "resources": [entries]}
    project.data.joinpath("datapackage.json").write_text(json.dumps(package))


def write_ledger(project: Project, claims: list[dict[str, Any]], name: str = "hives.yaml") -> None:
    """Write claims as one file of the ledger."""
    project.ledger.joinpath(name).write_text("".join(map(ledger_entry, claims)))


def ledger_entry(claim: dict[str, Any]) -> str:
    """One claim as a ledger file writes it."""
    return yaml.safe_dump([claim], sort_keys=False)


# A whole book ----------------------------------------------------------------------------

BOOK_CHAPTERS = ("hives", "honey", "wax")
PAUSE = "import time\ntime.sleep(0.3)"
CITATION = """\
cff-version: 1.2.0
title: The census of hives, recounted
version: 1.0.0
authors:
  - name: The bee counters
license: MIT
date-released: 2021-05-01
references:
  - type: article
    title: On Bees & Honey
"""
INDEX = """\
# Bees

The north keeps {glue:text}`chapters/hives.ipynb::hives-north-share.value:s` of
{glue:text}`generated/scoreboard.ipynb::claims:s` claims.
"""


def build_book(root: Path) -> Project:
    """Write a project under `root` of which `claimbook build` makes a whole book in seconds.

    Three chapters, each with claims of its own, check the same table; their cells pause now and
    then, so that there are moments at which a build can be disturbed.
    """
    project = build_project(root)
    for chapter in BOOK_CHAPTERS:
        claims = [
            {**claim, "id": f"{chapter}-{claim['id']}", "chapter": chapter}
            for claim in (NORTH_SHARE, WINTER_LOSSES)
        ]
        write_ledger(project, claims, f"{chapter}.yaml")
        nbformat.write(book_chapter(chapter), project.notebooks / f"{chapter}.ipynb")
    write_census(project)
    write_book_pages(project)
    return project


def book_chapter(chapter: str) -> Any:
    """The hives' notebook as the chapter of this name, with a heading and pauses."""
    sources = [
        source.replace('open_chapter("hives")', f'open_chapter("{chapter}")').replace(
            'check("', f'check("{chapter}-'
        )
        for source in CELLS
    ]
    sources = [*sources[:2], PAUSE, *sources[2:4], PAUSE, *sources[4:]]
    cells = [
        nbformat.v4.new_code_cell(source, id=f"code-{number}")
        for number, source in enumerate(sources, 1)
    ]
    cells[0].metadata["tags"] = ["parameters"]
    heading = nbformat.v4.new_markdown_cell(f"# The {chapter}", id="heading")
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=[heading, *cells], metadata={"kernelspec": kernel})


def write_census(project: Project, north: int = 60) -> None:
    """Write the table with `north` hives in the north, and all that a page on sources tells."""
    content = HIVES.replace("2020-04,north,2019,60,", f"2020-04,north,2019,{north},").encode()
    project.data.joinpath("hives.csv").write_bytes(content)
    write_descriptor(
        project,
        name="hives",
        path="hives.csv",
        hash=f"sha256:{hashlib.sha256(content).hexdigest()}",
        title="Census of hives",
        description="Hives and honey by region and year.",
        publisher="The Office of Bees",
        sources=[{"title": "Hive census"}],
        release="2021-04",
        accessed="2021-05-01",
        copy="the office's shelf",
        terms="free to use",
        faults=["The south was estimated in 2019."],
        credit="Hive census <2020>",
        schema={
            "fields": [{**field, "description": f"the {field['name']}"} for field in FIELDS],
            "primaryKey": ["release", "region", "year"],
        },
    )


def write_book_pages(project: Project) -> None:
    """Write the book's settings, as this repository has them, and its pages by hand."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text())
    settings |= {"title": "Bees", "author": "A beekeeper"}
    del settings["html"]["favicon"]
    chapters = [{"file": f"book/chapters/{name}"} for name in BOOK_CHAPTERS]
    generated = [{"file": f"book/generated/{name}"} for name in ("scoreboard", "sources")]
    contents = {"format": "jb-book", "root": "book/index", "chapters": [*chapters, *generated]}
    (project.root / "_config.yml").write_text(yaml.safe_dump(settings))
    (project.root / "_toc.yml").write_text(yaml.safe_dump(contents))
    (project.root / "CITATION.cff").write_text(CITATION)
    (project.root / "book").mkdir()
    (project.root / "book" / "index.md").write_text(INDEX)
