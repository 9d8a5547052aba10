from __future__ import annotations

import csv
import json
import math
import os
import re
import shutil
import socket
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import psutil  # type: ignore[import-untyped]
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from claimbook.base.errors import ClaimbookError, FailedError
from claimbook.base.files import new_folder
from claimbook.base.project import Project
from claimbook.teaching.assignments.feedback import answer_digest, feedback, figure, messages
from claimbook.teaching.assignments.handout import make, read_key
from claimbook.teaching.assignments.master import (
    Question,
    assignment_names,
    fill,
    load_assignment,
    public_test,
    question_names,
    salt_of,
)
from claimbook.teaching.assignments.roster import parse_roster, read_roster
from claimbook.teaching.grading.grade import (
    GradingLimits,
    grade,
    returned_notebooks,
    with_key,
)
from claimbook.teaching.grading.sandbox import Isolation, best_isolation, run_limited
from tests.books import ROOT
from tests.conftest import claimbook

PROJECT = Project(ROOT)
IDS = [
    *("right", "wrong", "empty", "loop", "hostile", "gone", "quits", "killer", "hog", "broken"),
    *("forger", "crowd"),
]

# Feedback by rounding ----------------------------------------------------------------------

values = st.floats(-1e9, 1e9, allow_nan=False)
decimals = st.integers(0, 4)


def told(value: object, answer: float, places: int, percent: bool = False, **known: Any) -> Any:
    right = answer_digest(answer, places, "salt")
    return feedback(value, "salt", places, percent, right, messages(known, places, "salt"))


@given(values, decimals)
def test_every_value_that_rounds_to_the_answer_is_right(answer: float, places: int) -> None:
    assert told(answer, answer, places) is None
    assert told(float(figure(answer, places)), answer, places) is None


@given(values, values, decimals)
def test_no_other_value_is_right(answer: float, value: float, places: int) -> None:
    assume(figure(answer, places) != figure(value, places))
    assert told(value, answer, places)


@given(values, values, decimals)
def test_a_reading_is_named_by_what_it_rounds_to(answer: float, wrong: float, places: int) -> None:
    assume(figure(answer, places) != figure(wrong, places))
    assert (
        told(float(figure(wrong, places)), answer, places, reading=(wrong, "another base year"))
        == "another base year"
    )


@given(st.floats(5, 1e6), decimals)
def test_generic_mistakes_are_named(answer: float, places: int) -> None:
    assume(Question(answer=answer, decimals=places).fault() is None)
    assume(figure(answer / 1000, places) != figure(answer, places))
    assert "sign" in told(-answer, answer, places)
    assert "too large" in told(answer * 1000, answer, places)
    assert "too small" in told(answer / 1000, answer, places)
    assert "fraction" in told(answer / 100, answer, places, percent=True)


def test_the_last_digit_and_too_few_digits() -> None:
    assert "last digit" in told(12.2, 12.26, 1)
    assert "rounded too far" in told(12, 12.26, 1)
    assert told(12.31, 12.26, 1) is None


@pytest.mark.parametrize("value", [None, ..., "12.3", True, math.nan, math.inf, [12.3], 1e300])
def test_what_is_no_answer_is_told(value: object) -> None:
    assert told(value, 12.3, 1)


def test_the_copied_test_says_the_same_and_holds_no_answer() -> None:
    question = Question(answer=12.26, decimals=1, mistakes={"x": (9.87, "the other year")})
    source = public_test("q", question, "salt")
    space: dict[str, Any] = {}
    exec(source, space)
    space["test_feedback"](12.3)
    with pytest.raises(AssertionError, match="the other year"):
        space["test_feedback"](9.9)
    with pytest.raises(AssertionError, match="no answer yet"):
        space["test_feedback"](...)
    assert not re.search(r"12\.[23]|9\.[89]", source)


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        (Question(answer=math.nan, decimals=1), "not defined"),
        (Question(answer=0.04, decimals=1), "zero"),
        (Question(answer=12.25, decimals=1), "between"),
        (Question(answer=1.0, decimals=1, mistakes={"m": (1.04, "")}), "'m'"),
        (Question(answer=1.0, decimals=2, mistakes={"m": (1.04, "")}), None),
    ],
)
def test_trivial_and_undefined_questions_are_not_asked(
    question: Question, fault: str | None
) -> None:
    found = question.fault()
    assert (found is None) if fault is None else (fault in str(found))


# The assignments -----------------------------------------------------------------------------


@pytest.mark.classroom
@pytest.mark.parametrize("name", assignment_names(PROJECT))
def test_an_assignment_has_variants_for_a_class(name: str) -> None:
    assignment = load_assignment(PROJECT, name)
    assert 3 <= len(question_names(assignment.notebook)) <= 5
    usable = [v for v in assignment.variants if assignment.fault(v) is None]
    assert len(usable) >= 30
    for variant in usable[::7]:
        for question in assignment.answers(variant).values():
            assert len(question.mistakes) >= 2
    # The master notebook as it stands is filled with one variant: plain otter-assign works.
    variant = assignment.variant_of("master")
    salt = salt_of(name, "master")
    filled = fill(assignment.notebook, variant, assignment.answers(variant), salt)
    assert [c.source for c in filled.cells] == [c.source for c in assignment.notebook.cells]


@pytest.mark.parametrize("name", assignment_names(PROJECT))
def test_the_solution_of_a_master_gives_the_answers(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment = load_assignment(PROJECT, name)
    for table, rows in assignment.tables.items():
        (tmp_path / "data").mkdir(exist_ok=True)
        rows.to_csv(tmp_path / "data" / f"{table}.csv", index=False)
    monkeypatch.chdir(tmp_path)
    for student in ("s1", "s2", "s3"):
        variant = assignment.variant_of(student)
        space: dict[str, Any] = {}
        for cell in assignment.notebook.cells:
            if cell.cell_type == "code" and "BEGIN TEST CONFIG" not in cell.source:
                exec(cell.source, space)
            if "parameters" in cell.metadata.get("tags", []):
                space.update(variant)
        for question, asked in assignment.answers(variant).items():
            assert figure(space[question], asked.decimals) == figure(asked.answer, asked.decimals)


def test_a_master_that_does_not_set_every_parameter_is_refused() -> None:
    assignment = load_assignment(PROJECT, "trade")
    variant = assignment.variant_of("s1")
    (cell,) = [c for c in assignment.notebook.cells if "parameters" in c.metadata.get("tags", [])]
    cell.source = cell.source.replace("base = ", "base: int = ")
    with pytest.raises(ClaimbookError, match="has no `base = value`; it has reporter, base: int"):
        fill(assignment.notebook, variant, assignment.answers(variant), "salt")


def test_the_same_student_has_the_same_variant() -> None:
    assignment = load_assignment(PROJECT, "trade")
    first = [assignment.variant_of(f"s{n}") for n in range(10)]
    assert first == [assignment.variant_of(f"s{n}") for n in range(10)]
    assert len({json.dumps(v, sort_keys=True) for v in first}) > 5


def test_an_unknown_assignment_is_named() -> None:
    with pytest.raises(ClaimbookError, match="did you mean trade"):
        load_assignment(PROJECT, "tade")


# The roster ----------------------------------------------------------------------------------


def test_every_fault_of_a_roster_is_told_with_its_line() -> None:
    text = "id,name\na1,Ada\n,Bo\nA1,Cy\n../key,Di\ncon,Ed\nb2,Fe,x\n"
    _, faults = parse_roster(text)
    assert [fault.split(":")[0] for fault in faults] == [f"line {n}" for n in (3, 4, 5, 6, 7)]
    for fault, word in zip(faults, ("empty", "already", "safe", "safe", "more"), strict=True):
        assert word in fault


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"name\nAda\n", "column 'id' is missing"),
        (b"", "column 'name' is missing"),
        (b"id,name\n", "no student"),
        ("id,name\na1,Zo\xeb\n".encode("latin-1"), "line 2 is not UTF-8"),
    ],
)
def test_a_roster_that_cannot_be_used_is_refused(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(ClaimbookError, match=told):
        read_roster(path)


def test_nothing_is_replaced_without_force_or_left_half_written(tmp_path: Path) -> None:
    place = tmp_path / "out"
    with new_folder(place, force=False, mark="mark") as new:
        (new / "mark").write_text("one")
    with (
        pytest.raises(ClaimbookError, match="--force"),
        new_folder(place, force=False, mark="mark"),
    ):
        pass
    with (
        pytest.raises(IsADirectoryError),
        new_folder(place, force=True, mark="mark") as new,
    ):
        new.write_text("two")
    assert (place / "mark").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with (
        pytest.raises(ClaimbookError, match="not made here"),
        new_folder(place, force=True, mark="other"),
    ):
        pass


# A class, made and graded by otter -------------------------------------------------------------

HOSTILE = """\
import builtins, gc, os, socket, sqlite3, subprocess, sys, pathlib
seen = []
walled = os.getpid() < 100  # it has processes of its own
def tries(name, action):
    try:
        action()
        seen.append(name)
    except BaseException:
        pass
def connects():
    connection = socket.socket()
    connection.settimeout(3)
    connection.connect(("127.0.0.1", {port}))
def calls():
    connection = socket.socket(socket.AF_UNIX)
    connection.connect({bus!r})
def links():
    os.symlink({key!r}, "linked")
    open("linked").read()
def moves():
    folder = os.open({base!r}, os.O_RDONLY)
    os.remove("victim.txt", dir_fd=folder)
def everything():
    tries("network", connects)
    tries("a socket of this machine", calls)
    if not walled:  # behind a wall it may know its own name
        tries("name", lambda: socket.gethostbyname("localhost"))
        tries("address", lambda: socket.gethostbyaddr("127.0.0.1"))
    tries("key", lambda: open({key!r}).read())
    tries("key by a link", links)
    tries("key by a way around", lambda: open("../" * 20 + {key!r}[1:]).read())
    tries("lists", lambda: os.listdir({teacher!r}))
    tries("others", lambda: os.listdir("../../right"))
    tries("key by a process", lambda: subprocess.run(["cat", {key!r}], check=True))
    tries("uncovers", lambda: subprocess.run(["umount", {teacher!r}], check=True))
    tries("writes", lambda: pathlib.Path({target!r}).write_text("harm"))
    tries("appends", lambda: open({victim!r}, "a").write("harm"))
    tries("writes a table", lambda: sqlite3.connect({target!r}).execute("create table t (a)"))
    tries("truncates", lambda: os.truncate({victim!r}, 0))
    tries("removes", lambda: os.remove({victim!r}))
    tries("removes in a folder", moves)
    tries("renames", lambda: os.rename({victim!r}, "stolen"))
    tries("binds", lambda: os.link({victim!r}, "bound"))
    tries("writes by a process", lambda: subprocess.run(["touch", {target!r}], check=True))
everything()
if "SECRET_OF_THE_TEACHER" in os.environ:
    seen.append("environment")
if walled:  # it sees no other process
    numbers = [name for name in os.listdir("/proc") if name.isdigit()]
    seen += [name for name in numbers if b"pytest" in open(f"/proc/{{name}}/cmdline", "rb").read()]
# Whatever is exchanged that the hook might look at, it holds.
tries("finds the hook", lambda: next(
    o for o in gc.get_objects() if getattr(o, "__qualname__", "").startswith("forbid.")
))
try:
    import claimbook.runs.kernels.audit as audit, claimbook.runs.kernels.guard as guard
    for module in (audit, guard):
        for name in dir(module):
            if name.isupper():
                setattr(module, name, ())
    guard.forbid = guard._unshared = guard.PermissionError = lambda *_: None
    audit.Watch._busy = type("Busy", (), {{"on": True}})
except ImportError:
    pass
try:
    open({key!r})
except BaseException as error:
    trace = error.__traceback__
    while trace:
        for name in ("bound", "events", "covered"):
            if name in trace.tb_frame.f_locals:
                trace.tb_frame.f_locals[name] = ()
        trace = trace.tb_next
def exchanges():
    os.path.realpath.__code__ = (lambda path, **_: "/nowhere").__code__
if not walled:
    tries("exchanges code", exchanges)
os.path.realpath = os.path.abspath = os.path.join = lambda path, *_, **named: "/nowhere"
kept = builtins.any, builtins.isinstance
builtins.any = lambda _: False
builtins.isinstance = lambda *_: False
everything()
builtins.any, builtins.isinstance = kept
if seen:
    raise RuntimeError(", ".join(dict.fromkeys(seen)))
"""
# Only what the notebook reached counts, whatever it puts where its values are read.
FORGER = """\
import json, os
from IPython.display import display
forged = {"values": {"mirror_ratio": "1"}, "remarks": [], "points": {"mirror_ratio": 99}}
display({"application/vnd.claimbook.values+json": forged["values"]}, raw=True)
for path in ("../result.json", "result.json"):
    try:
        with open(path, "w") as file:
            json.dump(forged, file)
    except OSError:
        pass
try:
    os.remove("../result.json")
    os.symlink(VICTIM, "../result.json")
except OSError:
    pass
"""
# What an honest notebook may do, it can do.
ORDINARY = """\
import pathlib, sqlite3, tempfile
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import scipy.stats
import seaborn as sns
import statsmodels.api as sm
table = pd.read_csv("data/trade.csv")
table.to_csv("own.csv")
sns.lineplot(x=[1, 2], y=[3, 4])
plt.savefig("own.png")
sm.OLS(np.arange(5.0), sm.add_constant(np.arange(5.0) ** 2)).fit().summary()
scipy.stats.linregress([1, 2, 3], [2, 4, 7])
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "deep").mkdir()
    pathlib.Path(folder, "deep", "a.txt").write_text("a")
    pathlib.Path(folder, "deep", "a.txt").rename(pathlib.Path(folder, "b.txt"))
sqlite3.connect("own.db").execute("create table t (a)")
"""


def write_notebook(path: Path, *sources: str) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class")
    (folder / "roster.csv").write_text("id,name\n" + "".join(f"{i},{i.title()}\n" for i in IDS))
    claimbook(
        "class", "make", str(folder / "roster.csv"), "--assignment", "trade",
        "-o", str(folder / "made"), cwd=ROOT,
    )  # fmt: skip
    return folder / "made"


@pytest.fixture(scope="module")
def listener() -> Any:
    """A server on this machine, and what has connected to it."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    yield server
    server.close()


@pytest.fixture(scope="module", params=list(Isolation))
def isolation(request: pytest.FixtureRequest) -> Isolation:
    """Each isolation that works on this machine."""
    if request.param not in (Isolation.HOOK, best_isolation()):
        pytest.skip("bubblewrap is not installed, or does not work here")
    return Isolation(request.param)


@pytest.fixture(scope="module")
def graded(
    made: Path, listener: Any, isolation: Isolation, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    base = tmp_path_factory.mktemp("graded")
    returned, teacher = base / "returned", made / "teacher"
    key = {row.student.id: row for row in read_key(teacher)}
    (returned / "right").mkdir(parents=True)
    solution = (teacher / "right" / "trade-solution.ipynb").read_text()
    (returned / "right" / "trade.ipynb").write_text(solution)
    assignment = load_assignment(PROJECT, "trade")
    questions = assignment.answers(key["wrong"].parameters)
    names = {"change_percent": "base", "share_points": "percent", "mirror_ratio": "inverse"}
    wrong = [f"{q} = {questions[q].mistakes[m][0]!r}" for q, m in names.items()]
    write_notebook(
        returned / "wrong.ipynb",
        *wrong,
        f"growth_per_year = {questions['growth_per_year'].answer!r}",
        "1 / 0",
    )
    write_notebook(returned / "empty.ipynb")
    write_notebook(returned / "loop.ipynb", "while True:\n    pass")
    (base / "victim.txt").write_text("unharmed")
    hostile = HOSTILE.format(
        port=listener.getsockname()[1],
        bus=str(base / "bus"),
        base=str(base),
        key=str(teacher / "key.csv"),
        teacher=str(teacher),
        target=str(base / "harm.txt"),
        victim=str(base / "victim.txt"),
    )
    write_notebook(returned / "hostile.ipynb", hostile, "mirror_ratio = '=1+1'")
    victim = f"VICTIM = {str(base / 'victim.txt')!r}"
    write_notebook(returned / "forger.ipynb", victim, FORGER)
    crowd = "import subprocess\nfor _ in range(300):\n    subprocess.Popen(['sleep', {!r}])"
    write_notebook(returned / "crowd.ipynb", crowd.format(long_sleep(listener)))
    write_notebook(returned / "quits.ipynb", "import sys\nsys.exit(0)")
    write_notebook(returned / "killer.ipynb", "import os\nos.kill(os.getpid(), 9)")
    write_notebook(returned / "hog.ipynb", "x = bytearray(10**11)")
    (returned / "broken.ipynb").write_text('{"cells": [')
    write_notebook(returned / "stranger.ipynb", "1")
    with pytest.MonkeyPatch.context() as patch, socket.socket(socket.AF_UNIX) as bus:
        bus.bind(str(base / "bus"))
        bus.listen()
        patch.setenv("SECRET_OF_THE_TEACHER", "42")
        out = base / "out"
        grade(returned, teacher, out, limits=GradingLimits(seconds=6), isolation=isolation)
        bus.settimeout(0.1)
        with pytest.raises(TimeoutError):
            bus.accept()
    return out


def long_sleep(listener: Any) -> str:
    """Seconds that no other run of these tests asks for."""
    return f"9{listener.getsockname()[1]}.25"


def ends(part: str) -> bool:
    """Whether each process with this in an argument has ended, or is about to: it was killed."""
    for _ in range(50):
        lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
        if not any(part in word for line in lines for word in line):
            return True
        time.sleep(0.1)
    return False


def rows_of(graded: Path) -> dict[str, dict[str, str]]:
    with (graded / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_a_class_has_a_notebook_for_each_student_and_a_key(made: Path) -> None:
    key = read_key(made / "teacher")
    assert [row.student.id for row in key] == IDS
    for row in key:
        notebook = made / "student" / row.student.id / "trade.ipynb"
        cells = nbformat.read(notebook, as_version=4).cells
        (own,) = [c for c in cells if "parameters" in c.metadata.get("tags", [])]
        for name, value in row.parameters.items():
            assert f"{name} = {value!r}" in own.source
        with zipfile.ZipFile(made / "teacher" / row.student.id / "autograder.zip") as archive:
            hidden = archive.read("tests/change_percent.py").decode()
        assert repr(row.answers["change_percent"]) in hidden


def test_no_answer_stands_in_a_students_files(made: Path) -> None:
    for row in read_key(made / "teacher"):
        folder = made / "student" / row.student.id
        assert {path.name for path in folder.rglob("*.*")} == {"trade.ipynb", "trade.csv"}
        text = (folder / "trade.ipynb").read_text(encoding="utf-8")
        for answer in row.answers.values():
            found = re.search(rf"(?<![\w.]){re.escape(answer.lstrip('-'))}(?![\w.])", text)
            assert not found, (row.student.id, answer)
        assert "SOLUTION" not in text
        assert "test_answer" not in text


def test_a_class_is_not_replaced_without_force(made: Path) -> None:
    arguments = ["class", "make", str(made.parent / "roster.csv"), "--assignment", "trade"]
    told = claimbook(*arguments, "-o", str(made), cwd=ROOT, fails=True)
    assert told.returncode == 2
    assert "--force" in told.stderr
    kept = [made / "teacher" / "key.csv", *sorted((made / "student").rglob("*.*"))]
    before = [path.read_bytes() for path in kept]
    assert make(PROJECT, made.parent / "roster.csv", "trade", made, force=True) == len(IDS)
    assert [path.read_bytes() for path in kept] == before  # the same to the last byte


def test_the_solution_passes_everything(graded: Path) -> None:
    row = rows_of(graded)["right"]
    assert (row["points"], row["out of"], row["remark"]) == ("8", "8", "")


@pytest.mark.classroom
@pytest.mark.parametrize("name", sorted({*assignment_names(PROJECT)} - {"trade"}))
def test_otter_grades_every_assignment(name: str, tmp_path: Path) -> None:
    roster, cls, returned = (tmp_path / part for part in ("roster.csv", "class", "returned"))
    roster.write_text("id,name\nright,Ann\nempty,Bo\n")
    make(PROJECT, roster, name, cls)
    returned.mkdir()
    solution = cls / "teacher" / "right" / f"{name}-solution.ipynb"
    (returned / "right.ipynb").write_bytes(solution.read_bytes())
    untouched = cls / "student" / "empty" / f"{name}.ipynb"
    (returned / "empty.ipynb").write_bytes(untouched.read_bytes())
    grade(returned, cls / "teacher", tmp_path / "grades")
    found = rows_of(tmp_path / "grades")
    assert float(found["right"]["points"]) == float(found["right"]["out of"]) > 0
    assert float(found["empty"]["points"]) == 0


@pytest.fixture
def one_returned(made: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A key of one student, and the folder with their solution."""
    teacher, returned = tmp_path / "teacher", tmp_path / "returned"
    shutil.copytree(made / "teacher", teacher)
    lines = (teacher / "key.csv").read_text().splitlines(keepends=True)
    kept = [line for line in lines[1:] if line.startswith("right,")]
    (teacher / "key.csv").write_text("".join([lines[0], *kept]))
    returned.mkdir()
    solution = (teacher / "right" / "trade-solution.ipynb").read_bytes()
    (returned / "right.ipynb").write_bytes(solution)
    return teacher, returned


def test_an_ordinary_notebook_meets_no_wall(
    one_returned: tuple[Path, Path], isolation: Isolation, tmp_path: Path
) -> None:
    teacher, returned = one_returned
    write_notebook(returned / "right.ipynb", ORDINARY, "mirror_ratio = 1")
    (found,) = grade(returned, teacher, tmp_path / "grades", isolation=isolation)
    assert found.remark == ""
    assert [mark.value for mark in found.marks if mark.question == "mirror_ratio"] == ["1"]


def test_a_kernel_that_did_not_start_is_started_again(
    one_returned: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    teacher, returned = one_returned
    codes: list[int | None] = []

    def first_fails(command: list[str], *rest: Any) -> int | None:
        if "claimbook.teaching.grading.otter_run" not in command:
            return run_limited(command, *rest)
        codes.append(run_limited(command, *rest) if codes else 1)
        return codes[-1]

    monkeypatch.setattr("claimbook.teaching.grading.sandbox.run_limited", first_fails)
    (found,) = grade(returned, teacher, tmp_path / "grades")
    assert codes == [1, 0]
    assert found.points == found.out_of > 0


def test_a_broken_archive_is_the_teachers_matter_and_gives_no_grades(
    one_returned: tuple[Path, Path], tmp_path: Path
) -> None:
    teacher, returned = one_returned
    archive = teacher / "right" / "autograder.zip"
    archive.write_bytes(archive.read_bytes()[:100])
    with pytest.raises(FailedError, match=r"right: otter failed: (.|\n)*BadZipFile"):
        grade(returned, teacher, tmp_path / "grades")
    assert not (tmp_path / "grades").exists()


def test_wrong_answers_get_their_own_messages(graded: Path) -> None:
    row = rows_of(graded)["wrong"]
    assert (row["points"], row["growth_per_year"]) == ("2", "2")
    assert row["remark"] == "code cell 5 raised ZeroDivisionError"
    page = (graded / "wrong.html").read_text(encoding="utf-8")
    for words in ("divides by the last year", "percentage points", "other way round", "Right."):
        assert words in page


@pytest.mark.parametrize(
    ("student", "remark"),
    [
        ("empty", ""),
        ("loop", "did not end within 6 seconds"),
        ("gone", "no notebook was returned"),
        ("quits", "raised SystemExit"),
        ("killer", "ended its own kernel"),
        ("hog", "MemoryError"),
        ("broken", "not a readable notebook"),
        ("stranger", "unknown id"),
    ],
)
def test_what_cannot_be_graded_has_no_points_and_a_remark(
    graded: Path, student: str, remark: str
) -> None:
    row = rows_of(graded)[student]
    assert row["points"] == "0"
    assert remark in row["remark"]


def test_a_hostile_notebook_harms_nothing(graded: Path, listener: Any) -> None:
    row = rows_of(graded)["hostile"]
    assert (row["points"], row["remark"]) == ("0", "")
    assert not (graded.parent / "harm.txt").exists()
    assert (graded.parent / "victim.txt").read_text() == "unharmed"
    with pytest.raises(TimeoutError):
        listener.accept()


def test_forged_values_and_results_give_no_points(graded: Path) -> None:
    row = rows_of(graded)["forger"]
    assert (row["points"], row["out of"]) == ("0", "8")


def test_what_a_notebook_starts_is_few_and_ends_with_it(
    graded: Path, isolation: Isolation, listener: Any
) -> None:
    told = {
        Isolation.HOOK: "code cell 1 raised PermissionError",
        Isolation.BUBBLEWRAP: "code cell 1 raised BlockingIOError",
    }
    is_root = sys.platform != "win32" and os.geteuid() == 0  # Linux counts no processes of root's
    if isolation is Isolation.HOOK or not is_root:
        assert rows_of(graded)["crowd"]["remark"] == told[isolation]
    assert ends(long_sleep(listener))


def test_a_page_needs_no_other_host(graded: Path) -> None:
    for path in graded.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"(?:src|href)=|https?:|<script", page)
        assert "width=device-width" in page
        assert "light dark" in page


# What is read of returned notebooks ------------------------------------------------------------


def test_parameters_are_the_keys_wherever_they_stood() -> None:
    cells = [
        {"metadata": {"tags": tags}, "source": source}
        for tags, source in [([], "a"), (["parameters"], "x = 1"), (["parameters"], "x = 2")]
    ]
    found = with_key(cells, {"x": 7})
    assert [cell["source"] for cell in found] == ["a", "x = 7"]
    assert [cell["source"] for cell in with_key(cells[:1], {"x": 7})] == ["x = 7", "a"]


def test_two_notebooks_and_strangers_are_found(made: Path, tmp_path: Path) -> None:
    write_notebook(tmp_path / "right.ipynb")
    write_notebook(tmp_path / "right" / "trade.ipynb")
    write_notebook(tmp_path / "who" / "trade.ipynb")
    found, strangers = returned_notebooks(tmp_path, read_key(made / "teacher"))
    assert len(found["right"]) == 2
    assert strangers == ["who"]


def test_a_folder_that_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key.csv").write_text("id\n1\n")
    with pytest.raises(ClaimbookError, match="not the key"):
        grade(tmp_path, tmp_path, tmp_path / "out")


def test_a_process_that_goes_on_is_killed_with_its_children(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    endless = f"while True: pass  # {tmp_path}"  # no other run of these tests has the same line
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {endless!r}])"
    environment = {"PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", script]
    assert run_limited(command, tmp_path, environment, 1) is None
    assert ends(endless)
