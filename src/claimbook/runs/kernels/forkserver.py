"""The process that forks kernels: the stack is loaded once, each kernel starts from there.

    python -m claimbook.runs.kernels.forkserver SOCKET

It runs one thread, does nothing but fork, and never runs a cell, so that each kernel is born
into the same state and memory. A client connects to the socket and sends a line of JSON with
`root`, `log`, `arguments`, `folder` and `environment`; it is told the kernel's `pid`, and at its
end the `status`. The forkserver lives as long as its standard input is open; no kernel outlives it.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from claimbook.runs.kernels.inside import become_kernel, load_stack

_REQUEST_TIME = 10  # seconds for a client to say what it wants


class ForkServer:
    """Accepts requests, forks, and reports each kernel's end to who asked for it."""

    def __init__(self, address: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen()
        self._clients: dict[int, socket.socket] = {}
        self._woken, self._wake = socket.socketpair()
        for end in (self._woken, self._wake):
            end.setblocking(False)

    def serve(self) -> None:
        """Fork on request until standard input is closed; then kill what is left."""
        signal.set_wakeup_fd(self._wake.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        selector = selectors.DefaultSelector()
        for source in (self._listener, self._woken, sys.stdin):
            selector.register(source, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if self._woken in ready:
                self._woken.recv(4096)
                self._reap()
            if self._listener in ready:
                self._fork()
            if sys.stdin in ready and not os.read(sys.stdin.fileno(), 4096):
                for pid in self._clients:
                    _kill(pid)
                return

    def _fork(self) -> None:
        client, _ = self._listener.accept()
        client.settimeout(_REQUEST_TIME)
        try:
            request = json.loads(client.makefile().readline())
        except (OSError, ValueError):  # the client is gone
            client.close()
            return
        forkserver = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._child(client, request, forkserver)
        self._clients[pid] = client
        self._tell(client, {"pid": pid})

    def _reap(self) -> None:
        while self._clients:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            _kill_group(pid)  # what the kernel itself started and left
            client = self._clients.pop(pid)
            self._tell(client, {"status": os.waitstatus_to_exitcode(status)})
            client.close()

    def _child(self, client: socket.socket, request: dict[str, Any], forkserver: int) -> NoReturn:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            for end in (client, self._listener, self._woken, self._wake, *self._clients.values()):
                end.close()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.environ.clear()
            os.environ.update(request["environment"])
            os.chdir(request["folder"])
            root, log = Path(request["root"]), Path(request["log"])
            become_kernel(root, log, request["arguments"], forkserver)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
        except BaseException:  # whatever it is, this process must not go on as the forkserver
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    @staticmethod
    def _tell(client: socket.socket, answer: dict[str, int]) -> None:
        with suppress(OSError):  # nobody wants to know any more
            client.sendall((json.dumps(answer) + "\n").encode())


def _kill(pid: int) -> None:
    _kill_group(pid)
    with suppress(OSError):  # it may not have been a group of its own yet
        os.kill(pid, signal.SIGKILL)


def _kill_group(pid: int) -> None:
    with suppress(OSError):  # nothing is left of it
        os.killpg(pid, signal.SIGKILL)


def _threads() -> int:
    """Threads of this process, those of libraries included where the system lists them."""
    listed = Path("/proc/self/task")
    return len(list(listed.iterdir())) if listed.is_dir() else threading.active_count()


def main() -> None:
    """Load the stack and serve."""
    forkserver = ForkServer(sys.argv[1])  # the socket first: clients may already queue
    load_stack()
    if (threads := _threads()) > 1:
        sys.exit(f"{threads} threads run before the first fork; expected 1")
    gc.collect()
    gc.freeze()  # the collector would write to every page that the kernels share
    forkserver.serve()


if __name__ == "__main__":
    main()
