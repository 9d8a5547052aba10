"""Run records: what an executed chapter found, as data that the book and the tests read.

A chapter puts each checked claim and each named value into its outputs, under media types of
its own; a record is read from the outputs of the executed notebook and from nothing else.
"""

from __future__ import annotations

from typing import Any

from claimbook.intervals import Interval
from claimbook.verdicts import Reading, Value, Verdict, show_value

CLAIM_MEDIA_TYPE = "application/vnd.claimbook.claim+json"
VALUE_MEDIA_TYPE = "application/vnd.claimbook.value+json"
# Where myst-nb looks for glued values, which it does not show in place.
GLUE_PREFIX = "application/papermill.record/"

Record = dict[str, Any]


def claim_record(verdict: Verdict) -> Record:
    """One checked claim as JSON data."""
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
        "shown": show_value(verdict.stated.value, claim),
        "sentence": verdict.sentence,
        "secondary": claim.secondary,
        "stated": _reading(verdict.stated),
        "readings": [_reading(reading) for reading in verdict.others],
        "given_by": None if verdict.given_by is None else _reading(verdict.given_by),
    }


def read_record(notebook: Any) -> Record:
    """Claims and named values found in the outputs of an executed notebook."""
    claims: dict[str, Record] = {}
    values: dict[str, Any] = {}
    for output in _outputs(notebook):
        data = output.get("data", {})
        if CLAIM_MEDIA_TYPE in data:
            found = data[CLAIM_MEDIA_TYPE]
            claims[found["id"]] = found
        if VALUE_MEDIA_TYPE in data:
            values[data[VALUE_MEDIA_TYPE]["name"]] = data[VALUE_MEDIA_TYPE]["value"]
    return {"claims": claims, "values": values}


def _outputs(notebook: Any) -> list[Any]:
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [output for cell in cells for output in cell.outputs]


def _reading(reading: Reading) -> Record:
    return {
        "basis": reading.basis,
        "changes": reading.changes,
        "value": _number(reading.value),
        "miss": reading.miss if reading.value is not None else None,
    }


def _number(value: Value | None) -> float | list[float] | None:
    if isinstance(value, Interval):
        return [float(value.low), float(value.high)]
    return value
