from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.base.errors import ClaimbookError
from claimbook.trends.scales import SCALES, require_range

SHARES = st.floats(1e-6, 100 - 1e-6)


@pytest.mark.parametrize("name", SCALES)
@given(value=SHARES)
def test_there_and_back_is_where_it_began(name: str, value: float) -> None:
    scale = SCALES[name]
    assert scale.back(scale.there(value)) == pytest.approx(value)


@pytest.mark.parametrize("name", SCALES)
@given(one=SHARES, other=SHARES)
def test_a_scale_keeps_the_order(name: str, one: float, other: float) -> None:
    there = SCALES[name].there
    assert (there(one) < there(other)) == (one < other)


def test_known_values() -> None:
    log, logit = SCALES["log"], SCALES["logit"]
    assert (log.there(1), log.back(0)) == (0, 1)
    # Even odds; and odds of 3 to 1.
    assert (logit.there(50), logit.back(0)) == (0, 50)
    assert logit.there(75) == pytest.approx(np.log(3))
    assert (log.highest, logit.highest) == (np.inf, 100)


@given(odds=st.floats(-1e6, 1e6))
def test_any_odds_are_a_share_without_overflow(odds: float) -> None:
    assert 0 <= SCALES["logit"].back(odds) <= 100


@pytest.mark.parametrize(
    ("values", "transform", "words"),
    [
        ([1, -2.5, 0], "log", "series: -2.5 in 2001 is outside the range of log: above 0"),
        ([1, 2, 0], "log", "series: 0.0 in 2002"),
        ([np.inf, 2, 3], "log", "series: inf in 2000"),
        ([1, np.nan, 3], "log", "series: nan in 2001"),
        ([1, 100, 3], "logit", "series: 100.0 in 2001 is outside the range of logit: above 0, "),
        ([1, 2, 3], "lgit", "transform: unknown 'lgit': did you mean logit? Allowed: log, logit"),
        ([1, 2, 3], None, "transform: unknown None: allowed: log, logit"),
    ],
)
def test_values_out_of_range_are_named_with_their_year(
    values: list[float], transform: Any, words: str
) -> None:
    with pytest.raises(ClaimbookError, match=re.escape(words)):
        require_range(pd.Series(values, index=range(2000, 2003), dtype=float), transform)


def test_values_in_range_pass() -> None:
    require_range(pd.Series([1e-9, 1e9]), "log")
    require_range(pd.Series([1e-9, 100 - 1e-9]), "logit")
    require_range(pd.Series([], dtype=float), "log")
