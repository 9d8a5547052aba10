"""The memory of a sweep's processes while it runs: the runner, the forkserver, the kernels."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

import psutil  # type: ignore[import-untyped]

_INTERVAL = 0.2  # seconds; a look costs some milliseconds


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes; pages that forked processes share are counted in each of them."""

    all_processes: int = 0
    runner: int = 0
    forkserver: int = 0
    largest_kernel: int = 0

    @classmethod
    def peak(cls, samples: Iterable[Self]) -> Self:
        """The largest value of each part."""
        found = list(samples)
        return cls(*(max(getattr(m, field.name) for m in found) for field in fields(cls)))


class Watcher(threading.Thread):
    """Looks at a process and all below it until stopped; `done` is the runs done so far."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.done = 0
        self._samples: list[tuple[int, Memory]] = []
        self._runner = psutil.Process(pid)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look at intervals."""
        while not self._stopped.wait(_INTERVAL):
            done = self.done
            try:
                self._samples.append((done, _look(self._runner)))
            except psutil.Error:  # a process ended in between
                continue

    def stop(self) -> None:
        """End the looking."""
        self._stopped.set()
        self.join()

    def peak(self, first: int, last: int) -> Memory:
        """The peak while the runs from number `first` up to `last` were being done."""
        return Memory.peak(memory for done, memory in self._samples if first <= done < last)


def _look(runner: psutil.Process) -> Memory:
    found = {process.pid: process for process in runner.children(recursive=True)}
    sizes = {pid: process.memory_info().rss for pid, process in found.items()}
    direct = {pid for pid, process in found.items() if process.ppid() == runner.pid}
    own = runner.memory_info().rss
    return Memory(
        all_processes=own + sum(sizes.values()),
        runner=own,
        forkserver=sum(sizes[pid] for pid in direct),
        largest_kernel=max((size for pid, size in sizes.items() if pid not in direct), default=0),
    )
