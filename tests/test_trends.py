from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook.errors import ClaimbookError
from claimbook.trends import Transform, fit_trend

YEARS = np.arange(2000, 2020)
TRANSFORMS: list[Transform] = ["log", "logit"]


def annual(values: Any) -> pd.Series[float]:
    return pd.Series(values, index=YEARS[: len(values)], dtype=float)


def back(transform: Transform, line: np.ndarray) -> np.ndarray:
    values: np.ndarray = np.exp(line) if transform == "log" else 100 / (1 + np.exp(-line))
    return values


def noisy(transform: Transform, noise: np.ndarray) -> np.ndarray:
    """A series of known trend with noise on the scale of the transform."""
    return back(transform, 1 + 0.03 * np.arange(len(noise)) + noise)


@given(growth=st.floats(-0.3, 0.3), start=st.floats(0.1, 1e6))
def test_a_known_growth_rate_is_recovered(growth: float, start: float) -> None:
    trend = fit_trend(annual(start * (1 + growth) ** np.arange(20)), "log")
    assert trend.growth == pytest.approx(100 * growth, abs=1e-6)
    assert trend.forecast([2025])["median"][2025] == pytest.approx(start * (1 + growth) ** 25)


def test_a_known_slope_of_the_log_odds_is_recovered() -> None:
    trend = fit_trend(annual(back("logit", -2 + 0.1 * np.arange(20))), "logit")
    assert trend.growth == pytest.approx(100 * np.expm1(0.1))
    assert trend.forecast([2020])["median"][2020] == pytest.approx(50)


def test_gaps_and_their_order_do_not_matter() -> None:
    whole = annual(100 * 1.05 ** np.arange(20))
    gaps = whole.where(whole.index % 3 != 0)[::-1]
    trend = fit_trend(gaps, "log")
    assert trend.growth == pytest.approx(5)
    assert (trend.first_year, trend.last_year) == (2000, 2018)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_prediction_intervals_hold_their_nominal_coverage(transform: Transform) -> None:
    random = np.random.default_rng(20240101)
    hits = {80: 0, 95: 0}
    for noise in random.normal(0, 0.1, size=(400, 20)):
        series = annual(noisy(transform, noise))
        ends = fit_trend(series[:15], transform).forecast([2019]).loc[2019]
        for level in hits:
            hits[level] += bool(ends[f"low{level}"] <= series[2019] <= ends[f"high{level}"])
    # Three standard errors of a share among 400 trials.
    assert hits[80] / 400 == pytest.approx(0.80, abs=0.06)
    assert hits[95] / 400 == pytest.approx(0.95, abs=0.033)


@settings(max_examples=30)
@given(
    shares=st.lists(st.floats(0.01, 99.99), min_size=8, max_size=20),
    years=st.lists(st.integers(1990, 2060), min_size=1, max_size=5),
)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_forecasts_stay_in_the_possible_range(
    transform: Transform, shares: list[float], years: list[int]
) -> None:
    forecast = fit_trend(annual(shares), transform).forecast(years)
    assert (forecast >= 0).all(axis=None)
    assert transform == "log" or (forecast <= 100).all(axis=None)


def test_levels_nest_around_the_median_and_widen_with_the_horizon() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 20)
    forecast = fit_trend(annual(noisy("log", noise)), "log").forecast([2020, 2030], levels=(50, 90))
    assert list(forecast) == ["median", "low50", "high50", "low90", "high90"]
    assert forecast.index.name == "year"
    ordered = forecast[["low90", "low50", "median", "high50", "high90"]]
    assert (ordered.diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
    width = np.log(forecast.high90 / forecast.low90)
    assert width[2030] > width[2020]


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_forecast_agrees_with_statsmodels_on_the_same_design(transform: Transform) -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, 20)
    values = noisy(transform, noise)
    forecast = fit_trend(annual(values), transform).forecast([2030], levels=[80]).loc[2030]
    scale = "np.log(y)" if transform == "log" else "np.log(y / (100 - y))"
    model = smf.ols(f"{scale} ~ year", pd.DataFrame({"y": values, "year": YEARS})).fit()
    frame = model.get_prediction(pd.DataFrame({"year": [2030]})).summary_frame(alpha=0.2)
    ends = frame[["mean", "obs_ci_lower", "obs_ci_upper"]].iloc[0].to_numpy()
    assert forecast.to_numpy() == pytest.approx(back(transform, ends))


@pytest.mark.parametrize(
    ("values", "transform", "words"),
    [
        (np.ones(7), "log", "7 values are too few for a trend; at least 8"),
        ([*np.ones(7), np.nan], "log", "7 values are too few"),
        ([*np.ones(9), -1], "log", "-1.0 in 2009 is outside the range of log: above 0"),
        ([*np.ones(9), 0], "log", "0.0 in 2009"),
        ([*np.ones(9), np.inf], "log", "inf in 2009"),
        ([*np.ones(9), 0], "logit", "0.0 in 2009 is outside the range of logit: above 0, below"),
        ([*np.ones(9), 100], "logit", "100.0 in 2009"),
        (np.ones(9), "sqrt", "unknown 'sqrt'; allowed: log, logit"),
    ],
)
def test_a_series_that_cannot_be_fitted_is_refused(values: Any, transform: Any, words: str) -> None:
    with pytest.raises(ClaimbookError, match=words.replace("(", r"\(")):
        fit_trend(annual(values), transform)


def test_a_level_above_100_fits_on_the_log_scale() -> None:
    assert fit_trend(annual(np.full(8, 250.0)), "log").growth == pytest.approx(0)


@pytest.mark.parametrize(
    ("years", "levels", "words"),
    [
        ([], [80], "at least one year"),
        ([2030], [0], "0 is not a percentage from 1 to 99"),
        ([2030], [80, 100], "100 is not a percentage"),
    ],
)
def test_a_forecast_that_cannot_be_made_is_refused(
    years: list[int], levels: list[int], words: str
) -> None:
    trend = fit_trend(annual(1.05 ** np.arange(20)), "log")
    with pytest.raises(ClaimbookError, match=words):
        trend.forecast(years, levels)
