"""Editions: the whole book for another set of parameters, each described by one YAML file.

An edition names chapters and the parameters that differ there; the other chapters keep their
defaults. Everything about the file is checked before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from re import fullmatch
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from claimbook.base import ClaimbookError, Project, for_message, nearest, stop_on, validated
from claimbook.runs import Request, named, read_text, request

_NAME = r"[a-z0-9]+(-[a-z0-9]+)*"

Text = Annotated[str, Field(min_length=3, pattern=r"\S")]


class EditionFile(BaseModel):
    """What the file of an edition holds: parameters by chapter, and what they are for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    description: Text
    chapters: Annotated[dict[str, Any], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Edition:
    """A checked edition; `requests` holds all chapters of the book, in alphabetical order."""

    name: str
    title: str
    description: str
    requests: tuple[Request, ...]

    @property
    def chapters(self) -> list[Request]:
        """The chapters that the edition gives parameters."""
        return [asked for asked in self.requests if asked.given]


def default_requests(project: Project) -> list[Request]:
    """All chapters with their default parameters."""
    return [request(project, chapter) for chapter in project.chapter_names()]


def edition_path(project: Project, named: str) -> Path:
    """The file of an edition, from its path or from its name alone.

    Raises ClaimbookError for a file that is not there, and for one whose name cannot be that of
    an edition.
    """
    path = Path(named)
    if not path.suffix and not path.is_file():
        path = project.editions / f"{named}.yaml"
    if not path.is_file():
        known = sorted(found.stem for found in project.editions.glob("*.yaml"))
        raise ClaimbookError(f"no edition {named!r}: {nearest(Path(named).stem, known)}")
    if not fullmatch(_NAME, path.stem):
        raise ClaimbookError(
            f"{path}: an edition's file is named in lower-case letters, digits and single hyphens, "
            "as newest-data.yaml is"
        )
    return path.resolve()


def load_edition(project: Project, path: Path) -> Edition:
    """Read and check an edition.

    Raises ClaimbookError with every fault of the file: its form, unknown chapters, unknown
    parameters and values that are not allowed, each with the line of its chapter.
    """
    faults: list[str] = []
    text = _text(path)
    lines = _lines(text)
    held = validated(EditionFile, _data(text, path), f"{path}:1", faults)
    given = held.chapters if held else {}
    known = project.chapter_names()
    asked = {}
    for chapter, values in given.items():
        place = f"{path}:{lines.get(chapter, 1)}"
        if chapter in known:
            asked[chapter] = _request(project, chapter, values, place, faults)
        else:
            faults.append(
                f"{place}: unknown chapter {for_message(chapter)}: {nearest(chapter, known)}"
            )
    stop_on(faults, "the edition's parameters")
    assert held
    requests = tuple(asked.get(chapter) or request(project, chapter) for chapter in known)
    return Edition(path.stem, held.title.strip(), held.description.strip(), requests)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # ValueError: no UTF-8
        raise ClaimbookError(f"{path}: cannot be read: {error}") from error


def _data(text: str, path: Path) -> Any:
    try:
        data = read_text(text)
    except ClaimbookError as error:
        raise ClaimbookError(f"{path}: cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise ClaimbookError(f"{path}:1: expected title, description and chapters")
    return data


def _lines(text: str) -> dict[str, int]:
    """The line on which each chapter's name stands; nothing for a text that is no such YAML."""
    try:
        return {key.value: key.start_mark.line + 1 for key, _ in _pairs(text)}
    except yaml.YAMLError:
        return {}


def _pairs(text: str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        if key.value == "chapters" and isinstance(value, yaml.MappingNode):
            yield from value.value


def _request(
    project: Project, chapter: str, values: Any, place: str, faults: list[str]
) -> Request | None:
    """The chapter with its parameters; None if any is refused, with the faults added."""
    found: list[str] = []
    given = named(values, "its parameters", found)
    if not given and not found:
        found.append("no parameter is given; leave the chapter out to keep its defaults")
    try:
        asked = request(project, chapter, given, found)
    except ClaimbookError as error:
        faults += [f"{place}: {chapter}: {line}" for line in str(error).splitlines()]
        return None
    return asked
