"""What may go wrong while a book is built: each fault at a random moment.

The shown book is the old one or the complete new one, no process is left, and the next build
goes on from there. Each of the `FAULTS` is one test; all that is random in it is drawn from `SEED`
and its number, and stands in the message if it fails.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil  # type: ignore[import-untyped]
import pytest

from claimbook.base.project import Project
from claimbook.runs.kept import Store, request
from tests.bees import BOOK_CHAPTERS, PAUSE, build_book, write_census

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="the faults are POSIX signals and limits"
)

SEED = 20220224
OLD, NEW = 60, 61  # hives in the north: every page of a chapter differs between the two
GONE_AFTER = 20  # seconds in which every process of a build has to vanish
ENDS_AFTER = 60  # seconds in which a build has to end, on a busy machine too
CELL_LIMIT = 3  # seconds
NEEDED = 8_000_000  # bytes that a build needs on its disk
RECOVER_EVERY = 5  # injections

CELL_NAMED = r"notebooks/(\w+)\.ipynb, (cell \d+ \(code-\d+\)|before the first cell): "

# The command line; after `delay` seconds no file may have more than `size` bytes.
SMALL_DISK = """
import resource, threading
limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
timer = threading.Timer(delay, limit)
timer.daemon = True
timer.start()
from claimbook.cli import app
app()
"""
# The command line, with little time for each cell.
HURRY = f"""
import functools
from claimbook.runs import stale
from claimbook.runs import execute
stale.run_all = functools.partial(stale.run_all, limits=execute.RunLimits(cell={CELL_LIMIT}))
from claimbook.cli import app
app()
"""
# What holds on: it yields to a signal, to none, or not even to the kernel's other threads.
ENDLESS = (
    "import time\ntime.sleep(600)",
    "while True:\n    try:\n        while True: pass\n    except KeyboardInterrupt: pass",
    "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
)


def tree(folder: Path) -> dict[str, str]:
    """The files of a folder, with a digest of each."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rewrite(path: Path, number: int, source: str) -> str:
    """Give a cell of a notebook another source; return how messages name the cell."""
    notebook = nbformat.read(path, as_version=4)
    number %= len(notebook.cells)
    notebook.cells[number].source = source
    nbformat.write(notebook, path)
    return f"{path}, cell {number + 1} ({notebook.cells[number].id}): "


def pauses(path: Path) -> list[int]:
    """The places of a notebook's cells that pause."""
    cells = nbformat.read(path, as_version=4).cells
    return [number for number, cell in enumerate(cells) if cell.source == PAUSE]


def until(what: Callable[[], Any], seconds: float = ENDS_AFTER) -> Any:
    """The first true answer to `what`, asked again and again; the last answer if time is up."""
    end = time.monotonic() + seconds
    while not (answer := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return answer


def command(process: psutil.Process) -> list[str]:
    """What a process was started with; nothing if it has ended."""
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        words: list[str] = process.cmdline()
        return words
    return []


def is_leader(process: psutil.Process) -> bool:
    """Whether a process has a session of its own."""
    pid: int = process.pid
    with suppress(ProcessLookupError):
        return os.getsid(pid) == pid
    return False


@dataclass
class Done:
    """How a build ended."""

    code: int
    out: str
    errors: str


class Build:
    """A build under way, whose processes all know its folder for temporary files."""

    def __init__(
        self, project: Project, temporary: Path, *arguments: str, program: str = ""
    ) -> None:
        temporary.mkdir(parents=True)
        self.temporary = temporary
        self._mark = str(temporary)
        start = ["-c", program] if program else ["-m", "claimbook"]
        settings = {"COLUMNS": "200", "NO_COLOR": "1", "TMPDIR": self._mark}
        self._process = subprocess.Popen(
            [sys.executable, *start, *arguments],
            cwd=project.root,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    def running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to the runner and its group, as a terminal does."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def forkserver(self) -> psutil.Process | None:
        return next(iter(self._children("claimbook.runs.kernels.forkserver")), None)

    def compiler(self) -> psutil.Process | None:
        return next(iter(self._children("claimbook.book.jupyter_book")), None)

    def kernels(self) -> list[psutil.Process]:
        """The kernels that run, in the order in which they were started."""
        forkserver = self.forkserver()
        if forkserver is None:
            return self._children("claimbook.runs.kernels.inside")
        # A library that the forkserver loads may start a process as well, but in no session.
        return [
            p
            for p in self._children("claimbook.runs.kernels.forkserver", of=forkserver)
            if is_leader(p)
        ]

    def processes(self) -> list[psutil.Process]:
        """All processes that this build started and that live."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def end(self) -> Done:
        """Wait for the end and for the last process. Fails if the build or a process stays."""
        ended = until(lambda: not self.running())
        gone = until(lambda: not self.processes(), GONE_AFTER)
        left = [f"{process.pid} {command(process)}" for process in self.processes()]
        out, errors = self.clean_up()
        assert ended, f"the build did not end; it said: {errors}"
        assert gone, f"processes are left: {left}; the build said: {errors}"
        return Done(self._process.returncode, out, errors)

    def clean_up(self) -> tuple[str, str]:
        """Kill what is left of the build; return what it said since this was last asked."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return self._process.communicate()

    def _children(self, module: str, of: psutil.Process | None = None) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            children = (of or psutil.Process(self._process.pid)).children()
            return [process for process in children if module in command(process)]
        return []

    def _is_ours(self, process: psutil.Process) -> bool:
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            if process.environ().get("TMPDIR") == self._mark:
                return True
            return any(self._mark in word for word in (process.cwd(), *process.cmdline()))
        return False


class Book:
    """A project with the two books that it can give, and how long their builds take."""

    def __init__(self, project: Project, temporary: Path) -> None:
        self.project = project
        self._temporary = temporary
        self.given: dict[int, dict[str, str]] = {}  # by the hives in the north
        self.seconds: dict[bool, float] = {}  # by whether the kernels were cold
        self._builds: list[Build] = []

    def learn(self, north: int, *, cold: bool) -> None:
        """Build one of the two books, and note it."""
        write_census(self.project, north)
        start = time.monotonic()
        self.build(*(["--cold"] if cold else []))
        self.seconds[cold] = time.monotonic() - start
        self.given[north] = tree(self.project.html)

    def copy(self, folder: Path) -> Book:
        """The same book at another place."""
        other = Book(Project(folder / "bees"), folder / "t")
        shutil.copytree(self.project.root, other.project.root)
        other.given, other.seconds = self.given, self.seconds
        return other

    def start(self, *arguments: str, program: str = "") -> Build:
        return self._run("build", *arguments, program=program)

    def ask(self, *arguments: str) -> str:
        """Run another command; return what is printed."""
        done = self._run(*arguments).end()
        assert done.code == 0, done
        return done.out

    def clean_up(self) -> None:
        for build in self._builds:
            if build.running():
                build.clean_up()

    def build(self, *arguments: str) -> str:
        """Build without disturbance; return what is printed."""
        done = self.start(*arguments).end()
        assert done.code == 0, done
        return done.out

    def shows(self) -> int | str:
        """The hives in the north of the book that is shown; what differs if it is not whole."""
        shown = tree(self.project.html)
        for north, given in self.given.items():
            if shown == given:
                return north
        odd = [
            f"{len(set(given.items()) ^ set(shown.items()))} differences to {north}"
            for north, given in self.given.items()
        ]
        return f"neither book: {odd}"

    def kept(self, north: int) -> list[str]:
        """The chapters of which a run with so many hives in the north is kept."""
        share = 100 * north / (north + 40)
        return [chapter for chapter in BOOK_CHAPTERS if self._share(chapter) == share]

    def recover(self, north: int) -> None:
        """Build without disturbance: only what is not kept runs, and the book is complete."""
        kept = self.kept(north)
        was = self.shows()
        out = self.build()
        if not (was == north and "nothing changed" in out):
            assert ran(out) == [chapter for chapter in BOOK_CHAPTERS if chapter not in kept]
        assert self.shows() == north
        left = {path.name for path in self.project.html.parent.iterdir()}
        assert left <= {".lock", "html", "runs", "state.json"}

    def _run(self, *arguments: str, program: str = "") -> Build:
        folder = self._temporary / str(len(self._builds))
        self._builds.append(Build(self.project, folder, *arguments, program=program))
        return self._builds[-1]

    def _share(self, chapter: str) -> float | None:
        run = Store(self.project).find(request(self.project, chapter))
        return run.record["claims"][f"{chapter}-north-share"]["value"] if run else None


def ran(out: str) -> list[str]:
    """The chapters that a build says it ran."""
    if out.startswith("no chapter had to run; "):
        return []
    found = re.match(r"ran ([a-z, ]+); ", out)
    assert found, out
    return found[1].split(", ")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("f")  # short, as the names of sockets have to be
    made = Book(build_book(folder / "bees"), folder / "t")
    made.learn(NEW, cold=True)
    made.learn(OLD, cold=False)
    old, new = made.given[OLD], made.given[NEW]
    changed = {name for name in old.keys() & new.keys() if old[name] != new[name]}
    assert changed >= {f"book/chapters/{chapter}.html" for chapter in BOOK_CHAPTERS}
    return made


@pytest.fixture(scope="module")
def disturbed(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A copy of the built book that the injections share."""
    return book.copy(tmp_path_factory.mktemp("d"))


@pytest.fixture
def copy(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """A copy of the built book for one test."""
    found = book.copy(tmp_path_factory.mktemp("c"))
    yield found
    found.clean_up()


# Faults at random moments ----------------------------------------------------------------


class Injection:
    """One fault in one build; `told` says all that was random."""

    def __init__(self, book: Book, draw: random.Random, *, cold: bool) -> None:
        self.book, self.draw, self.cold = book, draw, cold
        self.told: list[str] = []

    def start(self, program: str = "") -> Build:
        """Start a build that runs all chapters."""
        force = [word for chapter in BOOK_CHAPTERS for word in ("--force", chapter)]
        return self.book.start(*force, *(["--cold"] if self.cold else []), program=program)

    def some_time(self, longest: float | None = None) -> float:
        """Random seconds up to `longest`, or up to what a whole build takes."""
        seconds = self.draw.uniform(0, longest or self.book.seconds[self.cold])
        self.tell(f"delay {seconds:.3f} s")
        return seconds

    def tell(self, what: str) -> None:
        self.told.append(what)


def kill_kernel(it: Injection) -> Done:
    build = it.start()
    assert until(build.kernels)
    # No longer than the shortest chapter takes, so that the kernel has not done its work.
    time.sleep(it.some_time(1.2 if it.cold else 0.5))
    victim = it.draw.choice(build.kernels())
    victim.kill()
    done = build.end()
    assert done.code == 1, done
    assert re.search(CELL_NAMED, done.errors), done
    return done


def kill_forkserver(it: Injection) -> Done:
    build = it.start()
    forkserver = until(build.forkserver)
    time.sleep(it.some_time(2))
    forkserver.kill()
    done = build.end()
    assert done.code == 1, done
    assert re.search(CELL_NAMED, done.errors), done
    return done


def kill_compiler(it: Injection) -> Done:
    build = it.start()
    compiler = until(build.compiler)
    time.sleep(it.some_time(1))
    compiler.kill()
    done = build.end()
    assert done.code == 1, done
    assert "the book does not compile" in done.errors
    return done


def kill_runner(it: Injection) -> Done:
    build = it.start()
    time.sleep(it.some_time())
    build.kill()
    done = build.end()
    assert done.code in (0, -signal.SIGKILL), done
    return done


def send(number: int) -> Callable[[Injection], Done]:
    """Send a signal, sometimes again and again, as impatient people do."""

    def send_it(it: Injection) -> Done:
        build = it.start()
        time.sleep(it.some_time())
        build.signal(number)
        for _ in range(it.draw.choice([0, 0, 3])):
            time.sleep(it.some_time(0.2))
            build.signal(number)
        done = build.end()
        # Before the command knows what to do on a signal, Python's own way of ending it goes.
        assert done.code in (0, 130, -number), done
        if done.code == 130:
            assert "the book is as it was" in done.errors
        return done

    return send_it


def slow_cell(it: Injection) -> Done:
    path = it.book.project.notebooks / f"{it.draw.choice(BOOK_CHAPTERS)}.ipynb"
    text = path.read_text()
    source = it.draw.choice(ENDLESS)
    place = rewrite(path, it.draw.choice(pauses(path)), source)
    it.tell(f"{place}{source!r}")
    try:
        done = it.start(HURRY).end()
    finally:
        path.write_text(text)
    assert done.code == 1, done
    assert f"{place}took too long and was stopped" in done.errors, done
    return done


def fill_disk(it: Injection) -> Done:
    delay, size = it.some_time(), it.draw.choice([0, it.draw.randrange(100_000)])
    it.tell(f"size {size}")
    done = it.start(f"delay, size = {delay}, {size}\n{SMALL_DISK}").end()
    assert done.code in (0, 1), done
    if done.code == 1:
        assert "error: " in done.errors, done
    return done


# Each with how often it is injected, with forked kernels and with ordinary ones.
KINDS: dict[str, tuple[Callable[[Injection], Done], int, int]] = {
    "kernel killed": (kill_kernel, 6, 3),
    "forkserver killed": (kill_forkserver, 5, 0),
    "compiler killed": (kill_compiler, 2, 0),
    "runner killed": (kill_runner, 6, 4),
    "Ctrl-C": (send(signal.SIGINT), 5, 2),
    "SIGTERM": (send(signal.SIGTERM), 4, 2),
    "SIGHUP": (send(signal.SIGHUP), 1, 0),
    "cell too slow": (slow_cell, 3, 1),
    "disk full": (fill_disk, 4, 2),
}


@dataclass(frozen=True)
class Fault:
    """A fault to be injected, by its place in the order of all."""

    number: int
    kind: str
    cold: bool

    def __str__(self) -> str:
        return f"{self.number:02} {self.kind}, {'cold' if self.cold else 'forked'}"

    def draw(self) -> random.Random:
        return random.Random(f"{SEED} {self.number}")


def all_faults() -> list[Fault]:
    found = []
    for kind, (_, forked, cold) in KINDS.items():
        found += [(kind, False)] * forked + [(kind, True)] * cold
    random.Random(SEED).shuffle(found)
    return [Fault(number, kind, cold) for number, (kind, cold) in enumerate(found, 1)]


FAULTS = all_faults()


@contextmanager
def injection(book: Book, fault: Fault) -> Iterator[Injection]:
    """An injection that leaves nothing, and says at a failure how to have it again."""
    found = Injection(book, fault.draw(), cold=fault.cold)
    try:
        yield found
    except BaseException as error:
        error.add_note(f"fault {fault}; seed {SEED}; {'; '.join(found.told)}")
        raise
    finally:
        book.clean_up()


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_leaves_the_old_book_or_the_complete_new_one(disturbed: Book, fault: Fault) -> None:
    before = disturbed.shows()
    north = OLD if before == NEW else NEW
    write_census(disturbed.project, north)
    with injection(disturbed, fault) as it:
        done = KINDS[fault.kind][0](it)
        after = disturbed.shows()
        assert after in ([before, north] if done.code else [north])
        if fault.number % RECOVER_EVERY == 0:
            disturbed.recover(north)


def test_fifty_faults_are_injected() -> None:
    assert len(FAULTS) == 50
    assert len(FAULTS) % RECOVER_EVERY == 0  # the last one is recovered from as well


# A full disk -----------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of its own, in memory."""
    folder = tmp_path_factory.mktemp("m")
    done = mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder))
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def mount(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["mount", *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


@pytest.mark.parametrize("number", range(1, 5))
def test_a_disk_that_is_full_leaves_the_old_book(book: Book, disk: Path, number: int) -> None:
    small = book.copy(disk)
    write_census(small.project, NEW)
    used = shutil.disk_usage(disk).used
    with injection(small, Fault(number, "small disk", cold=number == 4)) as it:
        free = it.draw.randrange(NEEDED)
        it.tell(f"{free} bytes free")
        assert mount("-o", f"remount,size={used + free}", str(disk)).returncode == 0
        done = it.start().end()
        assert done.code == 1, done
        assert "error: " in done.errors
        assert small.shows() == OLD
        assert mount("-o", "remount,size=64m", str(disk)).returncode == 0
        small.recover(NEW)


# What remains of builds, and what is done to them ----------------------------------------


def test_a_second_build_at_once_says_so_and_stops(copy: Book) -> None:
    write_census(copy.project, NEW)
    first = copy.start()
    try:
        assert until(first.kernels)
        second = copy.start().end()
        assert second.code == 1
        assert f"another build is running in {copy.project.root}" in second.errors
        assert first.running()
    finally:
        done = first.end()
    assert done.code == 0, done
    assert ran(done.out) == [*BOOK_CHAPTERS]
    assert copy.shows() == NEW


def test_a_killed_build_blocks_nothing_and_its_folder_is_removed(copy: Book) -> None:
    write_census(copy.project, NEW)
    build = copy.start()
    assert until(lambda: list(copy.project.html.parent.glob(".next-*/*")))
    build.kill()
    assert build.end().code == -signal.SIGKILL
    assert list(copy.project.html.parent.glob(".next-*"))
    assert copy.shows() == OLD
    assert copy.kept(NEW) == [*BOOK_CHAPTERS]
    copy.recover(NEW)


def test_a_book_that_had_just_been_moved_away_is_put_back(copy: Book) -> None:
    away = copy.project.html.parent / ".next-killed" / "_build"
    away.mkdir(parents=True)
    copy.project.html.rename(away / "old")
    assert "no chapter had to run; its pages are the same" in copy.build()
    assert copy.shows() == OLD
    assert not away.exists()


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def flip_a_page(html: Path) -> None:
    page = html / "book" / "chapters" / "honey.html"
    flip(page, page.stat().st_size // 2)


def remove_half(html: Path) -> None:
    for path in sorted(path for path in html.rglob("*") if path.is_file())[::2]:
        path.unlink()


@pytest.mark.parametrize("damage", [flip_a_page, remove_half, shutil.rmtree])
def test_a_damaged_book_is_noticed_and_mended(copy: Book, damage: Callable[[Path], None]) -> None:
    damage(copy.project.html)
    assert copy.shows() != OLD
    assert "no chapter had to run; compiled the book" in copy.build()
    assert copy.shows() == OLD


def test_a_kept_run_with_a_flipped_byte_is_not_shown_but_run_again(copy: Book) -> None:
    (kept,) = (copy.project.runs / "honey").glob("*.json")
    place = kept.read_bytes().index(b'"value": 60.0') + len('"value": ')
    flip(kept, place)
    assert b'"value": 70.0' in kept.read_bytes()
    (copy.project.html.parent / "state.json").unlink()
    assert ran(copy.build()) == ["honey"]
    assert copy.shows() == OLD


def test_after_a_failing_cell_what_was_finished_does_not_run_again(copy: Book) -> None:
    write_census(copy.project, NEW)
    path = copy.project.notebooks / "hives.ipynb"
    text = path.read_text()
    place = rewrite(path, -1, "1 / 0")
    done = copy.start().end()
    assert done.code == 1
    assert f"{place}ZeroDivisionError: division by zero" in done.errors
    assert copy.shows() == OLD
    kept = copy.kept(NEW)
    assert kept
    assert "hives" not in kept
    path.write_text(text)
    copy.recover(NEW)


def test_an_edit_of_the_prose_runs_no_chapter_and_shows_on_the_page(copy: Book) -> None:
    path = copy.project.notebooks / "hives.ipynb"
    rewrite(path, 0, "# The hives\n\nQuite so.")
    assert "nothing changed since its run" in copy.ask("why", "hives")
    assert "no chapter had to run; compiled the book" in copy.build()
    page = copy.project.html / "book" / "chapters" / "hives.html"
    assert "Quite so." in page.read_text()


def test_a_glued_name_that_no_run_gives_fails_the_build(copy: Book) -> None:
    page = copy.project.root / "book" / "index.md"
    page.write_text(page.read_text() + "\n{glue:text}`generated/scoreboard.ipynb::nothing:s`\n")
    done = copy.start().end()
    assert done.code != 0
    assert "index.md" in done.errors
    assert copy.shows() == OLD
    shutil.rmtree(copy.project.html)
    assert copy.start().end().code != 0
    assert not copy.project.html.exists()


@pytest.mark.parametrize("skipped", [slice(2, 3), slice(1, None)], ids=["one cell", "all cells"])
def test_a_notebook_that_says_it_has_run_is_not_believed(copy: Book, skipped: slice) -> None:
    path = copy.project.notebooks / "hives.ipynb"
    notebook = nbformat.read(copy.project.chapters / "hives.ipynb", as_version=4)
    finished = {"status": "completed", "exception": False, "duration": 1.0}
    notebook.metadata["papermill"] = {"exception": None, "output_path": str(path)}
    for cell in notebook.cells:
        cell.metadata["papermill"] = finished
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code[skipped]:
        cell.metadata["tags"] = ["skip-execution"]
    nbformat.write(notebook, path)
    done = copy.start().end()
    assert done.code == 1
    first = notebook.cells.index(code[skipped][0])
    assert f"{path}, cell {first + 1} ({code[skipped][0].id}): did not run" in done.errors
    assert copy.shows() == OLD


BUSY = """
import os, re
open(os.environ["TMPDIR"] + "/busy", "w").close()
re.match('(a+)+$', 'a' * 60 + 'b')
"""


@pytest.mark.parametrize("cold", [False, True], ids=["forkserver killed", "runner killed, cold"])
def test_a_kernel_that_lets_no_other_thread_run_ends_as_well(copy: Book, cold: bool) -> None:
    path = copy.project.notebooks / "hives.ipynb"
    rewrite(path, pauses(path)[0], BUSY)
    build = copy.start(*(["--cold"] if cold else []))
    assert until((build.temporary / "busy").exists)
    forkserver = build.forkserver()
    if forkserver:
        forkserver.kill()
    else:
        build.kill()
    done = build.end()
    assert done.code == (-signal.SIGKILL if cold else 1), done
    assert copy.shows() == OLD
