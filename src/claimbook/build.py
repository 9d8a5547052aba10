"""Building the book: run the chapters, write the generated pages, compile, put in place."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from claimbook import pages
from claimbook.accepted import Accepted, differences, load_accepted
from claimbook.claims import Incidental, load_incidental, load_ledger
from claimbook.corrections import load_corrections
from claimbook.errors import ClaimbookError
from claimbook.execute import (
    Progress,
    claims_of,
    load_records,
    publish,
    request,
    run_all,
    to_json,
)
from claimbook.files import replace_text
from claimbook.parameters import read_parameters
from claimbook.project import Project
from claimbook.relations import Relation, load_relations
from claimbook.tables import load_table, resources


class BuildError(ClaimbookError):
    """The book could not be compiled."""


def build(project: Project, progress: Progress) -> Path:
    """Run all chapters and compile the book; return the path of its first page.

    The earlier book stays as it was unless everything succeeded. Raises ClaimbookError for
    faults of data or ledger, RunError for a chapter, BuildError for the compilation.
    """
    # All that is written by hand is read before a kernel starts.
    ledger = load_ledger(project)
    relations = load_relations(project, ledger)
    accepted = load_accepted(project)
    incidental = load_incidental(project)
    for item in resources(project):
        load_table(project, item["name"])
    requests = [request(project, chapter) for chapter in project.chapter_names()]
    for run in run_all(project, requests, ledger, progress):
        publish(run, project.chapters, run.chapter)
    _require_relations(project, relations)
    _require_accepted(project, accepted)
    write_pages(project, incidental)
    return compile_book(project)


def _require_relations(project: Project, relations: list[Relation]) -> None:
    """Raise BuildError unless every relation was shown in some chapter."""
    shown = {name for record in load_records(project) for name in record["relations"]}
    missing = [r.id for r in relations if r.id not in shown]
    if missing:
        raise BuildError(f"relations that no chapter shows: {', '.join(missing)}")


def _require_accepted(project: Project, accepted: dict[str, Accepted]) -> None:
    """Raise BuildError when findings leave the accepted verdicts, if there are any."""
    if accepted and (changed := differences(claims_of(project), accepted)):
        raise BuildError(
            "findings that are not the accepted ones:\n  "
            + "\n  ".join(changed)
            + "\naccept a change with: claimbook claims --accept ID --because REASON"
        )


def write_pages(project: Project, incidental: list[Incidental]) -> None:
    """Write the generated pages from the records, the data package and the notebooks."""
    contracts = {
        chapter: read_parameters(project.notebooks / f"{chapter}.ipynb")
        for chapter in project.chapter_names()
    }
    records = load_records(project)
    listed = pages.claims_list(records)
    texts = {
        "scoreboard.ipynb": pages.scoreboard(records, paper_title(project), incidental),
        "claims.json": to_json(listed),
        "claims.csv": pages.claims_csv(listed),
        "sources.md": pages.sources(resources(project), load_corrections(project)),
        "parameters.md": pages.parameters_table(contracts),
    }
    for name, text in texts.items():
        replace_text(project.generated / name, text)


def paper_title(project: Project) -> str:
    """The title of the paper, which CITATION.cff names as its first reference."""
    path = project.root / "CITATION.cff"
    try:
        title: str = yaml.safe_load(path.read_text(encoding="utf-8"))["references"][0]["title"]
    except (OSError, yaml.YAMLError, KeyError, IndexError, TypeError) as error:
        raise ClaimbookError(f"{path}: names no paper under references ({error!r})") from error
    return title


def compile_book(project: Project) -> Path:
    """Compile the pages with Jupyter Book in a fresh folder, then put the book in place.

    Warnings are errors. Raises BuildError with Sphinx's warnings.
    """
    parent = project.html.parent
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=".next-") as folder:
        command = [sys.executable, "-c", _JUPYTER_BOOK, "build", str(project.root)]
        command += ["--path-output", folder, "-W", "--keep-going", "-q"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildError(f"the book does not compile:\n{_complaints(done.stderr)}")
        _swap(Path(folder) / "_build" / "html", project.html)
    return project.html / "index.html"


_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"


def _complaints(log: str) -> str:
    lines = _COLOURS.sub("", log).splitlines()
    return "\n".join([s for s in lines if "WARNING" in s or "ERROR" in s] or lines[-10:])


def _swap(new: Path, place: Path) -> None:
    old = new.with_name("old")
    if place.exists():
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)
