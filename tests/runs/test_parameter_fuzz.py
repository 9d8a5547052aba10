"""Any names and values: accepted whole, or refused in words; nothing is ever executed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.runs.code import as_code
from claimbook.runs.contract import as_data
from claimbook.runs.given import gather
from claimbook.runs.parameters import parse_parameters, resolve

CELL = """\
from datetime import date
whole: int = 1  # any
number: float = 1.0  # any
text: str | None = None  # any
mark: bool = True  # any
day: date = date(2024, 5, 1)  # any
wholes: list[int] = []  # any
texts: list[str] | None = None  # any
numbers: list[float] = []  # any
marks: list[bool] = []  # any
days: list[date] = []  # any
"""
CONTRACT = parse_parameters(CELL, Path("any.ipynb"))
NOWHERE = Project(Path("nowhere"))
HEADS = ("parameter", "unknown parameter")
MARKER = "executed"
CODE = [
    f"__import__('os').system('touch {MARKER}')",
    f"'); __import__('os').system('touch {MARKER}') #",
    f'"""\n__import__("os").system("touch {MARKER}")\n"""',
    f"{{__import__('os').system('touch {MARKER}')}}",
    f"!!python/object/apply:os.system ['touch {MARKER}']",
    f"1\n!touch {MARKER}",
    f"\\\n%system touch {MARKER}",
    "%s{0}\\N{BULLET}\\",
    "date(2024, 5, 1)",
    "\ud83d\ude00",
    "2024-05-01",
    "2019",
]

names = st.sampled_from([p.name for p in CONTRACT]) | st.sampled_from(CODE) | st.text(max_size=6)
good_names = st.sampled_from([*(p.name for p in CONTRACT), "Null", "NO", "y", "größe"])
texts = st.sampled_from(CODE) | st.text(max_size=8)
dates = st.dates()
# Made late, as hypothesis cannot show it.
too_long = st.sampled_from([5000]).map(lambda digits: -(10**digits))
numbers = st.integers() | st.floats() | st.sampled_from([10**400, -0.0, 1e308]) | too_long
numpy_scalars = (
    st.integers(-(2**63), 2**63 - 1).map(np.int64)
    | st.floats().map(np.float64)
    | st.booleans().map(np.bool_)
    | texts.map(np.str_)
    | st.dates().map(np.datetime64)
)
strange = (
    st.binary(max_size=3)
    | st.complex_numbers()
    | st.datetimes()
    | st.frozensets(st.none())
    | numpy_scalars
)
scalars = st.none() | st.booleans() | numbers | texts | dates
finite = st.floats(allow_nan=False, allow_infinity=False)
plain = st.none() | st.booleans() | st.integers() | finite | texts


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.integers() | texts | st.booleans() | st.none()
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(keys, inner, max_size=3)
        ),
        max_leaves=6,
    )


def data(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(texts | st.just("2019"), inner, max_size=3)
        ),
        max_leaves=6,
    )


characters = st.characters(exclude_categories=["Cs"]).map(str)
words = st.text(characters, max_size=8) | st.sampled_from(CODE[:9])
day = dates | dates.map(str)
whole = st.integers()
number = finite | st.integers(-(2**60), 2**60)
fitting = st.fixed_dictionaries(
    {},
    optional={
        "whole": whole,
        "number": number,
        "text": st.none() | words,
        "mark": st.booleans(),
        "day": day,
        "wholes": st.lists(whole, max_size=3),
        "texts": st.none() | st.lists(words, max_size=3),
        "numbers": st.lists(number, max_size=3),
        "marks": st.lists(st.booleans(), max_size=3),
        "days": st.lists(day, max_size=3),
    },
)


def types(value: Any) -> Any:
    """The types of a value and of all that it holds, and the value; -0.0 is not 0.0."""
    if isinstance(value, dict):
        return dict, [(types(key), types(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [types(item) for item in value]
    return type(value), repr(value)


def read(file: Path | None = None, text: str | None = None, pairs: Iterable[str] = ()) -> Any:
    """What was given, or ClaimbookError with every fault of it."""
    found, faults = gather(file, text, pairs)
    if faults:
        raise ClaimbookError("\n".join(faults))
    return found


def only_datetime(name: str, *_: Any) -> Any:
    assert name == "datetime"
    return __import__("datetime")


def executed(code: str) -> dict[str, Any]:
    """What the code sets, run where nothing can be reached but `datetime`."""
    space: dict[str, Any] = {"__builtins__": {"__import__": only_datetime}}
    exec(code, space)
    return {name: value for name, value in space.items() if name not in ("__builtins__", "date")}


def resolved(values: Mapping[str, Any]) -> Any:
    """The types and values, or the words in which they are refused."""
    try:
        return types(resolve(CONTRACT, values, NOWHERE))
    except ClaimbookError as error:
        return str(error)


@pytest.fixture(autouse=True)
def _nothing_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    yield
    assert not Path(MARKER).exists()


fixtures_may_stay = settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@fixtures_may_stay
@given(values=fitting)
def test_a_value_of_the_type_comes_back_from_code_and_data_as_it_was(
    values: dict[str, Any],
) -> None:
    found = resolve(CONTRACT, values, NOWHERE)
    assert types(executed(as_code(found))) == types(found)
    assert types(resolve(CONTRACT, found, NOWHERE)) == types(found)
    assert types(resolve(CONTRACT, json.loads(json.dumps(as_data(found))), NOWHERE)) == types(found)
    for name, value in values.items():
        if type(value) in (int, str, bool, float, date) and name not in ("day", "number"):
            assert types(found[name]) == types(value)


@fixtures_may_stay
@given(values=st.dictionaries(names, nested(scalars | strange), max_size=4))
def test_any_values_are_accepted_whole_or_refused_by_name(values: dict[str, Any]) -> None:
    try:
        found = resolve(CONTRACT, values, NOWHERE)
    except ClaimbookError as error:
        message = str(error)
    else:
        assert set(values) <= set(found)
        assert types(executed(as_code(found))) == types(found)
        return
    message.encode()
    starts = tuple(f"{head} {name!r}: " for name in values for head in HEADS)
    for line in message.splitlines():
        assert line.startswith(starts)


@fixtures_may_stay
@given(values=st.dictionaries(names, nested(scalars | strange), max_size=3))
def test_any_values_become_code_that_sets_them_or_none(values: dict[str, Any]) -> None:
    try:
        code = as_code(values)
    except ClaimbookError as error:
        message = str(error)
    else:
        code.encode()
        assert types(executed(code)) == types(values)
        return
    assert any(f"parameter {name!r}: " in message for name in values)


@fixtures_may_stay
@given(values=st.dictionaries(good_names, data(plain), max_size=4))
def test_the_three_sources_mean_the_same(values: dict[str, Any], tmp_path: Path) -> None:
    # JSON leaves this character as it is, and YAML has no such one.
    texts = {name: json.dumps(v).replace("\x7f", "\\u007f") for name, v in values.items()}
    path = tmp_path / "values.yaml"
    expected = read(text=json.dumps(values))
    path.write_text(json.dumps(values))
    assert types(read(path)) == types(expected)
    if values:
        path.write_text("# by name\n" + "".join(f"{n}: {t}\n" for n, t in texts.items()))
        assert types(read(path)) == types(expected)
    found = read(pairs=[f"{name}={text}" for name, text in texts.items()])
    assert types(found) == types(expected)
    assert resolved(found) == resolved(expected)


@fixtures_may_stay
@given(text=st.text("0123456789eE+-._:[]{}\"'\\,# truefalsn~NOy!&*|>/u", max_size=12))
def test_a_text_means_the_same_as_pair_and_in_a_file(text: str, tmp_path: Path) -> None:
    assume(not re.match(r"\s*(---|\.\.\.)", text))  # the beginning or end of a whole document
    path = tmp_path / "values.yaml"
    path.write_text(f"text: {text}\nmark: true\n")
    try:
        in_file, in_pair = read(path), read(pairs=[f"text={text}"])
    except ClaimbookError:
        return
    assert types(in_file) == types({**in_pair, "mark": True})


@fixtures_may_stay
@given(
    content=st.binary(max_size=30) | st.text(max_size=30).map(lambda t: t.encode(errors="ignore")),
    text=st.text(max_size=30) | st.sampled_from(CODE),
    pairs=st.lists(st.text(max_size=20) | texts.map("text={}".format), max_size=3),
)
def test_any_sources_are_read_or_refused_by_name(
    content: bytes, text: str, pairs: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "values.yaml"
    path.write_bytes(content)
    values, faults = gather(path, text, pairs)
    for fault in faults:
        assert fault.startswith((f"{path}: ", "--params-json: ", "parameter '", 'parameter "'))
    assert all(name.isidentifier() for name in values)
    resolved(values)


@fixtures_may_stay
@given(
    kind=st.sampled_from(sorted({p.type for p in CONTRACT})) | texts,
    default=texts | nested(plain | strange).map(repr),
    allowed=texts | st.sampled_from(["0..1", "a | b", "1..", "2020-01-01..2021-01-01"]),
)
def test_any_cell_is_read_or_refused(kind: str, default: str, allowed: str) -> None:
    cell = f"from datetime import date\nx: {kind} = {default}  # any; allowed: {allowed}"
    try:
        found = parse_parameters(cell, Path("any.ipynb"))
    except ClaimbookError as error:
        message = str(error)
    else:
        values = {parameter.name: parameter.default for parameter in found}
        assert types(executed(as_code(values))) == types(values)
        return
    assert message.startswith("any.ipynb: ")
