"""Executing chapters with papermill: in parallel, proven, and put in place whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from claimbook.claims import Ledger
from claimbook.errors import ClaimbookError, nearest
from claimbook.files import replace_text
from claimbook.parameters import read_parameters, resolve
from claimbook.project import Project
from claimbook.records import Record, read_record

WORKERS = 2
CELL_TIMEOUT = 300  # seconds

Progress = Callable[[str, int, int], None]


class RunError(ClaimbookError):
    """A chapter failed, or did not prove that it ran whole."""


@dataclass(frozen=True, slots=True)
class Request:
    """A chapter to run and all its parameters, resolved; `given` are those that were asked for."""

    chapter: str
    given: Mapping[str, Any]
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """A proven run: the executed notebook and the record read from it."""

    chapter: str
    notebook: Any
    record: Record


def request(project: Project, chapter: str, given: Mapping[str, Any] | None = None) -> Request:
    """Resolve a chapter's parameters. Raises ClaimbookError before any kernel starts."""
    path = chapter_path(project, chapter)
    asked = dict(given or {})
    return Request(chapter, asked, resolve(read_parameters(path), asked, project))


def chapter_path(project: Project, chapter: str) -> Path:
    """The notebook of a chapter. Raises ClaimbookError for an unknown one."""
    names = project.chapter_names()
    if chapter not in names:
        raise ClaimbookError(f"unknown chapter {chapter!r}: {nearest(chapter, names)}")
    return project.notebooks / f"{chapter}.ipynb"


def run_all(
    project: Project, requests: Iterable[Request], ledger: Ledger, progress: Progress
) -> list[Run]:
    """Run chapters, two at a time. Raises RunError for the first that fails, in order.

    `progress` is called with chapter, cells done and cells in all.
    """
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        futures = [pool.submit(run_one, project, r, ledger, progress) for r in requests]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def run_one(project: Project, asked: Request, ledger: Ledger, progress: Progress) -> Run:
    """Run one chapter in a kernel of its own and prove the run."""
    path = chapter_path(project, asked.chapter)
    notebook = nbformat.read(path, as_version=4)
    total = sum(cell.cell_type == "code" for cell in notebook.cells)
    done = 0

    def count(**_: Any) -> None:
        nonlocal done
        done += 1
        progress(asked.chapter, min(done, total), total)

    progress(asked.chapter, 0, total)
    with _kernel_config() as config:
        try:
            # Neither `cwd` nor paths: papermill would change the whole process's folder.
            executed = papermill.execute_notebook(
                notebook,
                None,
                parameters=dict(asked.given),
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                execution_timeout=CELL_TIMEOUT,
                resources={"metadata": {"path": str(project.notebooks)}},
                on_cell_executed=count,
                shutdown_kernel="immediate",
                config=config,
            )
        except PapermillExecutionError as error:
            raise RunError(_failure(path, notebook, error)) from error
        except (DeadKernelError, CellTimeoutError, RuntimeError) as error:
            raise RunError(f"{path}: {' '.join(str(error).split())}") from error
    _prove(path, executed)
    record = {
        "chapter": asked.chapter,
        "parameters": dict(asked.parameters),
        **read_record(executed),
    }
    _prove_claims(path, record, ledger)
    return Run(asked.chapter, publishable(executed, path), record)


def publish(run: Run, folder: Path, name: str) -> None:
    """Put a run's notebook and record into `folder` as NAME.ipynb and NAME.json."""
    replace_text(folder / f"{name}.ipynb", nbformat.writes(run.notebook) + "\n")
    replace_text(folder / f"{name}.json", to_json(run.record))


def load_records(project: Project) -> list[Record]:
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
    """The records of all claims, chapter by chapter."""
    return [c for record in load_records(project) for c in record["claims"].values()]


def to_json(data: Any) -> str:
    """JSON that is the same for the same data."""
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def publishable(notebook: Any, path: Path) -> Any:
    """The notebook without what differs between two runs, and with its images' texts in place.

    Raises RunError for an image without an alternative text.
    """
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells, 1):
        for volatile in ("papermill", "execution"):
            cell.metadata.pop(volatile, None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                _set_alt(cell, output, f"{path}, cell {number}")
    return notebook


@contextmanager
def _kernel_config() -> Iterator[Config]:
    """Kernel settings: sockets in a private folder instead of open ports, where there are any."""
    if os.name != "posix":
        yield Config()
        return
    with TemporaryDirectory(prefix="kernel-") as folder:
        yield Config({"KernelManager": {"transport": "ipc", "ip": str(Path(folder) / "s")}})


def _set_alt(cell: Any, output: Any, place: str) -> None:
    alt = output.metadata.get("alt")
    if not alt:
        raise RunError(f"{place}: an image without alternative text; show it with charts.show")
    if "image" in cell.metadata.get("mystnb", {}):
        raise RunError(f"{place}: two images in one cell; show each in a cell of its own")
    cell.metadata["mystnb"] = {"image": {"alt": " ".join(alt.split())}}


def _prove(path: Path, notebook: Any) -> None:
    """Raise RunError unless every code cell ran, in order, without error and warning."""
    expected = 1
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        place = f"{path}, cell {number} ({cell.id})"
        if cell.execution_count != expected:
            raise RunError(f"{place}: did not run in order (count {cell.execution_count})")
        expected += 1
        for output in cell.outputs:
            if output.output_type == "error":
                raise RunError(f"{place}: {output.ename}: {output.evalue}")
            if output.get("name") == "stderr" and "Warning" in output.text:
                raise RunError(f"{place}: a warning was printed: {output.text.strip()}")


def _prove_claims(path: Path, record: Record, ledger: Ledger) -> None:
    expected = {claim.id for claim in ledger.of_chapter(record["chapter"])}
    if missing := sorted(expected - record["claims"].keys()):
        raise RunError(f"{path}: claims not checked: {', '.join(missing)}")


def _failure(path: Path, notebook: Any, error: PapermillExecutionError) -> str:
    cells = {cell.source: cell.id for cell in notebook.cells}
    cell_id = cells.get(error.source, "injected-parameters")
    return f"{path}, cell {error.cell_index + 1} ({cell_id}): {error.ename}: {error.evalue}"
