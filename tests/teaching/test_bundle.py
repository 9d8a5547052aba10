"""The take-away bundles, walked from an empty folder: a student's way and the teacher's.

The packages are fetched once, into the bundle; from then on there is no network.
"""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser
from pypdf import PdfReader

from claimbook.base.project import Project
from claimbook.book.exercises import load_exercises
from claimbook.teaching import start
from claimbook.teaching.assignments.handout import KeyRow, read_key
from claimbook.teaching.assignments.master import assignment_names, load_assignment
from tests.book.test_exercises import bare, literals
from tests.books import ROOT
from tests.conftest import claimbook

BOOK = Project(ROOT)
# One for each number of questions known; benchmarks/classroom.py grades a class of thirty.
IDS = [f"s{number:02}" for number in range(6)]
AT_THE_BROWSER = "s05"  # the student whose notebook is answered in JupyterLab
ADDRESS = "http://127.0.0.1"


# The set-up script alone ---------------------------------------------------------------------


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A folder as a bundle leaves it, with an empty lock and an empty engine."""
    (tmp_path / start.LOCK).write_text("")
    (tmp_path / "wheels").mkdir()
    engine = tmp_path / "wheels" / "claimbook-0-py3-none-any.whl"
    facts = "claimbook-0.dist-info"
    with zipfile.ZipFile(engine, "w") as archive:
        archive.writestr(f"{facts}/METADATA", "Metadata-Version: 2.1\nName: claimbook\nVersion: 0")
        archive.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true")
        archive.writestr(f"{facts}/RECORD", "")
    return tmp_path


def test_the_versions_named_are_those_of_the_project() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (oldest, beyond) = re.findall(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', text)[0]
    supported = [start.OLDEST, start.NEWEST]
    assert supported == [(3, int(oldest)), (3, int(beyond) - 1)]


def test_another_python_is_refused(
    monkeypatch: pytest.MonkeyPatch, unpacked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "OLDEST", (4, 0))
    assert start.main(unpacked, ["--set-up"]) == 2
    assert "it has to be 4.0" in capsys.readouterr().out
    assert not (unpacked / ".venv").exists()


def test_set_up_is_done_once_and_again_after_a_move_or_a_failure(
    unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr("venv.create", lambda place, **_: place.mkdir(exist_ok=True))
    monkeypatch.setattr(start, "install", lambda command, _: ran.append(command))
    assert start.main(unpacked, ["--set-up"]) == 0
    assert len(ran) == 2
    assert start.main(unpacked, ["--set-up"]) == 0
    assert len(ran) == 2
    moved = unpacked.rename(unpacked.parent / "moved here")
    assert start.main(moved, ["--set-up"]) == 0
    assert len(ran) == 4
    (moved / start.LOCK).write_text("nothing==1")

    def fails(command: list[str], _: object) -> None:
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(start, "install", fails)
    assert start.main(moved, ["--set-up"]) == 1
    assert start.main(moved, ["--set-up"]) == 1  # what failed is not taken for done


@pytest.mark.slow
def test_what_pip_says_is_shown_if_it_fails(
    unpacked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (unpacked / "wheels" / "other-1-py3-none-any.whl").write_bytes(b"")  # so: no network is asked
    (unpacked / start.LOCK).write_text("nothing-of-this-name==1\n")
    assert start.main(unpacked, ["--set-up"]) == 1
    told = capsys.readouterr().out
    assert "nothing-of-this-name" in told
    assert "Without a network" in told


# The bundles ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def zips(built: Path) -> dict[str, Path]:
    """The two zip files, with all packages."""
    made = {}
    for audience in ("student", "teacher"):
        done = claimbook("class", "bundle", f"--{audience}", "--with-wheels", cwd=built)
        made[audience] = Path(done.stdout.strip())
    return made


@pytest.fixture(scope="module")
def away(zips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The two bundles, unpacked and set up in empty folders, as on two machines without network."""
    folders = {}
    started = []
    for audience, path in zips.items():
        place = tmp_path_factory.mktemp(f"{audience} elsewhere")
        with zipfile.ZipFile(path) as archive:
            archive.extractall(place)
        (folder,) = place.iterdir()
        folders[audience] = folder
        command = [sys.executable, str(folder / "start.py"), "--set-up"]
        with (folder / "set-up.log").open("w") as log:
            started.append(
                subprocess.Popen(command, cwd=place, env=alone(), stdout=log, stderr=log)
            )
    for process, folder in zip(started, folders.values(), strict=True):
        assert process.wait() == 0, (folder / "set-up.log").read_text()
    return folders


def alone() -> dict[str, str]:
    """An environment without any index of packages, and with no way to other hosts.

    Byte code is written as modules are loaded, and not of all packages beforehand.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON", "UV_"))}
    nowhere = dict.fromkeys(
        ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://[::1]:9"
    )
    pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_COMPILE": "1"}
    return {**kept, **nowhere, **pip, "NO_PROXY": "127.0.0.1"}


def runs(folder: Path, *arguments: str, cwd: Path | None = None) -> str:
    """What the bundle's own `claimbook` prints."""
    program = start.programs(folder / ".venv") / "claimbook"
    environment = {**start.surroundings(folder), "COLUMNS": "200"}
    command = [str(program), *arguments]
    done = subprocess.run(
        command, cwd=cwd or folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_solution_and_no_note_is_in_the_students_zip(zips: dict[str, Path]) -> None:
    found = {name: texts(path) for name, path in zips.items()}
    secrets = [
        bare(piece)
        for exercises in load_exercises(BOOK).values()
        for exercise in exercises
        for text in (exercise.solution, exercise.teacher)
        for piece in literals(text)
    ]
    for name in assignment_names(BOOK):
        notebook = load_assignment(BOOK, name).notebook
        lines = [line for cell in notebook.cells for line in cell.source.splitlines()]
        secrets += [bare(line) for line in lines if "# SOLUTION" in line]
    assert len(secrets) > 200
    assert [secret for secret in secrets if secret in found["student"]] == []
    missing = [secret for secret in secrets if secret not in found["teacher"]]
    assert missing == []  # the same search finds them where they are


def texts(path: Path) -> str:
    """All text of a zip file but of the packages, as signs without blanks."""
    parts = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if re.search(r"\.(html|js|json|ipynb|md|yaml|csv|txt|py)$", name):
                text = archive.read(name).decode()
                if name.endswith(".html"):
                    text = BeautifulSoup(text, "html.parser").get_text()
                if name.endswith(".ipynb"):
                    text = "\n".join("".join(c["source"]) for c in json.loads(text)["cells"])
                parts.append(bare(text))
    return "\n".join(parts)


@pytest.mark.parametrize("audience", ["student", "teacher"])
def test_the_start_guide_is_one_page_and_reads_on_a_phone(
    away: dict[str, Path], browser: Browser, audience: str, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto((away[audience] / "START.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for system in ("Windows", "macOS", "Linux"):
        assert system in page.inner_text("main")
    assert "{{" not in page.content()
    page.pdf(path=tmp_path / "start.pdf", format="A4", prefer_css_page_size=True)
    assert len(PdfReader(tmp_path / "start.pdf").pages) == 1
    for link in page.locator("a").all():
        assert (away[audience] / str(link.get_attribute("href"))).is_file()
    context.close()


def test_chapters_run_with_other_parameters(away: dict[str, Path]) -> None:
    shown = runs(away["student"], "run", "debt", "-p", "imf_unit=SDR", "-o", "my-run")
    assert "debt-to-imf" in shown
    record = json.loads((away["student"] / "my-run" / "debt.json").read_text())
    assert record["claims"]["debt-to-imf"]["status"] == "reproduced"


# The class ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def handed_out(away: dict[str, Path]) -> Path:
    """What the teacher made of a roster."""
    teacher = away["teacher"]
    lines = "".join(f"{one},Student {one[1:]}\n" for one in IDS)
    (teacher / "roster.csv").write_text(f"id,name\n{lines}")
    runs(teacher, "class", "make", "roster.csv", "--assignment", "trade", "-o", "my-class")
    return teacher / "my-class"


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """JupyterLab as `start.py` opens it; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token="]
    command = [sys.executable, str(folder / "start.py"), *options]
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen(
            command, env=alone(), stdout=log, stderr=log, start_new_session=True
        )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{ADDRESS}:{port}/api", timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"{ADDRESS}:{port}"
    finally:
        os.killpg(server.pid, signal.SIGINT)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()  # a zombie would be counted by the tests of processes that follow


def answers(row: KeyRow) -> dict[str, str]:
    """What the student at the browser types: one likely mistake, and else what is right."""
    question = load_assignment(BOOK, row.assignment).answers(row.parameters)["change_percent"]
    return {**row.answers, "change_percent": repr(question.mistakes["base"][0])}


@pytest.fixture(scope="module")
def answered(away: dict[str, Path], handed_out: Path, browser: Browser) -> dict[str, Any]:
    """The student's own folder, opened, answered and saved in JupyterLab; and what was shown."""
    student = away["student"]
    own = student / "assignments" / AT_THE_BROWSER
    (handed_out / "student" / AT_THE_BROWSER).rename(own)
    row = next(r for r in read_key(handed_out / "teacher") if r.student.id == AT_THE_BROWSER)
    with jupyterlab(student) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 4000})
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/lab/tree/assignments/{AT_THE_BROWSER}/trade.ipynb")
        for question, answer in answers(row).items():
            cell = page.locator(".jp-Notebook .cm-content", has_text=f"{question} = ...")
            cell.click()
            page.keyboard.press("Control+a")
            page.keyboard.type(f"{question} = {answer}")
        page.locator(".lm-MenuBar-item", has_text="Run").first.click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        last = page.locator(".jp-OutputArea-output", has_text="growth_per_year")
        last.wait_for(timeout=60_000)
        shown = page.locator(".jp-Notebook").inner_text()
        page.keyboard.press("Control+s")
        page.get_by_text("Saving completed").wait_for(timeout=20_000)
        context.close()
    return {"notebook": own / "trade.ipynb", "shown": shown, "asked": asked, "address": address}


def test_a_student_sees_feedback_in_jupyterlab(answered: dict[str, Any]) -> None:
    assert "divides by the last year" in answered["shown"]
    assert answered["shown"].count("passed!") == 3
    outside = [url for url in answered["asked"] if not url.startswith(answered["address"])]
    assert [url for url in outside if url.startswith("http")] == []


def test_the_teacher_grades_what_the_students_hand_in(
    away: dict[str, Path], handed_out: Path, answered: dict[str, Any]
) -> None:
    returned = away["teacher"] / "returned"
    returned.mkdir()
    for row in read_key(handed_out / "teacher"):
        target = returned / f"{row.student.id}.ipynb"
        if row.student.id == AT_THE_BROWSER:
            target.write_bytes(answered["notebook"].read_bytes())
            continue
        notebook = nbformat.read(
            handed_out / "student" / row.student.id / "trade.ipynb", as_version=4
        )
        right = int(row.student.id[1:]) % 5  # how many of the four questions they know
        for question, answer in list(row.answers.items())[:right]:
            (cell,) = (c for c in notebook.cells if c.source == f"{question} = ...")
            cell.source = f"{question} = {answer}"
        nbformat.write(notebook, target)
    asked = ("class", "grade", "returned", "--key", "my-class/teacher", "-o", "grades")
    assert "isolation: " in runs(away["teacher"], *asked)
    with (away["teacher"] / "grades" / "grades.csv").open(newline="", encoding="utf-8") as file:
        grades = {found["id"]: found for found in csv.DictReader(file)}
    assert sorted(grades) == IDS
    for name, grade in grades.items():
        expected = 6 if name == AT_THE_BROWSER else 2 * (int(name[1:]) % 5)
        assert (name, float(grade["points"]), grade["remark"]) == (name, expected, "")
        assert (away["teacher"] / "grades" / f"{name}.html").is_file()
    page = (away["teacher"] / "grades" / f"{AT_THE_BROWSER}.html").read_text(encoding="utf-8")
    assert "divides by the last year" in page


def test_the_teacher_makes_slides_and_books_again(away: dict[str, Path]) -> None:
    assert (away["teacher"] / "slides" / "debt.html").is_file()
    shown = runs(away["teacher"], "class", "slides", "debt")
    assert (
        Path(shown.strip()).read_bytes() == (away["teacher"] / "slides" / "debt.html").read_bytes()
    )


def test_for_whom_has_to_be_said(built: Path) -> None:
    for options in ([], ["--student", "--teacher"]):
        done = claimbook("class", "bundle", *options, cwd=built, fails=True)
        assert done.returncode == 2
        assert "--student and --teacher" in done.stderr
