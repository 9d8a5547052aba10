"""Running code that is not trusted: shut off from everything but its own folder, within limits.

Where bubblewrap is installed and works, the command sees the programs that it needs and its own
folder, and nothing else of this machine: no network, no other process, no file. Elsewhere the
audit hook of the kernels stands in, which the command has to set itself.
"""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from claimbook.base import ENGINE, ClaimbookError
from claimbook.runs import INSTALLED, kernel_environment, module_command

_SEEN = Path("/box")  # where bubblewrap shows a command its folder
_SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache")
_NAMED = [Path(path) for path in (*_SYSTEM, *INSTALLED, str(ENGINE))]
_PROGRAMS = sorted({*_NAMED, *(path.resolve() for path in _NAMED)})
_BUBBLEWRAP = (
    *("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
    *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
    *(option for path in _PROGRAMS for option in ("--ro-bind-try", str(path), str(path))),
)
_FOLDERS = ("work", "home")  # what a command may write
_START = 60  # seconds in which a sandbox has to show that it works


class Isolation(Enum):
    """What keeps code from doing harm, in words."""

    BUBBLEWRAP = "bubblewrap: each notebook sees the programs and its own folder, and no network"
    HOOK = (
        "an audit hook in the kernel, against network, processes and other folders, which a "
        "determined attack can pass; on Linux, install bubblewrap"
    )


@dataclass(frozen=True, slots=True)
class Box:
    """A folder for a command, and what keeps the command in it; the hook it has to set itself.

    `hidden` folders are covered also where they lie among the programs.
    """

    folder: Path
    isolation: Isolation = Isolation.HOOK
    hidden: tuple[Path, ...] = ()

    @property
    def seen(self) -> Path:
        """The folder, as the command sees it."""
        return _SEEN if self.isolation is Isolation.BUBBLEWRAP else self.folder

    @property
    def guard(self) -> dict[str, list[str]] | None:
        """What the command has to give to `forbid`; None where bubblewrap keeps it in."""
        if self.isolation is Isolation.BUBBLEWRAP:
            return None
        own = [str(self.folder / name) for name in _FOLDERS]
        return {"hidden": [str(folder) for folder in self.hidden], "own": own}

    def run(self, module: str, *arguments: object, seconds: float) -> int | None:
        """Run a module of the engine in `work`; give its exit code, or None if it took too long.

        What it prints is in `log.txt`.
        """
        for name in _FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        command = module_command(module, *arguments)
        if self.isolation is Isolation.BUBBLEWRAP:
            command = [*_BUBBLEWRAP, *self._mounts(), "--", *command]
        return run_limited(command, self.folder, _environment(self.seen / "home"), seconds)

    def _mounts(self) -> list[str]:
        covered = [
            place / folder.relative_to(place.resolve())
            for place in _PROGRAMS
            for folder in self.hidden
            if folder.is_relative_to(place.resolve())
        ]
        covers = [option for path in covered for option in ("--tmpfs", str(path))]
        own = ["--bind", str(self.folder), str(self.seen), "--chdir", str(self.seen / "work")]
        return [*covers, *own]


@functools.cache
def best_isolation() -> Isolation:
    """The strongest isolation that works on this system, which is found by trying it."""
    if sys.platform == "linux" and shutil.which("bwrap"):
        with tempfile.TemporaryDirectory(prefix="claimbook-probe-") as folder:
            box = Box(Path(folder), Isolation.BUBBLEWRAP)
            if box.run("claimbook.teaching.grading.student_run", seconds=_START) == 0:
                return Isolation.BUBBLEWRAP
    return Isolation.HOOK


def outermost(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Folders to hide, without those that lie in others of them.

    Raises ClaimbookError for one that holds what every command needs.
    """
    found = {folder.resolve() for folder in folders}
    outer = [f for f in sorted(found) if not any(f.is_relative_to(o) for o in found - {f})]
    needed = [Path(part) for part in (sys.prefix, sys.base_prefix, ENGINE, tempfile.gettempdir())]
    for folder in outer:
        if any(path.resolve().is_relative_to(folder) for path in needed):
            raise ClaimbookError(f"{folder}: holds the programs too; move it to a folder apart")
    return tuple(outer)


def run_limited(
    command: list[str], folder: Path, environment: dict[str, str], seconds: float
) -> int | None:
    """Run a command in `folder/work`; give its exit code, or None if it was killed at the limit.

    Whatever happens, its process group is killed, and with bubblewrap all that it started.
    """
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder / "work",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if os.name == "posix":
                with suppress(OSError):  # all of it has ended
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()


def _environment(home: Path) -> dict[str, str]:
    """A kernel's short list of variables; the working folder is another one than the caller's."""
    clean = {**kernel_environment(home), "TMPDIR": str(home)}
    if "PYTHONPATH" in clean:
        parts = clean["PYTHONPATH"].split(os.pathsep)
        clean["PYTHONPATH"] = os.pathsep.join(str(Path(part).resolve()) for part in parts)
    return clean
