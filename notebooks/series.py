"""The series that more than one chapter uses, from the tables of data/."""

from __future__ import annotations

import pandas as pd

# The first source that has the year counts; where two have it they agree to about a percent.
TRADE_SOURCES = ["IMF IMTS", "UN Comtrade (WITS)", "UN Comtrade (WITS) 2021"]


def goods(trade: pd.DataFrame, seller: str, reporter: str) -> pd.Series:
    """Goods sold by Russia or Pakistan to the other, as `reporter` counts them: dollars a year."""
    flow = "export" if reporter == seller else "import"
    partner = "PAK" if reporter == "RUS" else "RUS"
    theirs = (trade.reporter == reporter) & (trade.partner == partner)
    rows = trade[theirs & (trade.flow == flow)]
    by_source = rows.pivot(index="year", columns="source", values="value_usd")
    return by_source.reindex(columns=TRADE_SOURCES).bfill(axis=1)[TRADE_SOURCES[0]].dropna()


def both_ways(trade: pd.DataFrame, reporter: str) -> pd.Series:
    """Trade of the two countries, exports plus imports of one and the same reporter."""
    return (goods(trade, "RUS", reporter) + goods(trade, "PAK", reporter)).dropna()


def group_shares(
    weo: pd.DataFrame, members: list[str], release: str, decimals: int | None = None
) -> pd.Series:
    """A group's share of world output at PPP by year, in percent, where all members have one.

    `decimals` rounds each country before adding.
    """
    rows = weo[(weo.indicator == "PPPSH") & (weo.release == release) & weo.area.isin(members)]
    table = rows.pivot(index="year", columns="area", values="value").reindex(columns=members)
    table = table.dropna()
    table.index = table.index.astype(int)
    return (table if decimals is None else table.round(decimals)).sum(axis=1)


def supplier_shares(
    imports: pd.DataFrame, release: str, recipient: str, supplier: str
) -> pd.Series:
    """A supplier's share of a state's arms imports by volume (TIV) and year, in percent.

    Years before 1995 are left out, because only one of the two releases holds them.
    """
    theirs = (imports.release == release) & (imports.recipient == recipient)
    table = imports[theirs & (imports.year >= 1995)].pivot_table(
        index="year", columns="supplier", values="tiv_million", aggfunc="sum", fill_value=0
    )
    table.index = table.index.astype(int)
    return 100 * table[supplier] / table.sum(axis=1)
