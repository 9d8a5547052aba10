"""What a chapter reads is noted; what would make its result depend on more is an error."""

from __future__ import annotations

import hashlib
import os
import py_compile
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import claimbook
from claimbook.base.inputs import (
    ABSENT,
    digest,
    file_digest,
    folder_digest,
    module_name,
    module_path,
)
from claimbook.base.project import Project
from claimbook.runs.freshness import changes, today
from claimbook.runs.kept import Input, request
from claimbook.runs.kernels.manager import kernels
from tests.bees import build_project
from tests.runs.test_execute import Outcome, attempts, printed, ran, refusal, write_chapter

ENGINE = Path(claimbook.__file__).parent
SWALLOWED = "try:\n    {}\nexcept Exception:\n    pass"

# What each of them does, as one line; {root}, {away}, {port} and so on are filled in.
READS = {
    "open": "open('{root}/README.md').read()",
    "path": "__import__('pathlib').Path('../book/index.md').read_text()",
    "pandas": "__import__('pandas').read_csv('{root}/more/table.csv')",
    "moved": "os.chdir('{root}'); open('README.md').read()",
    "sqlite": "__import__('sqlite3').connect('{root}/more/bees.db')",
    "kept": "open('{root}/_build/runs/hives/0.json').read()",
    "missing": "open('{root}/more/missing.txt').read()",
}
WRITES = {
    "root": "open('{root}/new.txt', 'w').write('x')",
    "notebook": "open('open.ipynb', 'w').write('x')",
    "table": "open('{root}/data/hives.csv', 'a').write('x')",
    "update": "open('{root}/data/hives.csv', 'r+').write('x')",
    "exclusive": "open('{root}/data/new.csv', 'x').write('x')",
    "flags": "os.open('{root}/data/new.csv', os.O_CREAT | os.O_WRONLY)",
    "emptied": "os.open('{root}/data/hives.csv', os.O_RDONLY | os.O_TRUNC)",
    "frame": "__import__('pandas').DataFrame({{'a': [1]}}).to_csv('{root}/book/new.csv')",
    "figure": "__import__('matplotlib.pyplot').pyplot.figure().savefig('new.png')",
}
CHANGES = {
    "mkdir": "os.mkdir('{root}/data/new')",
    "rmdir": "os.rmdir('{root}/data/empty')",
    "remove": "os.remove('{root}/data/victims/remove')",
    "rename-away": "os.rename('{root}/data/victims/rename', '{away}/renamed')",
    "rename-here": "os.replace('{away}/here', '{root}/data/victims/here')",
    "link": "os.link('{away}/source', '{root}/data/victims/link')",
    "symlink": "os.symlink('{away}/source', '{root}/data/victims/symlink')",
    "truncate": "os.truncate('{root}/data/victims/truncate', 0)",
}
CONNECTIONS = {
    "connect": "__import__('socket').create_connection(('127.0.0.1', {port}))",
    "connect-ex": "__import__('socket').socket().connect_ex(('127.0.0.1', {port}))",
    "url": "__import__('urllib.request').request.urlopen('http://127.0.0.1:{port}/')",
    "datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
    "serve": "socket.socket().bind(('127.0.0.1', 0))",
    "name": "socket.gethostbyname('localhost')",
    "unix": "socket.socket(socket.AF_UNIX).connect('{away}/socket')",
}
PROCESSES = {
    "subprocess": "__import__('subprocess').run(['touch', '{away}/started'])",
    "system": "os.system('touch {away}/started')",
    "shell": "get_ipython().system('touch {away}/started')",
    "fork": "os.fork() or os._exit(0)",
    "posix-spawn": "os.posix_spawn('/bin/sh', ['sh', '-c', 'touch {away}/started'], {{}})",
    "spawn": "os.spawnv(os.P_WAIT, '/bin/sh', ['sh', '-c', 'touch {away}/started'])",
    "exec": "os.execv('/bin/sh', ['sh', '-c', 'touch {away}/started'])",
    "terminal": "__import__('pty').spawn(['touch', '{away}/started'])",
    "pool": "__import__('concurrent.futures').futures.ProcessPoolExecutor(1).submit(abs, 1)",
}
CHILD = "__import__('multiprocessing').get_context('spawn').Process(target=print).start()"
SHARED = "__import__('multiprocessing.resource_tracker').resource_tracker.ensure_running()"
FORBIDDEN = {
    **{f"read-{name}": (line, "reads ") for name, line in READS.items()},
    **{f"write-{name}": (line, "writes ") for name, line in WRITES.items()},
    **{f"change-{name}": (line, "writes ") for name, line in CHANGES.items()},
    **{f"net-{name}": (line, "opens a network connection") for name, line in CONNECTIONS.items()},
    **{f"process-{name}": (line, "starts a process") for name, line in PROCESSES.items()},
    "process-child": (CHILD, "starts a process"),
    "process-shared": (SHARED, "starts a process"),
}

# What each of them may do, and what is noted of it besides the engine.
ALLOWED: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "nothing": ("pass", []),
    "data": (
        "print(open('../data/notes.txt').read(), open('{root}/data/hives.csv').read(8))",
        [("file", "data/hives.csv"), ("file", "data/notes.txt")],
    ),
    "twice": (
        "for _ in range(3):\n    print(open('../data/notes.txt').read())",
        [("file", "data/notes.txt")],
    ),
    "beside": ("print(open('beside.txt').read())", [("file", "notebooks/beside.txt")]),
    "absent": (
        "try:\n    open('../data/late.txt')\nexcept FileNotFoundError:\n    print('absent')",
        [("file", "data/late.txt")],
    ),
    "folder": (
        "print(sorted(os.listdir('../data/stations')), next(os.scandir('{root}/data/empty'), 0))",
        [("folder", "data/empty"), ("folder", "data/stations")],
    ),
    "globbed": (
        "from pathlib import Path\n"
        "print(sorted(path.name for path in Path('../data/stations').glob('*.txt')))",
        [("folder", "data/stations")],
    ),
    "no-folder": (
        "try:\n    os.listdir('../data/none')\nexcept FileNotFoundError:\n    print('absent')",
        [("folder", "data/none")],
    ),
    "database": (
        "import sqlite3\nprint(sqlite3.connect('../data/bees.db'))",
        [("file", "data/bees.db")],
    ),
    "memory": ("import sqlite3\nprint(sqlite3.connect(':memory:').execute('select 1'))", []),
    "outside": ("print(open('{away}/source').read())", [("file", "{away}/source")]),
    "helper": ("import helper\nprint(helper.HALF)", [("module", "notebooks/helper.py")]),
    "compiled": ("import packed\nprint(packed.HALF)", [("module", "notebooks/packed.py")]),
    "package": (
        "import tools.half\nprint(tools.half.HALF)",
        [("module", "notebooks/tools/__init__.py"), ("module", "notebooks/tools/half.py")],
    ),
    "system": (
        "import colorsys, seaborn, sys\n"
        "print(len(open(colorsys.__file__).read()), len(open('/etc/passwd').read()) > 0)",
        [],
    ),
    "temporary": (
        "import tempfile\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    with open(folder + '/a.txt', 'w') as file:\n"
        "        file.write('x')\n"
        "    print(open(folder + '/a.txt').read())\n"
        "with tempfile.TemporaryFile('w+') as file:\n"
        "    file.write('y')\n"
        "    file.seek(0)\n"
        "    print(file.read())\n"
        "with tempfile.NamedTemporaryFile('w') as file:\n"
        "    file.write('z')\n"
        "    file.flush()\n"
        "    print(open(file.name).read())",
        [],
    ),
}
# What they make and read in a folder of their own, which is gone afterwards.
OWN_FILES = {
    "nested": "os.mkdir('deep'); open('deep/a', 'w').close(); print(len(open('deep/a').read()))",
    "array": "numpy.save('a.npy', [0]); print(numpy.load('a.npy')[0])",
    "renamed": "open('a', 'w').close(); os.replace('a', 'b'); print(len(open('b').read()))",
    "database": "[sqlite3.connect('a').execute('create table if not exists t (a)') for _ in '12']",
}
IN_OWN_FOLDER = """
here = os.getcwd()
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    {}
os.chdir(here)
"""


@dataclass(frozen=True, slots=True)
class Server:
    """Listens on the loopback for connections and datagrams, and counts them."""

    port: int
    arrived: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
        stream.bind(("127.0.0.1", 0))
        stream.listen()
        found = Server(stream.getsockname()[1])
        datagram.bind(("127.0.0.1", found.port))
        stream.settimeout(0.1)
        datagram.settimeout(0.1)
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                with suppress(TimeoutError), stream.accept()[0]:
                    found.arrived.append("connection")
                with suppress(TimeoutError):
                    datagram.recv(9)
                    found.arrived.append("datagram")

        thread = threading.Thread(target=serve)
        thread.start()
        yield found
        stopped.set()
        thread.join()


@dataclass(frozen=True, slots=True)
class Watched:
    """A project whose chapters do all of these things, what became of them, and the places."""

    project: Project
    away: Path
    before: dict[str, bytes]
    after: dict[str, bytes]
    outcomes: dict[str, Outcome]

    def noted(self, chapter: str) -> list[Input]:
        """What was noted of a chapter's run, besides modules of the engine and missing ones."""
        inputs = ran(self.outcomes[chapter]).inputs
        return [
            item
            for item in inputs
            if not item.name.startswith("claimbook/")
            and not (item.digest == ABSENT and item.name.endswith(".py"))
        ]


def make_project(root: Path) -> Project:
    project = build_project(root)
    files = {
        "README.md": "read me",
        "book/index.md": "# Bees",
        "more/table.csv": "a\n1\n",
        "more/bees.db": "",
        "_build/runs/hives/0.json": "{}",
        "data/notes.txt": "notes",
        "data/bees.db": "",
        "data/stations/east.txt": "",
        "data/stations/west.txt": "",
        "notebooks/beside.txt": "beside",
        "notebooks/helper.py": "HALF = 0.5",
        "notebooks/packed.py": "HALF = 0.25",
        "notebooks/outdated.py": "HALF = 1",
        "notebooks/tools/__init__.py": "",
        "notebooks/tools/half.py": "HALF = 0.125",
        **{f"data/victims/{name}": "here" for name in ("remove", "rename", "truncate")},
    }
    for name, text in files.items():
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (project.data / "empty").mkdir()
    py_compile.compile(str(project.notebooks / "packed.py"))
    return project


def outdate_byte_code(path: Path) -> None:
    """Compile a module and edit it so that its size and time stay the same."""
    py_compile.compile(str(path))
    stat = path.stat()
    path.write_text(path.read_text().replace("1", "2"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Watched:
    project = make_project(tmp_path_factory.mktemp("watch") / "bees")
    outdate_byte_code(project.notebooks / "outdated.py")
    away = tmp_path_factory.mktemp("away")
    (away / "source").write_text("from outside")
    (away / "here").write_text("put here")
    places = {"root": project.root, "away": away, "port": server.port}
    for name, (line, _) in FORBIDDEN.items():
        act = SWALLOWED.format(line.format(**places))
        write_chapter(project, name, "import os, socket", act, "print('went on')")
    for name, (source, _) in ALLOWED.items():
        write_chapter(project, f"may-{name}", "import os", source.format(**places))
    for name, line in OWN_FILES.items():
        used = "import numpy, os, sqlite3, tempfile"
        write_chapter(project, f"own-{name}", used, IN_OWN_FOLDER.format(line))
    write_chapter(project, "open", "import os", READS["open"].format(**places))
    write_chapter(project, "last", SWALLOWED.format("__import__('os').system('true')"))
    write_chapter(project, "outdated", "import outdated", "print(outdated.HALF)")
    names = project.chapter_names()
    names.remove("hives")
    before = contents(project.root)
    with kernels() as found:
        outcomes = attempts(found, project, names)
    return Watched(project, away, before, contents(project.root), outcomes)


# What is forbidden -----------------------------------------------------------------------


def test_what_is_forbidden_is_an_error_in_the_cell(watched: Watched) -> None:
    message = refusal(watched.outcomes["open"])
    path = watched.project.notebooks / "open.ipynb"
    assert message == (
        f"{path}, cell 3 (open-3): ForbiddenError: this cell reads README.md; "
        "a chapter reads only data/ and notebooks/"
    )


@pytest.mark.parametrize("chapter", FORBIDDEN)
def test_what_is_forbidden_is_an_error_also_where_the_cell_swallows_it(
    watched: Watched, chapter: str
) -> None:
    message = refusal(watched.outcomes[chapter])
    path = watched.project.notebooks / f"{chapter}.ipynb"
    assert message.startswith(f"{path}, cell 3 ({chapter}-3): {FORBIDDEN[chapter][1]}")


def test_what_the_last_cell_swallows_is_an_error(watched: Watched) -> None:
    assert "cell 2 (last-2): starts a process" in refusal(watched.outcomes["last"])


def test_nothing_arrives_at_a_server_that_chapters_try_to_reach(
    watched: Watched, server: Server
) -> None:
    assert watched.outcomes
    assert server.arrived == []
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        assert connection.recv(1) == b""  # it would have been seen
    assert server.arrived == ["connection"]


def test_no_process_was_started(watched: Watched) -> None:
    assert not (watched.away / "started").exists()


# What is allowed, and noted --------------------------------------------------------------


@pytest.mark.parametrize("name", ALLOWED)
def test_all_that_a_chapter_reads_is_noted_and_nothing_else(watched: Watched, name: str) -> None:
    expected = [(kind, named.format(away=watched.away)) for kind, named in ALLOWED[name][1]]
    found = watched.noted(f"may-{name}")
    assert [(item.kind, item.name) for item in found] == expected


@pytest.mark.parametrize("name", OWN_FILES)
def test_files_that_a_cell_made_for_itself_do_not_make_it_stale(
    watched: Watched, name: str
) -> None:
    run = ran(watched.outcomes[f"own-{name}"])
    assert changes(today(watched.project), request(watched.project, run.chapter), run) == []


def test_files_that_a_cell_makes_outside_the_project_can_be_used(watched: Watched) -> None:
    assert printed(watched.outcomes["may-temporary"]).split() == ["x", "y", "z"]


def test_a_digest_is_that_of_the_content(watched: Watched) -> None:
    notes = hashlib.sha256(b"notes").hexdigest()
    outside = hashlib.sha256(b"from outside").hexdigest()
    assert watched.noted("may-twice") == [Input("file", "data/notes.txt", notes)]
    assert watched.noted("may-absent") == [Input("file", "data/late.txt", ABSENT)]
    assert watched.noted("may-outside")[0].digest == outside
    stations = digest(["east.txt", "west.txt"])
    assert watched.noted("may-globbed") == [Input("folder", "data/stations", stations)]


def test_every_run_notes_the_modules_of_the_engine_that_it_uses(watched: Watched) -> None:
    noted = ran(watched.outcomes["may-nothing"]).inputs
    inputs = [item for item in noted if item.kind == "module"]
    assert {item.name for item in inputs} == {
        "claimbook/__init__.py",
        "claimbook/base/__init__.py",
        "claimbook/base/__init__.pyi",
        "claimbook/base/inputs.py",
        "claimbook/runs/__init__.py",
        "claimbook/runs/__init__.pyi",
        "claimbook/runs/kernels/__init__.py",
        "claimbook/runs/kernels/inside.py",
        "claimbook/runs/kernels/audit.py",
    }
    assert {item.digest for item in inputs} == {
        file_digest(ENGINE / item.name.removeprefix("claimbook/")) for item in inputs
    }


def test_a_compiled_module_is_noted_as_its_source(watched: Watched) -> None:
    source = watched.project.notebooks / "packed.py"
    assert printed(watched.outcomes["may-compiled"]) == "0.25"
    assert watched.noted("may-compiled")[0].digest == file_digest(source)


def test_byte_code_that_is_not_of_its_source_is_not_used(watched: Watched) -> None:
    assert printed(watched.outcomes["outdated"]) == "2"


def test_nothing_is_written_in_the_project_also_no_byte_code_of_its_modules(
    watched: Watched,
) -> None:
    assert watched.after == watched.before
    assert {Path(name).stem.partition(".")[0] for name in watched.after if ".pyc" in name} == {
        "outdated",
        "packed",
    }


# Ordinary kernels ------------------------------------------------------------------------


@pytest.mark.slow
def test_an_ordinary_kernel_notes_and_forbids_the_same(
    watched: Watched, tmp_path: Path, server: Server
) -> None:
    project = Project(tmp_path / "bees")
    shutil.copytree(watched.project.root, project.root)
    chapters = ["may-helper", "write-notebook", "process-system", "net-connect"]
    del server.arrived[:]
    with kernels(cold=True) as found:
        outcomes = attempts(found, project, chapters)
    for name in chapters:
        before, now = watched.outcomes[name], outcomes[name]
        if name.startswith("may-"):
            assert ran(now).inputs == ran(before).inputs
            continue
        old, new = str(watched.project.root), str(project.root)
        assert refusal(now) == refusal(before).replace(old, new)
    assert server.arrived == []
    assert not (watched.away / "started").exists()


# Names and digests -----------------------------------------------------------------------


def test_modules_are_named_after_the_engine_or_the_project(tmp_path: Path) -> None:
    named = {
        ENGINE / "trends" / "models.py": "claimbook/trends/models.py",
        tmp_path / "notebooks" / "helper.py": "notebooks/helper.py",
        tmp_path / "notebooks" / "tools" / "half.py": "notebooks/tools/half.py",
    }
    for path, name in named.items():
        assert module_name(path, tmp_path) == name
        assert module_path(name, tmp_path) == path


def test_a_folder_is_its_names_and_nothing_is_absent(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("1")
    (tmp_path / "a").mkdir()
    assert folder_digest(tmp_path) == digest(["a", "b"])
    (tmp_path / "b").write_text("2")
    assert folder_digest(tmp_path) == digest(["a", "b"])
    (tmp_path / "a" / "c").write_text("deeper")
    assert folder_digest(tmp_path) == digest(["a", "b"])
    assert folder_digest(tmp_path / "none") == folder_digest(tmp_path / "b") == ABSENT
    assert file_digest(tmp_path / "none") == file_digest(tmp_path / "a") == ABSENT
    assert file_digest(tmp_path / "b") == hashlib.sha256(b"2").hexdigest()
