"""The series that chapters share, against figures that their publishers printed."""

from __future__ import annotations

import sys

import pytest

from claimbook.base.project import Project
from claimbook.data.tables import load_table
from tests.books import ROOT

sys.path.insert(0, str(ROOT / "notebooks"))
import series

BOOK = Project(ROOT)


def test_the_share_of_brics_is_that_of_the_release() -> None:
    # The five countries' PPPSH of 2022 in the World Economic Outlook of October 2023.
    weo = load_table(BOOK, "weo")
    shares = series.group_shares(weo, ["BRA", "RUS", "IND", "CHN", "ZAF"], "2023-10")
    assert shares[2022] == pytest.approx(31.542, abs=0.001)
    assert (shares.index.min(), shares.index.max()) == (1992, 2028)
    rounded = series.group_shares(weo, ["BRA", "RUS"], "2023-10", decimals=0)
    assert rounded[2022] == round(rounded[2022])


def test_a_group_has_no_share_where_a_member_has_none() -> None:
    weo = load_table(BOOK, "weo")
    one = weo[~((weo.area == "RUS") & (weo.year == 2000))]
    assert 2000 not in series.group_shares(one, ["BRA", "RUS"], "2023-10").index


def test_trade_goes_over_from_one_source_to_the_next_without_a_gap() -> None:
    trade = load_table(BOOK, "trade").astype({"year": int})
    total = series.both_ways(trade, "RUS")
    assert list(total.index) == list(range(1996, 2025))
    exports, imports = (series.goods(trade, seller, "RUS") for seller in ("RUS", "PAK"))
    assert total[2016] == exports[2016] + imports[2016]


def test_shares_of_arms_add_up_to_all_of_a_year() -> None:
    imports = load_table(BOOK, "arms_imports")
    imports["release"] = imports.release.dt.strftime("%Y-%m-%d")
    held = imports.query("release == '2022-07-28' and recipient == 'Pakistan' and year == 2019")
    parts = [
        series.supplier_shares(imports, "2022-07-28", "Pakistan", supplier)[2019]
        for supplier in held.supplier.unique()
    ]
    assert sum(parts) == pytest.approx(100)
