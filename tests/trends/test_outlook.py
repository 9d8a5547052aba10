from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from claimbook.base.errors import ClaimbookError
from claimbook.trends.outlook import Outlook, draw_chances, draw_coverage, draw_fans, study

NAMES = ["naive", "drift", "line"]


def steady(growth: float, noise: float, count: int = 28) -> pd.Series[float]:
    """Growth at one rate, with independent noise round it."""
    random = np.random.default_rng(7)
    values = np.exp(growth * np.arange(count) + noise * random.standard_normal(count))
    return pd.Series(values, index=range(1996, 1996 + count))


@pytest.fixture(scope="module")
def found() -> Outlook:
    return study(steady(0.1, 0.05), NAMES, "log")


def test_where_growth_is_steady_the_line_beats_the_random_walk(found: Outlook) -> None:
    assert found.standing("naive") == "the benchmark"
    assert found.standing("line") == "beats it"
    assert found.ratio("line") < found.ratio("drift") < found.ratio("naive") == 1
    assert found.better == ["drift", "line"]


def test_a_model_that_is_no_better_is_shown_as_such() -> None:
    walk = np.cumsum(0.3 * np.random.default_rng(3).standard_normal(28))
    series = pd.Series(np.exp(walk), index=range(1996, 2024))
    assert study(series, ["line"], "log").standing("line") == "does not beat it"


@pytest.mark.parametrize(("ratio", "standing"), [(0.96, "as good as it"), (0.94, "beats it")])
def test_a_small_lead_is_a_tie(found: Outlook, ratio: float, standing: str) -> None:
    scores = pd.DataFrame({"crps": [1.0, ratio]}, index=["naive", "line"])
    scores.index.name = "model"
    assert Outlook(found.trends, found.errors, scores).standing("line") == standing


def test_the_record_holds_a_row_a_model_and_its_standing(found: Outlook) -> None:
    record = found.record()
    assert list(record.index) == [trend.model.title for trend in found.trends.values()]
    assert record.loc["Straight line", "against the random walk"] == "beats it"
    assert record.loc["Random walk", "error"] == "1.00"


def test_the_random_walk_judges_also_where_it_is_not_asked_for() -> None:
    found = study(steady(0.1, 0.05), ["line", "line"], "log")
    assert list(found.trends) == ["line"]
    assert found.standing("line") == "beats it"


def test_chances_grow_with_time_and_fall_with_the_threshold(found: Outlook) -> None:
    last = float(steady(0.1, 0.05).iloc[-1])
    near, far = (found.chances(last * times, 10, seed=1) for times in (1.2, 3.0))
    assert list(near.columns) == NAMES
    assert (near.diff().dropna() >= 0).all(axis=None)
    assert (near >= far).all(axis=None)
    assert near["line"].iloc[-1] > 99


def test_the_recalibrated_interval_is_the_last_years(found: Outlook) -> None:
    wide = found.recalibrated(5, 80)
    assert (wide.low < wide.high).all()
    median = found.forecasts(5, [80])["line"]["median"].iloc[-1]
    assert wide.low["Straight line"] < median < wide.high["Straight line"]


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(ClaimbookError, match=r"unknown 'lines'.*line"):
        study(steady(0.1, 0.05), ["lines"], "log")


def test_the_charts_show_every_model_and_its_standing(found: Outlook) -> None:
    figure, panels = draw_fans(found, 5, [80], unit=10)
    assert [panel.get_title(loc="left") or panel.get_title() for panel in panels] == [
        f"{trend.model.title}: {found.standing(name)}" for name, trend in found.trends.items()
    ]
    drawn = panels[0].lines[0].get_ydata()
    assert np.asarray(drawn) == pytest.approx(steady(0.1, 0.05).to_numpy() / 10)
    plt.close(figure)
    figure, axes = plt.subplots()
    draw_chances(axes, found.chances(20, 5, seed=1))
    titles = [trend.model.title for trend in found.trends.values()]
    assert axes.get_legend_handles_labels()[1] == titles
    plt.close(figure)
    figure, axes = plt.subplots()
    draw_coverage(axes, found, [50, 80])
    assert axes.get_legend_handles_labels()[1] == [*titles, "as promised"]
    plt.close(figure)
