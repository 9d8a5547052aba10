"""Exercises of the chapters: read from YAML, written as Markdown for one of three audiences."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from claimbook.base import Project, nearest, read_entries, stop_on, validated


class Level(StrEnum):
    """What an exercise asks for, from the easiest on."""

    READ = "read"
    CHANGE = "change"
    READING = "reading"


class Audience(StrEnum):
    """Who a book is for: students get no solutions, and teachers alone get the notes."""

    EVERYONE = "everyone"
    STUDENT = "student"
    TEACHER = "teacher"


ASKS = {
    Level.READ: "Read a figure",
    Level.CHANGE: "Change a parameter",
    Level.READING: "Find the reading",
}


class Exercise(BaseModel):
    """One exercise of a chapter. Its texts are Markdown; their numbers come by glue."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, str_strip_whitespace=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    level: Level
    topic: str = Field(min_length=3)
    title: str = Field(min_length=3)
    question: str = Field(min_length=20)
    hint: str = Field(min_length=10)
    solution: str = Field(min_length=20)
    teacher: str = ""


def load_exercises(project: Project) -> dict[str, list[Exercise]]:
    """The exercises of every chapter that has some, in the order of their files.

    Raises ClaimbookError with every fault: of an entry, an id that is given twice, or a file that
    is named after no chapter.
    """
    faults: list[str] = []
    chapters = project.chapter_names()
    found: dict[str, list[Exercise]] = {}
    places: dict[str, str] = {}
    for path in sorted(project.exercises.glob("*.yaml")):
        if path.stem not in chapters:
            faults.append(f"{path.name}: no such chapter: {nearest(path.stem, chapters)}")
        found[path.stem] = _read(path, places, faults)
    stop_on(faults, "exercises")
    return found


def _read(path: Path, places: dict[str, str], faults: list[str]) -> list[Exercise]:
    exercises = []
    for line, entry in read_entries(path, path.name, faults):
        place = f"{path.name}:{line}"
        exercise = validated(Exercise, entry, place, faults)
        if exercise is None:
            continue
        if exercise.id in places:
            faults.append(f"{place}: {exercise.id}: the id stands already at {places[exercise.id]}")
        places[exercise.id] = place
        exercises.append(exercise)
    return exercises


def exercises_section(exercises: list[Exercise], audience: Audience) -> str:
    """The exercises of one chapter as a section of its page; empty if there are none."""
    if not exercises:
        return ""
    parts = [_exercise(exercise, audience) for exercise in exercises]
    return "\n\n".join(["## Exercises", *parts])


def _exercise(exercise: Exercise, audience: Audience) -> str:
    parts = [
        f"*{ASKS[exercise.level]}: {exercise.topic}.*",
        exercise.question,
        _folded("hint", "Hint", exercise.hint),
    ]
    blocks = [_fenced(f"{{exercise}} {exercise.title}", f":label: {exercise.id}", *parts)]
    if audience is not Audience.STUDENT:
        blocks.append(
            _fenced(f"{{solution}} {exercise.id}", ":class: dropdown", "", exercise.solution)
        )
    if audience is Audience.TEACHER and exercise.teacher:
        blocks.append(_folded("tip", "For the teacher", exercise.teacher))
    return "\n\n".join(blocks)


def _folded(kind: str, title: str, text: str) -> str:
    return f":::{{admonition}} {title}\n:class: {kind} dropdown\n\n{text}\n:::"


def _fenced(directive: str, option: str, *parts: str) -> str:
    return f"::::{directive}\n{option}\n\n" + "\n\n".join(part for part in parts if part) + "\n::::"
