"""All that is written by hand, read at once: every fault of it, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import yaml

from claimbook.base import ClaimbookError, FaultsError, Project, nearest, site_address
from claimbook.book.editions import load_edition
from claimbook.book.exercises import load_exercises
from claimbook.claims import Accepted, Claim, TrackedLedger, load_accepted, load_incidental
from claimbook.data import load_corrections, load_table, resources
from claimbook.runs import request

_SUFFIXES = (".md", ".ipynb", ".rst")
_WRITTEN = ("scoreboard", "sources")  # pages under book/generated that the build writes

Found = TypeVar("Found")


@dataclass(slots=True)
class Checked:
    """How many of each thing were read without a fault, and the faults, a line each."""

    counts: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def read(self, reader: Callable[[], Found]) -> Found | None:
        """What `reader` gives; None if it has faults, which are kept, each once."""
        try:
            return reader()
        except ClaimbookError as error:
            self.faults += [line for line in _lines(error) if line not in self.faults]
            return None

    def count(self, what: str, found: int) -> None:
        """Note that so many more of a thing were read."""
        if found:
            self.counts[what] = self.counts.get(what, 0) + found


def check_project(project: Project) -> Checked:
    """Read data, ledger, relations, verdicts, chapters, exercises, editions and contents.

    Nothing is run. A fault of one does not hide those of the others, unless they cannot be read
    without it, as relations cannot without the claims that they compare.
    """
    done = Checked()
    tables = _check_data(project, done)
    _check_ledger(project, tables, done)
    _check_chapters(project, done)
    done.read(lambda: site_address(project))
    done.faults += _contents_faults(project)
    return done


def _check_data(project: Project, done: Checked) -> list[str]:
    """Read all tables and corrections; return the names of the tables."""
    names = [item["name"] for item in done.read(lambda: resources(project)) or []]
    for name in names:
        if done.read(lambda name=name: load_table(project, name)) is not None:  # type: ignore[misc]
            done.count("tables", 1)
    done.count("corrections", len(done.read(lambda: load_corrections(project)) or []))
    return names


def _check_ledger(project: Project, tables: list[str], done: Checked) -> None:
    """Read claims, relations, incidental numbers and accepted verdicts."""
    entries = done.read(lambda: TrackedLedger(project))
    accepted = done.read(lambda: load_accepted(project))
    done.count("incidental numbers", len(done.read(lambda: load_incidental(project)) or []))
    if entries:
        done.count("claims", len(entries.ledger))
        done.count("relations", len(entries.relations()))
        done.faults += _unknown_tables(entries.ledger.values(), tables)
    if accepted:
        done.count("accepted verdicts", len(accepted))
    if entries and accepted:
        done.faults += _unreviewed(entries.ledger, accepted)


def _unknown_tables(claims: Any, tables: list[str]) -> Iterator[str]:
    return (
        f"{claim.id}: unknown table {name!r}: {nearest(name, tables)}"
        for claim in claims
        for name in claim.tables
        if name not in tables
    )


def _unreviewed(ledger: Mapping[str, Claim], accepted: Mapping[str, Accepted]) -> list[str]:
    """Claims without an accepted verdict, and accepted verdicts without a claim."""
    new = [name for name in ledger if name not in accepted]
    gone = [name for name in accepted if name not in ledger]
    return [
        *(f"{name}: no verdict of it is accepted yet" for name in new),
        *(f"{name}: accepted, but no claim of the ledger" for name in gone),
    ]


def _check_chapters(project: Project, done: Checked) -> None:
    """Read parameters, exercises and editions."""
    for chapter in project.chapter_names():
        asked = done.read(lambda chapter=chapter: request(project, chapter))  # type: ignore[misc]
        done.count("chapters", asked is not None)
    exercises = done.read(lambda: load_exercises(project)) or {}
    done.count("exercises", sum(map(len, exercises.values())))
    for path in sorted(project.editions.glob("*.yaml")):
        edition = done.read(lambda path=path: load_edition(project, path))  # type: ignore[misc]
        done.count("editions", edition is not None)


def _contents_faults(project: Project) -> list[str]:
    """Pages of the table of contents that are not there, and chapters that it leaves out."""
    path = project.root / "_toc.yml"
    try:
        listed = list(_files(yaml.safe_load(path.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return []  # a project without a book
    except (OSError, ValueError, yaml.YAMLError) as error:
        return [f"_toc.yml: cannot be read: {' '.join(str(error).split())}"]
    chapters = [f"book/chapters/{name}" for name in project.chapter_names()]
    known = [*chapters, *(f"book/generated/{name}" for name in _WRITTEN)]
    return [
        *(f"_toc.yml: no page {name}" for name in listed if not _is_there(project, name, known)),
        *(f"_toc.yml: {name} is left out" for name in chapters if name not in listed),
    ]


def _files(node: Any) -> Iterator[str]:
    """The pages that a table of contents names, at whatever depth."""
    match node:
        case dict():
            yield from (str(node[key]) for key in ("root", "file") if key in node)
            for value in node.values():
                yield from _files(value)
        case list():
            for item in node:
                yield from _files(item)


def _is_there(project: Project, name: str, known: list[str]) -> bool:
    bare = name.removesuffix(".md").removesuffix(".ipynb")
    return bare in known or any((project.root / f"{bare}{end}").is_file() for end in _SUFFIXES)


def _lines(error: ClaimbookError) -> list[str]:
    """The faults that an error tells, each as one line."""
    found = error.faults if isinstance(error, FaultsError) else [str(error)]
    return [" ".join(fault.split()) for fault in found]
