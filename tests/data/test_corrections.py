from __future__ import annotations

import hashlib
import json
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.data.corrections import Correction, corrected, load_corrections
from claimbook.data.tables import load_table
from tests.bees import HIVES, write_table

BECAUSE = "The printed census of 2020 has it so."
NORTH_2019: dict[str, Any] = {
    "id": "north-hives-in-2019",
    "table": "hives",
    "where": {"region": "north", "year": 2019, "release": "2020-04"},
    "column": "hives",
    "was": 60,
    "becomes": 61,
    "because": BECAUSE,
}


def correction(**changes: Any) -> Correction:
    return Correction.model_validate({**NORTH_2019, **changes})


def write(project: Project, *entries: dict[str, Any]) -> None:
    text = yaml.safe_dump(list(entries), sort_keys=False)
    project.data.joinpath("corrections.yaml").write_text(text)


def changed_cells(old: pd.DataFrame, new: pd.DataFrame) -> list[tuple[int, str, Any]]:
    """Row, column and new value of every cell that differs; the types have to be the same."""
    assert old.dtypes.equals(new.dtypes)
    return [
        (row, name, new[name][row])
        for name in map(str, old)
        for row in range(len(old))
        if not (pd.isna(old[name][row]) and pd.isna(new[name][row]))
        and old[name][row] != new[name][row]
    ]


def load_error(project: Project) -> str:
    with pytest.raises(ClaimbookError) as caught:
        load_table(project, "hives")
    return str(caught.value)


def test_a_correction_is_made_in_the_loaded_table_and_only_there(bees: Project) -> None:
    path = bees.data / "hives.csv"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    write(bees, NORTH_2019)
    table = load_table(bees, "hives")
    assert table.hives.tolist() == [90, 60, 61, 40, 63, 37]
    assert table.year.tolist() == [2018, 2018, 2019, 2019, 2019, 2019]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_a_project_without_corrections_loads_its_tables_as_published(bees: Project) -> None:
    assert load_corrections(bees) == []
    assert load_table(bees, "hives").hives.tolist() == [90, 60, 60, 40, 63, 37]


def test_the_table_that_is_given_stays_as_it_was(bees: Project) -> None:
    table = load_table(bees, "hives")
    mended = corrected(table, [correction()])
    assert changed_cells(table, mended) == [(2, "hives", 61)]
    assert table.hives[2] == 60


def test_a_correction_that_matches_several_rows_mends_them_all(bees: Project) -> None:
    table = load_table(bees, "hives")
    mended = corrected(table, [correction(where={}, becomes=62)])
    assert changed_cells(table, mended) == [(1, "hives", 62), (2, "hives", 62)]


def test_corrections_are_made_in_their_order(bees: Project) -> None:
    table = load_table(bees, "hives")
    mended = corrected(table, [correction(), correction(id="again", was=61, becomes=64)])
    assert changed_cells(table, mended) == [(2, "hives", 64)]


@given(st.sampled_from(["north", "south"]), st.integers(2018, 2019), st.integers(0, 99))
def test_only_rows_that_match_every_condition_change(region: str, year: int, was: int) -> None:
    rows = [("north", 2018, 1), ("south", 2018, 1), ("north", 2019, 2), ("north", 2018, was)]
    table = pd.DataFrame(rows, columns=["region", "year", "hives"])
    matching = [row == (region, year, was) for row in rows]
    entry = correction(where={"region": region, "year": year}, was=was, becomes=-1)
    if not any(matching):
        with pytest.raises(ClaimbookError, match="matches nothing"):
            corrected(table, [entry])
        return
    mended = corrected(table, [entry])
    assert (mended.hives == -1).tolist() == matching
    assert mended.hives[mended.hives != -1].tolist() == [
        row[2] for row, match in zip(rows, matching, strict=True) if not match
    ]


@pytest.mark.parametrize(
    ("column", "was", "becomes", "rows"),
    [
        ("region", "south", "north", [1, 3, 5]),
        ("honey_kg", 1800.5, 1900.25, [0]),
        ("honey_kg", 1500, 1501, [1]),
        ("estimate", True, False, [3]),
        ("surveyed", "2018-06-02", "2018-07-02", [1]),
    ],
)
def test_cells_of_every_type_can_be_corrected(
    bees: Project, column: str, was: Any, becomes: Any, rows: list[int]
) -> None:
    table = load_table(bees, "hives")
    mended = corrected(table, [correction(where={}, column=column, was=was, becomes=becomes)])
    new = pd.Timestamp(becomes) if column == "surveyed" else becomes
    assert changed_cells(table, mended) == [(row, column, new) for row in rows]


@pytest.mark.parametrize(
    ("column", "was", "becomes"),
    [
        ("region", "south", "west"),
        ("hives", 40, 41),
        ("honey_kg", 1000, 1001),
        ("estimate", True, False),
        ("surveyed", "2019-06-02", "2019-06-03"),
    ],
)
def test_an_empty_cell_matches_no_value(bees: Project, column: str, was: Any, becomes: Any) -> None:
    table = load_table(bees, "hives")
    table.loc[0, column] = None
    entry = correction(where={"year": 2019, "region": "south"}, column=column, was=was)
    mended = corrected(table, [entry.model_copy(update={"becomes": becomes})])
    assert pd.isna(mended[column][0])
    assert mended[column][3] != table[column][3]


@pytest.mark.parametrize("quote", ["", "'"])
def test_dates_may_be_written_with_and_without_quotes(bees: Project, quote: str) -> None:
    bees.data.joinpath("corrections.yaml").write_text(
        "- id: survey-in-july\n"
        "  table: hives\n"
        f"  where: {{surveyed: {quote}2019-06-02{quote}}}\n"
        "  column: surveyed\n"
        f"  was: {quote}2019-06-02{quote}\n"
        f"  becomes: {quote}2019-07-02{quote}\n"
        f"  because: {BECAUSE}\n"
    )
    surveyed = load_table(bees, "hives").surveyed
    assert str(surveyed.dtype) == "datetime64[ns]"
    assert surveyed[3] == pd.Timestamp("2019-07-02")
    assert surveyed.isna().tolist() == [False] * 5 + [True]


def test_a_correction_that_matches_nothing_stops_and_says_to_remove_it(bees: Project) -> None:
    write(bees, NORTH_2019)
    write_table(bees, HIVES.replace("2019,60,", "2019,61,"))  # the source was mended
    assert load_error(bees) == (
        "correction 'north-hives-in-2019' matches nothing in 'hives' any more: no row has hives "
        "60 where {'region': 'north', 'year': 2019, 'release': '2020-04'}; "
        "remove it from data/corrections.yaml"
    )


def test_a_value_of_another_type_matches_nothing(bees: Project) -> None:
    write(bees, {**NORTH_2019, "was": "60"})
    assert "no row has hives '60'" in load_error(bees)


@pytest.mark.parametrize("changes", [{"column": "hive"}, {"where": {"hive": 60}}])
def test_an_unknown_column_is_refused_with_the_nearest(
    bees: Project, changes: dict[str, Any]
) -> None:
    write(bees, {**NORTH_2019, **changes})
    assert load_error(bees).startswith(
        "correction 'north-hives-in-2019': unknown column 'hive': did you mean hives? Allowed: rel"
    )


@pytest.mark.parametrize(
    ("column", "was", "becomes", "kind"),
    [
        ("hives", 90, "ninety", "Int64"),
        ("hives", 90, 90.5, "Int64"),
        ("honey_kg", 1500, "much", "float64"),
        ("region", "north", 1, "string"),
        ("estimate", True, "no", "boolean"),
        ("surveyed", "2018-06-01", "in June", "datetime64[ns]"),
    ],
)
def test_a_new_value_that_does_not_fit_its_column_is_named(
    bees: Project, column: str, was: Any, becomes: Any, kind: str
) -> None:
    write(bees, {**NORTH_2019, "where": {}, "column": column, "was": was, "becomes": becomes})
    assert load_error(bees) == (
        f"correction 'north-hives-in-2019': becomes {becomes!r} does not fit column {column!r} "
        f"of type {kind}"
    )


def test_a_correction_of_another_table_leaves_this_one_alone(bees: Project) -> None:
    path = bees.data / "datapackage.json"
    package = json.loads(path.read_text())
    package["resources"].append({**package["resources"][0], "name": "nests"})
    path.write_text(json.dumps(package))
    write(bees, {**NORTH_2019, "table": "nests"})
    assert load_table(bees, "hives").hives[2] == 60
    assert load_table(bees, "nests").hives[2] == 61


FAULTY = f"""\
# Known faults.
- id: North Hives
  table: hives
  column: hives
  was: 60
  because: {BECAUSE}
- id: good-one
  table: hives
  column: hives
  was: 60
  becomes: 61
  because: {BECAUSE}
- id: no-reason
  table: hives
  columns: hives
  column: hives
  was: [60]
  becomes: 61
  because: typo
"""


def test_every_fault_of_the_file_is_reported_with_its_line(bees: Project) -> None:
    bees.data.joinpath("corrections.yaml").write_text(FAULTY)
    first, *faults = load_error(bees).splitlines()
    assert first == "the corrections have faults:"
    for start in (
        "  corrections.yaml:2: North Hives: id: String should match pattern",
        "  corrections.yaml:2: North Hives: becomes: Field required",
        "  corrections.yaml:13: no-reason: was.int: ",
        "  corrections.yaml:13: no-reason: because: String should have at least 10 characters",
        "  corrections.yaml:13: no-reason: columns: Extra inputs are not permitted",
    ):
        assert any(fault.startswith(start) for fault in faults), start
    assert not any("good-one" in fault for fault in faults)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"id: x\n", "corrections.yaml:1: expected a list of entries"),
        (b"", "corrections.yaml:1: expected a list of entries"),
        (b"- id: x\n  was: {\n", "corrections.yaml:3: not readable as YAML"),
        (b"- was: 2020-02-30\n", "corrections.yaml: not readable as YAML: day"),
        (b"- id: \xff\n", "corrections.yaml: not readable as YAML: 'utf-8' codec"),
        (b"- 3\n", "corrections.yaml:1: "),
    ],
)
def test_a_file_of_another_form_is_refused(bees: Project, content: bytes, words: str) -> None:
    bees.data.joinpath("corrections.yaml").write_bytes(content)
    message = load_error(bees)
    assert message.startswith("the corrections have faults:\n  ")
    assert words in message


def test_a_correction_of_an_unknown_table_is_refused_and_not_passed_over(bees: Project) -> None:
    write(bees, {**NORTH_2019, "table": "hifes"})
    assert "unknown table 'hifes': did you mean hives?" in load_error(bees)
