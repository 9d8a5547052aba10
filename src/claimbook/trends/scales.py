"""The scales on which trends are fitted, so that no projection leaves the possible range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from claimbook.base import ClaimbookError, nearest

Transform = Literal["log", "logit"]


@dataclass(frozen=True, slots=True)
class Scale:
    """A transformation, its inverse, and the open range of values that it takes."""

    there: Callable[[Any], Any]
    back: Callable[[Any], Any]
    highest: float


def _logit(share: Any) -> Any:
    return np.log(share / (100 - share))


def _expit(odds: Any) -> Any:
    return 100 * expit(odds)


SCALES: dict[str, Scale] = {
    "log": Scale(np.log, np.exp, np.inf),
    "logit": Scale(_logit, _expit, 100.0),
}


def require_range(values: pd.Series, transform: str) -> None:
    """Raise ClaimbookError for an unknown transform, or a value that it cannot take.

    `values` are indexed by year; "log" takes levels above 0, "logit" shares in percent between
    0 and 100.
    """
    if transform not in SCALES:
        raise ClaimbookError(f"transform: unknown {transform!r}: {nearest(str(transform), SCALES)}")
    highest = SCALES[transform].highest
    outside = values[~((values > 0) & (values < highest))]
    if len(outside):
        raise ClaimbookError(
            f"series: {outside.iloc[0]} in {outside.index[0]} is outside the range of "
            f"{transform}: above 0{', below 100' if transform == 'logit' else ''}"
        )
