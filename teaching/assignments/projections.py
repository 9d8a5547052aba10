"""Variants and answers of the assignment on projections: the random walk and its errors."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pandas as pd

TABLES = ["trade"]
PARTNERS = ["CHN", "IND", "PAK"]


def variants() -> list[dict[str, Any]]:
    """Every partner and flow, with several origins and horizons."""
    return [
        {"partner": partner, "flow": flow, "first": 1996, "origin": origin, "horizon": horizon}
        for partner, flow, origin, horizon in product(
            PARTNERS, ["export", "import"], range(2005, 2014), (1, 2, 3)
        )
    ]


def answers(
    tables: dict[str, pd.DataFrame],
    partner: str,
    flow: str,
    first: int,
    origin: int,
    horizon: int,
) -> dict[str, dict[str, Any]]:
    """The answers to the three questions."""
    table = tables["trade"]
    rows = table[
        (table["source"] == "UN Comtrade (WITS)")
        & (table["reporter"] == "RUS")
        & (table["partner"] == partner)
        & (table["flow"] == flow)
    ]
    series = {int(y): float(v) for y, v in zip(rows["year"], rows["value_usd"], strict=True)}
    last, came = series[origin], series[origin + horizon]
    steps = origin - first
    drift = (last / series[first]) ** (horizon / steps)
    errors = [100 * abs(series[y] / series[y - 1] - 1) for y in range(first + 1, origin + 1)]
    mean = sum(errors) / len(errors)
    return {
        "naive_error": {
            "answer": 100 * (last / came - 1),
            "decimals": 1,
            "percent": True,
            "mistakes": {
                "growth": (100 * (came / last - 1), "divide by what came, not by the forecast"),
                "next": (
                    100 * (last / series[origin + horizon - 1] - 1),
                    "this is one year too early: count the horizon from `origin`",
                ),
                "million": ((last - came) / 1e6, "this is in millions; per cent is asked for"),
            },
        },
        "drift_million": {
            "answer": last * drift / 1e6,
            "decimals": 1,
            "mistakes": {
                "naive": (last / 1e6, "this is the walk without drift"),
                "line": (
                    (last + horizon * (last - series[first]) / steps) / 1e6,
                    "this adds the mean change in dollars; the drift is a rate a year",
                ),
                "count": (
                    last * (last / series[first]) ** (horizon / (steps + 1)) / 1e6,
                    "from `first` to `origin` there is one step less than there are years",
                ),
                "log": (
                    last * (1 + horizon * math.log(last / series[first]) / steps) / 1e6,
                    "a rate a year is applied year after year, not added",
                ),
            },
        },
        "mean_error": {
            "answer": mean,
            "decimals": 1,
            "percent": True,
            "mistakes": {
                "signed": (
                    sum(100 * (series[y] / series[y - 1] - 1) for y in range(first + 1, origin + 1))
                    / steps,
                    "errors of both signs cancel here: take their sizes",
                ),
                "count": (sum(errors) / (steps + 1), "there is no forecast for the first year"),
                "late": (
                    sum(100 * abs(series[y] / series[y - 1] - 1) for y in range(origin + 1, 2017))
                    / (2016 - origin),
                    "these are the years after `origin`, which were not known then",
                ),
            },
        },
    }
