from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import frictionless
import pandas as pd
import pytest

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.data.corrections import load_corrections
from claimbook.data.tables import load_table, resource, resources
from tests.bees import FIELDS, HIVES, write_descriptor, write_table
from tests.books import ROOT

DTYPES = {
    "integer": "Int64",
    "number": "float64",
    "string": "string",
    "boolean": "boolean",
    "date": "datetime64[ns]",
}

BOOK = Project(ROOT)
TABLES = [item["name"] for item in resources(BOOK)]
BRICS = ["BRA", "RUS", "IND", "CHN", "ZAF"]
G7 = ["CAN", "DEU", "FRA", "GBR", "ITA", "JPN", "USA"]


def load_error(project: Project, name: str = "hives") -> str:
    with pytest.raises(ClaimbookError) as caught:
        load_table(project, name)
    return str(caught.value)


def with_field(name: str, **changes: Any) -> list[dict[str, Any]]:
    return [{**field, **changes} if field["name"] == name else field for field in FIELDS]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_book_loads_with_the_types_of_its_schema(name: str) -> None:
    table = load_table(BOOK, name)
    fields = resource(BOOK, name)["schema"]["fields"]
    assert {column: str(kind) for column, kind in table.dtypes.items()} == {
        field["name"]: DTYPES[field["type"]] for field in fields
    }


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_book_holds_every_cell_of_its_file(name: str) -> None:
    mends = {(c.column, c.was): c.becomes for c in load_corrections(BOOK) if c.table == name}
    readers = {
        "integer": int,
        "number": float,
        "string": str,
        "boolean": {"true": True, "false": False}.__getitem__,
        "date": pd.Timestamp,
    }
    table, descriptor = load_table(BOOK, name), resource(BOOK, name)
    with (BOOK.data / descriptor["path"]).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for field in descriptor["schema"]["fields"]:
        read = readers[field["type"]]
        column = field["name"]
        cells = [str(mends.get((column, row[column]), row[column])) for row in rows]
        found = [None if pd.isna(value) else value for value in table[field["name"]]]
        assert found == [read(cell) if cell else None for cell in cells]  # type: ignore[operator]


def test_an_independent_reader_finds_the_data_package_valid() -> None:
    report = frictionless.validate(str(BOOK.data / "datapackage.json"))
    assert report.flatten(["title", "message"]) == []
    assert report.stats["tasks"] == len(TABLES)


# IMF, World Economic Outlook, release of October 2023, indicator PPPSH (share of world GDP
# at purchasing power parity, percent), summed over the members.
@pytest.mark.parametrize(
    ("members", "year", "share"), [(BRICS, 2022, 31.54), (BRICS, 2023, 32.14), (G7, 2023, 29.92)]
)
def test_golden_shares_of_world_gdp(members: list[str], year: int, share: float) -> None:
    weo = load_table(BOOK, "weo")
    rows = weo[
        (weo.release == "2023-10")
        & (weo.indicator == "PPPSH")
        & (weo.year == year)
        & weo.area.isin(members)
    ]
    assert len(rows) == len(members)
    assert round(rows.value.sum(), 2) == share


def test_golden_share_of_russia_in_indias_arms_imports() -> None:
    # SIPRI Arms Transfers Database, extraction of 2022-07-28, trend-indicator values 2015-19.
    arms = load_table(BOOK, "arms_imports")
    rows = arms[
        (arms.release == "2022-07-28") & (arms.recipient == "India") & arms.year.between(2015, 2019)
    ]
    russia = rows.tiv_million[rows.supplier == "Russia"].sum()
    assert round(100 * russia / rows.tiv_million.sum(), 1) == 58.3


def test_golden_exports_of_russia_to_pakistan() -> None:
    # UN Comtrade by way of WITS, reporter Russia, 1996: US$67.6 million.
    trade = load_table(BOOK, "trade")
    rows = trade[
        (trade.source == "UN Comtrade (WITS)")
        & (trade.reporter == "RUS")
        & (trade.partner == "PAK")
        & (trade.flow == "export")
        & (trade.year == 1996)
    ]
    assert round(rows.value_usd.item() / 1e6, 1) == 67.6


def test_empty_cells_that_are_allowed_load_as_missing(bees: Project) -> None:
    table = load_table(bees, "hives")
    assert table.surveyed.isna().tolist() == [False] * 5 + [True]
    assert table.hives.sum() == 350


def test_each_caller_gets_a_copy_of_its_own(bees: Project) -> None:
    table = load_table(bees, "hives")
    table.loc[0, "hives"] = 0
    assert load_table(bees, "hives").hives[0] == 90


def test_one_flipped_byte_is_refused(tmp_path: Path) -> None:
    copy = Project(tmp_path)
    shutil.copytree(BOOK.data, copy.data)
    path = copy.data / "trade.csv"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    message = load_error(copy, "trade")
    assert str(path) in message
    assert resource(copy, "trade")["hash"].removeprefix("sha256:") in message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("year,hives", "year,nests", ["'hives' is missing", "column 'nests' is not in the schema"]),
        ("surveyed\n", "surveyed,\n", ["is not in the schema"]),
        ("2019,60,", "2019,sixty,", ["row 4", "column 'hives'", "'sixty'", "type integer"]),
        ("2019,60,", "2019,60.5,", ["row 4", "column 'hives'", "'60.5'", "type integer"]),
        ("1800.5", "1800;5", ["row 2", "column 'honey_kg'", "'1800;5'", "type number"]),
        ("1800.5", "nan", ["row 2", "column 'honey_kg'", "'nan'", "type number"]),
        ("1800.5", "inf", ["row 2", "column 'honey_kg'", "'inf'", "type number"]),
        ("2019,60,", "2019,inf,", ["row 4", "column 'hives'", "'inf'", "type integer"]),
        ("true", "yes", ["row 5", "column 'estimate'", "'yes'", "type boolean"]),
        ("2019-06-02", "2019-06-31", ["row 5", "column 'surveyed'", "'2019-06-31'", "type date"]),
        ("2019-06-02", "2022-06-02", ["row 5", "column 'surveyed'", "breaks maximum 2021-12-31"]),
        ("south,2018", "west,2018", ["row 3", "'region'", "'west'", "breaks enum ['north', "]),
        ("south,2018", "south,1918", ["row 3", "column 'year'", "1918", "breaks minimum 2018"]),
        ("south,2018", "south,2031", ["row 3", "column 'year'", "2031", "breaks maximum 2030"]),
        ("2021-04,south", "2021,south", ["row 7", "'release'", "'2021'", r"breaks pattern \d{4}"]),
        ("2021-04,south", "2021-044,south", ["row 7", "'2021-044'", "breaks pattern"]),
        ("south,2018,60", "south,2018,", ["row 3", "column 'hives'", "a value must stand here"]),
        (",false,\n", ",,\n", ["row 7", "column 'estimate'", "a value must stand here"]),
        ("south,2018", "north,2018", ["row 2", "row 3", "column 'year'", "the key stands twice"]),
        ("\n2021-04,south", "\n\n2021-04,south", ["row 7", "a value must stand here"]),
        ("2018-06-01\n", "2018-06-01,\n", ["more cells"]),
        ("2018-06-02\n", "2018-06-02,\n", ["not a readable CSV file", "line 3"]),
        (",false,\n", ',false,"\n', ["not a readable CSV file"]),
        (HIVES, "", ["not a readable CSV file"]),
    ],
)
def test_a_fault_in_a_table_is_named_with_file_row_column_and_expectation(
    bees: Project, old: str, new: str, words: list[str]
) -> None:
    assert HIVES.count(old) == 1
    write_table(bees, HIVES.replace(old, new))
    message = load_error(bees)
    for word in [str(bees.data / "hives.csv"), *words]:
        assert word in message


def test_a_missing_column_is_named(bees: Project) -> None:
    write_table(bees, "\n".join(line.rpartition(",")[0] for line in HIVES.splitlines()))
    message = load_error(bees)
    assert message.startswith(f"{bees.data / 'hives.csv'}: column 'surveyed' is missing")
    assert message.endswith("release, region, year, hives, honey_kg, estimate, surveyed")


def test_a_value_that_has_to_be_unique_is_refused_a_second_time(bees: Project) -> None:
    write_table(bees, HIVES, fields=with_field("hives", constraints={"unique": True}))
    message = load_error(bees)
    assert "2 values break the schema" in message
    assert message.endswith("row 4, column 'hives': 60 breaks unique: the value stands twice")


def test_a_key_of_one_field_is_kept(bees: Project) -> None:
    write_table(bees, HIVES, primaryKey="hives")
    assert "row 4, column 'hives': 60 breaks primaryKey: the key stands twice" in load_error(bees)


def test_a_long_list_of_faults_is_cut_and_counted(bees: Project) -> None:
    rows = "".join(f"2020-04,north,{year},1,1,false,\n" for year in range(1900, 1950))
    write_table(bees, HIVES + rows)
    message = load_error(bees)
    assert "50 values break the schema" in message
    assert message.count("breaks minimum") == 10
    assert message.endswith("... and 40 more")


def test_a_rule_that_does_not_fit_its_field_is_named(bees: Project) -> None:
    write_table(bees, HIVES, fields=with_field("region", constraints={"minimum": 3}))
    assert "column 'region': minimum 3 does not fit the field's type" in load_error(bees)


def test_an_unknown_table_is_refused_with_the_nearest_name(bees: Project) -> None:
    assert load_error(bees, "hive") == "unknown table 'hive': did you mean hives? Allowed: hives"


def test_a_missing_file_is_named(bees: Project) -> None:
    path = bees.data / "hives.csv"
    path.unlink()
    assert load_error(bees) == f"{path}: cannot be read (No such file or directory)"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"resources": 3}'])
def test_a_data_package_that_cannot_be_read_is_named(bees: Project, text: str) -> None:
    path = bees.data / "datapackage.json"
    path.write_text(text)
    assert str(path) in load_error(bees)


@pytest.mark.parametrize("key", ["name", "path", "hash", "credit", "schema"])
def test_an_entry_missing_from_a_descriptor_is_named(bees: Project, key: str) -> None:
    entries = resource(bees, "hives")
    del entries[key]
    write_descriptor(bees, **entries)
    assert f"resources.0.{key}: Field required" in load_error(bees)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"type": "year"}, "resources.0.schema.fields.3.type"),
        ({"constraints": {"minLength": 3}}, "resources.0.schema.fields.3.constraints.minLength"),
    ],
)
def test_a_type_or_constraint_that_is_not_enforced_is_refused(
    bees: Project, changes: dict[str, Any], place: str
) -> None:
    write_table(bees, HIVES, fields=with_field("hives", **changes))
    assert place in load_error(bees)


def test_a_missing_data_package_is_named(bees: Project) -> None:
    bees.data.joinpath("datapackage.json").unlink()
    assert "datapackage.json" in load_error(bees)


def test_descriptors_come_in_the_order_of_the_package() -> None:
    package = json.loads((BOOK.data / "datapackage.json").read_text())
    assert [item["name"] for item in package["resources"]] == TABLES
