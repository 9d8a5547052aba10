"""The audit hook of a chapter's kernel: it notes what a run reads, and stops what it may not do.

Every file that Python code opens, every folder that it lists and every module of the project
that it imports is noted with a digest of the content, before the reading. Once the first cell
runs, reading another part of the project, writing to it, opening a network connection and
starting a process raise an error in the cell. Not seen: C libraries that open files by
themselves, tests for a file's existence, the clock.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from claimbook.base import ENGINE, file_digest, folder_digest, inputs, module_name

NETWORK_EVENTS = (
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyaddr",
    "socket.gethostbyname",
    "socket.getnameinfo",
    "socket.sendmsg",
    "socket.sendto",
)
PROCESS_EVENTS = (
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "pty.spawn",
    "subprocess.Popen",
)
CHANGES = (
    "os.chmod",
    "os.chown",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.utime",
)
LINKS = ("os.link", "os.symlink")
CUTS = ("os.chflags", "os.truncate")
CHILDREN = ("multiprocessing.popen_", "multiprocessing.resource_tracker")
# It leaves nothing of itself in the kernels that it forks.
_FORKSERVER = Path(__file__).with_name("forkserver.py")
_READABLE = ("data", "notebooks")
FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
# The environment's lock and Python's version stand for what is installed here.
INSTALLED = {sys.prefix, sys.base_prefix, *(p for p in sys.path if "site-packages" in p)}
_SYSTEM = {"/dev", "/etc", "/lib", "/lib64", "/proc", "/sys", "/usr", "/System", "/Library"}


class ForbiddenError(PermissionError):
    """A chapter did what would make its result depend on more than its inputs."""


class Watch:
    """Notes inputs as lines of JSON in a log, each once; the kernel counts its cells."""

    def __init__(self, root: Path, private: list[Path], log: Path) -> None:
        self._root = root
        self._installed = tuple(Path(folder) for folder in INSTALLED)
        self._elsewhere = (*map(Path, _SYSTEM), *private)
        self._written: set[Path] = set()
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)
        self._seen: set[tuple[str, str, str]] = set()
        self._busy = threading.local()
        self.cell = 0  # which of the executed cells is running; none yet
        handlers: dict[str, Callable[..., None]] = {
            "open": self._opened,
            "os.listdir": self._listed,
            "os.scandir": self._listed,
            "sqlite3.connect": self._connected,
            "import": self._imported,
        }
        handlers |= dict.fromkeys(CHANGES, self._changed)
        handlers |= dict.fromkeys(LINKS, lambda _, *made: self._changed(*made))
        handlers |= dict.fromkeys(CUTS, lambda name, _: self._changed(name, -1))
        handlers |= dict.fromkeys(NETWORK_EVENTS, self._forbidden("opens a network connection"))
        handlers |= dict.fromkeys(PROCESS_EVENTS, self._forbidden("starts a process"))
        self._handlers = handlers

    def start(self) -> None:
        """Begin to watch this process; there is no end to it."""
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None) or ""
            if name != "__main__" and file.startswith(f"{ENGINE}{os.sep}"):
                for source in (Path(file), Path(file).with_suffix(".pyi")):  # a face reads its stub
                    if source.is_file():
                        self._note_module(source)
        inputs.listen(self._note)
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        handler = self._handlers.get(event)
        if handler is None or getattr(self._busy, "on", False):
            return
        self._busy.on = True
        try:
            handler(*arguments)
        finally:
            self._busy.on = False

    def _opened(self, name: Any, mode: str | None, flags: int) -> None:
        if isinstance(name, int) or name in (":memory:", b":memory:"):
            return
        path = _absolute(name)
        if (flags & FOR_WRITING) or set(mode or "") & set("wax+"):
            self._written.add(path)
            if self._inside(path):
                self._forbid(f"writes {path.relative_to(self._root)}; a chapter writes no file")
        elif path.suffix == ".pyc" and path.is_relative_to(self._root / "notebooks"):
            raise FileNotFoundError(path)  # of the same second it may be older than its source
        elif path not in self._written:
            self._read(path)

    def _connected(self, name: Any) -> None:
        if name not in (":memory:", b":memory:"):
            path = _absolute(name)
            if not path.exists():
                self._written.add(path)
            self._opened(name, "r", 0)

    def _changed(self, *arguments: Any) -> None:
        """A file or folder is made, moved or removed; a target counts as written.

        The last argument is an open folder that the names are relative to, or -1.
        """
        folder = Path(f"/proc/self/fd/{arguments[-1]}")
        base = folder.resolve() if arguments[-1] != -1 and folder.exists() else Path()
        for name in arguments:
            if isinstance(name, str | bytes | os.PathLike):
                self._opened(base / os.fsdecode(name), "w", 0)

    def _imported(self, name: str, *_: Any) -> None:
        if name.startswith(CHILDREN):  # starting a child by them raises no event
            self._forbidden("starts a process")()

    def _read(self, path: Path) -> None:
        source = _source(path)
        if source.is_relative_to(ENGINE) or self._is_helper(source):
            self._note_module(source)
        elif _within(path, self._installed):
            return
        elif not self._inside(path):
            if not _within(path, self._elsewhere) and path.is_file():
                self._note("file", str(path), file_digest(path))
        elif (name := path.relative_to(self._root)).parts[0] not in _READABLE:
            self._forbid(f"reads {name}; a chapter reads only data/ and notebooks/")
        elif not inputs.read_by_entry() and not path.is_dir():
            self._note("file", name.as_posix(), file_digest(path))

    def _listed(self, name: Any) -> None:
        if isinstance(name, int) or inputs.read_by_entry():
            return
        path = _absolute(name or ".")
        if path.is_relative_to(self._root / "data"):
            self._note("folder", path.relative_to(self._root).as_posix(), folder_digest(path))

    def _inside(self, path: Path) -> bool:
        return path.is_relative_to(self._root) and path != self._root

    def _is_helper(self, path: Path) -> bool:
        return path.suffix == ".py" and path.is_relative_to(self._root / "notebooks")

    def _forbidden(self, what: str) -> Callable[..., None]:
        return lambda *_: self._forbid(f"{what}; a chapter computes from the project's data alone")

    def _forbid(self, what: str) -> None:
        if self.cell:
            self._write({"forbidden": what, "cell": self.cell})
            raise ForbiddenError(f"this cell {what}")

    def _note_module(self, source: Path) -> None:
        if source != _FORKSERVER:
            self._note("module", module_name(source, self._root), file_digest(source))

    def _note(self, kind: str, name: str, digest: str) -> None:
        if (kind, name, digest) not in self._seen:
            self._seen.add((kind, name, digest))
            self._write({"kind": kind, "name": name, "digest": digest})

    def _write(self, entry: dict[str, Any]) -> None:
        os.write(self._log, (json.dumps(entry) + "\n").encode())


def _absolute(name: Any) -> Path:
    return Path(os.path.abspath(os.fsdecode(name)))  # noqa: PTH100 - links stay as they are named


def _source(path: Path) -> Path:
    """The source of a compiled module; any other path as it is."""
    if path.suffix != ".pyc":
        return path
    try:
        return Path(importlib.util.source_from_cache(str(path)))
    except ValueError:
        return path


def _within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)
