"""Making the notebooks of a class: one variant for each student, and the teacher's key."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from claimbook.base import ClaimbookError, FailedError, Project, new_folder, replace_text
from claimbook.runs import module_command
from claimbook.teaching.assignments.feedback import figure
from claimbook.teaching.assignments.master import (
    Assignment,
    Parameters,
    fill,
    load_assignment,
    question_points,
    salt_of,
)
from claimbook.teaching.assignments.roster import Student, is_id, read_roster

AT_A_TIME = 2
KEY = "key.csv"
_COLUMNS = ("id", "name", "assignment", "parameters", "answers", "points")


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What the teacher holds of one student."""

    student: Student
    assignment: str
    parameters: Parameters
    answers: dict[str, str]
    points: dict[str, float]


def make(project: Project, roster: Path, name: str, folder: Path, *, force: bool = False) -> int:
    """Write one notebook for each student, and the teacher's folder; return how many.

    Raises ClaimbookError for a broken roster, an unknown assignment or an existing folder.
    """
    require_otter()
    students = read_roster(roster)
    assignment = load_assignment(project, name)
    temporary = tempfile.TemporaryDirectory(prefix="claimbook-class-")
    with new_folder(folder, force=force, mark="teacher") as new, temporary as held:
        scratch = Path(held)
        rows = [_prepare(assignment, student, scratch) for student in students]
        _assign([scratch / student.id for student in students])
        for student in students:
            _collect(assignment, student, scratch / student.id, new)
        _write_tables(assignment, new / "teacher" / "data")
        replace_text(new / "teacher" / KEY, key_text(rows))
    return len(rows)


def key_text(rows: Iterable[KeyRow]) -> str:
    """The teacher's key as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        parts = [json.dumps(part) for part in (row.parameters, row.answers, row.points)]
        writer.writerow([row.student.id, row.student.name, row.assignment, *parts])
    return out.getvalue()


def read_key(teacher: Path) -> list[KeyRow]:
    """The key in a teacher's folder. Raises ClaimbookError if it is none."""
    path = teacher / KEY
    try:
        with path.open(encoding="utf-8", newline="") as file:
            found = [_key_row(row) for row in csv.DictReader(file, strict=True)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise ClaimbookError(f"{path}: not the key of a class ({error!r})") from error
    if not found:
        raise ClaimbookError(f"{path}: the key names no student")
    return found


def require_otter() -> None:
    """Raise FailedError unless otter-grader is installed."""
    if importlib.util.find_spec("otter") is None:
        raise FailedError("otter-grader is missing: install the extra `class` of this project")


def _key_row(row: dict[str, Any]) -> KeyRow:
    student = Student(row["id"], row["name"])
    parameters, answers, points = (
        dict(json.loads(row[part])) for part in ("parameters", "answers", "points")
    )
    if set(points) != set(answers):
        raise ValueError("answers and points are not of the same questions")
    if not is_id(student.id) or not is_id(row["assignment"]):
        raise ValueError(f"{student.id!r} or {row['assignment']!r} is no file name")
    return KeyRow(student, row["assignment"], parameters, answers, points)


def _prepare(assignment: Assignment, student: Student, scratch: Path) -> KeyRow:
    """Write a student's master notebook, for otter-assign."""
    parameters = assignment.variant_of(student.id)
    questions = assignment.answers(parameters)
    salt = salt_of(assignment.name, student.id)
    filled = fill(assignment.notebook, parameters, questions, salt)
    master = scratch / student.id / "master" / f"{assignment.name}.ipynb"
    replace_text(master, nbformat.writes(filled))
    answers = {name: figure(q.answer, q.decimals) for name, q in questions.items()}
    points = question_points(assignment.notebook)
    return KeyRow(student, assignment.name, parameters, answers, points)


def _assign(folders: Sequence[Path]) -> None:
    """Run otter-assign on all folders, in processes beside each other."""
    parts = [folders[i::AT_A_TIME] for i in range(AT_A_TIME)]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for done in pool.map(_assign_some, [part for part in parts if part]):
            if done.returncode:
                raise FailedError(f"otter-assign failed:\n{done.stderr.strip()[-2000:]}")


def _assign_some(folders: Sequence[Path]) -> subprocess.CompletedProcess[str]:
    command = module_command("claimbook.teaching.assignments.otter_assign", *folders)
    environment = {**os.environ, "PYTHONUTF8": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _collect(assignment: Assignment, student: Student, made: Path, new: Path) -> None:
    """Move what otter made of one notebook to where student and teacher find it."""
    name = f"{assignment.name}.ipynb"
    own, teacher = new / "student" / student.id, new / "teacher" / student.id
    shutil.copytree(made / "student", own)
    _name_cells(own / name)
    _write_tables(assignment, own / "data")
    teacher.mkdir(parents=True)
    shutil.copy(made / "autograder.zip", teacher)
    shutil.copy(made / "autograder" / name, teacher / f"{assignment.name}-solution.ipynb")


def _name_cells(path: Path) -> None:
    """Number the cells of a notebook; otter gives those that it adds other ids each time."""
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    replace_text(path, nbformat.writes(notebook) + "\n")


def _write_tables(assignment: Assignment, folder: Path) -> None:
    for name, table in assignment.tables.items():
        replace_text(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
