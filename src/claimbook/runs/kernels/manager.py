"""Kernels for the chapters: forked from one process that has the stack loaded, or ordinary ones.

Both are watched, get a short list of environment variables, talk over sockets in a private
folder, and are killed with all that they started when the run or the runner ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Type, Unicode
from traitlets.config import Config

from claimbook.base import FailedError
from claimbook.runs.kernels.inside import PASSED_ON, PRIVATE, SETTINGS

CAN_FORK = hasattr(os, "fork") and hasattr(socket, "AF_UNIX")
_START_TIME = 60  # seconds


def kernel_environment(private: Path) -> dict[str, str]:
    """What a kernel may know of the caller's environment, and what is the same for all.

    `private` is a folder in which libraries find no settings of the user's.
    """
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    folders = dict.fromkeys(PRIVATE, str(private))
    return {**passed, **SETTINGS, **folders}


def module_command(module: str, *arguments: object) -> list[str]:
    """A command that starts a module of the engine; the working folder is not on its path."""
    return [sys.executable, "-P", "-m", module, *map(str, arguments)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one run happens: the project's root, and the run's private folder."""

    root: Path
    folder: Path

    @property
    def log(self) -> Path:
        """Where the kernel notes what it reads."""
        return self.folder / "inputs.jsonl"


class Kernels:
    """Gives kernels to runs. Close it to kill them all, as `kernels` does."""

    def __init__(self, folder: Path, *, fork: bool) -> None:
        self._folder = folder
        self._address = str(folder / "forkserver")
        self._forkserver = _start_forkserver(self._address) if fork else None

    def config(self, place: Place) -> Config:
        """Settings of a kernel manager for one run."""
        settings = Config()
        manager = settings.ChapterKernelManager
        manager.root, manager.notes = str(place.root), str(place.log)
        manager.private = str(self._folder)
        manager.connection_file = str(place.folder / "connection.json")
        if os.name == "posix":
            manager.transport, manager.ip = "ipc", str(place.folder / "s")
        if self._forkserver:
            manager.forkserver = self._address
        return settings

    def close(self) -> None:
        """Kill every kernel that is left."""
        if self._forkserver:
            assert self._forkserver.stdin
            self._forkserver.stdin.close()
            self._forkserver.wait()
            del _forkservers[self._address]
        for process in _ordinary.pop(str(self._folder), []):
            if process.poll() is None:
                _kill_group(process)


@contextmanager
def kernels(*, cold: bool = False) -> Iterator[Kernels]:
    """Kernels for as long as the context lasts; `cold` ones are not forked."""
    with tempfile.TemporaryDirectory(prefix="claimbook-", ignore_cleanup_errors=True) as folder:
        found = Kernels(Path(folder), fork=CAN_FORK and not cold)
        try:
            yield found
        finally:
            found.close()


class ChapterClient(AsyncKernelClient):
    """Talks to a kernel as soon as it answers; its parent waits for a fifth of a second more."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers on both channels. Raises RuntimeError if it does not."""
        deadline = time.monotonic() + (_START_TIME if timeout is None else timeout)
        while time.monotonic() < deadline:
            self.kernel_info()
            with suppress(Empty):
                reply = await self.get_shell_msg(timeout=1)
                await self.get_iopub_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before it answered")
        raise RuntimeError("Kernel did not answer in time")


class ChapterKernelManager(AsyncKernelManager):
    """Starts the module `inside` for one run, through the provisioner of this module."""

    client_factory = Type(ChapterClient, klass=AsyncKernelClient)
    root = Unicode(config=True, help="The project's root.")
    notes = Unicode(config=True, help="Where the kernel notes what it reads.")
    private = Unicode(config=True, help="Folder of settings, empty but for caches.")
    forkserver = Unicode(config=True, help="Socket of the process that forks; none if empty.")

    def _context_default(self) -> zmq.asyncio.Context:
        context = super()._context_default()
        context.setsockopt(zmq.RECONNECT_IVL, 5)  # ms; the client is there before the kernel
        return context

    @property
    def kernel_spec(self) -> KernelSpec:
        """The command, and the name of the provisioner."""
        settings = {"forkserver": self.forkserver, "private": self.private}
        command = module_command("claimbook.runs.kernels.inside", self.root, self.notes)
        return KernelSpec(
            argv=[*command, "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": "claimbook", "config": settings}},
        )


class ChapterProvisioner(LocalProvisioner):
    """Launches a kernel with a clean environment: by forking, or as an ordinary process."""

    forkserver = Unicode(config=True)
    private = Unicode(config=True)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Replace the caller's environment."""
        kwargs["env"] = kernel_environment(Path(self.private))
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the process and return how to connect to it."""
        if not self.forkserver:
            info = await super().launch_kernel(cmd, **kwargs)
            assert self.process
            _ordinary.setdefault(self.private, []).append(self.process)
            return info
        root, log, *arguments = cmd[4:]  # after python -P -m MODULE
        request = {
            "root": root,
            "log": log,
            "arguments": arguments,
            "folder": kwargs["cwd"],
            "environment": kwargs["env"],
        }
        forked = await asyncio.to_thread(ForkedProcess, self.forkserver, request)
        self.process = forked  # type: ignore[assignment]
        self.pid = self.pgid = forked.pid
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel and wait for its end, of which the parent looks every 0.1 seconds."""
        await super().kill(restart)
        if self.process:
            await asyncio.to_thread(self.process.wait)


class ForkedProcess:
    """A forked kernel, with what `LocalProvisioner` asks of a `subprocess.Popen`.

    Raises FailedError if no forkserver answers.
    """

    stdin = stdout = stderr = None

    def __init__(self, address: str, request: dict[str, Any]) -> None:
        self.returncode: int | None = None
        self._connection = _connect(address)
        self._received = b""
        try:
            self._connection.sendall((json.dumps(request) + "\n").encode())
            self.pid: int = self._next(_START_TIME)["pid"]
        except (OSError, EOFError) as error:
            self._connection.close()
            raise FailedError(
                f"no kernel could be forked ({error!r}); try again, or with --cold"
            ) from error

    def poll(self) -> int | None:
        """The exit status, or None while the kernel runs."""
        if self.returncode is None:
            with suppress(BlockingIOError, TimeoutError):
                self._finish(0)
        return self.returncode

    def wait(self) -> int:
        """Wait for the end and return the exit status."""
        if self.returncode is None:
            self._finish(None)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless the kernel is known to have ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def kill(self) -> None:
        """Kill the kernel."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def _finish(self, timeout: float | None) -> None:
        try:
            self.returncode = self._next(timeout)["status"]
        except (EOFError, ConnectionError):  # the forkserver is gone, and its kernels with it
            self.returncode = -signal.SIGKILL
        self._connection.close()

    def _next(self, timeout: float | None) -> dict[str, int]:
        """The forkserver's next answer. Raises EOFError at the end of the connection."""
        self._connection.settimeout(timeout)
        while b"\n" not in self._received:
            part = self._connection.recv(4096)
            if not part:
                raise EOFError("the connection was closed")
            self._received += part
        line, _, self._received = self._received.partition(b"\n")
        answer: dict[str, int] = json.loads(line)
        return answer


_forkservers: dict[str, subprocess.Popen[bytes]] = {}  # by their sockets
# Ordinary kernels by the folder of the `Kernels` that gave them.
_ordinary: dict[str, list[subprocess.Popen[bytes]]] = {}


def _start_forkserver(address: str) -> subprocess.Popen[bytes]:
    folder = Path(address).parent
    _forkservers[address] = subprocess.Popen(
        module_command("claimbook.runs.kernels.forkserver", address),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=kernel_environment(folder),
        cwd=folder,
        start_new_session=True,  # Ctrl-C is for the runner, which then closes this
    )
    return _forkservers[address]


def _connect(address: str) -> socket.socket:
    """A connection to the forkserver, which may still be starting."""
    deadline = time.monotonic() + _START_TIME
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(address)
            return connection
        except OSError as error:
            connection.close()
            forkserver = _forkservers.get(address)
            ended = forkserver is None or forkserver.poll() is not None
            if ended or time.monotonic() > deadline:
                raise FailedError(
                    f"no kernel could be forked ({error}): the process that forks has ended or "
                    "does not answer; try again, or with --cold"
                ) from error
            time.sleep(0.02)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if os.name != "posix":
        process.kill()
        return
    with suppress(OSError):  # it ended just now
        os.killpg(process.pid, signal.SIGKILL)
