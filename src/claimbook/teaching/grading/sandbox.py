"""Running a command shut off from network, other processes and some folders, within limits.

On Linux, where the system allows it, the command runs in namespaces of its own: no network, no
other process to be seen, one folder that can be written, and the hidden folders covered by empty
ones that it cannot uncover.
"""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from claimbook.base import ClaimbookError

_OUTER = ("--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child")
# Arguments: the folder that may be written and the place where it appears, hidden folders, --,
# and the command. Mounts from another user's namespace, as the inner one's all are, cannot be
# taken away or made writable again.
_SCRIPT = """\
set -e
mount --bind "$1" "$2"; place=$2; shift 2
while [ "$1" != -- ]; do mount -t tmpfs -o ro none "$1"; shift; done; shift
while read -r _ point _; do
    case $point in
        "$place" | /proc | /proc/* | /dev | /dev/*) ;;
        /) mount -o remount,bind,ro / ;;
        *) mount -o remount,bind,ro "$point" 2>/dev/null || true ;;
    esac
done < /proc/self/mounts
cd "$place/work"
exec unshare --user --map-root-user --mount -- "$@"
"""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a command runs: the folder that it may write, and where it sees this folder."""

    folder: Path
    place: Path

    @property
    def work(self) -> Path:
        """The working folder, as the command sees it."""
        return (self.place if can_shut_off() else self.folder) / "work"


def shut_off(command: Sequence[str], box: Box, hidden: Sequence[Path]) -> list[str]:
    """The command in namespaces of its own; as it is where the system has none.

    Raises ClaimbookError for a hidden folder that holds what every command needs.
    """
    needed = [Path(sys.prefix), Path(sys.base_prefix), Path(__file__), box.place]
    covered = sorted({folder.resolve() for folder in hidden if folder.is_dir()})
    outer = [f for f in covered if not any(f.is_relative_to(o) for o in covered if o != f)]
    for folder in outer:
        if any(path.resolve().is_relative_to(folder) for path in needed):
            raise ClaimbookError(f"{folder}: holds the programs too; move it to a folder apart")
    return _namespaces(command, box, outer) if can_shut_off() else list(command)


@functools.cache
def can_shut_off() -> bool:
    """Whether this system lets a process have namespaces of its own."""
    if sys.platform != "linux" or not shutil.which("unshare"):
        return False
    with tempfile.TemporaryDirectory(prefix="claimbook-probe-") as folder:
        box = Box(Path(folder, "a"), Path(folder, "b"))
        (box.folder / "work").mkdir(parents=True)
        box.place.mkdir()
        probe = _namespaces(["true"], box, [])
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def _namespaces(command: Sequence[str], box: Box, hidden: Sequence[Path]) -> list[str]:
    start = ["unshare", *_OUTER, "--mount-proc", "--", "sh", "-c", _SCRIPT, "sh"]
    return [*start, str(box.folder), str(box.place), *map(str, hidden), "--", *command]


def run_limited(
    command: Sequence[str], folder: Path, environment: dict[str, str], seconds: float
) -> int | None:
    """Run a command in `folder/work`; give its exit code, or None if it was killed at the limit.

    Whatever happens, its process group is killed, and with the namespaces all that it started.
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
