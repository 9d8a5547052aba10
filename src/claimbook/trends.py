"""Trend projections: a straight line on a scale on which no forecast leaves the possible range."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import statsmodels.api as sm

from claimbook.errors import ClaimbookError

Transform = Literal["log", "logit"]
MINIMUM_POINTS = 8


@dataclass(frozen=True, slots=True)
class Trend:
    """An ordinary least squares line through a transformed annual series.

    `first_year` and `last_year` bound the data that were fitted; `results` are
    statsmodels' own.
    """

    transform: Transform
    first_year: int
    last_year: int
    results: Any

    @property
    def growth(self) -> float:
        """The slope: percent a year (log), or percent a year of the odds (logit)."""
        return 100 * float(np.expm1(self.results.params[1]))

    def forecast(self, years: Iterable[int], levels: Sequence[int] = (80, 95)) -> pd.DataFrame:
        """Median and prediction intervals for the given years, in the series' own unit.

        Returns a frame indexed by year with the columns `median`, and `low80`, `high80` and
        so on for each level in percent. The ends are transformed back one by one, which keeps
        their coverage. Raises ClaimbookError for a level outside 1 to 99 or for no years.
        """
        wanted = list(years)
        if not wanted:
            raise ClaimbookError("years: a forecast needs at least one year")
        if wrong := [level for level in levels if not 1 <= level <= 99]:
            raise ClaimbookError(f"levels: {wrong[0]} is not a percentage from 1 to 99")
        prediction = self.results.get_prediction(_design(wanted, self.first_year))
        back = _SCALES[self.transform][1]
        columns = {"median": back(prediction.predicted_mean)}
        for level in levels:
            ends = prediction.conf_int(obs=True, alpha=1 - level / 100)
            columns[f"low{level}"] = back(ends[:, 0])
            columns[f"high{level}"] = back(ends[:, 1])
        return pd.DataFrame(columns, index=pd.Index(wanted, name="year"))


def fit_trend(series: pd.Series, transform: Transform) -> Trend:
    """Fit a straight line to an annual series, indexed by year, after `transform`.

    "log" is for levels (above 0), "logit" for shares in percent (above 0, below 100).
    Gaps in the years are allowed. Raises ClaimbookError for fewer than eight values and for
    values outside the transform's range.

    >>> series = pd.Series([100 * 1.05**k for k in range(10)], index=range(2010, 2020))
    >>> round(fit_trend(series, "log").growth, 6)
    5.0
    """
    if transform not in _SCALES:
        raise ClaimbookError(f"transform: unknown {transform!r}; allowed: {', '.join(_SCALES)}")
    values = series.dropna().astype(float)
    if len(values) < MINIMUM_POINTS:
        raise ClaimbookError(
            f"series: {len(values)} values are too few for a trend; at least {MINIMUM_POINTS}"
        )
    highest = 100.0 if transform == "logit" else np.inf
    outside = values[(values <= 0) | (values >= highest)]
    if len(outside):
        raise ClaimbookError(
            f"series: {outside.iloc[0]} in {outside.index[0]} is outside the range of "
            f"{transform}: above 0{', below 100' if transform == 'logit' else ''}"
        )
    years = [int(year) for year in values.index]
    forward = _SCALES[transform][0]
    results = sm.OLS(forward(values.to_numpy()), _design(years, min(years))).fit()
    return Trend(transform, min(years), max(years), results)


def _design(years: Sequence[int], first_year: int) -> np.ndarray:
    return np.column_stack([np.ones(len(years)), np.asarray(years, dtype=float) - first_year])


def _logit(share: np.ndarray) -> np.ndarray:
    odds: np.ndarray = np.log(share / (100 - share))
    return odds


def _expit(odds: np.ndarray) -> np.ndarray:
    share: np.ndarray = 100 / (1 + np.exp(-odds))
    return share


_SCALES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "log": (np.log, np.exp),
    "logit": (_logit, _expit),
}
