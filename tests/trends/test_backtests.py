from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scoringrules
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import integrate, stats

from claimbook.base.errors import ClaimbookError
from claimbook.trends import models as trends
from claimbook.trends.backtests import (
    backtest,
    beats_walk,
    coverage,
    crps,
    diebold_mariano,
    factors,
    recalibrated,
    scores,
)
from claimbook.trends.models import fit_trend

Numbers = NDArray[np.float64]


def annual(values: Any, first: int = 2000) -> pd.Series[float]:
    return pd.Series(np.asarray(values, dtype=float), index=range(first, first + len(values)))


def levels(logs: Any) -> pd.Series[float]:
    return annual(np.exp(np.asarray(logs, dtype=float)))


def walking(count: int, seed: int = 1, drift: float = 0.0) -> pd.Series[float]:
    steps = drift + 0.1 * np.random.default_rng(seed).standard_normal(count)
    return levels(5 + np.cumsum(steps))


def lined(count: int, seed: int = 1, noise: float = 0.1) -> pd.Series[float]:
    random = np.random.default_rng(seed)
    return levels(5 + 0.05 * np.arange(count) + noise * random.standard_normal(count))


def scored_one(value: float, centre: float, spread: float, freedom: float) -> float:
    return float(crps(*(np.array([part]) for part in (value, centre, spread, freedom)))[0])


def made(misses: Any, model: str = "naive", horizon: int = 1, **changes: Any) -> pd.DataFrame:
    """Errors of one model and horizon, each so many spreads of 1 from its centre at 0."""
    values = np.asarray(misses, dtype=float)
    return pd.DataFrame(
        {
            "model": model,
            "origin": range(2000, 2000 + len(values)),
            "horizon": horizon,
            "actual": np.exp(values),
            "median": 1.0,
            "value": values,
            "centre": 0.0,
            "spread": 1.0,
            "freedom": np.inf,
            "scale": 1.0,
            "fallback": "",
        }
        | changes
    )


def at(frame: pd.DataFrame, key: Any) -> Any:
    """A row, or the rows of one model."""
    return frame.loc[key]


# What is fitted and held against what.


def test_a_row_stands_for_each_model_origin_and_year_ahead_with_a_value() -> None:
    errors = backtest(walking(12), ["drift"], "log", 3)
    # The line needs 8 values, the walks 5: origins from the fifth to the eleventh value.
    assert sorted(errors.origin.unique()) == list(range(2004, 2011))
    expected = {
        (model, origin, ahead)
        for model in ("naive", "drift")
        for origin in range(2004, 2011)
        for ahead in (1, 2, 3)
        if origin + ahead <= 2011
    }
    rows = list(zip(errors.model, errors.origin, errors.horizon, strict=True))
    assert (len(rows), set(rows)) == (len(expected), expected)


def test_every_model_starts_where_the_most_demanding_can() -> None:
    errors = backtest(walking(12), ["line", "drift", "line"], "log", 1)
    assert list(errors.model.unique()) == ["naive", "line", "drift"]
    assert errors.groupby("model").origin.min().to_dict() == dict.fromkeys(errors.model, 2007)


def test_origins_can_start_later_but_not_earlier() -> None:
    series = walking(12)
    assert backtest(series, ["drift"], "log", 2, first_origin=2008).origin.min() == 2008
    pd.testing.assert_frame_equal(
        backtest(series, ["drift"], "log", 2, first_origin=1950),
        backtest(series, ["drift"], "log", 2),
    )


def test_years_without_a_value_are_neither_origins_nor_judged() -> None:
    series = walking(14)
    gaps = series.where(~series.index.isin([2002, 2009]))
    errors = backtest(gaps, ["drift"], "log", 2)
    assert sorted(errors.origin.unique()) == [2005, 2006, 2007, 2008, 2010, 2011, 2012]
    judged = errors.origin + errors.horizon
    assert 2009 not in set(judged)
    assert list(errors.horizon[errors.origin == 2008].unique()) == [2]


@pytest.mark.parametrize("model", ["drift", "line", "ets", "local"])
def test_only_what_was_known_at_the_origin_is_used(model: str) -> None:
    series = walking(18)
    later = series.copy()
    later.loc[2014:] *= 3.0
    known = ["centre", "spread", "freedom", "scale", "median", "fallback"]
    before, after = (
        backtest(each, [model], "log", 3).query("origin < 2014")[known] for each in (series, later)
    )
    pd.testing.assert_frame_equal(before, after)
    assert len(before) == 2 * 3 * (2014 - 2000 + 1 - trends.MODELS[model].minimum)


def test_a_row_holds_what_a_fit_up_to_its_origin_says() -> None:
    series = lined(16)
    errors = backtest(series, ["line"], "log", 4)
    row = errors.query("model == 'line' and origin == 2010 and horizon == 3").iloc[0]
    trend = fit_trend(series.loc[:2010], "line", "log")
    found = trend.fit.predict(3)
    assert (row.centre, row.spread, row.freedom) == (found.centre[2], found.spread[2], 9)
    assert row["median"] == trend.forecast(3)["median"][2013]
    assert (row.actual, row.value) == (series[2013], np.log(series[2013]))
    assert row.scale == pytest.approx(np.abs(np.diff(series.loc[:2010])).mean())
    assert row.fallback == ""


def test_the_order_of_years_does_not_matter() -> None:
    series = walking(14)
    pd.testing.assert_frame_equal(
        backtest(series[::-1], ["drift"], "log", 2), backtest(series, ["drift"], "log", 2)
    )


def test_fits_that_another_model_stood_in_for_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trends, "_converged", lambda *_: None)
    errors = backtest(walking(14), ["local"], "log", 1)
    assert (errors.fallback[errors.model == "local"] != "").all()
    assert scores(errors, "log").fallbacks.to_dict() == {("naive", 1): 0, ("local", 1): 4}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            lambda: backtest(walking(5), [], "log", 1),
            "series: 5 values leave no origin for a backtest of naive",
        ),
        (lambda: backtest(walking(10), ["local", "line"], "log", 1), "naive, local, line"),
        (lambda: backtest(walking(12), [], "log", 1, first_origin=2011), "no origin"),
        (lambda: backtest(walking(0), [], "log", 1), "series: 0 values leave no origin"),
        (
            lambda: backtest(walking(12), ["drfit"], "log", 1),
            "model: unknown 'drfit': did you mean drift?",
        ),
        (lambda: backtest(walking(12), [], "sqrt", 1), "transform: unknown 'sqrt'"),  # type: ignore[arg-type]
        (lambda: backtest(walking(12), [], "log", 0), "horizon: 0 is out of range; allowed: 1"),
        (lambda: backtest(walking(12), [], "log", 101), "horizon: 101 is out of range"),
        (lambda: backtest(annual([*range(1, 12), -1]), [], "log", 1), "series: -1.0 in 2011"),
        (lambda: backtest(annual([*range(1, 12), 100]), [], "logit", 1), "series: 100.0 in 2011"),
        (
            lambda: backtest(pd.concat([walking(9), annual([1], 2003)]), [], "log", 1),
            "series: year 2003 stands twice",
        ),
    ],
)
def test_a_backtest_that_cannot_be_made_is_refused(asked: Callable[[], object], words: str) -> None:
    with pytest.raises(ClaimbookError, match=re.escape(words)):
        asked()


# Scores.


def test_scores_of_a_few_errors_by_hand() -> None:
    errors = made([0.1, -0.3, 0.5], scale=0.2, spread=0.4)
    found = at(scores(errors, "log"), ("naive", 1))
    assert found["count"] == 3
    assert found.rmse == pytest.approx(np.sqrt((0.01 + 0.09 + 0.25) / 3))
    assert found.bias == pytest.approx(0.1)
    # In the series' unit: the median is 1, a yearly change 0.2 on average.
    misses = np.exp([0.1, -0.3, 0.5]) - 1
    assert found.mase == pytest.approx(np.abs(misses).mean() / 0.2)
    # 0.674, 1.282 and 1.960 spreads of 0.4 reach 0.270, 0.513 and 0.784.
    assert (found.cover50, found.cover80, found.cover95) == (pytest.approx(100 / 3), 100, 100)
    assert found.width80 == pytest.approx(np.exp(0.5126) - np.exp(-0.5126), abs=1e-3)
    assert np.isnan(found.p_value)


def test_scores_count_the_degrees_of_freedom() -> None:
    # The 80 % interval reaches 1.282 spreads of a normal, 1.533 of Student's t with 4.
    normal, student = (
        at(scores(made([1.4], freedom=freedom), "log"), ("naive", 1)) for freedom in (np.inf, 4.0)
    )
    assert (normal.cover80, student.cover80) == (0, 100)
    assert student.width80 > normal.width80


def test_the_scaled_error_of_a_walk_is_1_where_all_changes_are_the_same() -> None:
    # Hyndman and Koehler (2006): the mean absolute error over that of the walk in the past.
    series = annual(10 + 2 * np.arange(12))
    found = scores(backtest(series, [], "log", 2), "log")
    assert found.mase.to_list() == pytest.approx([1, 2])


def test_a_share_is_scored_in_its_unit_and_on_its_scale() -> None:
    series = annual(20 + 3 * np.random.default_rng(1).standard_normal(14))
    errors = backtest(series, [], "logit", 1)
    found = at(scores(errors, "logit"), ("naive", 1))
    pairs = series.to_numpy()
    assert found.mase == pytest.approx((np.abs(np.diff(pairs)[4:]) / errors.scale).mean())
    logits = np.log(pairs / (100 - pairs))
    assert found.rmse == pytest.approx(np.sqrt((np.diff(logits)[4:] ** 2).mean()))
    assert 0 < found.width50 < found.width80 < found.width95 < 100


def test_the_walk_is_its_own_measure() -> None:
    found = scores(backtest(walking(16), ["drift", "line"], "log", 3), "log")
    assert found.index.names == ["model", "horizon"]
    assert set(found.index) == {(m, h) for m in ("naive", "drift", "line") for h in (1, 2, 3)}
    walk = at(found, "naive")
    assert (walk[["rmse_ratio", "crps_ratio"]] == 1).all(axis=None)
    assert walk.p_value.isna().all()
    assert walk["count"].to_list() == [8, 7, 6]
    for name in ("rmse", "crps"):
        expected = at(found, "line")[name] / walk[name]
        assert at(found, "line")[f"{name}_ratio"].to_numpy() == pytest.approx(expected.to_numpy())
    assert (at(found, "line").rmse_ratio != 1).all()


def test_p_values_are_of_squared_errors_and_need_eight() -> None:
    errors = backtest(walking(16), ["line"], "log", 3)
    found = scores(errors, "log")
    missed = errors.assign(loss=(errors.value - errors.centre) ** 2).set_index("model")
    first = missed[missed.horizon == 1].loss
    expected = diebold_mariano(first["line"].to_numpy(), first["naive"].to_numpy(), 1)
    assert found.p_value[("line", 1)] == pytest.approx(expected)
    assert 0 < expected < 1
    # Eight errors one year ahead, when the line needs eight values; seven two years ahead.
    assert found.p_value[[("line", 2), ("line", 3)]].isna().all()


def test_a_constant_series_is_forecast_without_error_or_warning() -> None:
    found = scores(backtest(annual(np.full(12, 7.0)), ["drift"], "log", 2), "log")
    assert not found[["rmse", "crps", "bias"]].to_numpy().any()
    assert (found.cover80 == 100).all()


def test_the_truth_beats_the_walk() -> None:
    for model, series in (("line", lined(28)), ("drift", walking(40, drift=0.1))):
        found = scores(backtest(series, [model], "log", 5), "log")
        assert beats_walk(found, model)
        assert (at(found, model).crps_ratio < 1).all()
        assert at(found, model).mase.mean() < at(found, "naive").mase.mean()
    assert found.p_value[("drift", 1)] < 0.05


def test_a_bad_model_does_not_beat_the_walk_nor_the_walk_itself() -> None:
    # Growth that turns into decline half way: no line holds.
    series = levels(-np.abs(np.arange(28) - 14) / 20 + np.log(walking(28)))
    found = scores(backtest(series, ["line"], "log", 5), "log")
    assert not beats_walk(found, "line")
    assert not beats_walk(found, "naive")
    assert at(found, "line").crps_ratio.mean() > 1


def test_beating_the_walk_is_a_matter_of_the_mean_over_all_horizons() -> None:
    index = pd.MultiIndex.from_product([["naive", "line"], [1, 2]], names=["model", "horizon"])
    for crps_ahead, beats in (([0.2, 1.7], True), ([1.1, 1.0], False), ([0.1, 1.95], False)):
        scored = pd.DataFrame({"crps": [1.0, 1.0, *crps_ahead]}, index=index)
        assert beats_walk(scored, "line") is beats


# The continuous ranked probability score.


def test_the_score_of_a_normal_at_its_centre() -> None:
    # Gneiting and Raftery (2007), equation 21: sigma (2 phi(0) - 1 / sqrt(pi)) = 0.23370 sigma.
    assert scored_one(3, 3, 2, np.inf) == pytest.approx(2 * 0.233695, abs=1e-5)


def test_the_score_of_a_point_is_the_absolute_error() -> None:
    assert scored_one(3, 5, 0, 7) == 2
    assert scored_one(5, 5, 0, np.inf) == 0
    assert scored_one(3, 5, 1e-9, np.inf) == pytest.approx(2)


@settings(max_examples=60)
@given(
    value=st.floats(-20, 20),
    centre=st.floats(-5, 5),
    spread=st.floats(0.1, 5),
    freedom=st.one_of(st.integers(2, 60).map(float), st.just(np.inf)),
)
def test_the_score_is_the_integral_of_squared_differences(
    value: float, centre: float, spread: float, freedom: float
) -> None:
    # Matheson and Winkler (1976): of the distribution function and the step at the value.
    z = (value - centre) / spread
    below, _ = integrate.quad(lambda x: stats.t.cdf(x, freedom) ** 2, -np.inf, z)
    above, _ = integrate.quad(lambda x: stats.t.sf(x, freedom) ** 2, z, np.inf)
    expected = spread * (below + above)
    assert scored_one(value, centre, spread, freedom) == pytest.approx(expected, rel=1e-4)


@given(miss=st.floats(0, 50), spread=st.floats(0.01, 10), freedom=st.floats(2, 1e5))
def test_the_score_is_symmetric_and_below_the_error_of_a_point(
    miss: float, spread: float, freedom: float
) -> None:
    one, other = (scored_one(sign * miss, 0, spread, freedom) for sign in (1, -1))
    assert one == pytest.approx(other)
    assert 0 < one <= miss + spread
    assert one == pytest.approx(scored_one(miss / spread, 0, 1, freedom) * spread, rel=1e-6)


@given(
    st.floats(-20, 20), st.floats(-5, 5), st.floats(0.05, 10), st.floats(1.5, 200) | st.just(np.inf)
)
def test_the_score_is_that_of_scoringrules(
    value: float, centre: float, spread: float, freedom: float
) -> None:
    oracle = (
        scoringrules.crps_normal(value, centre, spread)
        if np.isinf(freedom)
        else scoringrules.crps_t(value, freedom, centre, spread)
    )
    assert scored_one(value, centre, spread, freedom) == pytest.approx(float(oracle), rel=1e-6)


@pytest.mark.parametrize("freedom", [4.0, 30.0, np.inf])
def test_the_score_is_that_of_an_ensemble_of_the_distributions_quantiles(freedom: float) -> None:
    random = np.random.default_rng(7)
    drawn = random.standard_normal(50), random.standard_normal(50), random.uniform(0.3, 3, 50)
    value, centre, spread = drawn
    places = (np.arange(4000) + 0.5) / 4000
    members = centre[:, None] + spread[:, None] * stats.t.ppf(places, freedom)
    ours = crps(value, centre, spread, np.full(50, freedom))
    assert ours == pytest.approx(scoringrules.crps_ensemble(value, members), abs=2e-3)


def test_the_true_distribution_has_the_least_score() -> None:
    drawn = np.random.default_rng(1).standard_normal(4000)
    means = {
        (centre, spread): crps(
            drawn, *np.broadcast_arrays(centre, spread, np.inf, drawn)[:3]
        ).mean()
        for centre in (-0.3, 0.0, 0.3)
        for spread in (0.7, 1.0, 1.4)
    }
    assert min(means, key=lambda kind: means[kind]) == (0.0, 1.0)


# The test of equal accuracy.


def test_diebold_and_mariano_by_hand_one_step_ahead() -> None:
    # Differences 1, 2, 3, 4: mean 2.5, variance 1.25 / 4; corrected by (4 + 1 - 2) / 4: the
    # statistic is 2.5 / sqrt(0.3125) * sqrt(0.75) = 3.8730, of Student's t with 3.
    p_value = diebold_mariano(np.array([2.0, 4, 6, 8]), np.array([1.0, 2, 3, 4]), 1)
    assert p_value == pytest.approx(2 * stats.t.sf(3.872983, 3), rel=1e-6)
    assert p_value == pytest.approx(0.0305, abs=1e-4)


def test_diebold_and_mariano_by_hand_two_steps_ahead() -> None:
    # Differences 1, 2, 4, 3, 5: mean 3, deviations -2, -1, 1, 0, 2. Autocovariances: of lag 0
    # (4 + 1 + 1 + 0 + 4) / 5 = 2, of lag 1 (2 - 1 + 0 + 0) / 5 = 0.2; variance (2 + 0.4) / 5.
    # Correction (5 + 1 - 4 + 2 / 5) / 5 = 0.48.
    differences = np.array([1.0, 2, 4, 3, 5])
    statistic = 3 / np.sqrt(0.48) * np.sqrt(0.48)
    found = diebold_mariano(differences, np.zeros(5), 2)
    assert found == pytest.approx(2 * stats.t.sf(statistic, 4))


@given(losses=st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9)), min_size=8, max_size=20))
@pytest.mark.parametrize("horizon", [1, 3])
def test_the_test_does_not_care_which_comes_first(
    horizon: int, losses: list[tuple[float, float]]
) -> None:
    one, other = np.array(losses).T
    found = diebold_mariano(one, other, horizon)
    assert found == pytest.approx(diebold_mariano(other, one, horizon), nan_ok=True)
    assert np.isnan(found) or 0 <= found <= 1


@pytest.mark.parametrize(("count", "horizon"), [(10, 1), (25, 1), (25, 2)])
def test_p_values_under_equal_accuracy_are_near_uniform(count: int, horizon: int) -> None:
    random = np.random.default_rng(4)
    shocks = random.standard_normal((600, count + horizon - 1))
    overlapping = np.stack([shocks[:, k : k + count] for k in range(horizon)]).sum(axis=0)
    found = np.array([diebold_mariano(row, np.zeros(count), horizon) for row in overlapping])
    for share in (0.1, 0.5, 0.9):
        # Four standard errors, and what the correction leaves at two steps.
        assert (found < share).mean() == pytest.approx(share, abs=0.04 + 0.04 * horizon)


@pytest.mark.parametrize(
    ("losses", "horizon"),
    [
        (np.full(9, 0.4), 1),
        (np.zeros(9), 1),
        (np.array([1.0, -1] * 5), 2),
        (np.arange(8.0), 8),
        (np.arange(8.0) ** 2, 12),
        (np.array([1.0]), 1),
    ],
    ids=["constant", "equal", "negative variance", "as many steps", "more steps", "one"],
)
def test_what_cannot_be_tested_has_no_p_value(losses: Numbers, horizon: int) -> None:
    assert np.isnan(diebold_mariano(losses + 0.7, np.full(len(losses), 0.7), horizon))


# Recalibrated intervals.


def test_a_factor_is_the_miss_of_its_rank() -> None:
    # Nine errors: 80 % asks for the ceil(10 * 0.8) = 8th miss, 50 % for the 5th, 95 % for a tenth.
    errors = made([0.5, -0.1, 0.9, 0.2, -0.7, 0.3, -0.4, 0.8, 0.6])
    assert factors(errors, "naive", 80).to_dict() == {1: 0.8}
    assert factors(errors, "naive", 50).to_dict() == {1: 0.5}
    assert factors(errors, "naive", 90).to_dict() == {1: 0.9}
    assert np.isnan(factors(errors, "naive", 95)[1])


def test_factors_are_of_one_model_and_one_horizon_in_spreads() -> None:
    errors = pd.concat(
        [
            made([1, 2, 3, 4], horizon=1),
            made([1, 2, 3, 4], horizon=2, spread=0.5, centre=-1.0),
            made([9, 9, 9, 9], model="drift"),
        ],
        ignore_index=True,
    )
    found = factors(errors, "naive", 80)
    assert found.to_dict() == {1: 4, 2: 10}
    assert (found.name, list(found.index)) == ("factor", [1, 2])
    assert factors(errors, "line", 80).empty


def test_a_recalibrated_interval_reaches_so_many_spreads_and_keeps_the_last_factor() -> None:
    trend = fit_trend(walking(20), "drift", "log")
    errors = pd.concat(
        [
            made(np.full(9, 2.0), "drift", horizon=1),
            made(np.full(9, 3.0), "drift", horizon=2),
            made(np.full(2, 9.0), "drift", horizon=3),
        ],
        ignore_index=True,
    )
    found = recalibrated(trend, errors, 5, 80)
    predicted = trend.fit.predict(5)
    reach = np.array([2, 3, 3, 3, 3]) * predicted.spread
    assert found.low.to_numpy() == pytest.approx(np.exp(predicted.centre - reach))
    assert found.high.to_numpy() == pytest.approx(np.exp(predicted.centre + reach))
    assert list(found.index) == list(range(2020, 2025))


def test_a_model_that_was_too_sure_gets_wider_intervals() -> None:
    series = lined(30, noise=0.2)
    errors = backtest(series, ["line"], "log", 3)
    trend = fit_trend(series, "line", "log")
    plain = recalibrated(trend, errors, 3, 80)
    too_sure = recalibrated(trend, errors.assign(spread=errors.spread / 2), 3, 80)
    assert (too_sure.low < plain.low).all()
    assert (too_sure.high > plain.high).all()
    widths = [np.log((each.high / each.low).to_numpy()) for each in (plain, too_sure)]
    assert widths[1] == pytest.approx(2 * widths[0])


def test_recalibrated_shares_stay_in_range() -> None:
    series = annual(90 + 3 * np.random.default_rng(1).standard_normal(24))
    errors = backtest(series, ["drift"], "logit", 2)
    found = recalibrated(fit_trend(series, "drift", "logit"), errors, 20, 50)
    assert ((found > 0) & (found < 100)).all(axis=None)


def test_without_enough_errors_there_is_no_interval() -> None:
    trend = fit_trend(walking(20), "drift", "log")
    for errors in (made([1, 2], "drift"), made([1, 2, 3, 4, 5], "naive")):
        assert recalibrated(trend, errors, 3, 80).isna().all(axis=None)


@pytest.mark.parametrize("level", [0, 100])
def test_a_level_out_of_range_is_refused(level: int) -> None:
    errors = made([1, 2, 3])
    trend = fit_trend(walking(20), "naive", "log")
    asked: list[Callable[[], object]] = [
        lambda: factors(errors, "naive", level),
        lambda: recalibrated(trend, errors, 3, level),
        lambda: coverage(errors, [level]),
    ]
    for ask in asked:
        with pytest.raises(ClaimbookError, match=f"levels: {level} is not a percentage"):
            ask()


@pytest.mark.parametrize("model", ["naive", "ets"])
def test_a_horizon_out_of_range_is_refused(model: str) -> None:
    trend = fit_trend(walking(20), model, "log")
    with pytest.raises(ClaimbookError, match="horizon: 0 is out of range; allowed: 1 to 100"):
        recalibrated(trend, made([1, 2, 3], model), 0, 80)


def test_coverage_as_fitted_by_hand() -> None:
    # Normal intervals of 50, 80 and 95 % reach 0.674, 1.282 and 1.960 spreads.
    found = coverage(made([0.1, -0.6, 1.0, -1.2, 1.5, -2.5]))
    assert at(found, "naive").as_fitted.round(2).to_dict() == {50: 33.33, 80: 66.67, 95: 83.33}


def test_coverage_as_fitted_counts_the_degrees_of_freedom() -> None:
    misses = [0.1, 1.4, -1.4, 1.6]
    assert coverage(made(misses), [80]).as_fitted.item() == 25
    assert coverage(made(misses, freedom=4), [80]).as_fitted.item() == 75


def test_recalibrated_coverage_of_exchangeable_errors_is_near_nominal() -> None:
    drawn = 3 * np.random.default_rng(3).standard_t(4, 400)
    found = coverage(made(drawn)).loc["naive"]
    for level in (50, 80, 95):
        assert found.recalibrated[level] == pytest.approx(level, abs=5)
        assert found.as_fitted[level] < level - 10
        assert 0 < found["count"][level] <= 400


def test_too_few_errors_cannot_be_recalibrated() -> None:
    # Four would be enough for a factor, but each is judged by three others at most.
    found = at(coverage(made([0.1, 0.2, 0.3, 0.4]), [80]), ("naive", 80))
    assert np.isnan(found.recalibrated)
    assert found["count"] == 0


def test_coverage_has_a_row_a_model_and_level_over_all_horizons() -> None:
    errors = pd.concat(
        [made([0.1] * 5), made([9] * 5, horizon=2), made([0.1] * 5, model="line")],
        ignore_index=True,
    )
    found = coverage(errors, [50, 80])
    assert list(found.index) == [("naive", 50), ("naive", 80), ("line", 50), ("line", 80)]
    assert found.as_fitted.to_list() == [50, 50, 100, 100]
