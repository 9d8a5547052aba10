"""A kept run stands exactly as long as all that it was made from: the cache cannot be stale."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

import claimbook
from claimbook.base.project import Project
from claimbook.book import current
from claimbook.runs.execute import RunLimits, run_one
from claimbook.runs.freshness import changes, today, versions
from claimbook.runs.kept import Input, Run, Store, code_digests, publish, request
from claimbook.runs.kernels.manager import kernels
from claimbook.runs.notebooks import read_notebook
from claimbook.runs.stale import stale_because, why
from tests.bees import FIELDS, HIVES, NORTH_SHARE, WINTER_LOSSES, build_project, write_ledger
from tests.runs.test_execute import attempts, prose, ran, write_chapter

ENGINE = Path(claimbook.__file__).parent
HONEY = "year,kg\n2018,3300.5\n2019,2200\n"
SOUTH_SHARE: dict[str, Any] = {
    **NORTH_SHARE,
    "id": "south-share",
    "claim": "The south keeps the rest.",
    "printed": ["37.0 per cent"],
    "chapter": "south",
}
YIELD: dict[str, Any] = {
    **WINTER_LOSSES,
    "id": "honey-yield",
    "claim": "A hive gives ten kilograms.",
    "chapter": "honey",
    "tables": ["honey"],
}
CLAIMS = [NORTH_SHARE, SOUTH_SHARE, WINTER_LOSSES, YIELD]
HALVES: dict[str, Any] = {
    "id": "halves-fit",
    "left": "{north-share} + {south-share}",
    "compare": "=",
    "right": "100",
    "unit": "percent",
    "because": "The two regions are all there is.",
}
ORDER: dict[str, Any] = {
    **HALVES,
    "id": "north-is-more",
    "left": "{north-share}",
    "compare": ">",
    "right": "50",
}
MEND: dict[str, Any] = {
    "id": "honey-in-2019",
    "table": "honey",
    "where": {"year": 2019},
    "column": "kg",
    "was": 2200,
    "becomes": 2210,
    "because": "The printed census has it so.",
}
SHARE = """
def share(year, release, region={region!r}):
    found = hives.query("year == @year and release == @release")
    return 100 * found.hives[found.region == region].sum() / found.hives.sum()
"""
OPEN = 'from claimbook.chapter import open_chapter\nchapter = open_chapter("{}")'
LATE = """
try:
    print(open("../data/late.txt").read())
except FileNotFoundError:
    print("nothing came late")
"""
LOCK = """\
# pinned
honey==1.0 \\
    --hash=sha256:aaaa
wax[candles]==2.5 ; python_version < "3.99" \\
    --hash=sha256:bbbb
    # via honey
"""
CHAPTERS = ["hives", "honey", "south", "stations", "survey"]
Edit = Callable[[Project], None]


def write_package(project: Project, **texts: str) -> None:
    """Write tables with a data package that fits their bytes."""
    fields = {
        "hives": FIELDS,
        "honey": [{"name": "year", "type": "integer"}, {"name": "kg", "type": "number"}],
    }
    resources = []
    for name, text in texts.items():
        (project.data / f"{name}.csv").write_text(text)
        checksum = hashlib.sha256(text.encode()).hexdigest()
        entry = {"name": name, "path": f"{name}.csv", "hash": f"sha256:{checksum}"}
        resources.append({**entry, "credit": "Hive census", "schema": {"fields": fields[name]}})
    package = {"name": "bees", "resources": resources}
    (project.data / "datapackage.json").write_text(json.dumps(package))


def write_relations(project: Project, *relations: dict[str, Any]) -> None:
    path = project.ledger / "paper" / "relations.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(list(relations), sort_keys=False))


def write_project(root: Path, away: Path) -> Project:
    """Five chapters, each of which uses something that the others do not.

    hives: a table, two claims. south: the same table, a claim that a relation ties to the
    hives', a helper. honey: another table, a claim, the engine's trends. stations: the relation,
    files and folders, in and outside the project, and a helper. survey: all relations.
    """
    project = build_project(root)
    write_package(project, hives=HIVES, honey=HONEY)
    write_ledger(project, CLAIMS)
    write_relations(project, HALVES)
    project.lock.write_text(LOCK)
    (project.notebooks / "helper.py").write_text("def half(x):\n    return x / 2\n")
    (project.data / "stations").mkdir()
    (project.data / "stations" / "east.txt").write_text("east")
    (away / "weather.txt").write_text("sunny")
    table = 'hives = chapter.table("hives")'
    write_chapter(
        project,
        "hives",
        prose("# Hives of the north"),
        f"{OPEN.format('hives')}\n{table}",
        prose("What follows is a share."),
        SHARE.format(region="north"),
        'chapter.check("north-share", share, year=year, release="2020-04")',
        'chapter.check("winter-losses")',
    )
    write_chapter(
        project,
        "south",
        f"from helper import half\n{OPEN.format('south')}\n{table}",
        SHARE.format(region="south"),
        'chapter.check("south-share", share)\nprint(half(1))',
    )
    write_chapter(
        project,
        "honey",
        f"{OPEN.format('honey')}\nfrom claimbook.trends import fit_trend",
        'print(chapter.table("honey").kg.sum())\nchapter.check("honey-yield")',
        parameters="year: int = 2019  # year of the honey; allowed: honey.year",
    )
    write_chapter(
        project,
        "stations",
        f'{OPEN.format("stations")}\nchapter.show_relation("halves-fit")',
        'import os\nprint(sorted(os.listdir("../data/stations")))',
        LATE,
        f"print(open({str(away / 'weather.txt')!r}).read())",
        "from helper import half",
        "try:\n    import swarm\nexcept ImportError:\n    print('no swarm')",
    )
    write_chapter(project, "survey", f"{OPEN.format('survey')}\nprint(chapter.relations())")
    return project


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("away")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, away: Path) -> Project:
    """The project with a kept run of each chapter."""
    project = write_project(tmp_path_factory.mktemp("freshness") / "bees", away)
    with kernels() as found:
        outcomes = attempts(found, project, CHAPTERS)
    for name, outcome in outcomes.items():
        Store(project).keep(request(project, name), ran(outcome))
    return project


@pytest.fixture
def bees(original: Project, tmp_path: Path) -> Project:
    """A copy of the project with its kept runs, to edit."""
    copy = Project(tmp_path / "bees")
    shutil.copytree(original.root, copy.root)
    return copy


def stale(project: Project) -> dict[str, list[str]]:
    """The chapters that have to run, each with the reasons."""
    found = why(project, project.chapter_names())
    return {chapter: reasons for chapter, reasons in found.items() if reasons}


def kept_run(project: Project, chapter: str) -> Run:
    run = Store(project).find(request(project, chapter))
    assert run
    return run


# Data, modules, parameters and the ledger ------------------------------------------------


def change_a_value(project: Project) -> None:
    write_package(project, hives=HIVES.replace("2019,60,", "2019,61,"), honey=HONEY)


def change_a_constraint(project: Project) -> None:
    path = project.data / "datapackage.json"
    path.write_text(path.read_text().replace('"maximum": 2030', '"maximum": 2031'))


def correct_the_honey(project: Project) -> None:
    (project.data / "corrections.yaml").write_text(yaml.safe_dump([MEND]))


def change_the_helper(project: Project) -> None:
    path = project.notebooks / "helper.py"
    path.write_text(path.read_text().replace("x / 2", "x * 0.5"))


def change_a_digit_in_the_south(project: Project) -> None:
    south = {**SOUTH_SHARE, "printed": ["37.1 per cent"]}
    write_ledger(project, [NORTH_SHARE, south, WINTER_LOSSES, YIELD])


def change_a_digit_of_the_honey(project: Project) -> None:
    write_ledger(project, [*CLAIMS[:3], {**YIELD, "printed": ["about 21 per cent"]}])


def move_a_claim(project: Project) -> None:
    write_ledger(project, [*CLAIMS[:2], {**WINTER_LOSSES, "chapter": "honey"}, YIELD])


def add_a_relation(project: Project) -> None:
    write_relations(project, HALVES, ORDER)


def reword_a_relation(project: Project) -> None:
    write_relations(project, {**HALVES, "because": "There is no third region."})


def remove_the_relation(project: Project) -> None:
    (project.ledger / "paper" / "relations.yaml").unlink()


def add_a_station(project: Project) -> None:
    (project.data / "stations" / "west.txt").write_text("west")


def let_a_file_appear(project: Project) -> None:
    (project.data / "late.txt").write_text("here it is")


EDITS: list[tuple[Edit, dict[str, list[str]]]] = [
    (
        change_a_value,
        {
            name: ["file data/hives.csv changed", "table hives changed"]
            for name in ("hives", "south")
        },
    ),
    (
        change_a_constraint,
        {"hives": ["table hives changed"], "south": ["table hives changed"]},
    ),
    (correct_the_honey, {"honey": ["corrections honey changed"]}),
    (
        change_the_helper,
        {name: ["module notebooks/helper.py changed"] for name in ("south", "stations")},
    ),
    (
        change_a_digit_in_the_south,
        {
            "south": [
                "claims of chapter south changed",
                "relations of claim south-share changed",
            ],
            "hives": ["relations of claim north-share changed"],
            "stations": ["relation halves-fit changed"],
            "survey": ["relations all changed"],
        },
    ),
    (change_a_digit_of_the_honey, {"honey": ["claims of chapter honey changed"]}),
    (
        move_a_claim,
        {
            "hives": ["claims of chapter hives changed"],
            "honey": ["claims of chapter honey changed"],
        },
    ),
    (
        add_a_relation,
        {
            "hives": ["relations of claim north-share changed"],
            "survey": ["relations all changed"],
        },
    ),
    (
        reword_a_relation,
        {
            "hives": ["relations of claim north-share changed"],
            "south": ["relations of claim south-share changed"],
            "stations": ["relation halves-fit changed"],
            "survey": ["relations all changed"],
        },
    ),
    (
        remove_the_relation,
        {
            "hives": ["relations of claim north-share changed"],
            "south": ["relations of claim south-share changed"],
            "stations": ["relation halves-fit changed"],
            "survey": ["relations all changed"],
        },
    ),
    (add_a_station, {"stations": ["folder data/stations changed"]}),
    (let_a_file_appear, {"stations": ["file data/late.txt changed"]}),
]


def test_nothing_is_stale_where_nothing_changed(bees: Project) -> None:
    assert stale(bees) == {}


@pytest.mark.parametrize(("edit", "reasons"), EDITS)
def test_an_edit_makes_stale_what_used_the_thing_and_nothing_else(
    bees: Project, edit: Edit, reasons: dict[str, list[str]]
) -> None:
    edit(bees)
    assert stale(bees) == reasons


def test_an_edit_taken_back_leaves_nothing_stale(bees: Project) -> None:
    change_a_value(bees)
    add_a_station(bees)
    assert stale(bees).keys() == {"hives", "south", "stations"}
    write_package(bees, hives=HIVES, honey=HONEY)
    (bees.data / "stations" / "west.txt").unlink()
    assert stale(bees) == {}


def test_a_file_outside_the_project_counts_as_well(bees: Project, away: Path) -> None:
    path = away / "weather.txt"
    try:
        path.write_text("cloudy")
        assert stale(bees) == {"stations": [f"file {path} changed"]}
        path.unlink()
        assert stale(bees) == {"stations": [f"file {path} changed"]}
    finally:
        path.write_text("sunny")
    assert stale(bees) == {}


def test_a_file_outside_the_project_makes_the_book_out_of_date(bees: Project, away: Path) -> None:
    path = away / "weather.txt"
    current.remember(bees, current.sources_digest(bees))
    try:
        path.write_text("cloudy")
        assert not current.is_current(bees)
    finally:
        path.write_text("sunny")


def test_what_an_older_run_with_other_parameters_read_asks_for_no_build(
    bees: Project, away: Path
) -> None:
    older = [Input("file", str(away / "weather.txt"), "0" * 64)]
    other = replace(kept_run(bees, "stations"), given={"year": 2018}, inputs=older)
    Store(bees).keep(request(bees, "stations", {"year": 2018}), other)
    assert stale(bees) == {}
    current.remember(bees, current.sources_digest(bees))
    assert current.is_current(bees)


def test_another_default_of_a_parameter_is_named_with_both_values(bees: Project) -> None:
    path = bees.notebooks / "honey.ipynb"
    path.write_text(path.read_text().replace("year: int = 2019", "year: int = 2018"))
    assert stale(bees) == {"honey": ["parameter year: 2019 is now 2018", "code cells changed: 1"]}


def test_a_new_and_a_removed_parameter_are_named(bees: Project) -> None:
    path = bees.notebooks / "honey.ipynb"
    notebook = read_notebook(path)
    notebook.cells[0].source = 'flow: str = "in"  # the way of the honey'
    nbformat.write(notebook, path)
    reasons = stale(bees)["honey"]
    assert reasons[:2] == ["parameter flow is new: in", "parameter year is gone: was 2019"]


def test_other_values_than_the_kept_ones_have_to_run(bees: Project) -> None:
    now, store = today(bees), Store(bees)
    asked = request(bees, "honey", {"year": 2018})
    assert stale_because(now, store, asked) == ["parameter year: 2019 is now 2018"]
    store.keep(asked, replace(kept_run(bees, "honey"), given={"year": 2018}))
    assert stale_because(now, store, request(bees, "honey")) == []


def test_a_default_that_is_given_in_words_has_a_run_of_its_own(bees: Project) -> None:
    asked = request(bees, "honey", {"year": 2019})
    assert Store(bees).find(asked) is None
    assert stale_because(today(bees), Store(bees), asked)


def test_a_chapter_that_was_never_run_or_whose_run_is_damaged_has_to_run(bees: Project) -> None:
    write_chapter(bees, "new", "print(year)")
    (damaged,) = (bees.runs / "honey").iterdir()
    damaged.write_text(damaged.read_text().replace('"seconds"', '"minutes"'))
    reasons = ["it has not been run yet"]
    assert stale(bees) == {"new": reasons, "honey": reasons}


def test_a_run_that_noted_something_unknown_has_to_run(bees: Project) -> None:
    run = replace(kept_run(bees, "honey"), inputs=[Input("verdict", "honey-yield", "0")])
    assert changes(today(bees), request(bees, "honey"), run)


# Code ------------------------------------------------------------------------------------


def edit_cell(project: Project, chapter: str, number: int, **changed: Any) -> None:
    path = project.notebooks / f"{chapter}.ipynb"
    notebook = read_notebook(path)
    notebook.cells[number - 1].update(changed)
    nbformat.write(notebook, path)


def test_a_changed_code_cell_is_named_by_its_number(bees: Project) -> None:
    edit_cell(bees, "hives", 5, source=SHARE.format(region="south"))
    edit_cell(bees, "hives", 7, source="")
    assert stale(bees) == {"hives": ["code cells changed: 3, 5"]}  # two are prose


def test_a_new_code_cell_makes_a_chapter_stale(bees: Project) -> None:
    path = bees.notebooks / "south.ipynb"
    notebook = read_notebook(path)
    notebook.cells.append(nbformat.v4.new_code_cell("print(1)"))
    nbformat.write(notebook, path)
    assert stale(bees) == {"south": ["the notebook had 4 code cells and has 5"]}


def test_two_code_cells_that_change_places_make_a_chapter_stale(bees: Project) -> None:
    path = bees.notebooks / "stations.ipynb"
    notebook = read_notebook(path)
    cells = notebook.cells
    cells[2], cells[3] = cells[3], cells[2]
    nbformat.write(notebook, path)
    assert stale(bees) == {"stations": ["code cells changed: 3, 4"]}


@pytest.mark.parametrize("tag", ["raises-exception", "skip-execution"])
def test_a_tag_that_changes_what_a_run_does_makes_a_chapter_stale(bees: Project, tag: str) -> None:
    edit_cell(bees, "south", 3, metadata={"tags": ["hide-input", tag]})
    assert stale(bees) == {"south": ["code cells changed: 3"]}


@pytest.mark.parametrize("tag", ["parameters", "raises-exception", "skip-execution"])
def test_effective_tags_are_part_of_the_code_and_others_are_not(bees: Project, tag: str) -> None:
    notebook = read_notebook(bees.notebooks / "south.ipynb")
    before = code_digests(notebook)
    notebook.cells[2].metadata["tags"] = ["hide-input", "remove-output"]
    assert code_digests(notebook) == before
    notebook.cells[2].metadata["tags"] = ["hide-input", tag]
    assert [a == b for a, b in zip(before, code_digests(notebook), strict=True)] == [
        True,
        True,
        False,
        True,
    ]


# What changes no result ------------------------------------------------------------------


def test_prose_and_looks_change_the_page_but_need_no_run(bees: Project) -> None:
    path = bees.notebooks / "hives.ipynb"
    notebook = read_notebook(path)
    first, second = (cell for cell in notebook.cells if cell.cell_type == "markdown")
    first.source, second.source = second.source, "# Hives of the whole country"
    notebook.cells.insert(2, prose("A word in between."))
    notebook.cells.append(notebook.cells.pop(notebook.cells.index(second)))
    for cell in notebook.cells:
        cell.id = f"new-{cell.id}"
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input", "remove-output"]
        cell.metadata["collapsed"] = True
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="of an editor")]
            cell.execution_count = 5
    notebook.metadata["authors"] = [{"name": "A beekeeper"}]
    nbformat.write(notebook, path)
    assert stale(bees) == {}
    publish(bees, request(bees, "hives"), kept_run(bees, "hives"), bees.chapters)
    shown = nbformat.read(bees.chapters / "hives.ipynb", as_version=4)
    texts = [cell.source for cell in shown.cells if cell.cell_type == "markdown"]
    assert texts == [
        "What follows is a share.",
        "A word in between.",
        "# Hives of the whole country",
    ]
    code = [cell for cell in shown.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == kept_run(bees, "hives").outputs
    assert "hide-input" in code[0].metadata["tags"]


def test_another_layout_of_hand_written_files_needs_no_run(bees: Project) -> None:
    (bees.ledger / "hives.yaml").unlink()
    text = yaml.safe_dump(CLAIMS, sort_keys=True, default_flow_style=True, width=50)
    (bees.ledger / "other.yaml").write_text(f"# All claims\n\n{text}# the end\n")
    path = bees.ledger / "paper" / "relations.yaml"
    path.write_text("# Relations\n" + path.read_text().replace("right: '100'", 'right:  "100"'))
    package = bees.data / "datapackage.json"
    package.write_text(json.dumps(json.loads(package.read_text()), indent=4, sort_keys=True))
    (bees.data / "corrections.yaml").write_text("# none yet\n[]\n")
    assert stale(bees) == {}


def test_what_no_chapter_uses_needs_no_run(bees: Project) -> None:
    write_chapter(bees, "new", "print(year)")
    (bees.notebooks / "unused.py").write_text("x = 1")
    (bees.data / "unused.csv").write_text("a\n1\n")
    (bees.data / "stations" / "east.txt").write_text("its content was not read")
    (bees.data / "accepted.yaml").write_text("[]\n")
    (bees.root / "book").mkdir(exist_ok=True)
    (bees.root / "book" / "index.md").write_text("# Bees")
    (bees.notebooks / "helper.py").touch()
    assert stale(bees) == {"new": ["it has not been run yet"]}


# The environment -------------------------------------------------------------------------


def everywhere(reason: str) -> dict[str, list[str]]:
    return {chapter: [reason] for chapter in CHAPTERS}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("honey==1.0", "honey==1.1", "pinned honey: 1.0 is now 1.1"),
        ("==2.5 ;", "==2.5.1 ;", "pinned wax: 2.5 is now 2.5.1"),
        ("# pinned", "pollen==3", "pinned pollen is new: 3"),
        ("honey==1.0", "", "pinned honey is gone: was 1.0"),
    ],
)
def test_one_pinned_version_makes_every_chapter_stale(
    bees: Project, old: str, new: str, reason: str
) -> None:
    assert LOCK.count(old) == 1
    bees.lock.write_text(LOCK.replace(old, new))
    assert stale(bees) == everywhere(reason)


def test_comments_and_hashes_of_the_lock_make_none_stale(bees: Project) -> None:
    bees.lock.write_text("# new\n" + LOCK.replace("aaaa", "cccc").replace("via honey", "via wax"))
    assert stale(bees) == {}


def test_a_project_without_its_lock_is_stale_everywhere(bees: Project) -> None:
    bees.lock.unlink()
    reasons = ["pinned honey is gone: was 1.0", "pinned wax is gone: was 2.5"]
    assert stale(bees) == dict.fromkeys(CHAPTERS, reasons)


def install(folder: Path, name: str, version: str) -> None:
    place = folder / f"{name}-{version}.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_an_installed_package_makes_every_chapter_stale(
    bees: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site-packages", "Pollen", "3.0")
    monkeypatch.syspath_prepend(str(tmp_path / "site-packages"))
    assert stale(bees) == everywhere("package pollen is new: 3.0")


def test_the_version_of_a_package_is_that_of_the_one_that_is_imported(
    bees: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site-packages", "numpy", "99.0")
    monkeypatch.syspath_prepend(str(tmp_path / "site-packages"))
    assert importlib.metadata.version("numpy") == "99.0"
    assert versions(bees)["package numpy"] == "99.0"


def test_another_python_makes_every_chapter_stale(
    bees: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = sys.version.replace("\n", " ")
    monkeypatch.setattr(sys, "version", "3.99.0 (main)\n[Clang]")
    assert stale(bees) == everywhere(f"Python: {old} is now 3.99.0 (main) [Clang]")


def test_the_environment_names_python_packages_and_pins(bees: Project) -> None:
    found = versions(bees)
    assert found["Python"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert found["package pandas"] == importlib.metadata.version("pandas")
    assert (found["pinned honey"], found["pinned wax"]) == ("1.0", "2.5")


# The engine ------------------------------------------------------------------------------


def claimbook_of(engine: Path, *arguments: str, cwd: Path) -> list[str]:
    """The lines that the command line of another engine prints."""
    variables = {**os.environ, "PYTHONPATH": str(engine.parent), "COLUMNS": "200", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "claimbook", *arguments]
    done = subprocess.run(
        command, cwd=cwd, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_an_edit_of_the_engine_makes_stale_what_imports_the_module(
    bees: Project, tmp_path: Path
) -> None:
    engine = tmp_path / "engine" / "claimbook"
    shutil.copytree(ENGINE, engine, ignore=shutil.ignore_patterns("__pycache__"))
    fresh = [f"{chapter}: nothing changed since its run" for chapter in CHAPTERS]
    assert claimbook_of(engine, "why", cwd=bees.notebooks) == fresh
    with (engine / "trends" / "models.py").open("a") as module:
        module.write("print('this is the copy')\n")
    with (engine / "cli" / "app.py").open("a") as module:  # no kernel imports it
        module.write("# edited\n")
    told = [*fresh[:1], "honey: module claimbook/trends/models.py changed", *fresh[2:]]
    assert claimbook_of(engine, "why", cwd=bees.root) == told
    claimbook_of(engine, "run", "honey", "-o", str(tmp_path / "out"), cwd=bees.root)
    assert "this is the copy" in (tmp_path / "out" / "honey.ipynb").read_text()


@pytest.mark.parametrize("cold", [False, True], ids=["forked", "ordinary"])
def test_a_run_notes_the_templates_that_it_fills(bees: Project, cold: bool) -> None:
    chapters = ["honey", "stations"]
    with kernels(cold=cold) as found:
        outcomes = attempts(found, bees, chapters)
    noted = {name: {item.name for item in ran(outcomes[name]).inputs} for name in chapters}
    folder = "claimbook/claims/templates"
    templates = [
        {name for name in noted[chapter] if name.endswith(".html")} for chapter in chapters
    ]
    assert templates == [
        {f"{folder}/badge.html", f"{folder}/card.html"},
        {f"{folder}/badge.html", f"{folder}/relation_card.html"},
    ]


def test_an_edit_of_a_template_makes_stale_the_chapters_that_fill_it(
    bees: Project, tmp_path: Path
) -> None:
    engine = tmp_path / "engine" / "claimbook"
    shutil.copytree(ENGINE, engine, ignore=shutil.ignore_patterns("__pycache__"))
    with (engine / "claims" / "templates" / "relation_card.html").open("a") as template:
        template.write("<!-- this is the copy -->")
    with (engine / "book" / "templates" / "marks.html").open("a") as template:  # no kernel fills it
        template.write("<!-- edited -->")
    told = [f"{chapter}: nothing changed since its run" for chapter in CHAPTERS]
    place = CHAPTERS.index("stations")
    told[place] = "stations: module claimbook/claims/templates/relation_card.html changed"
    assert claimbook_of(engine, "why", cwd=bees.root) == told
    claimbook_of(engine, "run", "stations", "-o", str(tmp_path / "out"), cwd=bees.root)
    assert "this is the copy" in (tmp_path / "out" / "stations.ipynb").read_text()


# Edits during a run ----------------------------------------------------------------------

READ = "print(open('../data/{}.txt').read())"


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Chapters of which a file or module was edited after their second cell had read it."""
    project = build_project(tmp_path_factory.mktemp("disturbed") / "bees")
    edited = {
        "once": project.data / "once.txt",
        "twice": project.data / "twice.txt",
        "module": project.notebooks / "tool.py",
    }
    for path in edited.values():
        path.write_text("before = 1")
    write_chapter(project, "once", READ.format("once"), "pass")
    write_chapter(project, "twice", READ.format("twice"), READ.format("twice"))
    write_chapter(project, "module", "import tool", "print(tool.before)")

    def edit(chapter: str, done: int, _: int) -> None:
        if done == 2:
            edited[chapter].write_text("after = 2")

    with kernels() as found:
        for chapter in edited:
            asked = request(project, chapter)
            Store(project).keep(asked, run_one(today(project), asked, found, edit, RunLimits()))
    return project


@pytest.mark.parametrize(
    ("chapter", "reason"),
    [
        ("once", "file data/once.txt changed"),
        ("twice", "file data/twice.txt changed"),
        ("module", "module notebooks/tool.py changed"),
    ],
)
def test_what_was_edited_during_a_run_makes_it_stale(
    disturbed: Project, chapter: str, reason: str
) -> None:
    assert why(disturbed, [chapter]) == {chapter: [reason]}


def test_a_run_that_read_both_an_old_and_a_new_content_never_stands(disturbed: Project) -> None:
    for text, stands in [("before = 1", ["once"]), ("after = 2", [])]:
        for name in ("once", "twice"):
            (disturbed.data / f"{name}.txt").write_text(text)
        found = why(disturbed, ["once", "twice"])
        assert [chapter for chapter, reasons in found.items() if not reasons] == stands
