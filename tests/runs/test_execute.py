"""Runs: executed, proven, kept on disk, and shown as today's notebook with their outputs."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import math
import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import psutil  # type: ignore[import-untyped]
import pytest

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.runs.execute import RunLimits, run_all, run_one, workers
from claimbook.runs.freshness import Today, today
from claimbook.runs.kept import (
    INJECTED,
    Input,
    Request,
    Run,
    RunError,
    Store,
    claims_of,
    code_digests,
    page,
    publish,
    published_records,
    request,
    to_json,
)
from claimbook.runs.kernels.manager import Kernels, kernels
from claimbook.runs.notebooks import read_notebook
from claimbook.runs.stale import run_stale
from tests.bees import CELLS, NORTH_SHARE, WINTER_LOSSES, build_project, write_ledger

KERNELSPEC = {"name": "python3", "language": "python", "display_name": "Python 3"}
YEAR = "year: int = 2019  # year of the census; allowed: 2018..2019"
LIMITS = RunLimits()
PIXEL = "iVBORw0KGgo="
Outcome = Run | Exception

# Helpers, for other tests as well --------------------------------------------------------


def write_chapter(project: Project, name: str, *cells: Any, parameters: str = YEAR) -> Path:
    """Write a chapter: a cell of parameters, then code; what is no text is a cell already."""
    made = [c if not isinstance(c, str) else nbformat.v4.new_code_cell(c) for c in cells]
    first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    notebook = nbformat.v4.new_notebook(cells=[first, *made], metadata={"kernelspec": KERNELSPEC})
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"{name}-{number}"
    path = project.notebooks / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def prose(text: str) -> Any:
    """A cell of prose."""
    return nbformat.v4.new_markdown_cell(text)


def tagged(source: str, *tags: str) -> Any:
    """A code cell with tags."""
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)})


def quiet(*_: object) -> None:
    """No progress is wanted."""


def attempt(found: Kernels, now: Today, asked: Request, limits: RunLimits = LIMITS) -> Outcome:
    """The run of a chapter, or what ended it."""
    try:
        return run_one(now, asked, found, quiet, limits)
    except Exception as error:  # a test looks at it
        return error


def attempts(
    found: Kernels, project: Project, chapters: Iterable[str], limits: RunLimits = LIMITS
) -> dict[str, Outcome]:
    """What becomes of each chapter, as many at a time as there are cores."""
    now, names = today(project), list(chapters)
    with ThreadPoolExecutor(workers()) as pool:
        asked = [request(project, name) for name in names]
        ended = pool.map(lambda item: attempt(found, now, item, limits), asked)
        return dict(zip(names, ended, strict=True))


def ran(outcome: Outcome) -> Run:
    """The run that an outcome has to be."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def refusal(outcome: Outcome) -> str:
    """The message of the RunError that an outcome has to be."""
    assert isinstance(outcome, RunError), repr(outcome)
    return str(outcome)


def printed(outcome: Outcome) -> str:
    """What a run's cells printed."""
    texts = [o["text"] for cell in ran(outcome).outputs for o in cell if "text" in o]
    return "".join(texts).strip()


# Kept runs -------------------------------------------------------------------------------


@pytest.fixture
def hives(bees: Project) -> Project:
    write_chapter(bees, "hives", *CELLS[1:], parameters=CELLS[0])
    return bees


@pytest.fixture
def kept(hives: Project) -> Run:
    """A run as one that was executed, made by hand."""
    asked = request(hives, "hives")
    return Run(
        chapter="hives",
        given={},
        parameters=dict(asked.parameters),
        code=code_digests(read_notebook(hives.notebooks / "hives.ipynb")),
        inputs=[Input("file", "data/hives.csv", "0" * 64), Input("table", "hives", "f" * 64)],
        environment={"Python": "3.99", "package honey": "1.0"},
        seconds=1.5,
        language={"name": "python", "version": "3.99"},
        outputs=[[], [stream("opened\n")], [], [], [], [], [stream("1 reproduced — für Bienen")]],
        record={"claims": {"north-share": {"id": "north-share"}}, "relations": {}, "values": {}},
    )


def stream(text: str) -> Any:
    return nbformat.v4.new_output("stream", text=text)


def test_a_kept_run_is_found_as_it_was_by_its_request(hives: Project, kept: Run) -> None:
    asked = request(hives, "hives")
    Store(hives).keep(asked, kept)
    assert Store(hives).find(asked) == kept


def test_runs_of_other_parameters_are_kept_side_by_side(hives: Project, kept: Run) -> None:
    store, default = Store(hives), request(hives, "hives")
    other = request(hives, "hives", {"year": 2018})
    assert store.find(other) is None
    store.keep(default, kept)
    assert store.find(other) is None
    store.keep(other, replace(kept, given={"year": 2018}, seconds=2.5))
    assert [run.seconds for run in map(store.find, (default, other)) if run] == [1.5, 2.5]


def test_a_later_run_takes_the_place_of_the_earlier_and_leaves_no_other_file(
    hives: Project, kept: Run
) -> None:
    asked, store = request(hives, "hives"), Store(hives)
    store.keep(asked, kept)
    store.keep(asked, replace(kept, seconds=9.0))
    found = store.find(asked)
    assert found
    assert found.seconds == 9.0
    assert len(list((hives.runs / "hives").iterdir())) == 1


def test_the_last_kept_run_is_the_latest_whatever_its_parameters(hives: Project, kept: Run) -> None:
    store = Store(hives)
    assert store.latest("hives") is None
    assert store.seconds("hives") == math.inf
    for age, year in [(30, 2018), (10, 2019), (20, None)]:
        asked = request(hives, "hives", {"year": year} if year else {})
        store.keep(asked, replace(kept, seconds=float(age)))
        path = hives.runs / "hives" / f"{asked.key}.json"
        os.utime(path, (time.time() - age, time.time() - age))
    assert store.seconds("hives") == 10.0
    assert store.latest("honey") is None


def test_no_damage_of_a_kept_run_passes_for_a_run(hives: Project, kept: Run) -> None:
    asked, store = request(hives, "hives"), Store(hives)
    store.keep(asked, kept)
    (path,) = (hives.runs / "hives").iterdir()
    content = path.read_bytes()
    for place in range(0, len(content), 5):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert store.find(asked) in (None, kept)  # the same, where a blank became another
        path.write_bytes(content[:place])
        assert store.find(asked) in (None, kept)


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"run": {}}', '{"run": 1, "sha256": 2}'])
def test_a_file_that_is_no_run_is_none(hives: Project, kept: Run, text: str) -> None:
    asked, store = request(hives, "hives"), Store(hives)
    store.keep(asked, kept)
    (path,) = (hives.runs / "hives").iterdir()
    path.write_text(text)
    assert store.find(asked) is None
    assert store.latest("hives") is None
    assert store.seconds("hives") == math.inf


def test_a_request_is_known_by_its_values_and_by_which_were_asked_for(hives: Project) -> None:
    asked = [
        request(hives, "hives"),
        request(hives, "hives", {"year": 2018}),
        request(hives, "hives", {"release": "2021-04"}),
        request(hives, "hives", {"year": 2018, "release": "2021-04"}),
        request(hives, "hives", {"year": 2019}),  # the page shows a cell that sets it
    ]
    assert len({item.key for item in asked}) == len(asked)
    turned = request(hives, "hives", {"release": "2021-04", "year": 2018})
    assert turned.key == asked[3].key


def test_an_unknown_chapter_is_refused_with_the_nearest(hives: Project) -> None:
    with pytest.raises(ClaimbookError, match="'hive': did you mean hives"):
        request(hives, "hive")


@pytest.mark.parametrize("text", ["", "{", '{"nbformat": 9}'])
def test_a_file_that_is_no_notebook_is_refused(hives: Project, text: str) -> None:
    path = hives.notebooks / "broken.ipynb"
    path.write_text(text)
    with pytest.raises(ClaimbookError, match=r"broken\.ipynb: not a readable notebook"):
        read_notebook(path)


NO_NOTEBOOKS = [
    "{}",
    "[]",
    '{"cells": 1, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    '{"cells": [{}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
]


@pytest.mark.parametrize("text", NO_NOTEBOOKS)
def test_json_that_is_no_notebook_is_refused(hives: Project, text: str) -> None:
    path = hives.notebooks / "broken.ipynb"
    path.write_text(text)
    with pytest.raises(ClaimbookError, match=r"broken\.ipynb: not a readable notebook"):
        read_notebook(path)


@pytest.mark.parametrize("text", ["", "{", *NO_NOTEBOOKS])
def test_a_request_refuses_a_broken_notebook(hives: Project, text: str) -> None:
    (hives.notebooks / "broken.ipynb").write_text(text)
    with pytest.raises(ClaimbookError, match=r"broken\.ipynb: not a readable notebook"):
        request(hives, "broken")


# Pages -----------------------------------------------------------------------------------


def drawn(alt: str | None) -> Any:
    data = {"image/png": PIXEL, "text/plain": "a chart"}
    return nbformat.v4.new_output(
        "display_data", data=data, metadata={} if alt is None else {"alt": alt}
    )


def with_outputs(run: Run, *outputs: Any) -> Run:
    """The run with other outputs of its second cell."""
    return replace(run, outputs=[run.outputs[0], list(outputs), *run.outputs[2:]])


def hives_page(project: Project, run: Run, given: Mapping[str, Any] | None = None) -> Any:
    asked = request(project, "hives", given)
    return page(project.notebooks / "hives.ipynb", asked, run)


def test_a_page_is_todays_notebook_with_the_outputs_of_the_run(hives: Project, kept: Run) -> None:
    path = hives.notebooks / "hives.ipynb"
    notebook = read_notebook(path)
    notebook.cells[1].outputs = [stream("of an earlier session")]
    notebook.cells[1].execution_count = 17
    notebook.cells.insert(0, prose("# The hives"))
    notebook.cells.append(prose("The end."))
    nbformat.write(notebook, path)
    shown = hives_page(hives, kept)
    assert [cell.source for cell in shown.cells] == ["# The hives", *CELLS, "The end."]
    code = [cell for cell in shown.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == kept.outputs
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4, 5, 6, 7]
    assert shown.metadata["language_info"] == kept.language
    nbformat.validate(shown)


def test_empty_cells_are_not_counted(hives: Project, kept: Run) -> None:
    write_chapter(hives, "hives", CELLS[1], " \n", CELLS[2], parameters=CELLS[0])
    shown = hives_page(hives, replace(kept, outputs=[[], [], [], []]))
    assert [cell.execution_count for cell in shown.cells] == [1, 2, None, 3]


def test_timings_of_an_editor_are_not_shown(hives: Project, kept: Run) -> None:
    path = hives.notebooks / "hives.ipynb"
    notebook = read_notebook(path)
    timings = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    for cell in notebook.cells:
        cell.metadata["execution"] = timings
        cell.metadata["slideshow"] = "kept"
    nbformat.write(notebook, path)
    shown = hives_page(hives, kept)
    assert not any("execution" in cell.metadata for cell in shown.cells)
    assert {cell.metadata["slideshow"] for cell in shown.cells} == {"kept"}


def test_given_parameters_are_shown_in_a_cell_after_the_defaults(hives: Project, kept: Run) -> None:
    given = {"year": 2018}
    shown = hives_page(hives, replace(kept, given=given, outputs=[[], *kept.outputs]), given)
    first, second, third = shown.cells[:3]
    assert (first.source, third.source) == (CELLS[0], CELLS[1])
    assert "year = 2018" in second.source
    assert "release" not in second.source
    assert second.metadata["tags"] == [INJECTED]
    assert [cell.execution_count for cell in shown.cells] == list(range(1, 9))
    assert shown.cells[2].outputs == kept.outputs[1]


def test_the_alternative_text_of_an_image_is_set_in_one_line(hives: Project, kept: Run) -> None:
    shown = hives_page(hives, with_outputs(kept, stream("text"), drawn("Hives\n  fell\nby half")))
    assert shown.cells[1].metadata["mystnb"] == {"image": {"alt": "Hives fell by half"}}
    assert "mystnb" not in shown.cells[0].metadata


@pytest.mark.parametrize("alt", [None, ""])
def test_an_image_without_alternative_text_is_refused(
    hives: Project, kept: Run, alt: str | None
) -> None:
    words = r"hives\.ipynb, cell hives-2: an image without alternative text; show it with"
    with pytest.raises(RunError, match=words):
        hives_page(hives, with_outputs(kept, drawn(alt)))


def test_two_images_in_one_cell_are_refused(hives: Project, kept: Run) -> None:
    words = r"hives\.ipynb, cell hives-2: two images in one cell"
    with pytest.raises(RunError, match=words):
        hives_page(hives, with_outputs(kept, drawn("one"), drawn("two")))


def test_a_page_leaves_the_kept_run_as_it_was(hives: Project, kept: Run) -> None:
    run = with_outputs(kept, drawn("a chart"))
    before = copy.deepcopy(run)
    hives_page(hives, run)
    assert run == before


def test_a_published_run_is_a_notebook_and_its_record(
    hives: Project, kept: Run, tmp_path: Path
) -> None:
    asked = request(hives, "hives")
    publish(hives, asked, kept, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "hives.ipynb",
        "hives.json",
    ]
    assert nbformat.read(tmp_path / "out" / "hives.ipynb", as_version=4) == hives_page(hives, kept)
    record = json.loads((tmp_path / "out" / "hives.json").read_text(encoding="utf-8"))
    assert record == json.loads(to_json(kept.published()))
    assert (record["chapter"], record["parameters"]["year"]) == ("hives", 2019)
    assert {item["name"] for item in record["inputs"]} == {"data/hives.csv", "hives"}
    assert record["environment"] == kept.environment
    assert record["claims"] == kept.record["claims"]


def test_two_runs_of_the_same_are_published_alike(kept: Run) -> None:
    again = replace(kept, seconds=99.0, environment=dict(reversed(kept.environment.items())))
    assert to_json(again.published()) == to_json(kept.published())


def test_records_are_read_from_the_chapters_that_were_built(hives: Project, kept: Run) -> None:
    with pytest.raises(ClaimbookError, match="chapter 'hives' has not been run: run `claimbook"):
        published_records(hives)
    publish(hives, request(hives, "hives"), kept, hives.chapters)
    assert [record["chapter"] for record in published_records(hives)] == ["hives"]
    assert [claim["id"] for claim in claims_of(hives)] == ["north-share"]


# Executed --------------------------------------------------------------------------------

CHART = """
import matplotlib.pyplot as plt
from claimbook.charts import static as charts
figure, axes = plt.subplots()
axes.plot([1, 2])
charts.show(figure, alt="A line that rises", source="Hive census")
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """A project of chapters that end in many ways, and how they ended."""

    project: Project
    default: Outcome
    given: Outcome
    others: dict[str, Outcome]


def without_kernel(path: Path) -> None:
    notebook = read_notebook(path)
    del notebook.metadata["kernelspec"]
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    project = build_project(tmp_path_factory.mktemp("runs") / "bees")
    write_chapter(project, "hives", *CELLS[1:-1], CHART, CELLS[-1], parameters=CELLS[0])
    others = {
        "failing": ["print('before')", "1 / 0", "print('after')"],
        "tolerated": [tagged("1 / 0", "raises-exception")],
        "skipped": [tagged("print('never')", "skip-execution"), "print('after')"],
        "warning": ["import warnings", "warnings.warn('the hive is empty')"],
        "noisy": ["import sys", "print('only a note', file=sys.stderr)"],
        "blank": [" ", "print('after a blank cell')"],
        "exiting": ["import os", "os._exit(3)"],
        "leaving": ["import sys", "sys.exit(3)"],
        "asking": ["input('how many hives?')"],
        "wrong": ["= 1"],
        "forgetful": ["from claimbook.chapter import open_chapter", "open_chapter('forgetful')"],
    }
    for name, cells in others.items():
        write_chapter(project, name, *cells)
    claims = [WINTER_LOSSES, {**WINTER_LOSSES, "id": "queens", "chapter": "forgetful"}]
    write_ledger(project, [NORTH_SHARE, *claims])
    without_kernel(write_chapter(project, "nameless", "print(year)"))
    with kernels() as found:
        now, given = today(project), {"year": 2018, "release": "2021-04"}
        return Ended(
            project,
            attempt(found, now, request(project, "hives")),
            attempt(found, now, request(project, "hives", given)),
            attempts(found, project, [*others, "nameless"]),
        )


@pytest.mark.slow
def test_a_run_can_be_made_where_an_event_loop_runs(tmp_path: Path) -> None:
    project = build_project(tmp_path / "bees")
    write_chapter(project, "nectar", "print('sweet')")

    async def inside(found: Kernels) -> Outcome:
        return attempt(found, today(project), request(project, "nectar"))

    with kernels() as found:
        run = ran(asyncio.run(inside(found)))
    assert "sweet" in str(run.outputs)


def test_a_run_holds_what_it_was_made_from_and_what_it_found(ended: Ended) -> None:
    run, notebook = ran(ended.default), read_notebook(ended.project.notebooks / "hives.ipynb")
    assert (run.chapter, run.given) == ("hives", {})
    assert run.parameters == {"year": 2019, "release": "2020-04"}
    assert run.code == code_digests(notebook)
    assert run.language["name"] == "python"
    assert 0 < run.seconds < 60
    assert run.environment == today(ended.project).versions
    assert list(run.record["claims"]) == ["north-share", "winter-losses"]
    assert run.record["values"] == {"years": 2, "checked": 2}
    assert len(run.outputs) == len(run.code) == len(notebook.cells)


def test_an_executed_run_is_kept_and_shown_whole(ended: Ended, tmp_path: Path) -> None:
    asked, run = request(ended.project, "hives"), ran(ended.default)
    store = Store(Project(tmp_path))
    store.keep(asked, run)
    assert store.find(asked) == run
    shown = page(ended.project.notebooks / "hives.ipynb", asked, run)
    nbformat.validate(shown)
    chart = shown.cells[6]
    assert chart.metadata["mystnb"] == {"image": {"alt": "A line that rises"}}
    assert any("image/png" in output.get("data", {}) for output in chart.outputs)
    assert "papermill" not in shown.metadata


def test_given_parameters_reach_the_chapter_and_its_record(ended: Ended) -> None:
    run = ran(ended.given)
    assert run.parameters == {"year": 2018, "release": "2021-04"}
    claim = run.record["claims"]["north-share"]
    assert claim["stated"]["basis"] == {"year": 2018, "release": "2021-04"}
    assert not claim["stated_basis"]
    assert len(run.outputs) == len(run.code) + 1
    asked = request(ended.project, "hives", run.given)
    assert len(page(ended.project.notebooks / "hives.ipynb", asked, run).cells) == len(run.outputs)


@pytest.mark.parametrize(
    ("chapter", "cell", "words"),
    [
        ("failing", 3, "ZeroDivisionError: division by zero"),
        ("tolerated", 2, "ZeroDivisionError: division by zero"),
        ("skipped", 2, "did not run in order"),
        ("warning", 3, "the hive is empty"),
        ("exiting", 3, "Kernel died"),
        ("leaving", 3, "SystemExit: 3"),
        ("asking", 2, "does not support input"),
        ("wrong", 2, "SyntaxError"),
    ],
)
def test_a_chapter_that_does_not_run_whole_is_refused_with_notebook_and_cell(
    ended: Ended, chapter: str, cell: int, words: str
) -> None:
    message = refusal(ended.others[chapter])
    path = ended.project.notebooks / f"{chapter}.ipynb"
    assert message.startswith(f"{path}, cell {cell} ({chapter}-{cell}): ")
    assert words in message


def test_notes_on_standard_error_and_blank_cells_are_no_fault(ended: Ended) -> None:
    assert printed(ended.others["noisy"]) == "only a note"
    assert printed(ended.others["blank"]) == "after a blank cell"


def test_a_chapter_that_does_not_check_its_claims_is_refused(ended: Ended) -> None:
    message = refusal(ended.others["forgetful"])
    assert message.endswith("forgetful.ipynb: claims not checked: queens")


def test_a_notebook_that_names_no_kernel_runs(ended: Ended) -> None:
    assert printed(ended.others["nameless"]) == "2019"


# Several at a time -----------------------------------------------------------------------

SLEEP = "import time; time.sleep({})"


@pytest.fixture
def two_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claimbook.runs.execute.workers", lambda: 2)


@pytest.mark.slow
@pytest.mark.usefixtures("two_workers")
def test_after_a_failure_what_runs_is_kept_and_nothing_more_is_started(bees: Project) -> None:
    names = ["failing", "running", "later-1", "later-2", "later-3"]
    write_chapter(bees, "failing", "1 / 0")
    write_chapter(bees, "running", SLEEP.format(1.5))
    for name in names[2:]:
        write_chapter(bees, name, SLEEP.format(1))
    kept: list[str] = []
    with pytest.raises(RunError, match=r"failing\.ipynb, cell 2 \(failing-2\): ZeroDivision"):
        run_all(
            today(bees),
            [request(bees, name) for name in names],
            quiet,
            lambda asked, run: kept.append(f"{asked.chapter} {run.chapter}"),
        )
    assert "running running" in kept
    assert {"later-2 later-2", "later-3 later-3"}.isdisjoint(kept)
    assert psutil.Process().children() == []


@pytest.mark.slow
@pytest.mark.usefixtures("two_workers")
def test_an_interrupt_ends_all_that_runs_at_once(bees: Project) -> None:
    write_chapter(bees, "short", "print(1)")
    write_chapter(bees, "endless", SLEEP.format(100))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_all(today(bees), [request(bees, n) for n in ("endless", "short")], quiet, interrupted)
    assert time.monotonic() - start < 30
    assert psutil.Process().children() == []


def test_stale_chapters_run_longest_first_and_only_they(
    bees: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["fresh", "long", "new", "short"]
    now, store = today(bees), Store(bees)
    for name in names:
        write_chapter(bees, name, "print(year)")

    def made(asked: Request, seconds: float, *inputs: Input) -> Run:
        code = code_digests(read_notebook(bees.notebooks / f"{asked.chapter}.ipynb"))
        values = dict(asked.parameters)
        versions = now.versions
        return Run(asked.chapter, {}, values, code, [*inputs], versions, seconds, {}, [], {})

    started: list[str] = []

    def run_by_hand(_: Today, asked: list[Request], *__: object, **___: object) -> None:
        for item in asked:
            started.append(item.chapter)
            store.keep(item, made(item, 7))

    monkeypatch.setattr("claimbook.runs.stale.run_all", run_by_hand)
    requests = [request(bees, name) for name in names]
    gone = Input("file", "data/gone.csv", "0")
    store.keep(requests[0], made(requests[0], 99))
    store.keep(requests[1], made(requests[1], 20, gone))
    store.keep(requests[3], made(requests[3], 1, gone))
    assert run_stale(now, requests, quiet) == ["long", "new", "short"]
    assert started == ["new", "long", "short"]  # how long the new one takes is not known
    assert run_stale(now, requests, quiet) == []
    assert run_stale(now, requests, quiet, force=["short"]) == ["short"]
    assert started[3:] == ["short"]


@pytest.mark.slow
def test_running_leaves_no_file_and_no_socket_open(bees: Project) -> None:
    write_chapter(bees, "plain", "print(year)")
    gc.collect()
    before = psutil.Process().num_fds()
    run_all(today(bees), [request(bees, "plain")], quiet, quiet)
    assert psutil.Process().num_fds() == before
