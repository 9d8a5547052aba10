"""Verified tables: a table is loaded only if its bytes and its rows are what they should be.

Each table is a resource of `data/datapackage.json` (a Frictionless Data Package), which gives
its checksum, the type, unit and constraints of every field, and its source.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from claimbook.base import ClaimbookError, Project, by_entry, digest, nearest, note
from claimbook.data.corrections import Correction, corrected, load_corrections

Resource = dict[str, Any]

_DTYPES = {
    "integer": "Int64",
    "number": "float64",
    "string": "string",
    "boolean": "boolean",
    "date": "datetime64[ns]",
}
_BOOLEANS = {"true": True, "false": False}
_SHOWN_FAULTS = 10
_loaded: dict[str, pd.DataFrame] = {}
_lock = threading.Lock()


def load_table(project: Project, name: str) -> pd.DataFrame:
    """The rows of one table, with the types of its schema and its known faults corrected.

    What was read once in a process is not parsed again while bytes, descriptor and corrections
    stay the same. Raises ClaimbookError, which names file, row, column and what was expected.
    """
    descriptor = resource(project, name)
    corrections = corrections_of(project, name)
    path = project.data / descriptor["path"]
    content = _read(path)
    verify_bytes(content, descriptor, path)
    key = digest([str(path), descriptor, [c.model_dump() for c in corrections]])
    with _lock:
        if key not in _loaded:
            _loaded[key] = corrected(parse_rows(content, descriptor, path), corrections)
        return _loaded[key].copy()


def resources(project: Project) -> list[Resource]:
    """The descriptors of all tables, in the order of the data package."""
    path = project.data / "datapackage.json"
    try:
        with by_entry():
            text = path.read_text(encoding="utf-8")
        found: list[Resource] = json.loads(text)["resources"]
        TypeAdapter(list[_Descriptor]).validate_python(found)
    except ValidationError as error:
        lines = [f"resources.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise ClaimbookError(f"{path}: broken descriptors\n  " + "\n  ".join(lines)) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClaimbookError(f"{path}: not a readable data package ({error!r})") from error
    return found


def table_anchor(name: str) -> str:
    """Where a table stands on the page of the sources, as Sphinx writes its anchors.

    >>> table_anchor("weo_world")
    'table-weo-world'
    """
    return f"table-{name.replace('_', '-')}"


def resource(project: Project, name: str) -> Resource:
    """The descriptor of one table. Raises ClaimbookError for an unknown name."""
    found = {item["name"]: item for item in resources(project)}
    if name not in found:
        raise ClaimbookError(f"unknown table {name!r}: {nearest(name, found)}")
    note("table", name, found[name])
    return found[name]


def corrections_of(project: Project, name: str) -> list[Correction]:
    """The corrections of one table's known faults."""
    with by_entry():
        every = load_corrections(project)
    known = {item["name"] for item in resources(project)}
    for correction in every:
        if correction.table not in known:  # a misspelt table would never be mended
            raise ClaimbookError(
                f"correction {correction.id!r}: unknown table {correction.table!r}: "
                f"{nearest(correction.table, known)}"
            )
    found = [correction for correction in every if correction.table == name]
    note("corrections", name, [correction.model_dump(mode="json") for correction in found])
    return found


def digest_of(project: Project, kind: str, name: str) -> str:
    """The digest that a run which used a table's descriptor or corrections noted, as of now."""
    if kind == "table":
        return digest(resource(project, name))
    return digest([c.model_dump(mode="json") for c in corrections_of(project, name)])


def verify_bytes(content: bytes, descriptor: Resource, path: Path) -> None:
    """Raise ClaimbookError unless `content` has the checksum of its descriptor."""
    expected = descriptor["hash"].removeprefix("sha256:")
    actual = hashlib.sha256(content).hexdigest()
    if actual != expected:
        raise ClaimbookError(
            f"{path}: the file is not the one that was described: "
            f"sha256 {actual}, expected {expected}"
        )


def parse_rows(content: bytes, descriptor: Resource, path: Path) -> pd.DataFrame:
    """Rows of a CSV file, typed and validated by the schema of its descriptor."""
    fields = descriptor["schema"]["fields"]
    try:
        raw = pd.read_csv(
            BytesIO(content),
            dtype="string",
            keep_default_na=False,
            na_values=[""],
            skip_blank_lines=False,
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise ClaimbookError(f"{path}: not a readable CSV file ({error})") from error
    if not isinstance(raw.index, pd.RangeIndex):  # pandas takes a surplus first cell as index
        raise ClaimbookError(f"{path}: row 2 has more cells than there are columns")
    _require_columns(list(raw.columns), [field["name"] for field in fields], path)
    typed = pd.DataFrame({f["name"]: _convert(raw[f["name"]], f, path) for f in fields})
    _require_constraints(typed, descriptor, path)
    return typed


class _Constraints(BaseModel):
    """The constraints that are enforced; one of another name is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")
    required: bool = False
    unique: bool = False
    minimum: int | float | str | None = None
    maximum: int | float | str | None = None
    enum: list[Any] | None = None
    pattern: str | None = None


class _Field(BaseModel):
    name: str
    type: Literal["integer", "number", "string", "boolean", "date"]
    constraints: _Constraints = _Constraints()


class _Schema(BaseModel):
    fields_: list[_Field] = Field(alias="fields")


class _Descriptor(BaseModel):
    """What the engine reads of a descriptor."""

    name: str
    path: str
    hash: str
    credit: str
    schema_: _Schema = Field(alias="schema")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ClaimbookError(f"{path}: cannot be read ({error.strerror})") from error


def _require_columns(found: list[str], expected: list[str], path: Path) -> None:
    missing = [name for name in expected if name not in found]
    unknown = [name for name in found if name not in expected]
    faults = [f"column {name!r} is missing" for name in missing]
    faults += [f"column {name!r} is not in the schema" for name in unknown]
    if faults:
        raise ClaimbookError(
            f"{path}: {'; '.join(faults)}. Expected columns: {', '.join(expected)}"
        )


def _convert(column: pd.Series, field: dict[str, Any], path: Path) -> pd.Series:
    kind = field["type"]
    if kind in ("integer", "number"):
        values: pd.Series = pd.to_numeric(column, errors="coerce").astype("Float64")
        wrong = (values.isna() & column.notna()) | values.isin([float("inf"), float("-inf")])
        if kind == "integer":
            wrong |= (values % 1 != 0).fillna(False)
    elif kind == "boolean":
        values = column.map(_BOOLEANS).astype("boolean")
        wrong = values.isna() & column.notna()
    elif kind == "date":
        values = pd.to_datetime(column, format="%Y-%m-%d", errors="coerce")
        wrong = values.isna() & column.notna()
    else:
        return column.astype("string")
    if wrong.any():
        row = int(wrong.to_numpy(dtype=bool).argmax())
        raise ClaimbookError(
            f"{path}: row {_line(row)}, column {field['name']!r}: "
            f"{column.iloc[row]!r} is not of type {kind}"
        )
    return values.astype(_DTYPES[kind])  # type: ignore[call-overload,no-any-return]


def _require_constraints(table: pd.DataFrame, descriptor: Resource, path: Path) -> None:
    schema = pa.DataFrameSchema(
        {field["name"]: _column(field) for field in descriptor["schema"]["fields"]},
        unique=_primary_key(descriptor),
    )
    try:
        schema.validate(table, lazy=True)
    except SchemaErrors as error:
        # pandera's own message repeats every failing value; the list here is enough.
        raise ClaimbookError(_fault_list(error.failure_cases, path)) from None


def _primary_key(descriptor: Resource) -> list[str] | None:
    key = descriptor["schema"].get("primaryKey")
    return [key] if isinstance(key, str) else key


def _column(field: dict[str, Any]) -> pa.Column:
    rules = dict(field.get("constraints", {}))
    if field["type"] == "date":
        for rule in ("minimum", "maximum", "enum"):
            if rule in rules:
                rules[rule] = pd.to_datetime(rules[rule])
    makers: dict[str, Callable[..., pa.Check]] = {
        "minimum": pa.Check.ge,
        "maximum": pa.Check.le,
        "enum": pa.Check.isin,
        "pattern": _whole_match,
    }
    checks = [
        make(rules[rule], error=f"{rule} {rules[rule]}")
        for rule, make in makers.items()
        if rule in rules
    ]
    return pa.Column(
        checks=checks,
        nullable=not rules.get("required", False),
        unique=rules.get("unique", False),
    )


def _whole_match(pattern: str, error: str) -> pa.Check:
    """A check of the whole value, as Frictionless has it; pandera's own matches a beginning."""
    return pa.Check.str_matches(rf"(?:{pattern})\Z", error=error)


class _Fault(NamedTuple):
    row: int
    column: str
    value: object
    expected: str


def _fault_list(cases: pd.DataFrame, path: Path) -> str:
    faults = [
        _Fault(int(case["index"]), str(case["column"]), case["failure_case"], str(case["check"]))
        for case in cases.to_dict("records")
        if not pd.isna(case["index"])
    ]
    if not faults:
        case = cases.iloc[0]
        return f"{path}: column {case['column']!r}: {case['check']} does not fit the field's type"
    shown = [
        f"row {_line(f.row)}, column {f.column!r}: {f.value!r} breaks {_rule(f.expected)}"
        for f in sorted(faults, key=lambda fault: (fault.row, fault.column))[:_SHOWN_FAULTS]
    ]
    more = len(faults) - len(shown)
    tail = f"\n  ... and {more} more" if more > 0 else ""
    return f"{path}: {len(faults)} values break the schema\n  " + "\n  ".join(shown) + tail


def _rule(check: str) -> str:
    return {
        "not_nullable": "required: a value must stand here",
        "multiple_fields_uniqueness": "primaryKey: the key stands twice",
        "field_uniqueness": "unique: the value stands twice",
    }.get(check, check)


def _line(row: int) -> int:
    """The line of a row in the file, whose first line holds the names."""
    return row + 2
