"""The roster of a class: a CSV file with the columns `id` and `name`."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from claimbook.base import ClaimbookError

COLUMNS = ("id", "name")
ID_RULE = "1 to 64 of the letters a-z and A-Z, digits, _, - and ., beginning with letter or digit"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.I)  # names of devices


@dataclass(frozen=True, slots=True)
class Student:
    """One line of the roster."""

    id: str
    name: str


def read_roster(path: Path) -> list[Student]:
    """The students of a roster. Raises ClaimbookError, which lists every fault with its line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ClaimbookError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ClaimbookError(f"{path}: line {line} is not UTF-8: save the roster as such") from None
    try:
        students, faults = parse_roster(text)
    except csv.Error as error:
        raise ClaimbookError(f"{path}: not a readable CSV file ({error})") from error
    if faults:
        raise ClaimbookError(f"{path}: {len(faults)} faults\n  " + "\n  ".join(faults))
    return students


def parse_roster(text: str) -> tuple[list[Student], list[str]]:
    r"""The students of a roster, and its faults.

    >>> parse_roster("id,name\na1,Ada\na1,Bo\n")[1]
    ["line 3: id 'a1' stands in line 2 already"]
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    columns = [name.strip() for name in reader.fieldnames or []]
    missing = [f"line 1: column {name!r} is missing" for name in COLUMNS if name not in columns]
    if missing:
        return [], [*missing, f"line 1: found {', '.join(columns) or 'nothing'}"]
    reader.fieldnames = columns
    students: list[Student] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for row in reader:
        line = reader.line_num
        given = (row["id"] or "").strip()
        if fault := _fault(given, seen):
            faults.append(f"line {line}: {fault}")
        if None in row:
            faults.append(f"line {line}: more cells than there are columns")
        seen.setdefault(given.casefold(), line)
        students.append(Student(given, (row["name"] or "").strip()))
    if not students:
        faults.append("line 2: no student stands in the roster")
    return students, faults


def is_id(text: str) -> bool:
    """Whether an id is a file name on every system.

    >>> [is_id(text) for text in ("s-01", "../key", "con", "a.")]
    [True, False, False, False]
    """
    return bool(_ID.fullmatch(text)) and not _RESERVED.fullmatch(text) and text[-1] != "."


def _fault(given: str, seen: dict[str, int]) -> str | None:
    if not given:
        return "the id is empty"
    if not is_id(given):
        return f"id {given!r} is no safe file name; allowed: {ID_RULE}"
    if given.casefold() in seen:  # some file systems take A1 and a1 for one name
        return f"id {given!r} stands in line {seen[given.casefold()]} already"
    return None
