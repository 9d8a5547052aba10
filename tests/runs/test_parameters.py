from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.runs.code import as_code
from claimbook.runs.contract import as_data, known_type
from claimbook.runs.given import gather
from claimbook.runs.parameters import Parameter, parse_parameters, read_parameters, resolve
from tests.bees import HIVES, hives_notebook, write_table

CELL = """\
# What a reader may change.
year: int = 2019  # year of the census; allowed: 2018..2025
share: float = 0.5  # share of hives moved; allowed: 0..1
flow: str = "in"  # direction; allowed: in | out
code: str = "2020"  # a name made of digits; allowed: 2020 | 2021
edition: str = "v1.0"  # edition of the method; allowed: v1.0 | v1.1
places: int = 2  # digits shown; allowed: 0 | 2 | 4
release: str = "2020-04"  # release of the census; allowed: hives.release
surveyed: str = "2018-06-01"  # day of the survey; allowed: hives.surveyed
years: list[int] = [2018, 2019]  # years compared; allowed: hives.year
regions: list[str] = ["north"]  # regions shown
smooth: bool = False  # whether the line is smoothed
"""
DATED = "from datetime import date\nday: date = "
TYPES = """\
from datetime import date
count: int = 3  # hives; allowed: 0..90
share: float = 1  # share of hives moved; allowed: 0..1.5
name: str | None = None  # name of the keeper; allowed: Ada | Bo
moved: bool = False  # whether hives were moved
day: date = date(2018, 6, 1)  # day of the survey; allowed: hives.surveyed
until: date | None = date(2024, 5, 1)  # last day; allowed: 2020-01-01..2024-12-31
shares: list[float] = [0.5, -0.0]  # shares; allowed: -1..1
days: list[date] = []  # days of flight; allowed: 2020-01-01..2024-12-31
gaps: list[int] | None = None  # hives missing; allowed: 1..9
"""
HERE = Path("hives.ipynb")


def parsed(cell: str = CELL) -> list[Parameter]:
    return parse_parameters(cell, HERE)


def read(file: Path | None = None, text: str | None = None, pairs: Iterable[str] = ()) -> Any:
    """What was given, or ClaimbookError with every fault of it."""
    found, faults = gather(file, text, pairs)
    if faults:
        raise ClaimbookError("\n".join(sorted(faults)))
    return found


def fault(project: Project, given: dict[str, Any], cell: str = CELL) -> str:
    with pytest.raises(ClaimbookError) as caught:
        resolve(parsed(cell), given, project)
    return str(caught.value)


def test_a_cell_states_name_type_default_meaning_and_rule() -> None:
    assert parsed()[0] == Parameter("year", "int", 2019, "2018..2025", "year of the census")
    assert parsed()[-1] == Parameter("smooth", "bool", False, "", "whether the line is smoothed")
    assert [p.name for p in parsed()][4:9] == ["edition", "places", "release", "surveyed", "years"]


def test_an_empty_cell_states_no_parameters(bees: Project) -> None:
    assert parsed("# nothing to change here\n") == []
    assert resolve([], {}, bees) == {}


def test_each_type_has_its_default_in_that_type() -> None:
    found = {p.name: (p.type, p.default) for p in parsed(TYPES)}
    assert found["share"] == ("float", 1.0)
    assert type(found["share"][1]) is float
    assert found["until"] == ("date | None", date(2024, 5, 1))
    assert found["days"] == ("list[date]", [])
    assert found["gaps"] == ("list[int] | None", None)


def test_a_name_is_known_as_the_kernel_knows_it() -> None:
    assert [p.name for p in parsed("größe: int = 1  # size\nﬁt: int = 2  # fit")] == [
        "größe",
        "fit",
    ]
    assert read(pairs=["größe=1"]) == {"größe": 1}
    with pytest.raises(ClaimbookError, match="'ﬁt=1': expected name=value"):
        read(pairs=["ﬁt=1"])


def test_a_default_over_several_lines_takes_the_comment_of_its_last_line() -> None:
    (found,) = parsed("years: list[int] = [\n    2018,  # the first\n]  # years compared\n")
    assert (found.default, found.meaning) == ([2018], "years compared")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("year = 2019  # the year", "line 1: expected `name: type = default"),
        ("import os", "line 1: expected"),
        ("a: int = 1  # one\nprint(a)", "line 2: expected"),
        ("year: int  # the year", "expected `name: type = default"),
        ("box.year: int = 2019  # the year", "expected `name: type = default"),
        ("year: integer = 2019  # the year", "unknown type 'integer': did you mean int?"),
        ("year: dict = {}  # the year", "unknown type 'dict': did you mean"),
        ("year: int = 2019", "'year' has no comment"),
        ("year: int = 2019  # allowed: 1..3", "'year' has no comment"),
        ("year: int = 2019 +  # the year", "line 1: invalid syntax"),
        ("year: int = round(2.5)  # the year", "'year': its default is no literal"),
        ('year: int = "2019"  # the year', "'2019' is not of type int"),
        ("year: int = True  # the year", "True is not of type int"),
        ("year: int = 1  # the year; allowed: 1..many", "'1..many' is no rule for type int"),
        ("year: int = 1  # the year; allowed: 3..1", "'3..1' is no rule for type int"),
        ('year: str = "1"  # the year; allowed: 1..3', "'1..3' is no rule for type str"),
        ("year: int = 1  # the year; allowed: one | two", "'one | two' is no rule for type int"),
        ("year: int = 1  # the year\nyear: int = 2  # again", "'year' stands twice"),
        ("class: int = 1  # the class", "line 1: invalid syntax"),
        ("__year__: int = 1  # the year", "'__year__': a name is letters"),
        (
            "year: list = []  # the year",
            "unknown type 'list': did you mean list[str]? Allowed: int",
        ),
        ("year: list[integer] = []  # y", "unknown type 'list[integer]': did you mean list[int]?"),
        (
            "year: list[list[int]] = []  # years",
            "unknown type 'list[list[int]]': did you mean list[int]?",
        ),
        ("year: list[int, str] = []  # years", "unknown type 'list[int, str]'"),
        ("year: list[int | None] = []  # years", "unknown type 'list[int | None]'"),
        ("year: tuple[int, int] = (1, 2)  # years", "unknown type 'tuple[int, int]'"),
        ("year: tuple[int, ...] = ()  # years", "unknown type 'tuple[int, ...]'"),
        ("year: dict[str, int] = {}  # years", "unknown type 'dict[str, int]'"),
        ("year: np.int64 = 1  # the year", "unknown type 'np.int64'"),
        ("year: 'int' = 1  # the year", "unknown type \"'int'\""),
        ("year: set[int] = {1}  # years", "unknown type 'set[int]'"),
        ("year: int | str = 1  # the year", "unknown type 'int | str'"),
        ("year: None | int = 1  # the year", "unknown type 'None | int'"),
        ("year: int | None | None = 1  # the year", "unknown type 'int | None | None'"),
        ("year: int = -True  # the year", "'year': its default is no literal"),
        ("year: str = f''  # the year", "'year': its default is no literal"),
        ("year: str = b''  # the year", "'year': b'' is not of type str"),
        ("year: list[int] = (1, 2)  # years", "'year': (1, 2) is not of type list[int]"),
        ("year: list[int] = {1: 2}  # years", "'year': {1: 2} is not of type list[int]"),
        ("year: list[int] = {1, 2}  # years", "'year': {1, 2} is not of type list[int]"),
        ("year: list[int] = [[1]]  # years", "'year': [[1]] is not of type list[int]"),
        ("year: float = 1e999  # the year", "'year': inf is not a finite number"),
        ("year: float = -1  # the year; allowed: nan..1", "'nan..1' is no rule for type float"),
        ("year: int = 1  # the year; allowed: 0.5..3", "'0.5..3' is no rule for type int"),
        ("year: bool = True  # the year; allowed: false..true", "is no rule for type bool"),
        ("day: date = date(2024, 5, 1)  # day", "has to begin with `from datetime import date`"),
        ("days: list[date] = []  # days", "has to begin with `from datetime import date`"),
        (f"{TYPES}from datetime import date", "line 11: expected `name: type"),
        ("from datetime import date as d", "line 1: expected `name: type"),
        ("from datetime import date, time", "line 1: expected `name: type"),
        ("from datetime import date\ndate: int = 1  # a date", "'date': the name is taken"),
        (f"{DATED}date(2024, 13, 1)  # day", "'day': its default is no literal"),
        (f"{DATED}date(2024, 5, day=1)  # day", "'day': its default is no literal"),
        (f"{DATED}date(2024, 5, int(1))  # day", "'day': its default is no literal"),
        (f"{DATED}date.today()  # day", "'day': its default is no literal"),
        (f"{DATED}date('2024', 5, 1)  # day", "'day': its default is no literal"),
        (f"{DATED}date(2024, 5, True)  # day", "'day': its default is no literal"),
        (f"{DATED}date(2024, 5)  # day", "'day': its default is no literal"),
        (f"{DATED}date({10**20}, 5, 1)  # day", "'day': its default is no literal"),
        (f"{DATED}'2024-05-01'  # day", "its default has to be written 2024-05-01"),
        (f"{DATED}date(2024, 5, 1)  # day; allowed: 2024-05..2024-06", "is no rule for type date"),
        ("year: int = " + "[" * 5000, "parameters cell"),
        ("year: int = 1" + "+1" * 50_000, "the parameters cell cannot be read: maximum recursion"),
        ("year: int = " + "-" * 100_000 + "1", "parameters cell"),
        ("year: int = 1  # the year\n\\\r\n", "parameters cell"),
        ("year: int = 1\0", "parameters cell"),
    ],
)
def test_a_cell_that_breaks_the_form_is_refused_with_file_and_reason(cell: str, words: str) -> None:
    with pytest.raises(ClaimbookError) as caught:
        parsed(cell)
    assert words in str(caught.value)
    assert "hives.ipynb" in str(caught.value)


def test_a_notebook_has_one_parameters_cell(tmp_path: Path) -> None:
    notebook, path = hives_notebook(), tmp_path / "hives.ipynb"
    nbformat.write(notebook, path)
    assert [parameter.name for parameter in read_parameters(path)] == ["year", "release"]
    for tags, count in (([], 0), (["parameters"], 2)):
        notebook.cells[0].metadata["tags"] = tags
        notebook.cells[1].metadata["tags"] = tags
        nbformat.write(notebook, path)
        with pytest.raises(ClaimbookError, match=f"hives.ipynb: {count} cells .* expected 1"):
            read_parameters(path)


def test_given_values_replace_defaults(bees: Project) -> None:
    defaults = {parameter.name: parameter.default for parameter in parsed()}
    assert resolve(parsed(), {}, bees) == defaults
    given = {"year": 2025, "share": 1, "flow": "out", "years": [2019], "smooth": True, "places": 4}
    assert resolve(parsed(), given, bees) == {**defaults, **given}


@pytest.mark.parametrize(
    "given",
    [
        {"year": 2018},
        {"share": 0},
        {"code": "2021"},
        {"edition": "v1.1"},
        {"release": "2021-04"},
        {"surveyed": "2019-06-02"},
        {"regions": ["anything"]},
    ],
)
def test_values_on_the_edge_of_a_rule_are_allowed(bees: Project, given: dict[str, Any]) -> None:
    assert resolve(parsed(), given, bees).items() >= given.items()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"yaer": 2019}, "unknown parameter 'yaer': did you mean year?"),
        ({"year": "2019"}, "'year': '2019' is not of type int"),
        ({"year": 2019.0}, "'year': 2019.0 is not of type int"),
        ({"year": True}, "'year': True is not of type int"),
        ({"year": None}, "'year': None is not of type int"),
        ({"smooth": 1}, "'smooth': 1 is not of type bool"),
        ({"code": 2020}, "'code': 2020 is not of type str"),
        ({"years": 2019}, "'years': 2019 is not of type list[int]"),
        ({"years": (2018, 2019)}, "(2018, 2019) is not of type list[int]"),
        ({"years": ["2019"]}, "'years': ['2019'] is not of type list[int]"),
        ({"year": 2017}, "'year': 2017 is out of range; allowed: 2018 to 2025, nearest 2018"),
        ({"year": 2026}, "'year': 2026 is out of range; allowed: 2018 to 2025, nearest 2025"),
        ({"share": 1.5}, "'share': 1.5 is out of range; allowed: 0 to 1, nearest 1"),
        ({"edition": "v1.2"}, "'edition': 'v1.2' is not allowed; nearest 'v1.1', allowed: v1.0"),
        ({"share": float("nan")}, "'share': nan is not a finite number; nearest 0.5"),
        ({"flow": "outt"}, "'flow': 'outt' is not allowed; nearest 'out', allowed: in, out"),
        ({"places": 3}, "'places': 3 is not allowed; nearest 2, allowed: 0, 2, 4"),
        ({"release": "2021-05"}, "'2021-05' is not allowed; nearest '2021-04', allowed: 2020-04"),
        ({"years": [2018, 2030]}, "'years': 2030 is not allowed; nearest 2019, allowed: 2018"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_the_nearest(
    bees: Project, given: dict[str, Any], words: str
) -> None:
    assert words in fault(bees, given)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"share": 0}, 0.0),
        ({"name": None}, None),
        ({"day": "2019-06-02"}, date(2019, 6, 2)),
        ({"day": date(2019, 6, 2)}, date(2019, 6, 2)),
        ({"until": "2020-01-01"}, date(2020, 1, 1)),
        ({"until": date(2024, 12, 31)}, date(2024, 12, 31)),
        ({"until": None}, None),
        ({"shares": [1.0, 1, -0.0]}, [1.0, 1.0, -0.0]),
        ({"shares": []}, []),
        ({"days": ["2020-01-01", date(2024, 12, 31)]}, [date(2020, 1, 1), date(2024, 12, 31)]),
        ({"gaps": [1, 9]}, [1, 9]),
        ({"gaps": None}, None),
    ],
)
def test_what_is_given_becomes_the_value_of_the_type(
    bees: Project, given: dict[str, Any], value: object
) -> None:
    (name,) = given
    assert repr(resolve(parsed(TYPES), given, bees)[name]) == repr(value)


class Number(int):
    pass


ITSELF: list[Any] = []
ITSELF.append(ITSELF)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"count": "2"}, "'count': '2' is not of type int; nearest 2"),
        ({"count": "200"}, "'count': '200' is not of type int; nearest 90"),
        ({"count": 2.6}, "'count': 2.6 is not of type int; nearest 3"),
        ({"count": "soon"}, "'count': 'soon' is not of type int; nearest 3"),
        ({"count": Number(2)}, "'count': 2 is not of type int"),
        ({"count": np.int64(2)}, "'count': np.int64(2) is not of type int; nearest 3"),
        ({"share": np.float64(0.5)}, "'share': np.float64(0.5) is not of type float; nearest 1.0"),
        ({"name": np.str_("Bo")}, "'name': np.str_('Bo') is not of type str | None"),
        ({"moved": np.bool_(True)}, "'moved': np.True_ is not of type bool"),
        ({"shares": np.array([0.5])}, "'shares': array([0.5]) is not of type list[float]"),
        ({"count": date(2020, 1, 1)}, "'count': 2020-01-01 is not of type int"),
        ({"count": 10**5000}, "'count': a whole number is too long; allowed: 4300 digits"),
        ({"count": [1] * 1000}, "... is not of type int; nearest 3"),
        ({"share": "0.7"}, "'share': '0.7' is not of type float; nearest 0.7"),
        ({"share": True}, "'share': True is not of type float"),
        ({"share": float("inf")}, "'share': inf is not a finite number; nearest 1.0"),
        ({"share": -float("inf")}, "'share': -inf is not a finite number; nearest 1.0"),
        ({"share": 10**400}, "is not a finite number; nearest 1.0"),
        ({"share": 10**5000}, "'share': a whole number is too long; allowed: 4300 digits"),
        ({"share": 1 + 0j}, "'share': (1+0j) is not of type float"),
        ({"name": 2020}, "'name': 2020 is not of type str | None; nearest 'Bo'"),
        ({"name": b"Bo"}, "'name': b'Bo' is not of type str | None; nearest None"),
        ({"name": date(2020, 1, 1)}, "'name': 2020-01-01 is not of type str | None; nearest None"),
        ({"name": "\ud800"}, "'name': '\\ud800' holds a lone surrogate"),
        ({"name": "Adam"}, "'name': 'Adam' is not allowed; nearest 'Ada', allowed: Ada, Bo"),
        ({"moved": "true"}, "'moved': 'true' is not of type bool; nearest True"),
        ({"day": "2019-6-2"}, "'day': '2019-6-2' is not of type date; nearest 2018-06-01"),
        ({"day": "20190602"}, "'day': '20190602' is not of type date"),
        ({"day": "2019-02-30"}, "'day': '2019-02-30' is not of type date"),
        ({"day": datetime(2019, 5, 31)}, "is not of type date; nearest 2018-06-01"),
        ({"day": "1700006400"}, "'day': '1700006400' is not of type date"),
        ({"day": np.datetime64("2019-06-02")}, "is not of type date"),
        ({"day": None}, "'day': None is not of type date"),
        ({"day": "2018-12-31"}, "nearest 2019-06-01"),
        ({"day": "2019-05-01"}, "'day': 2019-05-01 is not allowed; nearest 2019-06-01, allowed: 2"),
        ({"until": "2019-12-31"}, "'until': 2019-12-31 is out of range; allowed: 2020-01-01 to"),
        ({"until": "2025-01-01"}, "allowed: 2020-01-01 to 2024-12-31, nearest 2024-12-31"),
        ({"shares": ["0.5", 7]}, "nearest [0.5, 1.0]"),
        ({"shares": 0.5}, "'shares': 0.5 is not of type list[float]; nearest [0.5]"),
        ({"shares": ["0.5", "7"]}, "['0.5', '7'] is not of type list[float]; nearest [0.5, 1.0]"),
        ({"shares": [0.5, float("nan")]}, "'shares': nan is not a finite number"),
        ({"shares": [2, -3]}, "2.0 is out of range; allowed: -1 to 1, nearest 1\n"),
        ({"shares": [2, -3]}, "'shares': -3.0 is out of range; allowed: -1 to 1, nearest -1"),
        ({"shares": ITSELF}, "'shares': [[...]] is not of type list[float]"),
        ({"days": {"2020-01-01"}}, "'days': {'2020-01-01'} is not of type list[date]"),
        ({"days": ("2020-01-01",)}, "'days': ('2020-01-01',) is not of type list[date]"),
        ({"days": [["2020-01-01"]]}, "'days': [['2020-01-01']] is not of type list[date]"),
        ({"days": ["2019-01-01"]}, "'days': 2019-01-01 is out of range"),
        ({"gaps": [None, 9]}, "'gaps': [None, 9] is not of type list[int] | None"),
        ({"gaps": "12"}, "'gaps': '12' is not of type list[int] | None; nearest [9]"),
        ({"gaps": [10]}, "'gaps': 10 is out of range"),
        ({"gaps": {1: 2}}, "'gaps': {1: 2} is not of type list[int] | None; nearest None"),
        ({3: 1}, "unknown parameter 3: allowed: count"),
        ({"d": 1}, "unknown parameter 'd': did you mean day?"),
    ],
)
def test_nothing_else_becomes_a_value_of_the_type(
    bees: Project, given: dict[str, Any], words: str
) -> None:
    assert words in fault(bees, given, TYPES) + "\n"


@pytest.mark.parametrize(
    ("value", "nearest"),
    [("2021-05", "2021-04"), ("2020-11", "2021-04"), ("2020-09", "2020-04"), ("x", "202")],
)
def test_the_nearest_release_is_the_nearest_in_time(
    bees: Project, value: str, nearest: str
) -> None:
    assert f"{value!r} is not allowed; nearest '{nearest}" in fault(bees, {"release": value})


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("x: str = ''  # x; allowed: hives.year", "'x': column hives.year: 2018 is not of type"),
        ("x: int = 1  # x; allowed: hives.release", "column hives.release: '2020-04' is not of"),
        ("x: int = 1  # x; allowed: hive.year", "parameter 'x': unknown table 'hive'"),
    ],
)
def test_a_column_has_to_hold_values_of_the_type(bees: Project, cell: str, words: str) -> None:
    assert words in fault(bees, {}, cell)


def test_a_column_without_values_allows_none(bees: Project) -> None:
    head, row, *_ = HIVES.splitlines()
    write_table(bees, f"{head}\n{row.removesuffix('2018-06-01')}\n")
    cell = "x: str = ''  # x; allowed: hives.surveyed"
    assert "column hives.surveyed has no values of type str" in fault(bees, {}, cell)


@pytest.mark.parametrize(
    ("cell", "value", "nearest"),
    [
        ("x: bool = True  # x; allowed: true", False, "True"),
        ("x: str = 'a'  # x; allowed: a", "b", "'a'"),
        (
            "x: str = '2020-01-01 a'  # x; allowed: 2020-01-01 a | 2020-01-01 b",
            "2020-01-01 bb",
            "'2020-01-01 b'",
        ),
        ("x: float = 1.5  # x; allowed: 1 | 1.5", 1.4, "1.5"),
        ("x: list[int] = []  # x; allowed: 1 | 5", [2], "1"),
    ],
)
def test_alternatives_are_of_the_type_and_one_is_nearest(
    bees: Project, cell: str, value: object, nearest: str
) -> None:
    assert list(resolve(parsed(cell), {}, bees)) == ["x"]
    assert f"is not allowed; nearest {nearest}, allowed" in fault(bees, {"x": value}, cell)


def test_an_empty_alternative_is_shown_as_such(bees: Project) -> None:
    message = fault(bees, {"x": "b"}, "x: str = ''  # x; allowed: | a")
    assert message == "parameter 'x': 'b' is not allowed; nearest '', allowed: '', a"


def test_a_range_may_be_one_value(bees: Project) -> None:
    cell = "x: int = 3  # x; allowed: 3..3"
    assert resolve(parsed(cell), {}, bees) == {"x": 3}
    assert "nearest 3" in fault(bees, {"x": 4}, cell)


def test_a_name_may_begin_or_end_with_lines() -> None:
    assert read(pairs=["__x=1", "x__=2", "_=3"]) == {"__x": 1, "x__": 2, "_": 3}


def test_a_parameter_may_be_called_date_where_there_are_no_dates(bees: Project) -> None:
    assert resolve(parsed("date: str = '2024'  # a date"), {}, bees) == {"date": "2024"}


@pytest.mark.parametrize("text", ["list[", "int\0", "\udc80"])
def test_what_is_no_annotation_is_no_type(text: str) -> None:
    with pytest.raises(ClaimbookError, match=re.escape(f"unknown type {text!r}: ")):
        known_type(text)


def test_a_column_of_integers_gives_floats(bees: Project) -> None:
    cell = "x: float = 2018.0  # x; allowed: hives.year"
    found = resolve(parsed(cell), {"x": 2019}, bees)
    assert repr(found) == "{'x': 2019.0}"
    assert "'x': 2018.6 is not allowed; nearest 2019.0" in fault(bees, {"x": 2018.6}, cell)


def test_all_faults_are_reported_at_once(bees: Project) -> None:
    message = fault(bees, {"yaer": 1, "year": 1, "smooth": "no", "flow": "up", "share": 0.1})
    assert len(message.splitlines()) == 4
    for name in ("yaer", "year", "smooth", "flow"):
        assert f"'{name}'" in message


def test_a_default_has_to_be_allowed_too(bees: Project) -> None:
    cell = "year: int = 2010  # the year; allowed: hives.year"
    assert "2010 is not allowed; nearest 2018" in fault(bees, {}, cell)
    assert resolve(parsed(cell), {"year": 2018}, bees) == {"year": 2018}


def test_a_rule_over_an_unknown_column_or_table_is_named(bees: Project) -> None:
    assert "table hives has no column 'yaer': did you mean year?" in fault(
        bees, {}, "year: int = 2019  # the year; allowed: hives.yaer"
    )
    assert "unknown table 'hive': did you mean hives?" in fault(
        bees, {}, "year: int = 2019  # the year; allowed: hive.year"
    )


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("year=2019", 2019),
        (" year =2019", 2019),
        ("year=0.5", 0.5),
        ("year=true", True),
        ("year=[a, b]", ["a", "b"]),
        ("year=2020-04-01", "2020-04-01"),
        ('year="2019"', "2019"),
        ("year=a=b", "a=b"),
        ("year=", None),
        ("year=~", None),
        ("year=null", None),
        ("year=NO", "NO"),
        ("year=yes", "yes"),
        ("year=007", "007"),
        ("year=1:30", "1:30"),
        ("year=1_000", "1_000"),
        ("year=0x1F", "0x1F"),
        ("year=1e3", 1000.0),
        ("year=+5", 5),
        ("year=.5", 0.5),
        ("year=5.", 5.0),
        ("year=-0.0", -0.0),
        ("year={2019: 0.5, a: [~]}", {"2019": 0.5, "a": [None]}),
        ("year=.inf", math.inf),
        ("year=[-.inf]", [-math.inf]),
        ("year=1e999", math.inf),
        ("year=.nan", math.nan),
        ("year=NaN", "NaN"),
        ("year=on", "on"),
        ("year=0777", "0777"),
        ("year=02019", "02019"),
        ("year=<<", "<<"),
        (
            "year={<<: 1, Null: 1, 1.5: 1, 010: 1, '5': 1, -5: 1}",
            {"<<": 1, "Null": 1, "1.5": 1, "010": 1, "5": 1, "-5": 1},
        ),
        ("year='\\ud83d\\ude00'", "\\ud83d\\ude00"),
        ('year=["\\ud83d\\ude00"]', ["\U0001f600"]),
        ('year=[a, "\\ud83d\\ude00"]', ["a", "\U0001f600"]),
    ],
)
def test_an_assignment_is_read_as_yaml_with_dates_as_text(pair: str, value: object) -> None:
    assert repr(read(pairs=[pair])) == repr({"year": value})


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (["year"], "'year': expected name=value"),
        (["=2019"], "expected name=value"),
        (["the year=2019"], "expected name=value"),
        (["x;import os=1"], "expected name=value"),
        (["year=1", "year=2"], "'year' is given twice"),
        (["year=[1"], "'year': '[1' cannot be read"),
        (["year=!!int x"], "'year': '!!int x' cannot be read"),
        (["year=!!timestamp x"], "cannot be read"),
        (["year=!!bool x"], "cannot be read"),
        (["year=!!timestamp 2020-01-01"], "the tag 'timestamp' is not allowed"),
        (["year=!!str 5"], "the tag 'str' is not allowed; write the value without it"),
        (["year=!!set {a}"], "the tag 'set' is not allowed"),
        (["year=!x 1"], "the tag '!x' is not allowed"),
        (["class=1"], "'class=1': expected name=value; a name is letters, digits and _"),
        (["__name__=1"], "'__name__=1': expected name=value"),
        (["year=&a [*a]"], "an alias (*name) is not allowed"),
        (["year=[&a 1, *a]"], "an alias (*name) is not allowed"),
        (["year={a: 1, a: 2}"], "cannot be read: 'a' stands twice"),
        (['year={"a": 1, "a": 2}'], "cannot be read: 'a' stands twice"),
        (["year={[a]: 1}"], "cannot be read: not YAML: expected a scalar node, but found sequence"),
        (["year={5: 1, '5': 2}"], "cannot be read: '5' stands twice"),
        (["year={!!int 1: 1}"], "the tag 'int' is not allowed"),
        ([f"year={'1' * 5000}"], "1... cannot be read: not YAML: Exceeds the limit (4300 digits)"),
        ([f"year=[a, {'1' * 5000}]"], "cannot be read: not YAML: Exceeds the limit (4300 digits)"),
        ([f"year={'[' * 100_000}"], "cannot be read: it is nested too deeply"),
        ([f"year={'[' * 900 + '.inf' + ']' * 900}"], "cannot be read"),
        (["year=a: b: c"], "cannot be read: not YAML: mapping values are not allowed here"),
        (["year=1\n---\n2"], "cannot be read: not YAML"),
        (["year=\0"], "'year': '\\x00' cannot be read"),
        (["year=\udc80"], "'year': '\\udc80' cannot be read"),
    ],
)
def test_an_assignment_that_cannot_be_read_is_refused(pairs: list[str], words: str) -> None:
    with pytest.raises(ClaimbookError) as caught:
        read(pairs=pairs)
    assert words in str(caught.value)


def test_all_faulty_assignments_are_reported_at_once() -> None:
    with pytest.raises(ClaimbookError) as caught:
        read(pairs=["year", "class=1", "a=[", "b=1", "b=2", "c=*c"])
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "parameter 'a'",
        "parameter 'b' is given twice",
        "parameter 'c'",
        "parameter 'class=1'",
        "parameter 'year'",
    ]


def test_a_file_gives_values_in_yaml_or_json(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_text("# years\nyear: 2019\nshare: 1e-1\ndays:\n- 2020-01-01\n")
    expected = {"year": 2019, "share": 0.1, "days": ["2020-01-01"]}
    assert read(path) == expected
    path.write_text('\ufeff{"year":\t2019}', encoding="utf-8")
    assert read(path) == {"year": 2019}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"year: [1", "cannot be read: not YAML: while parsing a flow sequence"),
        (b"- year", "['year'] is no mapping of names to values"),
        (b"", "None is no mapping of names to values"),
        (b"\xff", "cannot be read: 'utf-8' codec can't decode"),
        (b"year: 1\nyear: 2", "cannot be read: 'year' stands twice"),
        (b'{"year": 1, "year": 2}', "cannot be read: 'year' stands twice"),
        (b"2019: 1", "parameter '2019': a name is letters, digits and _"),
        (b"the year: 1", "parameter 'the year': a name is"),
        (b"class: 1", "parameter 'class': a name is"),
        (b"share: " + b"1" * 5000, "cannot be read: not YAML: Exceeds the limit (4300 digits)"),
        (b"year: &a 1\nday: *a", "an alias (*name) is not allowed"),
        (b"year: !!python/name:os.system", "the tag 'python/name:os.system' is not allowed"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "values.yaml"
    path.write_bytes(content)
    with pytest.raises(ClaimbookError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [("no.yaml", "No such file"), ("", "Is a directory"), ("a\0b", "embedded null byte")],
)
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ClaimbookError, match=f"cannot be read: {words}"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read: not JSON: Expecting value"),
        ("year: 1", "cannot be read: not JSON"),
        ("[1]", "[1] is no mapping of names to values"),
        ('{"year": NaN}', "cannot be read: not JSON: NaN is not a finite number"),
        (f'{{"year": {"1" * 5000}}}', "cannot be read: not JSON: Exceeds the limit (4300 digits)"),
        ('{"year": {"a": 1, "a": 2}}', "cannot be read: 'a' stands twice"),
        ('{"the year": 1}', "parameter 'the year': a name is"),
        ("[" * 100_000, "cannot be read: it is nested too deeply"),
    ],
)
def test_a_json_text_that_cannot_be_read_is_refused_by_option(text: str, words: str) -> None:
    with pytest.raises(ClaimbookError) as caught:
        read(text=text)
    assert str(caught.value).startswith("--params-json: ")
    assert words in str(caught.value)


def test_a_pair_goes_before_json_and_json_before_a_file(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_text("a: 1\nb: 1\nc: 1\n")
    assert read(path, '{"b": 2, "c": 2}', ["c=3"]) == {"a": 1, "b": 2, "c": 3}
    assert read() == {}


def test_the_faults_of_all_sources_and_of_the_contract_come_together(
    bees: Project, tmp_path: Path
) -> None:
    path = tmp_path / "values.yaml"
    path.write_text("the year: 1\nyear: 2030\n")
    given, faults = gather(path, "{", ["yaer=1", "smooth=.nan", "flow=up"])
    with pytest.raises(ClaimbookError) as caught:
        resolve(parsed(), given, bees, faults)
    lines = str(caught.value).splitlines()
    assert len(lines) == 6
    for words in (
        "--params-json: ",
        "'the year': ",
        "'year': ",
        "'yaer': ",
        "'smooth': ",
        "'flow': ",
    ):
        assert sum(words in line for line in lines) == 1


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "None"),
        (True, "True"),
        (-3, "-3"),
        (10**40, "1" + "0" * 40),
        (-0.0, "-0.0"),
        (1e300, "1e+300"),
        ("a\"'{x}%s\n\\", "'a\"\\'{x}%s\\n\\\\'"),
        ("\ud800\x00\u2028é", r"'\ud800\x00\u2028é'"),
        ([], "[]"),
        ([-1, "a"], "[-1, 'a']"),
        ([None, True, 0.5], "[None, True, 0.5]"),
    ],
)
def test_a_value_is_written_as_a_literal(value: object, code: str) -> None:
    assert as_code({"x": value}) == f"x = {code}"
    assert as_code({"x": value}).isprintable()


def test_code_sets_names_in_order_and_imports_date_only_for_dates() -> None:
    assert as_code({}) == ""
    assert as_code({"date": 1}) == "date = 1"
    assert as_code({"b": 1, "a": "date(2024, 5, 1)"}) == "b = 1\na = 'date(2024, 5, 1)'"
    assert as_code({"b": 1, "days": [date(2024, 5, 1)]}) == (
        "from datetime import date\nb = 1\ndays = [date(2024, 5, 1)]"
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"x": {1, 2}}, "parameter 'x': {1, 2} cannot be written as code; allowed: None, bool"),
        ({"x": b"a"}, "parameter 'x': b'a' cannot"),
        ({"x": 1j}, "parameter 'x': 1j cannot"),
        ({"x": ...}, "parameter 'x': Ellipsis cannot"),
        ({"x": object}, "parameter 'x': <class 'object'> cannot"),
        ({"x": [float("nan")]}, "parameter 'x': [nan] cannot"),
        ({"x": float("inf")}, "parameter 'x': inf cannot"),
        ({"x": np.float64(1)}, "parameter 'x': np.float64(1.0) cannot"),
        ({"x": Number(1)}, "parameter 'x': 1 cannot"),
        ({"x": datetime(2024, 5, 1)}, "parameter 'x': datetime.datetime(2024, 5, 1, 0, 0) cannot"),
        ({"x": {"a": 1}}, "parameter 'x': {'a': 1} cannot"),
        ({"x": (1, 2)}, "parameter 'x': (1, 2) cannot"),
        ({"x": [[1]]}, "parameter 'x': [[1]] cannot"),
        ({"x": 10**5000}, "parameter 'x': a value of type int cannot"),
        ({"x": ITSELF}, "parameter 'x': [[...]] cannot"),
        ({"x\nimport os": 1}, "parameter 'x\\nimport os': a name is letters"),
        ({"x.y": 1}, "parameter 'x.y': a name is"),
        ({"class": 1}, "parameter 'class': a name is"),
        ({"__builtins__": 1}, "parameter '__builtins__': a name is"),
        ({3: 1}, "parameter 3: a name is"),
        ({"date": 1, "x": date(2024, 5, 1)}, "parameter 'date': the name is taken"),
    ],
)
def test_what_no_literal_writes_is_never_code(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ClaimbookError) as caught:
        as_code(values)
    assert str(caught.value).startswith(words)


def test_data_of_values_is_json_and_gives_the_same_values_again(bees: Project) -> None:
    given = {"shares": [1, 0], "days": ["2020-01-01"], "until": None}
    values = resolve(parsed(TYPES), given, bees)
    data = as_data(values)
    assert data["shares"] == [1.0, 0.0]
    assert (data["day"], data["days"], data["until"]) == ("2018-06-01", ["2020-01-01"], None)
    again = resolve(parsed(TYPES), json.loads(json.dumps(data)), bees)
    assert repr(again) == repr(values)


@pytest.mark.parametrize(
    "value",
    [{1}, b"a", 1j, np.int64(1), {(): 1}, object()],
)
def test_what_is_no_value_is_no_data(value: object) -> None:
    with pytest.raises(TypeError):
        as_data([value])


def test_values_reach_a_kernel_as_what_they_were(bees: Project) -> None:
    given = {
        "name": "Bo",
        "text": "it's \"{}%\n\u2028\x00é",
        "moved": True,
        "until": None,
        "shares": [-0.0, 1],
        "days": ["2020-01-01"],
        "gaps": [1, 9],
    }
    cell = f"{TYPES}text: str = ''  # any\n"
    values = resolve(parsed(cell), given, bees)
    shown = "".join(f"print(repr({name}), type({name}).__name__)\n" for name in values)
    cells = [nbformat.v4.new_code_cell(source) for source in (cell, as_code(values), shown)]
    executed = NotebookClient(
        nbformat.v4.new_notebook(cells=cells), kernel_name="python3"
    ).execute()
    assert executed.cells[2].outputs[0].text == "".join(
        f"{value!r} {type(value).__name__}\n" for value in values.values()
    )


def test_nothing_is_executed_when_cells_and_assignments_are_read(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    for source in (
        f"year: int = __import__('pathlib').Path({str(marker)!r}).touch()  # the year",
        f"year: __import__('pathlib').Path({str(marker)!r}).touch() = 1  # the year",
    ):
        with pytest.raises(ClaimbookError):
            parsed(source)
    for text in (
        f"!!python/object/apply:os.system ['touch {marker}']",
        f"!!python/object/new:os.system ['touch {marker}']",
    ):
        with pytest.raises(ClaimbookError):
            read(pairs=[f"year={text}"])
    assert not marker.exists()


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
names = st.sampled_from([parameter.name for parameter in parsed()])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given=st.dictionaries(names | st.text(max_size=8), plain, max_size=4))
def test_any_names_and_values_validate_or_are_refused(bees: Project, given: dict[str, Any]) -> None:
    try:
        values = resolve(parsed(), given, bees)
    except ClaimbookError:
        return
    assert set(given) <= set(values)
    for parameter in parsed():
        kind = parameter.type.partition("[")[0]
        assert type(values[parameter.name]).__name__ == kind


@given(pairs=st.lists(st.text(max_size=30) | st.builds("a={}".format, st.text(max_size=30))))
def test_any_assignments_are_read_or_refused(pairs: list[str]) -> None:
    try:
        found = read(pairs=pairs)
    except ClaimbookError:
        return
    assert len(found) == len(pairs)


@given(text=st.text(max_size=40))
def test_any_default_is_read_or_refused(text: str) -> None:
    try:
        found = parsed(f"year: int = {text}  # the year")
    except ClaimbookError:
        return
    assert {type(parameter.default) for parameter in found} <= {int}
