"""Running one returned notebook, in a process that is shut off; writes the values it reached.

    python -m claimbook.teaching.grading.student_run [REQUEST.json]

The process that starts this one has put it into a sandbox, or asks for the hook that forbids the
same in the kernel. No answer and no test is at hand here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell

from claimbook.runs import forbid, limit_resources

RESULT = "result.json"
ADDED = "added"  # tag of a cell that the student's notebook does not have
_MIME = "application/vnd.claimbook.values+json"
_OWN = ("SystemExit", "KeyboardInterrupt")

# Runs in the kernel, after the notebook: the answers as texts of floats.
_COLLECT = """\
def _collect(names, env):
    from IPython.display import display
    found = {{}}
    for name in names:
        value = env.get(name, ...)
        if value is None or value is ...:
            continue
        try:
            if isinstance(value, (str, bytes, bool)) or type(value).__name__ == "bool_":
                raise TypeError
            found[name] = repr(float(value))
        except Exception:
            found[name] = "none"
    display({{{mime!r}: found}}, raw=True)
_collect({names!r}, globals())
"""

# Runs in the kernel before the notebook where nothing else keeps it in its folder.
_GUARD = f"""\
from {forbid.__module__} import forbid
forbid({{hidden!r}}, {{own!r}})
del forbid
"""
_MAY_FAIL = "raises-exception"  # tag of a cell whose error ends nothing


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run the notebook of a request; give the values of its answers and what went wrong."""
    notebook = nbformat.read(request["notebook"], as_version=4)
    shown = [cell for cell in notebook.cells if ADDED not in cell.metadata.get("tags", [])]
    numbers = {id(cell): number for number, cell in enumerate(shown, 1)}
    for cell in notebook.cells:
        cell.metadata["tags"] = [_MAY_FAIL]
    if request["guard"]:
        notebook.cells.insert(0, new_code_cell(_GUARD.format(**request["guard"])))
    names = request["questions"]
    notebook.cells.append(new_code_cell(_COLLECT.format(names=names, mime=_MIME)))
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=request["seconds"],
        resources={"metadata": {"path": str(Path.cwd())}},
    )
    client.km = _manager()
    remarks: list[str] = []
    try:
        client.execute()
    except DeadKernelError:
        return {"stopped": "the notebook ended its own kernel, or used too much memory"}
    except CellTimeoutError:
        return {"stopped": f"the notebook did not end within {request['seconds']} seconds"}
    for cell in shown:
        for output in cell.outputs:
            if output.output_type == "error":
                name = str(output.ename)
                if name in _OWN or name.endswith("MemoryError"):
                    return {"stopped": f"code cell {numbers[id(cell)]} raised {name}"}
                remarks.append(f"code cell {numbers[id(cell)]} raised {name}")
    last = notebook.cells[-1].get("outputs", [])
    found = [o.data[_MIME] for o in last if o.output_type == "display_data" and _MIME in o.data]
    if not found:
        return {"stopped": "the notebook gave no values that can be read"}
    return {"values": dict(found[-1]), "remarks": remarks}


def _manager() -> Any:
    """A kernel that talks over sockets in the private folder: there is no network."""
    manager = AsyncKernelManager(kernel_name="python3")
    manager.transport, manager.ip = "ipc", str(Path.cwd().parent / "s")
    manager.connection_file = str(Path.cwd().parent / "connection.json")
    return manager


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):  # with none it shows that it could start
        asked = json.loads(path.read_text(encoding="utf-8"))
        limit_resources(**asked["limits"])
        done = run(asked)
        (Path.cwd().parent / RESULT).write_text(json.dumps(done), encoding="utf-8")
