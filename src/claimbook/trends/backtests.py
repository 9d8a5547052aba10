"""How good projections have been: rolling origins, scores, recalibrated intervals.

A model is fitted on what was known up to each origin and held against what came after. Scores
are on the transformed scale unless said otherwise, and always beside the random walk.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from scipy.special import betaln

from claimbook.base import ClaimbookError
from claimbook.trends.models import (
    Numbers,
    Trend,
    fit_trend,
    require_horizon,
    require_levels,
    require_model,
)
from claimbook.trends.scales import SCALES, Transform, require_range

BENCHMARK = "naive"
LEVELS = (50, 80, 95)
ENOUGH_ERRORS = 8  # for a test of two models one step ahead
_MORE_AHEAD = 5  # errors a step of the horizon: with fewer, the test rejects far too often


def backtest(
    series: pd.Series,
    models: Sequence[str],
    transform: Transform,
    horizon: int,
    first_origin: int | None = None,
) -> pd.DataFrame:
    """Errors of every model from every admissible origin, up to `horizon` years ahead.

    An origin is admissible when every model has the values it needs up to it (not before
    `first_origin`, if given) and a value follows. One row for each model, origin and horizon
    with a value: `model`, `origin`, `horizon`, `actual` (in the series' unit), `median`, `centre`,
    `spread` and `freedom` of the predictive distribution and `value` on the transformed scale,
    `scale` (mean absolute yearly change up to the origin, in the series' unit) and `fallback`.
    Raises ClaimbookError if there is no admissible origin, and as `fit_trend` does.
    """
    require_horizon(horizon)
    known = series.dropna().astype(float).sort_index()
    require_range(known, transform)
    names = list(dict.fromkeys([BENCHMARK, *models]))
    origins = _origins(known, names, first_origin)
    rows = [
        row
        for origin in origins
        for name in names
        for row in _rows(fit_trend(known.loc[:origin], name, transform), known, origin, horizon)
    ]
    if not rows:
        raise ClaimbookError(
            f"series: {len(known)} values leave no origin for a backtest of {', '.join(names)}"
        )
    return pd.DataFrame(rows)


def scores(errors: pd.DataFrame, transform: Transform) -> pd.DataFrame:
    """Scores of each model and horizon: `errors` is what `backtest` returns.

    Indexed by model and horizon. `count` of errors; `mase` (in the series' unit, below 1 is
    better than the yearly changes before); `rmse`, `crps` (transformed scale); `rmse_ratio` and
    `crps_ratio` to the random walk's; `bias` (mean error, transformed scale); `cover50` and so on
    (percent of values inside the interval); `width50` and so on (in the series' unit, mean);
    `p_value` of the Diebold-Mariano test of equal squared errors against the random walk, NaN for
    too few errors; `fallbacks` counts the fits that another model stood in for.
    """
    groups = errors.groupby(["model", "horizon"], sort=False)
    found = pd.DataFrame({key: _score(rows, transform) for key, rows in groups}).T
    found.index.names = ["model", "horizon"]
    walk = found.loc[BENCHMARK]
    for name in ("rmse", "crps"):
        ratio = found[name].unstack(0).div(walk[name], axis=0)
        found[f"{name}_ratio"] = ratio.stack().swaplevel().reindex(found.index)
    found["p_value"] = [_against_walk(errors, model, ahead) for model, ahead in found.index]
    return found


def beats_walk(scored: pd.DataFrame, model: str) -> bool:
    """Whether a model's mean CRPS over all horizons is below the random walk's."""
    mean = scored["crps"].groupby("model").mean()
    return bool(mean[model] < mean[BENCHMARK])


def factors(errors: pd.DataFrame, model: str, level: int) -> pd.Series:
    """How many spreads an interval has to reach to have held its level so far (split conformal).

    Indexed by horizon; NaN where the errors are too few to say. Raises ClaimbookError for a level
    outside 1 to 99.
    """
    require_levels([level])
    rows = errors[errors.model == model]
    misses = _misses(rows)
    return pd.Series(
        {ahead: _conformal(misses[rows.horizon == ahead], level) for ahead in _horizons(rows)},
        name="factor",
        dtype=float,
    )


def recalibrated(trend: Trend, errors: pd.DataFrame, horizon: int, level: int) -> pd.DataFrame:
    """The interval of a trend with the reach that its backtest asks for.

    Indexed by year, with `low` and `high` in the series' unit. Beyond the longest horizon with
    enough errors its factor is used; NaN if there is none.
    """
    reach = factors(errors, trend.model.name, level)
    steps = range(1, require_horizon(horizon) + 1)
    wide = reach.reindex(steps).ffill().to_numpy()
    found = trend.fit.predict(horizon)
    back = SCALES[trend.transform].back
    ends = {
        "low": back(found.centre - wide * found.spread),
        "high": back(found.centre + wide * found.spread),
    }
    return pd.DataFrame(ends, index=trend.forecast(horizon).index)


def coverage(errors: pd.DataFrame, levels: Sequence[int] = LEVELS) -> pd.DataFrame:
    """Nominal against actual coverage of each model, in percent over all horizons.

    Indexed by model and level: `as_fitted`, and `recalibrated` with the factor that the errors
    known at each origin ask for; `count` is how many could be judged so.
    """
    require_levels(levels)
    rows = []
    for model, own in errors.groupby("model", sort=False):
        misses = _misses(own)
        for level in levels:
            inside = misses <= stats.t.ppf((1 + level / 100) / 2, own.freedom)
            judged = [
                miss <= factor
                for ahead in _horizons(own)
                for miss, factor in _judged(own[own.horizon == ahead], level)
            ]
            rows.append(
                {
                    "model": model,
                    "level": level,
                    "as_fitted": 100 * inside.mean(),
                    "recalibrated": 100 * np.mean(judged) if judged else np.nan,
                    "count": len(judged),
                }
            )
    return pd.DataFrame(rows).set_index(["model", "level"])


def crps(value: Numbers, centre: Numbers, spread: Numbers, freedom: Numbers) -> Numbers:
    """Continuous ranked probability score of values under Student's t, in the values' unit.

    Closed form (Jordan, Krueger and Lerch, 2019); an infinite freedom is the normal distribution.
    For a point forecast, of spread 0, it is the absolute error. All arguments have the same shape.

    >>> crps(*map(np.array, ([0.0], [0.0], [1.0], [np.inf]))).round(4).tolist()
    [0.2337]
    """
    miss = np.abs(value - centre)
    point = spread == 0
    z = miss / np.where(point, 1, spread)
    normal = np.isinf(freedom)
    nu = np.where(normal, 1e6, freedom)
    tails = np.where(normal, 1, (nu + z**2) / (nu - 1))
    offset = np.exp(
        np.log(2 * np.sqrt(nu) / (nu - 1)) + betaln(0.5, nu - 0.5) - 2 * betaln(0.5, nu / 2)
    )
    offset = np.where(normal, 1 / np.sqrt(np.pi), offset)
    score: Numbers = spread * (
        z * (2 * stats.t.cdf(z, freedom) - 1) + 2 * stats.t.pdf(z, freedom) * tails - offset
    )
    return np.where(point, miss, score)


def diebold_mariano(loss: Numbers, other: Numbers, horizon: int) -> float:
    """Two-sided p-value of equal mean loss, with the correction for small samples.

    Diebold and Mariano (1995); Harvey, Leybourne and Newbold (1997). Errors of forecasts
    `horizon` steps ahead overlap, which the variance allows for. NaN where it is not positive, as
    with no more errors than steps.
    """
    difference = np.asarray(loss) - np.asarray(other)
    count = len(difference)
    if horizon >= count:  # the variance is zero, and rounding may leave it a little above
        return float("nan")
    lags = {"maxlags": horizon - 1, "kernel": "uniform"}
    fitted = sm.OLS(difference, np.ones(count)).fit(cov_type="HAC", cov_kwds=lags)
    variance = float(fitted.cov_params()[0, 0])
    if not variance > 1e-24 * np.mean(difference**2):  # above what rounding leaves
        return float("nan")
    correction = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
    statistic = float(fitted.params[0]) / np.sqrt(variance) * np.sqrt(correction)
    return float(2 * stats.t.sf(abs(statistic), count - 1))


def _origins(known: pd.Series, names: Sequence[str], first: int | None) -> list[int]:
    least = max(require_model(name).minimum for name in names)
    years = [int(year) for year in known.index[least - 1 : -1]]
    return [year for year in years if first is None or year >= first]


def _rows(trend: Trend, known: pd.Series, origin: int, horizon: int) -> list[dict[str, object]]:
    found = trend.fit.predict(horizon)
    scale = SCALES[trend.transform]
    changes = known.loc[:origin].diff().abs().mean()
    return [
        {
            "model": trend.model.name,
            "origin": origin,
            "horizon": ahead,
            "actual": known[origin + ahead],
            "median": scale.back(found.centre[ahead - 1]),
            "value": scale.there(known[origin + ahead]),
            "centre": found.centre[ahead - 1],
            "spread": found.spread[ahead - 1],
            "freedom": found.freedom,
            "scale": changes,
            "fallback": trend.fallback,
        }
        for ahead in range(1, horizon + 1)
        if origin + ahead in known.index
    ]


def _score(rows: pd.DataFrame, transform: Transform) -> pd.Series:
    miss = rows.value - rows.centre
    found = {
        "count": len(rows),
        "mase": ((rows.actual - rows["median"]).abs() / rows["scale"]).mean(),
        "rmse": np.sqrt((miss**2).mean()),
        "crps": crps(*rows[["value", "centre", "spread", "freedom"]].to_numpy(float).T).mean(),
        "bias": miss.mean(),
    }
    for level in LEVELS:
        reach = stats.t.ppf((1 + level / 100) / 2, rows.freedom) * rows.spread
        back = SCALES[transform].back
        found[f"cover{level}"] = 100 * (miss.abs() <= reach).mean()
        found[f"width{level}"] = (back(rows.centre + reach) - back(rows.centre - reach)).mean()
    found["fallbacks"] = int((rows.fallback != "").sum())
    return pd.Series(found)


def _against_walk(errors: pd.DataFrame, model: str, ahead: int) -> float:
    rows = errors[errors.horizon == ahead].set_index("origin")
    pair = [(rows.value - rows.centre)[rows.model == name] ** 2 for name in (model, BENCHMARK)]
    if model == BENCHMARK or len(pair[0]) < max(ENOUGH_ERRORS, _MORE_AHEAD * ahead):
        return float("nan")
    return diebold_mariano(pair[0].to_numpy(), pair[1].to_numpy(), ahead)


def _horizons(rows: pd.DataFrame) -> list[int]:
    return sorted(int(ahead) for ahead in rows.horizon.unique())


def _misses(rows: pd.DataFrame) -> pd.Series:
    """How many spreads each value lay from the centre."""
    misses: pd.Series = (rows.value - rows.centre).abs() / rows.spread
    return misses


def _conformal(misses: pd.Series, level: int) -> float:
    """The miss that the next one stays below with this probability, if they are exchangeable."""
    rank = int(np.ceil((len(misses) + 1) * level / 100))
    return float(np.sort(misses)[rank - 1]) if rank <= len(misses) else float("nan")


def _judged(rows: pd.DataFrame, level: int) -> list[tuple[float, float]]:
    """Each miss with the factor asked for by those known at its origin, where they are enough."""
    misses = _misses(rows)
    pairs = [
        (float(miss), _conformal(misses[rows.origin + rows.horizon <= origin], level))
        for miss, origin in zip(misses, rows.origin, strict=True)
    ]
    return [(miss, factor) for miss, factor in pairs if np.isfinite(factor)]
