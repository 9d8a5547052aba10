"""Assignments: a master notebook for otter-assign, and the answers to each of its variants.

Beside `NAME.ipynb` stands `NAME.py`. It names the `TABLES` that it reads, gives the variants,
`variants() -> list[dict]`, and `answers(tables, **parameters)`: for each question of the notebook
its answer, the decimals asked for, whether it is in per cent, and the likely mistakes as other
readings, each with its value and what to say of it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from claimbook.base import ClaimbookError, Project, nearest
from claimbook.data import load_table
from claimbook.runs import as_code, read_notebook
from claimbook.teaching.assignments.feedback import (
    answer_digest,
    feedback,
    figure,
    function_sources,
    messages,
)

Parameters = dict[str, Any]
PARAMETERS_TAG = "parameters"
_QUESTION = re.compile(r"#\s*BEGIN QUESTION\s.*?^name:\s*(\w+)\s*$", re.S | re.M)
_POINTS = re.compile(r"^points:\s*([\d.]+)\s*$", re.M)
_BEGIN_TESTS, _END_TESTS = "# BEGIN TESTS", "# END TESTS"
_END_QUESTION = "# END QUESTION"
_TIE = Decimal("1e-6")  # of a step: nearer to half a step a value may round either way


class Question(BaseModel):
    """The answer to one question of a variant, and its likely mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    answer: float
    decimals: int = Field(ge=0, le=9)
    percent: bool = False
    may_be_zero: bool = False
    mistakes: dict[str, tuple[float, str]] = {}

    def fault(self) -> str | None:
        """Why a student would learn nothing from this question; None if it may be asked."""
        if not math.isfinite(self.answer):
            return "the answer is not defined"
        right = figure(self.answer, self.decimals)
        if not self.may_be_zero and not Decimal(right):
            return "the answer rounds to zero"
        steps = abs(Decimal(repr(self.answer)).scaleb(self.decimals))
        if abs(steps % 1 - Decimal("0.5")) < _TIE:
            return "the answer stands between two figures"
        for name, (value, _) in self.mistakes.items():
            if math.isfinite(value) and figure(value, self.decimals) == right:
                return f"the mistake {name!r} gives the answer too"
        return None


Questions = dict[str, Question]


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment of a project, with its tables loaded."""

    name: str
    notebook: Any
    tables: Mapping[str, pd.DataFrame]
    variants: tuple[Parameters, ...]
    solve: Callable[..., Any]

    def answers(self, parameters: Parameters) -> Questions:
        """The questions of one variant. Raises ClaimbookError if they are not as described."""
        copies = {name: table.copy() for name, table in self.tables.items()}
        try:
            found = TypeAdapter(Questions).validate_python(self.solve(copies, **parameters))
        except ValidationError as error:
            lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
            raise ClaimbookError(
                f"assignment {self.name}, {parameters}: broken answers\n  " + "\n  ".join(lines)
            ) from error
        asked = question_names(self.notebook)
        if set(found) != set(asked):
            raise ClaimbookError(
                f"assignment {self.name}: the notebook asks {', '.join(asked)}; "
                f"{self.name}.py answers {', '.join(found) or 'nothing'}"
            )
        return {name: _defined(found[name]) for name in asked}

    def fault(self, parameters: Parameters) -> str | None:
        """Why a variant is not used; None if it is."""
        faults = {name: q.fault() for name, q in self.answers(parameters).items()}
        return next((f"{name}: {fault}" for name, fault in faults.items() if fault), None)

    def variant_of(self, student: str) -> Parameters:
        """The variant of one student: the same each time, whoever else is in the class.

        Raises ClaimbookError if no variant can be used.
        """
        for parameters in sorted(self.variants, key=lambda v: _rank(self.name, student, v)):
            if self.fault(parameters) is None:
                return parameters
        raise ClaimbookError(f"assignment {self.name}: none of its variants can be used")


def assignment_names(project: Project) -> list[str]:
    """The assignments of a project, in alphabetical order."""
    return sorted(path.stem for path in project.assignments.glob("*.ipynb"))


def load_assignment(project: Project, name: str) -> Assignment:
    """One assignment. Raises ClaimbookError for an unknown name or a broken file."""
    known = assignment_names(project)
    if name not in known:
        raise ClaimbookError(f"unknown assignment {name!r}: {nearest(name, known)}")
    path = project.assignments / f"{name}.py"
    module = _import(path)
    faults = [n for n in ("TABLES", "variants", "answers") if not hasattr(module, n)]
    if faults:
        raise ClaimbookError(f"{path}: {', '.join(faults)} missing")
    tables = {table: load_table(project, table) for table in module.TABLES}
    notebook = read_notebook(path.with_suffix(".ipynb"))
    return Assignment(name, notebook, tables, tuple(module.variants()), module.answers)


def question_names(notebook: Any) -> list[str]:
    """The names of a master notebook's questions, in its order."""
    return list(question_points(notebook))


def question_points(notebook: Any) -> dict[str, float]:
    """What the questions of a master notebook are worth, by their names and in its order.

    Raises ClaimbookError if there are none, or one stands twice.
    """
    found = [m for cell in notebook.cells if (m := _QUESTION.search(cell.source))]
    names = [match[1] for match in found]
    if not names or len(set(names)) < len(names):
        raise ClaimbookError(f"questions have to be named, and each once: {names}")
    points = [_POINTS.search(match.string) for match in found]
    return {n: float(p[1]) if p else 1.0 for n, p in zip(names, points, strict=True)}


def fill(notebook: Any, parameters: Parameters, questions: Questions, salt: str) -> Any:
    """A master notebook with the parameters of one variant and the tests of its questions."""
    import nbformat

    filled = nbformat.from_dict({**notebook, "cells": []})
    current, in_tests = "", False
    for cell in notebook.cells:
        source = cell.source.strip()
        if match := _QUESTION.search(cell.source):
            current = match[1]
        if source == _BEGIN_TESTS:
            in_tests = True
        if source == _END_QUESTION:
            filled.cells += _test_cells(current, questions[current], salt)
        if not in_tests:
            filled.cells.append(nbformat.from_dict(dict(cell)))
        if source == _END_TESTS:
            in_tests = False
    for cell in filled.cells:
        if PARAMETERS_TAG in cell.metadata.get("tags", []):
            cell.source = _with_values(cell.source, parameters)
    for number, cell in enumerate(filled.cells):
        cell["id"] = f"cell-{number}"
    return filled


def salt_of(*parts: str) -> str:
    """A salt for the digests: the same for the same parts.

    >>> salt_of("trade", "s1") == salt_of("trade", "s1") != salt_of("trade", "s2")
    True
    """
    return hashlib.sha256("\n".join(("salt", *parts)).encode()).hexdigest()[:16]


def public_test(name: str, question: Question, salt: str) -> str:
    """The code of a question's public test: it says what is wrong, and holds no answer."""
    decimals = question.decimals
    own = f"{salt}{name}"
    known = ",\n".join(
        f"        ({one!r}, {message!r})"
        for one, message in messages(question.mistakes, decimals, own)
    )
    return (
        f"def test_feedback({name}):\n"
        f"{function_sources([figure, feedback])}\n\n"
        f"    known = [\n{known}\n    ]\n"
        f"    right = {answer_digest(question.answer, decimals, own)!r}\n"
        f"    told = feedback({name}, {own!r}, {decimals}, {question.percent}, right, known)\n"
        f"    assert told is None, told"
    )


def hidden_test(name: str, question: Question) -> str:
    """The code of a question's hidden test, which holds the answer."""
    answer = figure(question.answer, question.decimals)
    return (
        f"def test_answer({name}):\n"
        f"{function_sources([figure])}\n\n"
        f"    assert figure({name}, {question.decimals}) == {answer!r}"
    )


def _with_values(source: str, parameters: Parameters) -> str:
    """A parameters cell, lines of `name = value  # meaning`, with other values.

    Raises ClaimbookError if it does not set every parameter.
    """
    lines = {line.partition(" = ")[0]: line for line in source.splitlines()}
    if missing := parameters.keys() - lines:
        raise ClaimbookError(
            f"the parameters cell has no `{min(missing)} = value`; it has {', '.join(lines)}"
        )
    for name, value in parameters.items():
        _, mark, meaning = lines[name].partition("  # ")
        lines[name] = as_code({name: value}) + mark + meaning
    return "\n".join(lines.values())


def _test_cells(name: str, question: Question, salt: str) -> list[Any]:
    from nbformat.v4 import new_code_cell, new_raw_cell

    config = '""" # BEGIN TEST CONFIG\nhidden: {}\n{}""" # END TEST CONFIG\n'
    return [
        new_raw_cell(_BEGIN_TESTS),
        new_code_cell(config.format("false", "points: 0\n") + public_test(name, question, salt)),
        new_code_cell(config.format("true", "") + hidden_test(name, question)),
        new_raw_cell(_END_TESTS),
    ]


def _defined(question: Question) -> Question:
    """The question without mistakes that have no value in this variant."""
    kept = {n: m for n, m in question.mistakes.items() if math.isfinite(m[0])}
    return question.model_copy(update={"mistakes": kept})


def _rank(assignment: str, student: str, parameters: Parameters) -> str:
    text = json.dumps([assignment, student, parameters], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _import(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"claimbook_assignment_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ClaimbookError(f"{path}: an assignment needs this file beside its notebook")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ClaimbookError(f"{path}: {type(error).__name__}: {error}") from error
    return module
