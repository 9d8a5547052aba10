"""Lists of entries in YAML files, read with the line on which each entry begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from claimbook.base.errors import FaultsError

EntryModel = TypeVar("EntryModel", bound=BaseModel)
# libyaml reads a ledger in a sixth of the time.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_entries(path: Path, shown: str, faults: list[str]) -> list[tuple[int, Any]]:
    """The entries of one file, each with its first line; what is wrong is added to `faults`.

    `shown` is how the file is named in messages.
    """
    try:
        loader = _LOADER(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        data: Any = loader.construct_document(node) if node else None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: 2020-02-30, or no UTF-8
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        faults.append(f"{shown}{line}: not readable as YAML: {error}")
        return []
    if not isinstance(node, yaml.SequenceNode):
        faults.append(f"{shown}:1: expected a list of entries")
        return []
    lines = [item.start_mark.line + 1 for item in node.value]
    return list(zip(lines, data, strict=True))


def read_list(model: type[EntryModel], path: Path, what: str) -> list[EntryModel]:
    """All entries of a file as `model`s; none if there is no file.

    Raises ClaimbookError with every fault; `what` names the entries in it.
    """
    faults: list[str] = []
    entries = read_entries(path, path.name, faults) if path.is_file() else []
    found = [validated(model, entry, f"{path.name}:{line}", faults) for line, entry in entries]
    stop_on(faults, what)
    return [item for item in found if item is not None]


def stop_on(faults: list[str], what: str, place: str = "") -> None:
    """Raise FaultsError that lists the faults of `what`, if there are any.

    `place` is where they are, if their texts do not say it.
    """
    if faults:
        raise FaultsError(f"{what} have faults", faults, place)


def validated(
    model: type[EntryModel], entry: Any, place: str, faults: list[str]
) -> EntryModel | None:
    """The entry as a `model`, or None with every fault of it added to `faults`."""
    name = entry.get("id", "?") if isinstance(entry, dict) else "?"
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        for item in error.errors():
            where = ".".join(str(part) for part in item["loc"])
            bare = item["type"] in ("missing", "value_error")
            given = "" if bare else f" (given {item['input']!r})"
            faults.append(f"{place}: {name}: {where + ': ' if where else ''}{item['msg']}{given}")
        return None
