"""Trend projections of annual series: six models behind one interface, all from statsmodels.

Every model works on a transformed scale, logs for levels and logits for shares in percent, so
that no value leaves the possible range. Medians and interval ends are transformed back one by
one, which keeps their probabilities; anything about whole paths is simulated.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import stats
from statsmodels.tools.sm_exceptions import ModelWarning
from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing
from threadpoolctl import threadpool_limits

from claimbook.base import ClaimbookError, nearest
from claimbook.trends.scales import SCALES, Transform, require_range

Numbers = NDArray[np.float64]

PATHS = 4000
MAXIMUM_HORIZON = 100


@dataclass(frozen=True, slots=True)
class Predictive:
    """What a model expects of each of the next steps, on the transformed scale.

    Centre and spread of Student's t with `freedom` degrees (infinite: a normal distribution).
    """

    centre: Numbers
    spread: Numbers
    freedom: float

    def quantiles(self, probabilities: Sequence[float] | Numbers) -> Numbers:
        """Quantiles, one row a step and one column a probability."""
        z = stats.t.ppf(np.asarray(probabilities), self.freedom)
        found: Numbers = self.centre[:, None] + self.spread[:, None] * z
        return found


class Fit(Protocol):
    """A fitted model, on the transformed scale."""

    def predict(self, steps: int) -> Predictive:
        """What it expects of the next steps."""

    def simulate(self, steps: int, paths: int, seed: int) -> Numbers:
        """Paths of the next steps, one row a path."""

    def describe(self) -> str:
        """Its estimates, in a few words."""

    @property
    def residuals(self) -> Numbers:
        """What it missed in the fitted years: distances from a line, else errors one step ahead."""


@dataclass(frozen=True, slots=True)
class Model:
    """A kind of model: what it is, the least it needs, and how it is fitted.

    `fit` takes the transformed values of consecutive years, NaN where one is missing.
    """

    name: str
    title: str
    minimum: int
    fit: Callable[[Numbers], Fit]


@dataclass(frozen=True, slots=True)
class Trend:
    """A model fitted to a series. `fallback` says why another model stands in; empty if none."""

    model: Model
    transform: Transform
    history: pd.Series
    fit: Fit
    fallback: str = ""

    @property
    def last_year(self) -> int:
        """The last year with data."""
        return int(self.history.index[-1])

    def describe(self) -> str:
        """The model, its estimates and its fallback in one line."""
        return f"{self.model.title}: {self.fit.describe()}{self.fallback and f'; {self.fallback}'}"

    def forecast(self, horizon: int, levels: Sequence[int] = (50, 80, 95)) -> pd.DataFrame:
        """Median and prediction intervals of the next `horizon` years, in the series' unit.

        Indexed by year, with the columns `median`, and `low80`, `high80` and so on for each
        level in percent. Raises ClaimbookError for a horizon below 1 or a level outside 1 to 99.
        """
        require_levels(levels)
        found = self.fit.predict(require_horizon(horizon))
        back = SCALES[self.transform].back
        columns = {"median": back(found.centre)}
        for level in levels:
            tail = (1 - level / 100) / 2
            low, high = found.quantiles([tail, 1 - tail]).T
            columns[f"low{level}"], columns[f"high{level}"] = back(low), back(high)
        return pd.DataFrame(columns, index=self._years(horizon))

    def paths(self, horizon: int, seed: int, paths: int = PATHS) -> pd.DataFrame:
        """Simulated futures in the series' unit: one row a path, one column a year."""
        drawn = self.fit.simulate(require_horizon(horizon), paths, seed)
        return pd.DataFrame(SCALES[self.transform].back(drawn), columns=self._years(horizon))

    def passing(self, threshold: float, horizon: int, seed: int) -> pd.DataFrame:
        """Probability in percent of being above a threshold in each year, and by it at least once.

        From simulated paths; indexed by year, with the columns `in` and `by`.
        """
        above = self.paths(horizon, seed) > threshold
        return pd.DataFrame({"in": 100 * above.mean(), "by": 100 * above.cummax(axis=1).mean()})

    def growth(self, horizon: int = 2) -> float:
        """Growth of the median within the horizon: percent a year (log), or of the odds (logit).

        Raises ClaimbookError for a horizon below 2.
        """
        if horizon < 2:
            raise ClaimbookError(f"horizon: growth takes two years or more, not {horizon}")
        centre = self.fit.predict(require_horizon(horizon)).centre
        return 100 * float(np.expm1((centre[-1] - centre[0]) / (horizon - 1)))

    def _years(self, horizon: int) -> pd.Index:
        return pd.RangeIndex(self.last_year + 1, self.last_year + horizon + 1, name="year")


def fit_trend(series: pd.Series, model: str, transform: Transform) -> Trend:
    """Fit one of `MODELS` to an annual series, indexed by year.

    "log" is for levels (above 0), "logit" for shares in percent (above 0, below 100). Missing
    years count as gaps. A model whose fit does not converge is replaced by the random walk with
    drift, and says so. Raises ClaimbookError for an unknown model, for too few values, for
    values outside the transform's range.

    >>> series = pd.Series([100 * 1.05**k for k in range(12)], index=range(2010, 2022))
    >>> fit_trend(series, "drift", "log").forecast(1)["median"].round(2).to_dict()
    {2022: 179.59}
    """
    chosen = require_model(model)
    history = _complete(series)
    require_range(history.dropna(), transform)
    _require_enough(chosen, history)
    values = SCALES[transform].there(history.to_numpy(dtype=float))
    with threadpool_limits(1, "blas"):  # matrices this small only wait for more threads
        try:
            return Trend(chosen, transform, history, chosen.fit(values))
        except _NotConvergedError as error:
            stands_in = MODELS["drift"]
            told = f"did not converge ({error}); the {stands_in.title.lower()} stands in"
            return Trend(chosen, transform, history, stands_in.fit(values), told)


def require_model(name: str) -> Model:
    """The model of this name. Raises ClaimbookError if there is none."""
    if name not in MODELS:
        raise ClaimbookError(f"model: unknown {name!r}: {nearest(name, MODELS)}")
    return MODELS[name]


def require_horizon(horizon: int) -> int:
    """The number of years ahead. Raises ClaimbookError if it is out of range."""
    if not 1 <= horizon <= MAXIMUM_HORIZON:
        raise ClaimbookError(f"horizon: {horizon} is out of range; allowed: 1 to {MAXIMUM_HORIZON}")
    return int(horizon)


def require_levels(levels: Sequence[int]) -> None:
    """Raise ClaimbookError for the first level that is no percentage from 1 to 99."""
    if wrong := [level for level in levels if not 1 <= level <= 99]:
        raise ClaimbookError(f"levels: {wrong[0]} is not a percentage from 1 to 99")


class _NotConvergedError(Exception):
    """A fit that is not to be used."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """A random walk, with or without drift: least squares on the yearly changes.

    A change over a gap of k years has k times the drift and k times the variance.
    """

    last: float
    drift: float
    drift_error: float
    scatter: float
    freedom: float
    residuals: Numbers

    def predict(self, steps: int) -> Predictive:
        ahead = np.arange(1.0, steps + 1)
        spread = np.sqrt(self.scatter**2 * ahead + (self.drift_error * ahead) ** 2)
        return Predictive(self.last + self.drift * ahead, spread, self.freedom)

    def simulate(self, steps: int, paths: int, seed: int) -> Numbers:
        random = np.random.default_rng(seed)
        # The spread itself is estimated: one draw of it a path makes the marginals Student's t.
        wider = np.sqrt(self.freedom / random.chisquare(self.freedom, (paths, 1)))
        slope = self.drift + wider * self.drift_error * random.standard_normal((paths, 1))
        shocks = wider * self.scatter * random.standard_normal((paths, steps))
        walked: Numbers = self.last + np.cumsum(slope + shocks, axis=1)
        return walked

    def describe(self) -> str:
        drift = f"drift {self.drift:+.3f} a year, " if self.drift_error else ""
        return f"{drift}scatter {self.scatter:.3f}"


@dataclass(frozen=True, slots=True)
class _Line:
    """A straight line through the years, with errors that allow for autocorrelation (HAC)."""

    results: Any
    count: int

    @property
    def residuals(self) -> Numbers:
        return np.asarray(self.results.resid)

    def predict(self, steps: int) -> Predictive:
        found = self.results.get_prediction(self._ahead(steps))
        spread = np.sqrt(found.var_pred_mean + self.results.scale)
        return Predictive(found.predicted_mean, spread, self.results.df_resid)

    def simulate(self, steps: int, paths: int, seed: int) -> Numbers:
        random = np.random.default_rng(seed)
        freedom = self.results.df_resid
        wider = np.sqrt(freedom / random.chisquare(freedom, (paths, 1)))
        errors = random.multivariate_normal([0, 0], self.results.cov_params(), paths)
        lines = self.results.params + wider * errors
        noise = np.sqrt(self.results.scale) * random.standard_normal((paths, steps))
        drawn: Numbers = lines @ self._ahead(steps).T + wider * noise
        return drawn

    def describe(self) -> str:
        return f"slope {self.results.params[1]:+.3f} a year (± {self.results.bse[1]:.3f})"

    def _ahead(self, steps: int) -> Numbers:
        return _design(np.arange(self.count, self.count + steps, dtype=float))


@dataclass(frozen=True, slots=True)
class _StateSpace:
    """A linear state space model with normal errors, as statsmodels fitted it.

    The likelihood understates the variance as if `parameters` were known, and says nothing of how
    well it is estimated: both are corrected as in a regression, by the values left over.
    """

    results: Any
    words: str
    parameters: int

    @property
    def residuals(self) -> Numbers:
        burned = int(self.results.loglikelihood_burn)
        return np.asarray(self.results.resid)[burned:]

    def predict(self, steps: int) -> Predictive:
        found = self.results.get_forecast(steps)
        spread = self._wider * np.asarray(found.se_mean)
        return Predictive(np.asarray(found.predicted_mean), spread, self._freedom)

    def simulate(self, steps: int, paths: int, seed: int) -> Numbers:
        # statsmodels' own `simulate` takes one path at a time: a thousand times slower.
        random = np.random.default_rng(seed)
        system = self.results.filter_results
        move, enter, shocks = (
            _constant(getattr(system, name)) for name in ("transition", "selection", "state_cov")
        )
        see, noise = _constant(system.design)[0], float(_constant(system.obs_cov)[0, 0])
        unknown = self.results.predicted_state_cov[:, :, -1]
        state = random.multivariate_normal(np.zeros(len(unknown)), unknown, paths, method="eigh")
        off = np.empty((paths, steps))
        for step in range(steps):
            off[:, step] = state @ see + np.sqrt(noise) * random.standard_normal(paths)
            shock = random.multivariate_normal(np.zeros(len(shocks)), shocks, paths, method="eigh")
            state = state @ move.T + shock @ enter.T
        wider = self._wider * np.sqrt(self._freedom / random.chisquare(self._freedom, (paths, 1)))
        drawn: Numbers = self.predict(steps).centre + wider * off
        return drawn

    def describe(self) -> str:
        return self.words

    @property
    def _counted(self) -> float:
        """The values that the likelihood counts."""
        known = np.isfinite(self.results.model.endog).sum()
        return float(known - self.results.loglikelihood_burn)

    @property
    def _freedom(self) -> float:
        return self._counted - self.parameters

    @property
    def _wider(self) -> float:
        return float(np.sqrt(self._counted / self._freedom))


def _constant(matrix: Numbers) -> Numbers:
    """A system matrix as of the last step: statsmodels puts time last."""
    return np.asarray(matrix)[..., -1]


def _design(steps: Numbers) -> Numbers:
    return np.column_stack([np.ones(len(steps)), steps])


def _fit_walk(values: Numbers, *, drift: bool) -> _Walk:
    known = np.flatnonzero(np.isfinite(values))
    length = np.diff(known).astype(float)
    change = np.diff(values[known])
    # Weights 1/k: a change over k years has k times the variance.
    if drift:
        results = sm.WLS(change, length, weights=1 / length).fit()
        slope, error, scale = results.params[0], results.bse[0], results.scale
    else:
        slope, error, scale = 0.0, 0.0, float(np.mean(change**2 / length))
    return _Walk(
        last=float(values[known[-1]]),
        drift=float(slope),
        drift_error=float(error),
        scatter=float(np.sqrt(scale)),
        freedom=float(len(change) - drift),
        residuals=(change - slope * length) / np.sqrt(length),
    )


def _fit_line(values: Numbers) -> _Line:
    known = np.flatnonzero(np.isfinite(values))
    model = sm.OLS(values[known], _design(known.astype(float)))
    lags = {"maxlags": int(np.floor(4 * (len(known) / 100) ** (2 / 9)))}  # Newey and West, 1994
    results = model.fit(cov_type="HAC", cov_kwds={**lags, "use_correction": True}, use_t=True)
    return _Line(results, len(values))


def _fit_arima(values: Numbers) -> _StateSpace:
    fits = {
        (order, trend): _converged(sm.tsa.SARIMAX(values, order=order, trend=trend))
        for order in ARIMA_ORDERS
        for trend in ("n", "c")
    }
    good = {kind: results for kind, results in fits.items() if results is not None}
    if not good:
        raise _NotConvergedError("no order of the set")
    order, trend = min(good, key=lambda kind: float(good[kind].aicc))
    drift = " with drift" if trend == "c" else ""
    # The choice among orders costs what the largest of them would.
    largest = max(len(results.params) for results in good.values())
    return _StateSpace(good[order, trend], f"order {order}{drift}, chosen by AICc", largest)


def _fit_ets(values: Numbers) -> _StateSpace:
    # The initial level and trend from a line through the first values (Hyndman and others, 2008,
    # section 2.6.1). Estimated by likelihood instead, they turn short series into straight lines.
    first = np.flatnonzero(np.isfinite(values))[:ETS_FIRST]
    trend, level = np.polyfit(first + 1, values[first], 1)
    model = ExponentialSmoothing(
        values,
        trend=True,
        damped_trend=True,
        initialization_method="known",
        initial_level=level,
        initial_trend=trend,
    )
    # The likelihood has several maxima.
    fits = [results for start in ETS_STARTS if (results := _converged(model, start)) is not None]
    if not fits:
        raise _NotConvergedError("no maximum of the likelihood was found")
    results = max(fits, key=lambda fit: float(fit.llf))
    found = dict(zip(results.param_names, results.params, strict=True))
    words = (
        f"level weight {found['smoothing_level']:.2f}, trend weight "
        f"{found['smoothing_trend']:.2f}, damping {found['damping_trend']:.2f}"
    )
    return _StateSpace(results, words, len(found) + 3)  # and level, trend and variance


def _fit_local_line(values: Numbers) -> _StateSpace:
    results = _require_converged(sm.tsa.UnobservedComponents(values, "lltrend"))
    parts = zip(("noise", "level", "trend"), np.sqrt(results.params), strict=True)
    words = ", ".join(f"{name} {size:.3f}" for name, size in parts)
    return _StateSpace(results, words, len(results.params))


def _require_converged(model: Any) -> Any:
    results = _converged(model)
    if results is None:
        raise _NotConvergedError("no maximum of the likelihood was found")
    return results


def _converged(model: Any, start: Sequence[float] | None = None) -> Any:
    """The fit by the first of two methods that converges; None if neither does."""
    for method in ("lbfgs", "powell"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # Starting values that had to be replaced are no fault of the fit.
            warnings.filterwarnings("ignore", "Non-(stationary|invertible) starting")
            try:
                results = model.fit(start, method=method, maxiter=500, disp=False, cov_type="none")
                ahead = results.get_forecast(1)
            except (ModelWarning, RuntimeWarning, np.linalg.LinAlgError, ValueError):
                continue
        if np.isfinite([results.aicc, ahead.predicted_mean[0], ahead.se_mean[0]]).all():
            return results
    return None


def _complete(series: pd.Series) -> pd.Series:
    """The series from its first to its last value, with NaN for the years between without one."""
    if series.index.has_duplicates:
        twice = series.index[series.index.duplicated()][0]
        raise ClaimbookError(f"series: year {twice} stands twice")
    known = series.dropna().astype(float).sort_index()
    if known.empty:
        raise ClaimbookError("series: it has no values")
    return known.reindex(range(int(known.index[0]), int(known.index[-1]) + 1))


def _require_enough(model: Model, history: pd.Series) -> None:
    known = int(history.notna().sum())
    if known < model.minimum:
        raise ClaimbookError(
            f"series: {known} values are too few for the {model.title.lower()}; "
            f"at least {model.minimum}"
        )


ARIMA_ORDERS = ((0, 1, 0), (1, 1, 0), (0, 1, 1), (1, 1, 1))
ETS_FIRST = 10  # values
ETS_STARTS = ((0.1, 0.01, 0.97), (0.6, 0.1, 0.9))  # level weight, trend weight, damping
MODELS = {
    model.name: model
    for model in (
        Model("naive", "Random walk", 5, lambda values: _fit_walk(values, drift=False)),
        Model("drift", "Random walk with drift", 5, lambda values: _fit_walk(values, drift=True)),
        Model("line", "Straight line", 8, _fit_line),
        Model("ets", "Damped exponential smoothing", 10, _fit_ets),
        Model("arima", "ARIMA", 10, _fit_arima),
        Model("local", "Local linear trend", 10, _fit_local_line),
    )
}
