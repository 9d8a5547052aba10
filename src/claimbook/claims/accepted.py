"""Accepted verdicts: a verdict that changes is noticed, and a person says why it may.

One reviewed file, `data/accepted.yaml`, holds the verdict and the value of every claim as last
accepted. A build whose findings leave it stops with a readable difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from claimbook.base import (
    ClaimbookError,
    Project,
    nearest,
    read_entries,
    replace_text,
    stop_on,
    validated,
)
from claimbook.claims.records import Record
from claimbook.claims.status import Status

ACCEPTED_TOLERANCE = 1e-6
SHORTEST_REASON = 10  # characters

AcceptedNumber = float | list[float | None] | None


class Accepted(BaseModel):
    """One claim's verdict and value on the stated basis, as accepted, and why.

    `tolerance` is how far, relatively, a recomputed value may leave the accepted one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    status: Status
    value: AcceptedNumber = None
    tolerance: Annotated[float, Field(ge=0, lt=1)] = ACCEPTED_TOLERANCE
    because: Annotated[str, Field(min_length=SHORTEST_REASON)]


def load_accepted(project: Project) -> dict[str, Accepted]:
    """The accepted verdicts by claim. Raises ClaimbookError with every fault of the file."""
    path = project.data / "accepted.yaml"
    faults: list[str] = []
    found: dict[str, Accepted] = {}
    for line, entry in read_entries(path, str(path), faults) if path.is_file() else []:
        item = validated(Accepted, entry, f"{path}:{line}", faults)
        if item is not None and item.id in found:
            faults.append(f"{path}:{line}: id {item.id!r} is used twice")
        elif item is not None:
            found[item.id] = item
    stop_on(faults, "the accepted verdicts")
    return found


def verdict_changes(claims: Iterable[Record], accepted: Mapping[str, Accepted]) -> list[str]:
    """What the findings say otherwise than the accepted verdicts, a line each."""
    found = {claim["id"]: claim for claim in claims}
    lines = [_difference(claim, accepted.get(name)) for name, claim in found.items()]
    gone = [
        f"{name}: accepted, but no claim of the ledger" for name in accepted if name not in found
    ]
    return [line for line in lines if line] + gone


def accept(
    project: Project, claims: Iterable[Record], ids: Iterable[str], because: str
) -> list[Record]:
    """Record the present verdicts of the claims named, with the reason; return those claims.

    Entries of claims that the ledger no longer holds are dropped. Raises ClaimbookError for an
    unknown claim or a missing reason; the file is written whole or not at all.
    """
    if len(because.strip()) < SHORTEST_REASON:
        raise ClaimbookError(f"because: {because!r} says too little; give the reason in a sentence")
    found = {claim["id"]: claim for claim in claims}
    wanted = list(ids)
    if unknown := [name for name in wanted if name not in found]:
        raise ClaimbookError(f"unknown claim {unknown[0]!r}: {nearest(unknown[0], found)}")
    old = load_accepted(project)
    new = {name: _accepted(found[name], old.get(name), because) for name in wanted}
    kept = {name: item for name, item in (old | new).items() if name in found}
    listed = [kept[name].model_dump(mode="json", exclude_defaults=True) for name in sorted(kept)]
    text = yaml.safe_dump(listed, sort_keys=False, allow_unicode=True, width=100)
    replace_text(project.data / "accepted.yaml", text)
    return [found[name] for name in wanted]


def _accepted(claim: Record, old: Accepted | None, because: str) -> Accepted:
    return Accepted(
        id=claim["id"],
        status=claim["status"],
        value=claim["value"],
        tolerance=old.tolerance if old else ACCEPTED_TOLERANCE,
        because=because,
    )


def _difference(claim: Record, accepted: Accepted | None) -> str:
    if accepted is None:
        return f"{claim['id']}: {claim['status']} ({claim['shown']}), not accepted yet"
    if claim["status"] != accepted.status:
        return (
            f"{claim['id']}: {claim['status']} ({claim['shown']}), accepted as {accepted.status} "
            f"({accepted.value})"
        )
    if not _same(claim["value"], accepted.value, accepted.tolerance):
        return f"{claim['id']}: value {claim['value']}, accepted as {accepted.value}"
    return ""


def _same(value: AcceptedNumber, accepted: AcceptedNumber, tolerance: float) -> bool:
    if value is None or accepted is None:
        return value is accepted
    ours = value if isinstance(value, list) else [value]
    theirs = accepted if isinstance(accepted, list) else [accepted]
    return len(ours) == len(theirs) and all(
        a is b if a is None or b is None else math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-12)
        for a, b in zip(ours, theirs, strict=True)
    )
