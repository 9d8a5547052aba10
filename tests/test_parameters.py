from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimbook.errors import ClaimbookError
from claimbook.parameters import (
    Parameter,
    parse_assignments,
    parse_parameters,
    read_parameters,
    resolve,
)
from claimbook.project import Project
from tests.bees import hives_notebook

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
HERE = Path("hives.ipynb")


def parsed(cell: str = CELL) -> list[Parameter]:
    return parse_parameters(cell, HERE)


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
        ({"share": float("nan")}, "'share': nan is out of range"),
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
    ],
)
def test_an_assignment_is_read_as_yaml_with_dates_as_text(pair: str, value: object) -> None:
    assert parse_assignments([pair]) == {"year": value}


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
    ],
)
def test_an_assignment_that_cannot_be_read_is_refused(pairs: list[str], words: str) -> None:
    with pytest.raises(ClaimbookError) as caught:
        parse_assignments(pairs)
    assert words in str(caught.value)


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
            parse_assignments([f"year={text}"])
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
        found = parse_assignments(pairs)
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
