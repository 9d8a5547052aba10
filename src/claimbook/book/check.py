"""All that is written by hand, read at once: every fault of it, without running anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from claimbook.base import (
    ClaimbookError,
    FaultsError,
    Project,
    nearest,
    read_citation,
    read_contents,
    read_settings,
)
from claimbook.book.by_hand import require_descriptions, require_extension, require_pages
from claimbook.book.editions import load_edition
from claimbook.book.exercises import load_exercises
from claimbook.book.site.crate import crate
from claimbook.claims import Accepted, Claim, TrackedLedger, load_accepted, load_incidental
from claimbook.data import load_corrections, load_table, resources
from claimbook.runs import request

Asked = ParamSpec("Asked")
Found = TypeVar("Found")


@dataclass(slots=True)
class Checked:
    """How many of each thing were read without a fault, and the faults, a line each."""

    counts: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def read(
        self, reader: Callable[Asked, Found], *args: Asked.args, **kwargs: Asked.kwargs
    ) -> Found | None:
        """What `reader` gives; None if it has faults, which are kept, each once."""
        try:
            return reader(*args, **kwargs)
        except ClaimbookError as error:
            self.add(error.faults if isinstance(error, FaultsError) else [str(error)])
            return None

    def add(self, faults: Iterable[str]) -> None:
        """Keep faults, each in one line and once."""
        lines = (" ".join(fault.split()) for fault in faults)
        self.faults += [line for line in dict.fromkeys(lines) if line not in self.faults]

    def count(self, what: str, found: int) -> None:
        """Note that so many more of a thing were read."""
        if found:
            self.counts[what] = self.counts.get(what, 0) + found


def check_project(project: Project) -> Checked:
    """Read data, ledger, relations, verdicts, chapters, exercises, editions, settings, contents.

    A fault of one does not hide those of the others, unless they cannot be read without it, as
    relations cannot without the claims that they compare, and tables without their corrections.
    """
    done = Checked()
    tables = _check_data(project, done)
    _check_ledger(project, tables, done)
    _check_chapters(project, done)
    _check_book(project, done)
    return done


def _check_data(project: Project, done: Checked) -> list[str]:
    """Read all tables and corrections; return the names of the tables."""
    names = [item["name"] for item in done.read(resources, project) or []]
    for name in names:
        done.count("tables", done.read(load_table, project, name) is not None)
    done.count("corrections", len(done.read(load_corrections, project) or []))
    return names


def _check_ledger(project: Project, tables: list[str], done: Checked) -> None:
    """Read claims, relations, incidental numbers and accepted verdicts."""
    entries = done.read(TrackedLedger, project)
    accepted = done.read(load_accepted, project)
    if entries:
        done.count("claims", len(entries.ledger))
        done.count("relations", len(entries.relations()))
        done.add(_unknown_tables(entries.ledger.values(), tables))
    if accepted:
        done.count("accepted verdicts", len(accepted))
    if entries and accepted:
        done.add(_unreviewed(entries.ledger, accepted))
    done.count("incidental numbers", len(done.read(load_incidental, project) or []))


def _unknown_tables(claims: Iterable[Claim], tables: list[str]) -> list[str]:
    return [
        f"{claim.id}: unknown table {name!r}: {nearest(name, tables)}"
        for claim in claims
        for name in claim.tables
        if name not in tables
    ]


def _unreviewed(ledger: Mapping[str, Claim], accepted: Mapping[str, Accepted]) -> list[str]:
    """Claims without an accepted verdict, and accepted verdicts without a claim."""
    new = (f"{name}: no verdict of it is accepted yet" for name in ledger if name not in accepted)
    gone = (f"{name}: accepted, but no claim of it" for name in accepted if name not in ledger)
    return [*new, *gone]


def _check_chapters(project: Project, done: Checked) -> None:
    """Read the chapters' parameters, the exercises and the editions."""
    for chapter in project.chapter_names():
        done.count("chapters", done.read(_parameters, project, chapter) is not None)
    exercises = done.read(load_exercises, project) or {}
    done.count("exercises", sum(map(len, exercises.values())))
    for path in sorted(project.editions.glob("*.yaml")):
        done.count("editions", done.read(load_edition, project, path) is not None)


def _parameters(project: Project, chapter: str) -> object:
    """A chapter's parameters; their faults, which name no file, get its name."""
    try:
        return request(project, chapter)
    except ClaimbookError as error:
        lines = str(error).splitlines()
        raise FaultsError(f"{chapter} has faults", lines, chapter) from error


def _check_book(project: Project, done: Checked) -> None:
    """Read settings, citation, contents and what the page on the data tells of each table."""
    if not (project.root / "_config.yml").is_file():
        return  # claims and chapters without a book
    if settings := done.read(read_settings, project):
        done.read(require_extension, project, settings)
    done.read(read_citation, project)
    done.read(require_descriptions, project)
    done.read(require_pages, project)
    if settings and not done.faults:
        done.read(crate, project, {})  # the date of the data, among others
    if contents := done.read(read_contents, project):
        listed = [name for _, name in contents.pages]
        done.count("pages", len(listed))
        place = project.chapters.relative_to(project.root).as_posix()
        chapters = [f"{place}/{name}" for name in project.chapter_names()]
        path = project.root / "_toc.yml"
        done.add(f"{path}: {name} is left out" for name in chapters if name not in listed)
