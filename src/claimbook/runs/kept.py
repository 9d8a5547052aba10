"""Runs of chapters, kept on disk: what each one gave, and from what.

A run is one file, put in place in one step: outputs, record, inputs with their digests, versions
and duration. The page of a chapter is its notebook of today with the outputs of a kept run, so
that an edit of the prose needs no new run.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat

from claimbook.base import ClaimbookError, FailedError, Project, digest, nearest, replace_text
from claimbook.claims import Record
from claimbook.runs.code import as_code
from claimbook.runs.contract import as_data
from claimbook.runs.notebooks import read_notebook
from claimbook.runs.parameters import read_parameters, resolve

INJECTED = "injected-parameters"
# Tags of code cells that change what a run does.
_EFFECTIVE_TAGS = {"parameters", "raises-exception", "skip-execution"}


class RunError(FailedError):
    """A chapter failed, or did not prove that it ran whole."""


@dataclass(frozen=True, slots=True)
class Request:
    """A chapter to run and all its parameters, resolved; `given` are those that were asked for."""

    chapter: str
    given: Mapping[str, Any]
    parameters: Mapping[str, Any]

    @property
    def key(self) -> str:
        """A short name of the parameters' values."""
        return digest([as_data(dict(self.given)), as_data(dict(self.parameters))])[:16]


@dataclass(frozen=True, slots=True)
class Input:
    """Something that a run read: a file, a module, an entry; `digest` is that of its content."""

    kind: str
    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Run:
    """A proven run of a chapter.

    `code` holds a digest and `outputs` the outputs of each code cell of the notebook, and the
    latter begin with those of the injected cell if parameters were given; `language` is the
    kernel's language_info, `environment` the versions, `record` what the chapter found.
    """

    chapter: str
    given: dict[str, Any]
    parameters: dict[str, Any]
    code: list[str]
    inputs: list[Input]
    environment: dict[str, str]
    seconds: float
    language: dict[str, Any]
    outputs: list[list[Any]]
    record: Record

    def published(self) -> Record:
        """The record with what it was made from; the same for two runs of the same."""
        return {
            "chapter": self.chapter,
            "parameters": self.parameters,
            "inputs": [asdict(item) for item in self.inputs],
            "environment": self.environment,
            **self.record,
        }


def request(
    project: Project,
    chapter: str,
    given: Mapping[str, Any] | None = None,
    faults: Iterable[str] = (),
) -> Request:
    """Resolve a chapter's parameters. Raises ClaimbookError before any kernel starts.

    `faults` are those found while `given` was read; they are reported with those of the values.
    """
    path = chapter_path(project, chapter)
    contract = read_parameters(path)
    values = resolve(contract, given or {}, project, faults)
    return Request(chapter, {name: values[name] for name in given or {}}, values)


def chapter_path(project: Project, chapter: str) -> Path:
    """The notebook of a chapter. Raises ClaimbookError for an unknown one."""
    names = project.chapter_names()
    if chapter not in names:
        raise ClaimbookError(f"unknown chapter {chapter!r}: {nearest(chapter, names)}")
    return project.notebooks / f"{chapter}.ipynb"


def code_digests(notebook: Any) -> list[str]:
    """A digest of each code cell: of its source, and of the tags that change what it does."""
    return [
        digest([cell.source, sorted(_EFFECTIVE_TAGS & set(cell.metadata.get("tags", [])))])
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def with_parameters(notebook: Any, given: Mapping[str, Any]) -> Any:
    """The notebook with a cell that sets the given values after the one with the defaults."""
    result = copy.deepcopy(notebook)
    if given:
        place = 1 + next(
            index
            for index, cell in enumerate(result.cells)
            if "parameters" in cell.metadata.get("tags", [])
        )
        cell = nbformat.v4.new_code_cell(as_code(given), id=INJECTED, metadata={"tags": [INJECTED]})
        result.cells.insert(place, cell)
    return result


def page(path: Path, asked: Request, run: Run) -> Any:
    """A chapter's notebook of today with the outputs of a run, ready to be compiled.

    Raises RunError for an image without an alternative text.
    """
    notebook = with_parameters(read_notebook(path), asked.given)
    notebook.metadata["language_info"] = run.language
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    count = 0
    for cell, outputs in zip(cells, run.outputs, strict=True):
        cell.metadata.pop("execution", None)  # JupyterLab's timings
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        if cell.source.strip():
            count += 1
            cell.execution_count = count
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                _set_alt(cell, output, f"{path}, cell {cell.id}")
    return notebook


def publish(
    project: Project,
    asked: Request,
    run: Run,
    folder: Path,
    finish: Callable[[Any], None] = lambda _: None,
) -> None:
    """Put a run's notebook and record into `folder` as CHAPTER.ipynb and CHAPTER.json.

    `finish` may add to the notebook what belongs into the book alone.
    """
    notebook = page(chapter_path(project, run.chapter), asked, run)
    finish(notebook)
    replace_text(folder / f"{run.chapter}.ipynb", nbformat.writes(notebook) + "\n")
    replace_text(folder / f"{run.chapter}.json", to_json(run.published()))


def published_records(project: Project) -> list[Record]:
    """The records of the chapters that were built. Raises ClaimbookError if one is missing."""
    records = []
    for chapter in project.chapter_names():
        path = project.chapters / f"{chapter}.json"
        if not path.is_file():
            raise ClaimbookError(
                f"chapter {chapter!r} has not been run: run `claimbook build` first"
            )
        records.append(json.loads(path.read_text(encoding="utf-8")))
    return records


def claims_of(project: Project) -> list[Record]:
    """The records of all claims of the built chapters, chapter by chapter."""
    return [c for record in published_records(project) for c in record["claims"].values()]


class Store:
    """The kept runs of a project, one file for each chapter and set of parameters."""

    def __init__(self, project: Project) -> None:
        self._folder = project.runs

    def find(self, asked: Request) -> Run | None:
        """The run that was kept for a request; None if there is none that can be read."""
        return _read(self._place(asked))

    def latest(self, chapter: str) -> Run | None:
        """The chapter's last kept run, whatever its parameters."""
        files = sorted(
            (self._folder / chapter).glob("*.json"), key=lambda path: path.stat().st_mtime_ns
        )
        return _read(files[-1]) if files else None

    def seconds(self, chapter: str) -> float:
        """How long the chapter took last; forever if that is not known."""
        last = self.latest(chapter)
        return last.seconds if last else math.inf

    def keep(self, asked: Request, run: Run) -> None:
        """Keep a run, in the place of the one with the same parameters."""
        data = asdict(run)
        replace_text(self._place(asked), to_json({"sha256": digest(data), "run": data}))

    def _place(self, asked: Request) -> Path:
        return self._folder / asked.chapter / f"{asked.key}.json"


def to_json(data: Any) -> str:
    """JSON that is the same for the same data."""
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _read(path: Path) -> Run | None:
    """A kept run; None for a damaged file, or one of another version of this module."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        data = kept["run"]
        if kept["sha256"] != digest(data):
            return None
        return Run(**{**data, "inputs": [Input(**item) for item in data["inputs"]]})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _set_alt(cell: Any, output: Any, place: str) -> None:
    alt = output.metadata.get("alt")
    if not alt:
        raise RunError(f"{place}: an image without alternative text; show it with charts.show")
    if "image" in cell.metadata.get("mystnb", {}):
        raise RunError(f"{place}: two images in one cell; show each in a cell of its own")
    cell.metadata["mystnb"] = {"image": {"alt": " ".join(alt.split())}}
