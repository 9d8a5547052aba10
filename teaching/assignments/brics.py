"""Variants and answers of the assignment on shares of the world: members, measure and vintage."""

from __future__ import annotations

from itertools import product
from typing import Any

import pandas as pd

TABLES = ["weo"]
FIVE = ["BRA", "RUS", "IND", "CHN", "ZAF"]
JOINED = ["EGY", "ETH", "IRN", "ARE"]
SEVEN = ["CAN", "FRA", "DEU", "ITA", "JPN", "GBR", "USA"]
RELEASES = ["2023-04", "2023-10", "2024-04", "2024-10", "2025-04", "2025-10"]


def variants() -> list[dict[str, Any]]:
    """Every two releases, the earlier first, with years that both hold."""
    pairs = [(a, b) for a, b in product(RELEASES, RELEASES) if a < b]
    return [
        {"release": a, "later_release": b, "base": base, "year": year}
        for (a, b), base, year in product(pairs, (2000, 2005, 2010), (2019, 2021, 2022, 2023))
    ]


def answers(
    tables: dict[str, pd.DataFrame], release: str, later_release: str, base: int, year: int
) -> dict[str, dict[str, Any]]:
    """The answers to the four questions."""
    table = tables["weo"]

    def value(indicator: str, areas: list[str], which: str, when: int) -> float:
        rows = table[
            (table["release"] == which)
            & (table["indicator"] == indicator)
            & (table["year"] == when)
            & table["area"].isin(areas)
        ]
        return float(rows["value"].sum(min_count=len(areas)))

    def share(areas: list[str], which: str, when: int) -> float:
        return value("PPPSH", areas, which, when)

    nine = FIVE + JOINED
    market = 100 * value("NGDPD", FIVE, release, year) / value("NGDPD", ["WLD"], release, year)
    moved = share(FIVE, release, year) - share(FIVE, release, base)
    revised = share(nine, later_release, year) - share(nine, release, year)
    return {
        "five_share": {
            "answer": share(FIVE, release, year),
            "decimals": 1,
            "percent": True,
            "mistakes": {
                "nine": (share(nine, release, year), "these are nine members; five are asked for"),
                "market": (market, "this is at market prices; purchasing power parity is asked"),
                "vintage": (share(FIVE, later_release, year), "this is of the later release"),
                "base": (share(FIVE, release, base), "this is the share of the base year"),
            },
        },
        "market_share": {
            "answer": market,
            "decimals": 1,
            "percent": True,
            "mistakes": {
                "parity": (
                    share(FIVE, release, year),
                    "this is at purchasing power parity; market prices are asked for",
                ),
                "seven": (
                    100
                    * value("NGDPD", SEVEN, release, year)
                    / value("NGDPD", ["WLD"], release, year),
                    "these are the seven; the share of the five is asked for",
                ),
                "ratio": (
                    100
                    * value("NGDPD", FIVE, release, year)
                    / value("NGDPD", SEVEN, release, year),
                    "this is in per cent of the seven; the whole is the world",
                ),
            },
        },
        "moved_points": {
            "answer": moved,
            "decimals": 1,
            "mistakes": {
                "percent": (
                    100 * moved / share(FIVE, release, base),
                    "this is the change of the share in per cent; percentage points are asked for",
                ),
                "nine": (
                    share(nine, release, year) - share(nine, release, base),
                    "these are nine members; a set of members has to stay the one asked for",
                ),
                "mixed": (
                    share(nine, release, year) - share(FIVE, release, base),
                    "this compares nine members with five: part of it is accession, not growth",
                ),
            },
        },
        "revised_points": {
            "answer": revised,
            "decimals": 2,
            "mistakes": {
                "five": (
                    share(FIVE, later_release, year) - share(FIVE, release, year),
                    "this is the revision of the five; nine members are asked for",
                ),
                "percent": (
                    100 * revised / share(nine, release, year),
                    "this is the revision in per cent; percentage points are asked for",
                ),
            },
        },
    }
