"""Variants and answers of the assignment on arms: windows, denominators and releases."""

from __future__ import annotations

from itertools import product
from typing import Any

import pandas as pd

TABLES = ["arms_exports"]
RELEASES = ["2022-07-28", "2026-02-12"]


def variants() -> list[dict[str, Any]]:
    """Two windows of years for one buyer, by either release."""
    pairs = [(a, b) for a, b in product(range(2000, 2010), range(2008, 2018)) if b - a >= 5]
    return [
        {"release": release, "recipient": recipient, "early": early, "late": late, "length": n}
        for release, recipient, (early, late), n in product(
            RELEASES, ["India", "China"], pairs, [4, 5]
        )
    ]


def answers(
    tables: dict[str, pd.DataFrame],
    release: str,
    recipient: str,
    early: int,
    late: int,
    length: int,
) -> dict[str, dict[str, Any]]:
    """The answers to the four questions."""
    table = tables["arms_exports"]

    def volume(to: str, start: int, years: int = length, which: str = release) -> float:
        rows = table[
            (table["release"] == which)
            & (table["recipient"] == to)
            & table["year"].between(start, start + years - 1)
        ]
        return float(rows["tiv_million"].sum())

    def share(start: int, years: int = length, which: str = release) -> float:
        whole = volume("(all recipients)", start, years, which)
        return 100 * volume(recipient, start, years, which) / whole

    other = next(name for name in RELEASES if name != release)
    old, new = volume(recipient, early), volume(recipient, late)
    shares = [
        100 * volume(recipient, year, 1) / volume("(all recipients)", year, 1)
        for year in range(late, late + length)
    ]
    return {
        "window_share": {
            "answer": share(late),
            "decimals": 1,
            "percent": True,
            "mistakes": {
                "mean": (
                    sum(shares) / length,
                    "this is the mean of yearly shares; a window's share is sum by sum, so that "
                    "large years count for more",
                ),
                "longer": (
                    share(late, length + 1),
                    "this window has a year too many: `length` counts both of its ends",
                ),
                "release": (share(late, which=other), "this is of the other release"),
                "early": (share(early), "this is the early window"),
            },
        },
        "change_percent": {
            "answer": 100 * (new / old - 1),
            "decimals": 1,
            "percent": True,
            "mistakes": {
                "base": (100 * (1 - old / new), "divide by the early window, where it starts"),
                "years": (
                    100 * (volume(recipient, late, 1) / volume(recipient, early, 1) - 1),
                    "these are two single years; deliveries come in lumps, so windows are compared",
                ),
                "volume": (new - old, "this is the change in TIV; per cent is asked for"),
            },
        },
        "share_points": {
            "answer": share(late) - share(early),
            "decimals": 1,
            "mistakes": {
                "percent": (
                    100 * (share(late) / share(early) - 1),
                    "this is the change of the share in per cent; percentage points are asked for",
                ),
                "release": (
                    share(late, which=other) - share(early, which=other),
                    "this is of the other release",
                ),
            },
        },
        "mean_year": {
            "answer": new / length,
            "decimals": 0,
            "mistakes": {
                "sum": (new, "this is the whole window; the mean of one year is asked for"),
                "count": (
                    new / (length - 1),
                    "a window of `length` years is divided by `length`: both ends count",
                ),
                "world": (
                    volume("(all recipients)", late) / length,
                    "these are the deliveries to all recipients",
                ),
            },
        },
    }
