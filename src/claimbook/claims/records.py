"""Run records: what an executed chapter found, as data that the book and the tests read.

A chapter puts each checked claim and each named value into the metadata of its outputs; a
record is read from the outputs of the executed notebook and from nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from claimbook.claims.intervals import Interval
from claimbook.claims.relations import Finding
from claimbook.claims.verdicts import Reading, Value, Verdict, show_reading, survival

METADATA_KEY = "claimbook"
# Where myst-nb looks for glued values, which it does not show in place.
GLUE_PREFIX = "application/papermill.record/"

Record = dict[str, Any]


def claim_record(verdict: Verdict, relations: Sequence[str] = ()) -> Record:
    """One checked claim as JSON data; `relations` are the ids of those that it takes part in."""
    claim = verdict.claim
    printed = claim.interval
    return {
        "id": claim.id,
        "chapter": claim.chapter,
        "kind": claim.kind.value,
        "unit": claim.unit.value,
        "printed": list(claim.printed),
        "interval": str(printed),
        "claim": claim.claim,
        "status": verdict.status.value,
        "stated_basis": verdict.stated.basis == claim.basis,
        "value": _number(verdict.stated.value),
        "shown": show_reading(verdict.stated, claim),
        "sentence": verdict.sentence,
        "secondary": claim.secondary,
        "tables": list(claim.tables),
        "section": claim.section,
        "paragraph": claim.paragraph,
        "note": claim.note,
        "conclusion": _survival(verdict),
        "relations": list(relations),
        "stated": _reading(verdict.stated),
        "readings": [_reading(reading) for reading in verdict.others],
        "given_by": None if verdict.given_by is None else _reading(verdict.given_by),
    }


def relation_record(finding: Finding) -> Record:
    """One relation between printed figures as JSON data."""
    relation = finding.relation
    return {
        "id": relation.id,
        "claims": relation.claims,
        "outcome": finding.outcome.value,
        "sentence": finding.sentence,
    }


def read_record(notebook: Any) -> Record:
    """Claims, relations and named values found in the outputs of an executed notebook."""
    claims: dict[str, Record] = {}
    values: dict[str, Any] = {}
    relations: dict[str, Record] = {}
    for output in _outputs(notebook):
        found = output.get("metadata", {}).get(METADATA_KEY, {})
        if "claim" in found:
            claims[found["claim"]["id"]] = found["claim"]
        if "relation" in found:
            relations[found["relation"]["id"]] = found["relation"]
        if "name" in found:
            values[found["name"]] = found["value"]
    return {"claims": claims, "relations": relations, "values": values}


def _outputs(notebook: Any) -> list[Any]:
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [output for cell in cells for output in cell.outputs]


def _survival(verdict: Verdict) -> Record | None:
    found = survival(verdict)
    if found is None:
        return None
    return {"point": found.point, "consequence": found.consequence.value, "because": found.because}


def _reading(reading: Reading) -> Record:
    return {
        "basis": reading.basis,
        "changes": reading.changes,
        "value": _number(reading.value),
        "miss": _finite(reading.miss),
    }


def _number(value: Value | None) -> float | list[float | None] | None:
    if isinstance(value, Interval):
        return [_finite(float(value.low)), _finite(float(value.high))]
    return None if value is None else _finite(value)


def _finite(number: float) -> float | None:
    """JSON knows no infinity."""
    return number if math.isfinite(number) else None
