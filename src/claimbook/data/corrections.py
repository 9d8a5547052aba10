"""Corrections of known faults of a source: each expires when the source no longer has the fault.

`data/corrections.yaml` lists them. The tables stay as they were published; a correction is made
when a table is loaded, and one that matches nothing any more stops the run.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from claimbook.base import ClaimbookError, Project, nearest, read_list


def _as_text(value: Any) -> Any:
    """YAML reads a bare 2020-02-01 as a date; pandas compares a column of dates with its text."""
    return value.isoformat() if isinstance(value, date) else value


TableCell = Annotated[str | int | float | bool, BeforeValidator(_as_text)]


class Correction(BaseModel):
    """In the rows of `table` where the columns of `where` have these values, `column` was wrong.

    `was` is the value as published, `becomes` the right one; `because` names the evidence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    table: str
    where: dict[str, TableCell] = {}
    column: str
    was: TableCell
    becomes: TableCell
    because: Annotated[str, Field(min_length=10)]


def load_corrections(project: Project) -> list[Correction]:
    """All corrections of a project. Raises ClaimbookError with every fault of the file."""
    return read_list(Correction, project.data / "corrections.yaml", "the corrections")


def corrected(table: pd.DataFrame, corrections: list[Correction]) -> pd.DataFrame:
    """The table with its corrections made.

    Raises ClaimbookError for a correction that matches no row: the source was mended, or the
    entry is wrong; and for one whose new value is not of the column's type.
    """
    result = table.copy()
    for correction in corrections:
        rows = _matching(result, correction)
        if not rows.any():
            raise ClaimbookError(
                f"correction {correction.id!r} matches nothing in {correction.table!r} any more: "
                f"no row has {correction.column} {correction.was!r} where {correction.where}; "
                "remove it from data/corrections.yaml"
            )
        try:
            result.loc[rows, correction.column] = correction.becomes
        except TypeError as error:
            raise ClaimbookError(
                f"correction {correction.id!r}: becomes {correction.becomes!r} does not fit column "
                f"{correction.column!r} of type {result[correction.column].dtype}"
            ) from error
    return result


def _matching(table: pd.DataFrame, correction: Correction) -> pd.Series:
    rows = pd.Series(data=True, index=table.index)
    for name, value in {**correction.where, correction.column: correction.was}.items():
        if name not in table:
            known = nearest(name, map(str, table))
            raise ClaimbookError(f"correction {correction.id!r}: unknown column {name!r}: {known}")
        rows &= (table[name] == value).fillna(False).astype(bool)
    return rows
