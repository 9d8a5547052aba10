"""The audit hook against code that is not trusted: it keeps to its own folders, for good.

It forbids what a chapter may not do either, and has no switch that Python code finds: what it
needs is bound to it and shared with nobody. What reaches the system past Python's functions is
not held: C libraries that open files by themselves, and modules that start processes silently.
"""

from __future__ import annotations

import builtins
import importlib.util
import os
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from claimbook.runs.kernels.audit import (
    CHANGES,
    CHILDREN,
    CUTS,
    FOR_WRITING,
    LINKS,
    NETWORK_EVENTS,
    PROCESS_EVENTS,
)

# Ways past a hook: C libraries, which raise no events, and what could find the hook itself.
_DETOURS = (
    "ctypes.dlopen",
    "ctypes.dlsym",
    "ctypes.dlsym/handle",
    "gc.get_objects",
    "gc.get_referents",
    "gc.get_referrers",
)
_NEVER = frozenset({*NETWORK_EVENTS, *PROCESS_EVENTS, *_DETOURS})
_CHANGES = frozenset({*CHANGES, *LINKS, *CUTS})
_BY_NAME = frozenset({"open", "os.listdir", "os.scandir", "sqlite3.connect"})


def forbid(hidden: Iterable[str], own: Iterable[str]) -> None:
    """Keep this process from network, processes, C libraries, and files of others.

    It reads nothing in the folders `hidden` and changes nothing outside the folders `own`, which
    may lie in hidden ones. Whatever breaks this raises PermissionError.
    """
    system = _unshared("os")
    paths = _unshared(os.path.__name__, os=system, stat=_unshared("stat"))
    bound = (
        (_NEVER, _CHANGES, _BY_NAME, CHILDREN, FOR_WRITING),
        tuple(f"{paths.realpath(folder)}{os.sep}" for folder in hidden),
        tuple(f"{paths.realpath(folder)}{os.sep}" for folder in (*own, os.devnull)),
        (paths, system.fsdecode, isinstance, (str, bytes, os.PathLike)),
        sys.platform == "linux",
    )

    def hook(event: str, arguments: tuple[Any, ...], bound: Any = bound) -> None:
        events, covered, free, tools, has_proc = bound
        never, changes, by_name, children, for_writing = events
        path, decoded, is_a, names = tools
        if event in never or (event == "import" and arguments[0].startswith(children)):
            raise PermissionError("no network, other process or C library is allowed here")
        if event == "object.__setattr__" and arguments[1] == "__code__":
            raise PermissionError("no function's code may be exchanged here")
        if event in by_name:
            writes = event == "sqlite3.connect" or (event == "open" and arguments[2] & for_writing)
            folder, arguments = -1, arguments[:1]
        elif event in changes:
            writes, folder = True, arguments[-1]
        else:
            return
        base = f"/proc/self/fd/{folder}" if folder != -1 and has_proc else ""  # an open folder
        for name in arguments:
            if is_a(name, names):
                place = path.realpath(path.join(base, decoded(name))) + path.sep
                if not place.startswith(free) and (writes or place.startswith(covered)):
                    raise PermissionError(f"{name!r} is closed to this notebook")

    sys.addaudithook(hook)


def _unshared(name: str, **used: ModuleType) -> ModuleType:
    """A copy of a module, with modules that it uses, which no later change of it reaches."""
    spec = importlib.util.find_spec(name)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    vars(module)["__builtins__"] = vars(builtins).copy()
    spec.loader.exec_module(module)
    vars(module).update(used)
    return module
