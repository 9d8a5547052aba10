"""A chapter's kernel, from the inside: load the stack, set the limits, watch, become a kernel.

    python -m claimbook.runs.kernels.inside ROOT LOG -f CONNECTION_FILE

Ordinary kernels start here, and forked ones come here with the stack loaded already: both do
the same from then on, so that they give the same bytes.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

STACK = (
    "IPython.core.completer",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "jinja2",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "numpy",
    "pandas",
    "pandera.backends.pandas.builtin_checks",
    "pandera.backends.pandas.container",
    "pandera.backends.pandas.hypotheses",
    "pandera.backends.pandas.parsers",
    "pandera.pandas",
    "pydantic.type_adapter",
    "scipy.stats",
    "seaborn",
    "statsmodels.api",
    "yaml",
)
# What a kernel may know of its caller's environment.
PASSED_ON = (
    "LD_LIBRARY_PATH",
    "PATH",
    "PATHEXT",
    "PYTHONPATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "WINDIR",
)
# Where libraries look for a user's settings; a folder that holds none.
PRIVATE = ("HOME", "IPYTHONDIR", "MPLCONFIGDIR")
# The same for every kernel; one BLAS thread, because a process with more cannot be forked.
SETTINGS = {
    "LANG": "C.UTF-8",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "SOURCE_DATE_EPOCH": "0",
    "TZ": "UTC",
}
MEMORY_LIMIT = 4 * 2**30  # bytes of data a kernel
SEED = 0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def load_stack() -> None:
    """Import what the chapters use and this project did not write."""
    for name in STACK:
        importlib.import_module(name)


def become_kernel(root: Path, log: Path, arguments: list[str], parent: int) -> None:
    """Serve as the kernel of one run; return when it is shut down.

    `parent` is the process that this one must not outlive.
    """
    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    from claimbook.runs.kernels.audit import Watch

    load_stack()
    if sys.platform == "linux":  # elsewhere the limit is not enforced
        limit_resources(DATA=MEMORY_LIMIT)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(root / "notebooks"))  # where a cell's own modules stand
    watch = Watch(root, [log.parent], log)
    watch.start()
    app = IPKernelApp.instance()
    if os.name == "posix":
        _die_with_parent()
        if os.getppid() != parent:  # it was killed while this process started
            sys.exit("the process that wanted this kernel has ended")
        app.parent_handle = parent
        for name in os.environ.keys() - {*PASSED_ON, *SETTINGS, *PRIVATE}:
            del os.environ[name]  # what the client or a library added
    app.initialize(arguments)  # type: ignore[no-untyped-call]
    assert app.shell

    def begin(_: object) -> None:
        if not watch.cell:
            random.seed(SEED)
            np.random.seed(SEED)  # the global state, which a cell may use by mistake
        watch.cell += 1

    app.shell.events.register("pre_run_cell", begin)
    app.start()  # type: ignore[no-untyped-call]


def limit_resources(**limits: int) -> None:
    """Limit this process for good, by names of `resource`: `limit_resources(DATA=2**30)`.

    A lower limit that it has already stays. Windows has no such limits.
    """
    if sys.platform == "win32":
        return
    import resource

    for name, limit in limits.items():
        which = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(which)
        lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(which, (lowest, lowest))


def end_with(parent: int) -> None:
    """End this process when its parent has ended."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _die_with_parent() -> None:
    """Have Linux kill this process with its parent: a cell may let no thread of ours run."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    from claimbook.runs.kernels import inside  # by its name, as a forked kernel has it

    parent = int(os.environ.get("JPY_PARENT_PID", "0"))
    if os.name == "posix":  # ipykernel's own watcher begins only when the stack is loaded
        threading.Thread(target=inside.end_with, args=(parent,), daemon=True).start()
    here = Path.cwd()
    os.chdir(Path(sys.argv[2]).parent)  # files beside the notebooks are no settings
    load_stack()
    os.chdir(here)
    inside.become_kernel(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:], parent)
