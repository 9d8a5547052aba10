"""A chapter to take away: a zip file that runs by itself, made from what the kept run read."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from claimbook.base import ENGINE, Project, read_entries
from claimbook.claims import TrackedLedger
from claimbook.data import load_corrections, resources
from claimbook.runs import Input, Parameter, Run, read_parameters

# libyaml writes a ledger in a fraction of the time.
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say
# What a project has beside its data and notebooks, where it has it.
_COMMON = ("CITATION.cff", "LICENSE")


def chapter_bundle(project: Project, entries: TrackedLedger, run: Run) -> bytes:
    """The zip file of a chapter: a small project that gives the record of `run` again.

    It holds what the run was seen to read and no other data. The engine is a wheel of its own,
    the same for all chapters. The same project gives the same bytes.
    """
    files = {
        **_sources(project, entries, run),
        "requirements.lock": _pins(project),
        "parameters.yaml": _parameters(project, run),
        "README.md": _readme(run, wheel_name()).encode(),
    }
    return _zipped({f"{run.chapter}/{path}": content for path, content in files.items()})


def block(chapter: str) -> str:
    """The last section of a chapter's page: its downloads and the commands to run it again."""
    bundled = f"{{download}}`{chapter}.zip <../generated/rerun/{chapter}.zip>`"
    engine = f"{{download}}`{wheel_name()} <../generated/rerun/{wheel_name()}>`"
    notebook = f"{{download}}`{chapter}.ipynb <../../notebooks/{chapter}.ipynb>`"
    return f"""## Rerun this chapter

- {bundled}: the notebook with all that its run read (tables, claims, modules), its parameters
  and the pinned versions.
- {engine}: the engine, the same for all chapters. The two need nothing else of this book.
- {notebook}: the notebook alone, without outputs.

Put both into one folder and set up once, with Python 3.11, 3.12 or 3.13:

{_fenced(_set_up(chapter, wheel_name()))}
Then one command gives the values and verdicts of this page again. It leaves a page, a notebook
and a record in `result`:

{_fenced(_run(chapter))}
To change the basis, edit `parameters.yaml` first, which says what is allowed. The same with
papermill alone:

{_fenced(_papermill(chapter))}"""


@cache
def engine_wheel() -> tuple[str, bytes]:
    """The name and content of a wheel of the engine as it runs now."""
    installed = importlib.metadata.distribution("claimbook")
    facts = f"claimbook-{installed.version}.dist-info"
    files = {
        f"claimbook/{path.relative_to(ENGINE).as_posix()}": path.read_bytes()
        for path in ENGINE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    for name in ("METADATA", "entry_points.txt", "licenses/LICENSE"):
        if (text := installed.read_text(name)) is not None:
            files[f"{facts}/{name}"] = text.encode()
    files[f"{facts}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: claimbook\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{facts}/RECORD"] = _wheel_record(files, f"{facts}/RECORD")
    return wheel_name(), _zipped(files)


def wheel_name() -> str:
    """The file name of the engine's wheel."""
    return f"claimbook-{importlib.metadata.version('claimbook')}-py3-none-any.whl"


def zip_entry(name: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """An entry of a zip file that is the same each time: no times, one set of rights."""
    entry = zipfile.ZipInfo(name, date_time=_FIRST_DAY)
    entry.create_system = 3  # else the rights below would depend on the system
    entry.external_attr = 0o644 << 16
    entry.compress_type = method
    return entry


def _sources(project: Project, entries: TrackedLedger, run: Run) -> dict[str, bytes]:
    """The project's files that the chapter needs, whole or cut down to the entries it used."""
    relations, claims = _used_entries(entries, run.inputs)
    tables = _used_tables(project, run)
    descriptors = _package(project, tables)
    chapters = {run.chapter, *(entries.ledger[claim].chapter for claim in claims)}
    names = {
        *_COMMON,
        *(f"notebooks/{chapter}.ipynb" for chapter in chapters),
        *(f"data/{item['path']}" for item in descriptors["resources"]),
        *_files_read(project, run.inputs),
    }
    found = {name: project.root / name for name in names}
    return {
        **{name: path.read_bytes() for name, path in found.items() if path.is_file()},
        "data/datapackage.json": _json(descriptors),
        "data/corrections.yaml": _yaml(
            [c.model_dump(mode="json") for c in load_corrections(project) if c.table in tables]
        ),
        "data/claims/claims.yaml": _cut(project, "*.yaml", claims),
        "data/claims/paper/relations.yaml": _cut(project, "paper/relations.yaml", relations),
    }


def _used_entries(entries: TrackedLedger, inputs: Iterable[Input]) -> tuple[set[str], set[str]]:
    """The relations and claims that a run asked for; also the claims that the relations compare."""
    relations: set[str] = set()
    claims: set[str] = set()
    for item in inputs:
        match item.kind:
            case "claims of chapter":
                claims |= {claim.id for claim in entries.claims_of(item.name)}
            case "claim":
                claims.add(item.name)
            case "relations of claim":
                relations |= {relation.id for relation in entries.relations_of(item.name)}
            case "relation":
                relations.add(item.name)
            case "relations":
                relations |= {relation.id for relation in entries.relations()}
    compared = (entries.relation(name).claims for name in relations)
    return relations, claims.union(*compared)


def _used_tables(project: Project, run: Run) -> set[str]:
    """The tables that a run loaded, or that say what its parameters may be."""
    known = {item["name"] for item in resources(project)}
    allowed = {p.allowed.partition(".")[0] for p in _contract(project, run.chapter)}
    asked = {item.name for item in run.inputs if item.kind in ("table", "corrections")}
    return known & (allowed | asked)


def _files_read(project: Project, inputs: Iterable[Input]) -> set[str]:
    """The project's own files that a run opened, its modules, and the files of listed folders."""
    found = {
        item.name
        for item in inputs
        if item.kind in ("file", "module") and not item.name.startswith("claimbook/")
    }
    listed = (project.root / item.name for item in inputs if item.kind == "folder")
    inside = {path.relative_to(project.root).as_posix() for f in listed for path in f.iterdir()}
    return {name for name in found | inside if not Path(name).is_absolute()}


def _package(project: Project, tables: set[str]) -> dict[str, Any]:
    text = (project.data / "datapackage.json").read_text(encoding="utf-8")
    package: dict[str, Any] = json.loads(text)
    package["resources"] = [item for item in package["resources"] if item["name"] in tables]
    return package


def _cut(project: Project, pattern: str, ids: set[str]) -> bytes:
    """The entries with these ids from files of the ledger, as they are written there."""
    found = [
        entry
        for path in sorted(project.ledger.glob(pattern))
        for _, entry in read_entries(path, path.name, [])  # what has a fault was refused before
        if entry["id"] in ids
    ]
    return _yaml(found)


def _contract(project: Project, chapter: str) -> list[Parameter]:
    return read_parameters(project.notebooks / f"{chapter}.ipynb")


def _pins(project: Project) -> bytes:
    """The lock without its checksums, which make up most of it."""
    if not project.lock.is_file():
        return b""
    lines = project.lock.read_text(encoding="utf-8").splitlines()
    pins = [line.removesuffix("\\").rstrip() for line in lines if line[:1].isalnum()]
    return "".join(f"{pin}\n" for pin in pins).encode()


def _parameters(project: Project, run: Run) -> bytes:
    """The run's parameters, each under a comment that explains it."""
    parts = []
    for parameter in _contract(project, run.chapter):
        rule = f"; allowed: {parameter.allowed}" if parameter.allowed else ""
        data = run.given.get(parameter.name, parameter.default)
        value = _yaml({parameter.name: data}).decode()
        parts.append(f"# {parameter.meaning} ({parameter.type}{rule})\n{value}")
    return "\n".join(parts).encode()


def _set_up(chapter: str, wheel: str) -> list[str]:
    return [
        f"unzip {chapter}.zip",
        f"cd {chapter}",
        "python3 -m venv .venv",
        ".venv/bin/pip install -r requirements.lock",
        f".venv/bin/pip install --no-deps ../{wheel}",
    ]


def _run(chapter: str) -> list[str]:
    return [f".venv/bin/claimbook run {chapter} -f parameters.yaml -o result"]


def _papermill(chapter: str) -> list[str]:
    return [f".venv/bin/papermill notebooks/{chapter}.ipynb out.ipynb -f parameters.yaml"]


def _fenced(lines: list[str]) -> str:
    return "\n".join(["```sh", *lines, "```", ""])


def _readme(run: Run, wheel: str) -> str:
    outside = [item.name for item in run.inputs if Path(item.name).is_absolute()]
    missing = "".join(f"\nThe run also read a file that is not here: {name}\n" for name in outside)
    return f"""# The chapter "{run.chapter}", to run again

`notebooks/{run.chapter}.ipynb` with all that its run was seen to read: its tables and their
descriptions, its claims and the relations between them. A second notebook, if there is one, stands
here only because claims of it are compared; its own tables are left out.
{missing}
Set up once, with Python 3.11, 3.12 or 3.13 (this downloads the pinned packages):

{_fenced(_set_up(run.chapter, wheel)[2:])}
Run the chapter; the page, the notebook and the record of values and verdicts come into `result`:

{_fenced(_run(run.chapter))}
`parameters.yaml` holds the parameters; edit it to change the basis. With papermill alone:

{_fenced(_papermill(run.chapter))}
The tables in `data/` stay under the terms of their publishers, which `data/datapackage.json`
states. `requirements.lock` pins the versions; the project's own also holds their checksums.
"""


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def _yaml(data: Any) -> bytes:
    text: str = yaml.dump(data, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=100)
    return text.encode()


def _wheel_record(files: Mapping[str, bytes], own_name: str) -> bytes:
    lines = []
    for name, content in sorted(files.items()):
        checksum = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={checksum},{len(content)}\n")
    return "".join([*lines, f"{own_name},,\n"]).encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zip_entry(name), content, compresslevel=9)
    return buffer.getvalue()
