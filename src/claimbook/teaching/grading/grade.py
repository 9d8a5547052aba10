"""Grading the returned notebooks of a class, each in a process and a folder of its own.

A notebook runs first, shut off, with the parameters of the key and with no answer at hand. The
values that it reached are then written into a notebook of plain numbers, which otter-run grades
with the teacher's archive.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbformat.v4 import new_code_cell, new_notebook, writes

from claimbook.base import ClaimbookError, FailedError, new_folder, replace_text
from claimbook.runs import as_code
from claimbook.teaching.assignments.handout import AT_A_TIME, KeyRow, read_key, require_otter
from claimbook.teaching.assignments.master import PARAMETERS_TAG, Parameters
from claimbook.teaching.assignments.roster import is_id
from claimbook.teaching.grading.page import Grade, Mark, feedback_page
from claimbook.teaching.grading.sandbox import Box, Isolation, best_isolation, outermost
from claimbook.teaching.grading.student_run import ADDED, RESULT

GRADES = "grades.csv"
_LARGEST = 20 * 2**20  # bytes of a returned notebook
_LARGEST_RESULT = 2**20
_LARGEST_WRITTEN = 64 * 2**20
_NO_LINK_OR_PIPE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_OTTER = 120  # seconds for otter, which runs no code of a student's
_ATTEMPTS = 3  # its kernel binds ports chosen earlier, which another process can have taken
_MARGIN = 15  # seconds for a kernel to start and end
_OTTER_CELL = "# Initialize Otter"
_NO_CHECKS = """\
class _Checks:
    def __getattr__(self, name):
        return lambda *given, **named: None
grader = _Checks()
"""
NotebookCell = dict[str, Any]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class GradingLimits:
    """What one notebook may use: seconds, and bytes of data a process."""

    seconds: int = 60
    memory: int = 2 * 2**30


@dataclass(frozen=True, slots=True)
class _Task:
    """One student's grading."""

    row: KeyRow
    teacher: Path
    hidden: tuple[Path, ...]
    store: Path  # of all notebooks that are being graded
    limits: GradingLimits
    isolation: Isolation


class _ZeroError(Exception):
    """What keeps a notebook from being graded; its text is the remark."""


def grade(
    folder: Path,
    teacher: Path,
    out: Path,
    *,
    force: bool = False,
    limits: GradingLimits = GradingLimits(),
    hidden: Iterable[Path] = (),
    isolation: Isolation | None = None,
    progress: Progress = lambda *_: None,
) -> list[Grade]:
    """Grade a folder of returned notebooks; write `grades.csv` and a page for each student.

    `hidden` are further folders that no notebook is to see; the isolation is the best one of
    this system if none is given. Raises ClaimbookError for a folder
    that is none, a broken key, or results that exist already.
    """
    require_otter()
    if not folder.is_dir():
        raise ClaimbookError(f"{folder}: no folder of returned notebooks")
    rows = read_key(teacher)
    found, strangers = returned_notebooks(folder, rows)
    temporary = tempfile.TemporaryDirectory(prefix="claimbook-grade-", ignore_cleanup_errors=True)
    with new_folder(out, force=force, mark=GRADES) as new, temporary as held:
        store = Path(held).resolve()
        apart = outermost((teacher, folder, new.parent, store, *hidden))
        how = isolation or best_isolation()
        tasks = [_Task(row, teacher, apart, store, limits, how) for row in rows]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            futures = [pool.submit(grade_one, t, found.get(t.row.student.id, [])) for t in tasks]
            try:
                grades = []
                for number, future in enumerate(futures, 1):
                    grades.append(future.result())
                    progress("graded", number, len(futures))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        for done in grades:
            replace_text(new / f"{done.id}.html", feedback_page(done))
        grades += [Grade(_shown(name), "", (), "unknown id: not in the key") for name in strangers]
        replace_text(new / GRADES, grades_text(grades))
    return grades


def returned_notebooks(
    folder: Path, rows: Sequence[KeyRow]
) -> tuple[dict[str, list[Path]], list[str]]:
    """The notebooks of each student of the key, and the names of those who are not in it."""
    known = {row.student.id: row.assignment for row in rows}
    found: dict[str, list[Path]] = {}
    strangers: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not (path.suffix == ".ipynb" or path.is_dir()):
            continue
        # An id may end in .ipynb: a folder is named by the whole of its name.
        student = path.name if path.is_dir() else path.stem
        if student not in known:
            strangers.append(student)
            continue
        inside = path / f"{known[student]}.ipynb" if path.is_dir() else path
        if inside.is_file() or inside.is_symlink():
            found.setdefault(student, []).append(inside)
    return found, strangers


def grade_one(task: _Task, paths: Sequence[Path]) -> Grade:
    """Grade one student's notebook. Whatever the notebook does, this gives a grade."""
    row = task.row
    empty = tuple(Mark(name, 0, row.points[name], "") for name in row.answers)
    zero = Grade(row.student.id, row.assignment, empty, "", row.student.name)
    try:
        values, remarks = _run(task, _read(paths))
        return replace(zero, marks=_mark(task, values), remark="; ".join(remarks))
    except _ZeroError as error:
        return replace(zero, remark=str(error))


def with_key(cells: Sequence[NotebookCell], parameters: Parameters) -> list[NotebookCell]:
    """Returned cells in which the parameters are the key's, wherever they stood."""
    tagged = [i for i, c in enumerate(cells) if PARAMETERS_TAG in c["metadata"]["tags"]]
    if not tagged:
        return [new_code_cell(as_code(parameters), metadata={"tags": [ADDED]}), *cells]
    own = new_code_cell(as_code(parameters))
    kept = [own if i == tagged[0] else cell for i, cell in enumerate(cells)]
    return [cell for i, cell in enumerate(kept) if i not in tagged[1:]]


def grades_text(grades: Iterable[Grade]) -> str:
    """The grades as CSV."""
    grades = list(grades)
    asked = list(dict.fromkeys(mark.question for one in grades for mark in one.marks))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "assignment", "points", "out of", *asked, "remark"])
    for one in grades:
        points = {mark.question: f"{mark.points:g}" for mark in one.marks}
        total = [f"{one.points:g}", f"{one.out_of:g}" if one.marks else ""]
        each = [points.get(name, "") for name in asked]
        writer.writerow([one.id, one.assignment, *total, *each, one.remark])
    return out.getvalue()


def _shown(name: str) -> str:
    return name if is_id(name) else "?" + "".join(c if c.isalnum() else "_" for c in name)[:64]


def _read(paths: Sequence[Path]) -> list[NotebookCell]:
    """The code cells of the one returned notebook."""
    if not paths:
        raise _ZeroError("no notebook was returned")
    if len(paths) > 1:
        raise _ZeroError("two notebooks were returned: keep one")
    path = paths[0]
    if path.is_symlink() or path.parent.is_symlink():
        raise _ZeroError("a link was returned, not a notebook")
    if path.stat().st_size > _LARGEST:
        raise _ZeroError(f"the notebook is larger than {_LARGEST // 2**20} MB")
    try:
        found = json.loads(path.read_bytes())
        if found["nbformat"] != 4:
            raise ValueError("another format")
        return [_code(cell) for cell in found["cells"] if cell["cell_type"] == "code"]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _ZeroError("not a readable notebook of format 4") from None


def _code(cell: dict[str, Any]) -> NotebookCell:
    """A code cell without outputs; the cell that starts otter gets checks that do nothing."""
    source = "".join(cell["source"])
    if source.lstrip().startswith(_OTTER_CELL):
        source = _NO_CHECKS
    tags = [str(tag) for tag in cell.get("metadata", {}).get("tags", [])]
    return new_code_cell(source, metadata={"tags": tags})  # type: ignore[no-any-return]


def _run(task: _Task, cells: Sequence[NotebookCell]) -> tuple[dict[str, str], list[str]]:
    """Run a notebook, shut off; give the texts of its values, and remarks."""
    box = Box(task.store / task.row.student.id, task.isolation, task.hidden)
    work = box.folder / "work"
    name = f"{task.row.assignment}.ipynb"
    shutil.copytree(task.teacher / "data", work / "data")
    replace_text(work / name, writes(new_notebook(cells=with_key(cells, task.row.parameters))))
    replace_text(box.folder / "request.json", json.dumps(_request(task, box, name)))
    code = box.run(
        "claimbook.teaching.grading.student_run",
        box.seen / "request.json",
        seconds=task.limits.seconds + _MARGIN,
    )
    if code is None:
        raise _ZeroError(f"the notebook did not end within {task.limits.seconds} seconds")
    return _read_result(box.folder / RESULT, list(task.row.answers))


def _request(task: _Task, box: Box, name: str) -> dict[str, Any]:
    """What `student_run` is asked to do, and what it has to set itself."""
    seconds, memory = task.limits.seconds, task.limits.memory
    limits = {"CORE": 0, "CPU": seconds + 30, "DATA": memory, "FSIZE": _LARGEST_WRITTEN}
    if box.guard is None:  # elsewhere the user's other processes count
        limits["NPROC"] = 200
    return {
        "notebook": name,
        "questions": list(task.row.answers),
        "seconds": seconds,
        "limits": limits,
        "guard": box.guard,
    }


def _read_result(path: Path, asked: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """What a run wrote; it may be anything, since the notebook could write there too."""
    try:
        handle = os.open(path, os.O_RDONLY | _NO_LINK_OR_PIPE)
        with os.fdopen(handle, "rb") as file:
            found = json.loads(file.read(_LARGEST_RESULT))
        if "stopped" in found:
            raise _ZeroError(_plain(found["stopped"]))
        values = {name: str(found["values"][name]) for name in asked if name in found["values"]}
        return values, [_plain(remark) for remark in found["remarks"][:5]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _ZeroError("the notebook ended without values that can be read") from None


def _mark(task: _Task, values: dict[str, str]) -> tuple[Mark, ...]:
    """Have otter grade the values."""
    name = task.row.assignment
    lines = [f"{question} = {_literal(values.get(question))}" for question in task.row.answers]
    notebook = new_notebook(cells=[new_code_cell("\n".join(lines))])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    notebook.metadata["otter"] = {"assignment_name": name}
    with tempfile.TemporaryDirectory(prefix="claimbook-otter-") as base:
        box = Box(Path(base).resolve())
        values_only = box.folder / "work" / f"{name}.ipynb"
        replace_text(values_only, writes(notebook))
        archive = (task.teacher / task.row.student.id / "autograder.zip").resolve()
        arguments = (archive, values_only, box.folder / RESULT)
        module = "claimbook.teaching.grading.otter_run"
        if all(box.run(module, *arguments, seconds=_OTTER) != 0 for _ in range(_ATTEMPTS)):
            told = (box.folder / "log.txt").read_text(encoding="utf-8", errors="replace")
            raise FailedError(f"{task.row.student.id}: otter failed: {told.strip()[-1000:]}")
        found = json.loads((box.folder / RESULT).read_text(encoding="utf-8"))
    return tuple(
        Mark(
            question,
            float(found[question]["points"]),
            float(found[question]["out_of"]),
            " ".join(found[question]["told"]),
            _printable(values.get(question)),
        )
        for question in task.row.answers
    )


def _literal(text: str | None) -> str:
    """A value as a line of Python may hold it: a number, dots, or what is no number."""
    if text is None:
        return "..."
    try:
        value = float(text)
    except ValueError:
        return repr("no number")
    return repr(value) if math.isfinite(value) else f"float({str(value)!r})"


def _printable(text: str | None) -> str:
    if text is None:
        return ""
    literal = _literal(text)
    return f"{float(text):.10g}" if literal[0] not in "'f" else "no finite number"


def _plain(text: Any) -> str:
    """A remark that a notebook may have written itself: short, on one line, no formula."""
    words = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return words.lstrip("=+-@")[:200]
