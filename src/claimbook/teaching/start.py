"""Set this folder up, and open it in JupyterLab.

    python start.py             sets up the first time, then opens JupyterLab
    python start.py --set-up    sets up and stops

It needs a Python that the message below names, and nothing else if `wheels` holds all packages;
otherwise it fetches them. Everything goes into `.venv` beside this file: to undo it, remove that
folder. More arguments go to JupyterLab. (In a take-away bundle this file stands at the top.)
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)
LOCK = "requirements-class.lock"
_ENGINE = "claimbook-"
# JupyterLab would ask other hosts for news and new versions.
_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}


def main(folder: Path, arguments: list[str]) -> int:
    """Set `folder` up where that is not done, and open it; return the exit code."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        print(
            f"This is Python {sys.version_info[0]}.{sys.version_info[1]}; it has to be "
            f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}. "
            "Get one from python.org and start this file with it."
        )
        return 2
    try:
        set_up(folder)
    except subprocess.CalledProcessError:
        print(
            "\nSetting up failed; the lines above say where. Without a network you need the bundle "
            "that holds all packages, made for your system. Start again to go on."
        )
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Start again to go on.")
        return 130
    if arguments == ["--set-up"]:
        return 0
    python = programs(folder / ".venv") / ("python.exe" if os.name == "nt" else "python")
    command = [str(python), "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    try:
        return subprocess.call([*command, *arguments], cwd=folder, env=surroundings(folder))
    except KeyboardInterrupt:
        return 0


def set_up(folder: Path) -> None:
    """Make `.venv` in `folder` and install the packages, unless that was done before.

    Raises CalledProcessError if pip fails.
    """
    place = folder / ".venv"
    stamp = place / "set-up.txt"
    wanted = state(folder)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print("Setting up, which takes a few minutes the first time ...", flush=True)
    try:
        venv.create(place, clear=True, with_pip=True)
    except subprocess.CalledProcessError:
        print("Python's venv is incomplete; on Debian and Ubuntu: sudo apt install python3-venv")
        raise
    python = programs(place) / ("python.exe" if os.name == "nt" else "python")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install"]
    wheels = folder / "wheels"
    (engine,) = wheels.glob(f"{_ENGINE}*.whl")
    complete = len(list(wheels.glob("*.whl"))) > 1
    source = ["--no-index", "--find-links", str(wheels)] if complete else []
    packages = [*source, "--require-hashes", "-r", str(folder / LOCK)]
    for what in (packages, ["--no-index", "--no-deps", str(engine)]):
        install([*pip, *what], surroundings(folder))
    settings = place / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(_SETTINGS), encoding="utf-8")
    stamp.write_text(wanted, encoding="utf-8")
    print("Done.", flush=True)


def install(command: list[str], environment: dict[str, str]) -> None:
    """Run pip, and show how many packages it has got; raise CalledProcessError if it fails."""
    lines: list[str] = []
    got = 0
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            got += line.startswith(("Collecting ", "Processing "))
            installing = line.startswith("Installing ")
            print(f"\r{got} packages{', installing' if installing else ''} ", end="", flush=True)
    print()
    if process.returncode:
        print("".join(lines[-20:]))
        raise subprocess.CalledProcessError(process.returncode, command)


def state(folder: Path) -> str:
    """What the set-up depends on: place, Python, lock and engine. An environment cannot move."""
    files = [folder / LOCK, *sorted((folder / "wheels").glob(f"{_ENGINE}*.whl"))]
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return "\n".join([str(folder), sys.version, *digests])


def programs(place: Path) -> Path:
    """The folder of an environment's programs."""
    return place / ("Scripts" if os.name == "nt" else "bin")


def surroundings(folder: Path) -> dict[str, str]:
    """The caller's variables with the environment's programs first, for JupyterLab's terminals."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH")}
    path = os.pathsep.join([str(programs(folder / ".venv")), kept.get("PATH", "")])
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(folder / ".venv"), "PYTHONUTF8": "1"}


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent, sys.argv[1:]))
