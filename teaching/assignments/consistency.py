"""Variants and answers of the assignment on consistency: printed figures as intervals."""

from __future__ import annotations

from itertools import product
from typing import Any

import pandas as pd

TABLES = ["trade"]


def variants() -> list[dict[str, Any]]:
    """Every reporter and year, with the change printed to either precision."""
    return [
        {"reporter": reporter, "year": year, "decimals": decimals}
        for reporter, year, decimals in product(["PAK", "RUS"], range(1998, 2017), (0, 1))
    ]


def answers(
    tables: dict[str, pd.DataFrame], reporter: str, year: int, decimals: int
) -> dict[str, dict[str, Any]]:
    """The answers to the three questions."""
    table = tables["trade"]
    rows = table[(table["source"] == "UN Comtrade (WITS)") & (table["reporter"] == reporter)]
    rows = rows[rows["partner"].isin(["PAK", "RUS"])]
    totals = rows.groupby("year")["value_usd"].sum() / 1e6
    new = round(float(totals[year]))
    change = round(100 * float(totals[year] / totals[year - 1] - 1), decimals)
    half = 0.5 / 10**decimals
    low, high = (new - 0.5) / (1 + (change + half) / 100), (new + 0.5) / (1 + (change - half) / 100)
    middle = new / (1 + change / 100)
    return {
        "lowest": {
            "answer": low,
            "decimals": 2,
            "mistakes": {
                "middle": (middle, "this takes the printed figures as exact"),
                "same": (
                    (new - 0.5) / (1 + (change - half) / 100),
                    "a quotient is lowest where the divisor is highest",
                ),
                "amount": ((new - 0.5) / (1 + change / 100), "the change is rounded too"),
            },
        },
        "highest": {
            "answer": high,
            "decimals": 2,
            "mistakes": {
                "middle": (middle, "this takes the printed figures as exact"),
                "same": (
                    (new + 0.5) / (1 + (change + half) / 100),
                    "a quotient is highest where the divisor is lowest",
                ),
                "amount": ((new + 0.5) / (1 + change / 100), "the change is rounded too"),
            },
        },
        "width": {
            "answer": 100 * (high - low) / middle,
            "decimals": 2,
            "percent": True,
            "mistakes": {
                "half": (50 * (high - low) / middle, "this is half of the width"),
                "million": (high - low, "this is in millions; per cent is asked for"),
            },
        },
    }
