"""Whether a kept run still stands: what changed since, in words."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from dataclasses import dataclass
from typing import Any

from claimbook.base import ClaimbookError, Project, file_digest, folder_digest, module_path
from claimbook.claims import TrackedLedger
from claimbook.data import digest_of
from claimbook.runs.contract import as_data
from claimbook.runs.kept import Input, Request, Run, chapter_path, code_digests
from claimbook.runs.notebooks import read_notebook


def versions(project: Project) -> dict[str, str]:
    """The versions that a result depends on: Python, the installed packages and the lock's pins."""
    installed: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():  # the first of a name is imported
        installed.setdefault(f"package {distribution.name.lower()}", distribution.version)
    return {"Python": sys.version.replace("\n", " "), **installed, **_pins(project)}


@dataclass(frozen=True, slots=True)
class Today:
    """What a project holds now: its entries, and the versions of what runs it."""

    project: Project
    entries: TrackedLedger
    versions: dict[str, str]


def today(project: Project) -> Today:
    """Read a project's entries and versions. Raises ClaimbookError with every fault of them."""
    return Today(project, TrackedLedger(project), versions(project))


def changes(now: Today, asked: Request, run: Run) -> list[str]:
    """What makes a kept run stale for a request, a line each; nothing if it still stands."""
    notebook = read_notebook(chapter_path(now.project, asked.chapter))
    return [
        *_changed_values("parameter", run.parameters, as_data(dict(asked.parameters))),
        *_changed_code(run.code, code_digests(notebook)),
        *_changed_inputs(now, run.inputs),
        *_changed_values("", run.environment, now.versions),
    ]


_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)


def _pins(project: Project) -> dict[str, str]:
    if not project.lock.is_file():
        return {}
    found = _PIN.findall(project.lock.read_text(encoding="utf-8"))
    return {f"pinned {name.lower()}": version for name, version in found}


def _changed_values(word: str, before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    found = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name), now.get(name)
        if (old, name in before) != (new, name in now):
            what = f"{word} {name}".strip()
            if name not in before:
                found.append(f"{what} is new: {new}")
            elif name not in now:
                found.append(f"{what} is gone: was {old}")
            else:
                found.append(f"{what}: {old} is now {new}")
    return found


def _changed_code(before: list[str], now: list[str]) -> list[str]:
    if len(before) != len(now):
        return [f"the notebook had {len(before)} code cells and has {len(now)}"]
    changed = [
        str(number)
        for number, (old, new) in enumerate(zip(before, now, strict=True), 1)
        if old != new
    ]
    return [f"code cells changed: {', '.join(changed)}"] if changed else []


def _changed_inputs(now: Today, inputs: list[Input]) -> list[str]:
    return [
        f"{item.kind} {item.name} changed"
        for item in inputs
        if item.digest != _digest_now(now, item)
    ]


def _digest_now(now: Today, item: Input) -> str:
    project, entries = now.project, now.entries
    try:
        match item.kind:
            case "file":
                return file_digest(project.root / item.name)
            case "folder":
                return folder_digest(project.root / item.name)
            case "module":
                return file_digest(module_path(item.name, project.root))
            case "table" | "corrections":
                return digest_of(project, item.kind, item.name)
            case _:
                return entries.digest_of(item.kind, item.name)
    except (ClaimbookError, KeyError):  # KeyError: a kind that another version noted
        return "gone"
