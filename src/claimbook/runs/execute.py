"""Executing chapters with papermill: in parallel, in private, and proven before they count."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import papermill
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from claimbook.base import FailedError
from claimbook.claims import TrackedLedger, read_record
from claimbook.runs.contract import as_data
from claimbook.runs.freshness import Today
from claimbook.runs.kept import (
    Input,
    Request,
    Run,
    RunError,
    chapter_path,
    code_digests,
    with_parameters,
)
from claimbook.runs.kernels.manager import ChapterKernelManager, Kernels, Place, kernels
from claimbook.runs.notebooks import read_notebook

Progress = Callable[[str, int, int], None]
Keep = Callable[[Request, Run], None]


@dataclass(frozen=True, slots=True)
class RunLimits:
    """How long a cell and a whole run may take, in seconds."""

    cell: int = 300
    run: int = 900


def workers() -> int:
    """How many chapters run at a time: one a core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(
    now: Today,
    requests: Iterable[Request],
    progress: Progress,
    keep: Keep,
    *,
    cold: bool = False,
    limits: RunLimits = RunLimits(),
) -> None:
    """Run chapters, as many at a time as there are cores, in the order given.

    Each proven run is handed to `keep` as soon as it is there. After a failure no further
    chapter starts, those that run are waited for and kept, and the failure is raised: RunError.
    Whatever ends this call, no kernel outlives it. `progress` is called with chapter, cells done
    and cells in all.
    """
    pool = ThreadPoolExecutor(workers())
    with pool, kernels(cold=cold) as found:  # the kernels end first, then the threads
        left = {pool.submit(run_one, now, r, found, progress, limits): r for r in requests}
        try:
            for future in as_completed(list(left)):  # what was kept is not held any longer
                keep(left.pop(future), future.result())
        except RunError:
            pool.shutdown(wait=True, cancel_futures=True)
            for future, request in left.items():
                with suppress(RunError, CancelledError):  # the first failure is the one to tell
                    keep(request, future.result())
            raise
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def run_one(
    now: Today, asked: Request, found: Kernels, progress: Progress, limits: RunLimits
) -> Run:
    """Run one chapter in a kernel and a private folder of its own, and prove the run."""
    path = chapter_path(now.project, asked.chapter)
    source = read_notebook(path)
    notebook = with_parameters(source, asked.given)
    follow = _Follow(asked.chapter, notebook, progress, limits)
    with TemporaryDirectory(prefix="claimbook-run-") as folder:
        place = Place(now.project.root, Path(folder))
        executed = _execute(path, notebook, follow, found, place)
        log = _read_log(place.log)
    _prove(path, executed)
    _prove_allowed(path, executed, log)
    record = read_record(executed)
    _prove_claims(path, record["claims"], now.entries, asked.chapter)
    return Run(
        chapter=asked.chapter,
        given=as_data(dict(asked.given)),
        parameters=as_data(dict(asked.parameters)),
        code=code_digests(source),
        inputs=sorted(_inputs(log), key=lambda item: (item.kind, item.name, item.digest)),
        environment=now.versions,
        seconds=follow.seconds,
        language=dict(executed.metadata["language_info"]),
        outputs=[cell.outputs for cell in executed.cells if cell.cell_type == "code"],
        record=record,
    )


class _Follow:
    """Follows a run: where it is, for messages and progress, and how much time it has left."""

    def __init__(self, chapter: str, notebook: Any, progress: Progress, limits: RunLimits) -> None:
        self._chapter, self._progress, self._limits = chapter, progress, limits
        self._total = sum(cell.cell_type == "code" for cell in notebook.cells)
        self._done = 0
        self._start = time.perf_counter()
        self.cell = "before the first cell"
        progress(chapter, 0, self._total)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start

    def started(self, cell: Any, cell_index: int) -> None:
        self.cell = f"cell {cell_index + 1} ({cell.id})"

    def executed(self, **_: Any) -> None:
        self._done = min(self._done + 1, self._total)
        self._progress(self._chapter, self._done, self._total)

    def time_left(self, _: Any) -> int:
        left = self._limits.run - self.seconds
        return max(1, min(self._limits.cell, int(left)))


def _execute(path: Path, notebook: Any, follow: _Follow, found: Kernels, place: Place) -> Any:
    try:
        # Neither `cwd` nor paths: papermill would change the whole process's folder, and write
        # the notebook in place at every cell.
        return papermill.execute_notebook(
            notebook,
            None,
            kernel_name="python3",  # papermill wants a name; the manager below starts its own
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            timeout_func=follow.time_left,
            resources={"metadata": {"path": str(place.root / "notebooks")}},
            on_cell_start=follow.started,
            on_cell_executed=follow.executed,
            shutdown_kernel="immediate",
            kernel_manager_class=ChapterKernelManager,
            config=found.config(place),
        )
    except PapermillExecutionError as error:
        cell = notebook.cells[error.cell_index]
        raise RunError(
            f"{path}, cell {error.cell_index + 1} ({cell.id}): {error.ename}: {error.evalue}"
        ) from error
    except CellTimeoutError as error:
        raise RunError(f"{path}, {follow.cell}: took too long and was stopped") from error
    except (DeadKernelError, FailedError, RuntimeError) as error:
        told = " ".join(str(error).split())
        raise RunError(f"{path}, {follow.cell}: {told}") from error
    finally:
        loop = ensure_event_loop()
        if not loop.is_running():  # nbclient leaves the one it made for this thread open
            loop.close()


def _read_log(log: Path) -> list[dict[str, Any]]:
    if not log.is_file():
        return []
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def _inputs(log: list[dict[str, Any]]) -> list[Input]:
    return [Input(**entry) for entry in log if "kind" in entry]


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


def _prove_allowed(path: Path, notebook: Any, log: list[dict[str, Any]]) -> None:
    """Raise RunError for what was forbidden, also where the cell went on without it."""
    if not any(entry.get("kind") == "module" for entry in log):
        raise RunError(f"{path}: the kernel noted nothing of what it read")
    for entry in log:
        if "forbidden" in entry:
            cells = [c for c in enumerate(notebook.cells, 1) if c[1].get("execution_count")]
            number, cell = cells[entry["cell"] - 1]
            raise RunError(f"{path}, cell {number} ({cell.id}): {entry['forbidden']}")


def _prove_claims(path: Path, found: Iterable[str], entries: TrackedLedger, chapter: str) -> None:
    expected = {claim.id for claim in entries.claims_of(chapter)}
    if missing := sorted(expected - set(found)):
        raise RunError(f"{path}: claims not checked: {', '.join(missing)}")
