"""Variants and answers of the assignment on trade: two reporters, two years, two flows."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pandas as pd

TABLES = ["trade"]
OTHER = {"PAK": "RUS", "RUS": "PAK"}


def variants() -> list[dict[str, Any]]:
    """Every reporter with every base and last year that lie five years or more apart."""
    years = product(range(1997, 2011), range(2004, 2017))
    pairs = [(base, last) for base, last in years if last - base >= 5]
    return [{"reporter": r, "base": b, "last": e} for r in OTHER for b, e in pairs]


def answers(
    tables: dict[str, pd.DataFrame], reporter: str, base: int, last: int
) -> dict[str, dict[str, Any]]:
    """The answers to the four questions."""
    table = tables["trade"]
    series = table[table["source"] == "UN Comtrade (WITS)"]

    def flow(who: str, which: str, year: int) -> float:
        rows = series[
            (series["reporter"] == who)
            & (series["partner"] == OTHER[who])
            & (series["flow"] == which)
            & (series["year"] == year)
        ]
        return float(rows["value_usd"].sum())

    def total(who: str, year: int) -> float:
        return flow(who, "export", year) + flow(who, "import", year)

    def share(who: str, year: int) -> float:
        return 100 * flow(who, "export", year) / total(who, year)

    def change(old: float, new: float) -> float:
        return 100 * (new / old - 1)

    partner = OTHER[reporter]
    old, new = total(reporter, base), total(reporter, last)
    sold, bought = flow(reporter, "export", last), flow(partner, "import", last)
    first, final = flow(reporter, "import", base), flow(reporter, "import", last)
    years = last - base
    growth = (final / first) ** (1 / years)
    return {
        "change_percent": {
            "answer": change(old, new),
            "decimals": 1,
            "percent": True,
            "mistakes": {
                "base": (
                    100 * (1 - old / new),
                    "this divides by the last year; a change is divided by the base year, "
                    "from which it starts",
                ),
                "ratio": (
                    100 * new / old,
                    "this is the last year in per cent of the base year; the change is what "
                    "lies above 100",
                ),
                "million": (
                    (new - old) / 1e6,
                    "this is the change in millions of dollars; the question asks for per cent",
                ),
                "mirror": (
                    change(total(partner, base), total(partner, last)),
                    "this is the report of the other customs; look at `reporter`",
                ),
                "exports": (
                    change(flow(reporter, "export", base), sold),
                    "these are the exports alone; trade is exports and imports together",
                ),
                "imports": (
                    change(first, final),
                    "these are the imports alone; trade is exports and imports together",
                ),
            },
        },
        "share_points": {
            "answer": share(reporter, last) - share(reporter, base),
            "decimals": 1,
            "mistakes": {
                "percent": (
                    change(share(reporter, base), share(reporter, last)),
                    "this is the change of the share in per cent; the question asks for "
                    "percentage points, the difference of the two shares",
                ),
                "fraction": (
                    (share(reporter, last) - share(reporter, base)) / 100,
                    "this is the difference of two fractions; a percentage point is a hundredth",
                ),
                "level": (
                    share(reporter, last),
                    "this is the share of the last year itself; the question asks how far it moved",
                ),
                "mirror": (
                    share(partner, last) - share(partner, base),
                    "this is the report of the other customs; look at `reporter`",
                ),
            },
        },
        "mirror_ratio": {
            "answer": bought / sold,
            "decimals": 2,
            "mistakes": {
                "inverse": (
                    sold / bought,
                    "this is the exporter's report divided by the importer's; it is the other "
                    "way round",
                ),
                "direction": (
                    flow(reporter, "import", last) / flow(partner, "export", last),
                    "these are the goods that go the other way; `reporter` is the seller here",
                ),
                "own": (
                    flow(reporter, "import", last) / sold,
                    "this divides imports by exports of one reporter; a mirror needs two "
                    "reporters and one flow of goods",
                ),
                "percent": (
                    change(sold, bought),
                    "this is the gap in per cent; the question asks for the ratio",
                ),
                "base": (
                    flow(partner, "import", base) / flow(reporter, "export", base),
                    "this is the base year; the question asks for the last year",
                ),
            },
        },
        "growth_per_year": {
            "answer": 100 * (growth - 1),
            "decimals": 1,
            "percent": True,
            "mistakes": {
                "plain": (
                    change(first, final) / years,
                    "this is the whole change divided by the years; growth builds on growth, "
                    "so take the root of the ratio",
                ),
                "count": (
                    100 * ((final / first) ** (1 / (years + 1)) - 1),
                    "the years are counted with both ends; from the base to the last year there "
                    "is one step less than there are years",
                ),
                "log": (
                    100 * math.log(final / first) / years,
                    "this is the mean change of the logarithm; the question asks for the "
                    "compound rate",
                ),
                "whole": (
                    change(first, final),
                    "this is the change over the whole time; the question asks for a rate a year",
                ),
            },
        },
    }
