"""All that is written by hand, read and checked before a kernel starts."""

from __future__ import annotations

from dataclasses import dataclass

from claimbook.base import (
    PAGE_SUFFIXES,
    Citation,
    ClaimbookError,
    Project,
    Settings,
    nearest,
    read_citation,
    read_contents,
    read_settings,
    stop_on,
)
from claimbook.book.exercises import Exercise, load_exercises
from claimbook.book.pages import DESCRIBED, GENERATED_PAGES
from claimbook.book.site.crate import crate
from claimbook.claims import Accepted, Incidental, load_accepted, load_incidental
from claimbook.data import Correction, load_corrections, load_table, resources
from claimbook.runs import Today, today

EXTENSION = "claimbook.book.site.extension"


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a build takes from files that people write; tables are read where they are used."""

    now: Today
    settings: Settings
    citation: Citation
    accepted: dict[str, Accepted]
    incidental: list[Incidental]
    corrections: list[Correction]
    exercises: dict[str, list[Exercise]]


def read_by_hand(project: Project) -> ByHand:
    """Read everything. Raises ClaimbookError with every fault of the first file that has some."""
    settings = read_settings(project)
    require_extension(project, settings)
    found = ByHand(
        today(project),
        settings,
        read_citation(project),
        load_accepted(project),
        load_incidental(project),
        load_corrections(project),
        load_exercises(project),
    )
    require_pages(project)
    require_descriptions(project)
    for item in resources(project):
        load_table(project, item["name"])
    crate(project, {})  # it needs a date
    return found


def require_extension(project: Project, settings: Settings) -> None:
    """Raise ClaimbookError for settings that would not load the engine's extension."""
    path, given = project.root / "_config.yml", settings.sphinx.config.get("extensions")
    if not isinstance(given, list) or EXTENSION not in given:
        raise ClaimbookError(
            f"{path}: sphinx.config.extensions: {given!r} lacks the engine's; "
            f"allowed: [{EXTENSION}], which brings all others, and what else the pages need"
        )


def require_descriptions(project: Project) -> None:
    """Raise ClaimbookError for a table of which the page on the data could not tell all."""
    faults = []
    for item in resources(project):
        faults += [f"{item['name']}: lacks {key}" for key in DESCRIBED if key not in item]
        for field in item["schema"]["fields"]:
            if "description" not in field:
                faults.append(f"{item['name']}, field {field['name']}: lacks description")
    path = str(project.data / "datapackage.json")
    stop_on(faults, path, path)


def require_pages(project: Project) -> None:
    """Raise ClaimbookError for a page of the contents that nobody wrote and no build will."""
    faults = [
        f"{name}: {fault}"
        for _, name in read_contents(project).pages
        if (fault := _missing(project, name))
    ]
    path = str(project.root / "_toc.yml")
    stop_on(faults, path, path)


def _missing(project: Project, name: str) -> str:
    """Why there will be no page of this name; empty if there will be one."""
    folder, _, last = name.rpartition("/")
    for place, word, known in (
        (project.chapters, "a chapter without a notebook", project.chapter_names()),
        (project.generated, "a page that no build writes", GENERATED_PAGES),
    ):
        if project.root / folder == place:
            return "" if last in known else f"{word}; {nearest(last, known)}"
    there = any((project.root / f"{name}{suffix}").is_file() for suffix in PAGE_SUFFIXES)
    return "" if there else f"no such file; allowed: one of {', '.join(PAGE_SUFFIXES)} there"
