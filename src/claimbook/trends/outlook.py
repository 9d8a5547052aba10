"""What a chapter on projections shows: models side by side, their record and their chances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from claimbook import charts
from claimbook.trends.backtests import BENCHMARK, backtest, coverage, recalibrated, scores
from claimbook.trends.models import MODELS, Trend, fit_trend
from claimbook.trends.scales import Transform

TESTED = 5  # years ahead in a backtest
_TIE = 0.05
_MARKS = "osD^vP"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Models fitted to one series, and how each did in its backtest.

    `errors` and `scores` are what `backtest` and `scores` of `claimbook.trends.backtests` return;
    they always hold the random walk, also where it is not among the models.
    """

    trends: dict[str, Trend]
    errors: pd.DataFrame
    scores: pd.DataFrame

    def ratio(self, name: str) -> float:
        """A model's error (mean CRPS over all horizons) as a multiple of the random walk's."""
        mean = self.scores["crps"].groupby("model").mean()
        return float(mean[name] / mean[BENCHMARK])

    def standing(self, name: str) -> str:
        """How a model did against the random walk, in words; within 5 % of it is a tie."""
        if name == BENCHMARK:
            return "the benchmark"
        ratio = self.ratio(name)
        if abs(ratio - 1) <= _TIE:
            return "as good as it"
        return "beats it" if ratio < 1 else "does not beat it"

    @property
    def better(self) -> list[str]:
        """The models that beat the random walk."""
        return [name for name in self.trends if self.standing(name) == "beats it"]

    def forecasts(self, horizon: int, levels: Sequence[int]) -> dict[str, pd.DataFrame]:
        """Each model's `Trend.forecast`."""
        return {name: trend.forecast(horizon, levels) for name, trend in self.trends.items()}

    def chances(self, threshold: float, horizon: int, seed: int) -> pd.DataFrame:
        """Probability in percent of having passed a threshold by each year: a column a model."""
        return pd.DataFrame(
            {name: t.passing(threshold, horizon, seed)["by"] for name, t in self.trends.items()}
        )

    def record(self) -> pd.DataFrame:
        """Each model's estimates and its errors over all horizons, ready to be shown.

        The score is the mean CRPS, as a multiple of the random walk's; the coverage that of the
        80 % interval.
        """
        mean = self.scores.groupby("model")[["mase", "cover80"]].mean()
        rows = {
            trend.model.title: {
                "fitted": trend.describe().partition(": ")[2],
                "error": f"{self.ratio(name):.2f}",
                "MASE": f"{mean.mase[name]:.2f}",
                "80 % interval held (%)": f"{mean.cover80[name]:.0f}",
                "against the random walk": self.standing(name),
            }
            for name, trend in self.trends.items()
        }
        return pd.DataFrame(rows).T.rename_axis("model", axis=1)

    def recalibrated(self, horizon: int, level: int) -> pd.DataFrame:
        """The last year's interval that each model's past errors ask for: low and high by model."""
        ends = {
            trend.model.title: recalibrated(trend, self.errors, horizon, level).iloc[-1]
            for trend in self.trends.values()
        }
        return pd.DataFrame(ends).T


def study(series: pd.Series, models: Sequence[str], transform: Transform) -> Outlook:
    """Fit models to a series indexed by year, and test them on its past.

    Raises ClaimbookError as `fit_trend` and `backtest` do.
    """
    names = list(dict.fromkeys(models))
    trends = {name: fit_trend(series, name, transform) for name in names}
    errors = backtest(series, names, transform, TESTED)
    return Outlook(trends, errors, scores(errors, transform))


def draw_fans(
    found: Outlook, horizon: int, levels: Sequence[int], unit: float = 1.0
) -> tuple[Figure, list[Axes]]:
    """A fan chart a model, on common axes; values are divided by `unit`."""
    rows = int(np.ceil(len(found.trends) / 2))
    figure, axes = plt.subplots(
        rows, 2, figsize=(8, 2.9 * rows), sharex=True, sharey=True, squeeze=False
    )
    panels = list(axes.flat)
    for panel in panels[len(found.trends) :]:
        panel.set_axis_off()
    for panel, (name, ahead) in zip(panels, found.forecasts(horizon, levels).items(), strict=False):
        charts.fan_chart(panel, found.trends[name].history / unit, ahead / unit)
        title = f"{found.trends[name].model.title}: {found.standing(name)}"
        panel.set_title(title, fontsize=9.5, fontweight="normal")
    panels[0].legend(loc="lower right", fontsize=8)
    return figure, panels[: len(found.trends)]


def draw_chances(axes: Axes, chances: pd.DataFrame) -> None:
    """Probabilities by year, a line a model, over the range of them all."""
    axes.fill_between(
        chances.index, chances.min(axis=1), chances.max(axis=1), color="#bbbbbb", alpha=0.4, lw=0
    )
    colours = sns.color_palette("colorblind", len(chances.columns))
    for name, colour, mark in zip(chances, colours, _MARKS, strict=False):
        title = MODELS[str(name)].title
        axes.plot(chances.index, chances[name], color=colour, marker=mark, ms=5, label=title)
    axes.set(ylim=(-3, 103), ylabel="Probability (%)", xlabel="")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend_below(axes)


def draw_coverage(axes: Axes, found: Outlook, levels: Sequence[int]) -> None:
    """Nominal against actual coverage: as fitted (filled) and recalibrated (hollow)."""
    held = coverage(found.errors, levels)
    colours = sns.color_palette("colorblind", len(found.trends))
    reach = max(len(found.trends) - 1, 1)
    for place, (name, colour, mark) in enumerate(zip(found.trends, colours, _MARKS, strict=False)):
        rows = held.loc[name]
        across = rows.index + 5 * (place / reach - 0.5)
        title = found.trends[name].model.title
        axes.plot(across, rows["as_fitted"], mark, color=colour, ms=7, label=title)
        axes.plot(across, rows["recalibrated"], mark, color=colour, ms=7, mfc="white", mew=1.5)
    ends = [min(levels) - 10, 100]
    axes.plot(ends, ends, color="#777777", lw=1, ls="--", label="as promised")
    axes.set(xlabel="Promised coverage (%)", ylabel="Held in the backtest (%)", ylim=(0, 104))
    axes.set_xticks(list(levels))
    _legend_below(axes)


def _legend_below(axes: Axes) -> None:
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.13), ncols=3, fontsize=9, frameon=False)
