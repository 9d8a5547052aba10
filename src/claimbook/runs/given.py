"""What a user gives: a file, a JSON text and the command line, read as plain data by name.

A text is JSON, or YAML whose plain words mean what YAML 1.2 says: `no`, `on`, `007`, `1:30` and
`2024-05-01` are text. Nothing is executed, nothing is guessed: tags, aliases and keys that stand
twice are refused, and every key is text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

import yaml

from claimbook.base import ClaimbookError, for_message
from claimbook.runs.code import NAME_RULE, is_name

_OPTION = "--params-json"
_CUT = 200  # characters of a YAML message
_TAG = "tag:yaml.org,2002:"
_PLAIN = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?(0|[1-9][0-9]*)",
    "float": r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}


def gather(
    file: Path | None = None, text: str | None = None, pairs: Iterable[str] = ()
) -> tuple[dict[str, Any], list[str]]:
    """The values from a file, a JSON text and pairs; and every fault of the three.

    A pair goes before the JSON text, and that before the file. The faults are for `resolve`,
    which reports them with those that the contract finds.

    >>> gather(text='{"year": 2021, "flow": "in"}', pairs=["year=2022"])
    ({'year': 2022, 'flow': 'in'}, [])
    """
    found: dict[str, Any] = {}
    faults: list[str] = []
    if file is not None:
        found |= _read(str(file), lambda: read_text(file.read_text(encoding="utf-8-sig")), faults)
    if text is not None:
        found |= _read(_OPTION, lambda: _read_json(text), faults)
    return found | _read_pairs(pairs, faults), faults


def named(data: Any, place: str, faults: list[str]) -> dict[str, Any]:
    """The values of a mapping by parameter; what is no name is added to `faults`."""
    if not isinstance(data, dict):
        shown = for_message(data)
        faults.append(f"{place}: {shown} is no mapping of names to values, as `year: 2022` is")
        return {}
    wrong = [name for name in data if not is_name(name)]
    faults += [f"{place}: parameter {for_message(name)}: {NAME_RULE}" for name in wrong]
    return {name: value for name, value in data.items() if name not in wrong}


def read_text(text: str) -> Any:
    """The data that a YAML text writes, JSON being a part of YAML.

    Raises ClaimbookError for a text that is no YAML, and for what is refused here.

    >>> read_text("{year: 2022, release: 2023-10, reporter: NO, shares: [1e-1, .5]}")
    {'year': 2022, 'release': '2023-10', 'reporter': 'NO', 'shares': [0.1, 0.5]}
    """
    try:
        return _read_json(text)
    except ClaimbookError:  # no JSON
        return _read_yaml(text)


def _read(place: str, read: Callable[[], Any], faults: list[str]) -> dict[str, Any]:
    try:
        return named(read(), place, faults)
    except OSError as error:
        faults.append(f"{place}: cannot be read: {error.strerror}")
    except (ClaimbookError, ValueError) as error:  # ValueError: no UTF-8, or no path
        faults.append(f"{place}: cannot be read: {error}")
    return {}


def _read_pairs(pairs: Iterable[str], faults: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    seen: set[str] = set()
    for pair in pairs:
        name, sign, text = pair.partition("=")
        name = name.strip()
        if not sign or not is_name(name):
            faults.append(f"parameter {for_message(pair)}: expected name=value; {NAME_RULE}")
        elif name in seen:
            faults.append(f"parameter {name!r} is given twice")
        else:
            seen.add(name)
            try:
                found[name] = read_text(text)
            except ClaimbookError as error:
                faults.append(f"parameter {name!r}: {for_message(text)} cannot be read: {error}")
    return found


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise ClaimbookError("it is nested too deeply") from None
    except ValueError as error:
        raise ClaimbookError(f"not JSON: {error}") from None


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a finite number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ClaimbookError(f"{for_message(key)} stands twice")
        found[key] = value
    return found


def _read_yaml(text: str) -> Any:
    try:
        return _Loader(text).get_single_data()
    except RecursionError:
        raise ClaimbookError("it is nested too deeply") from None
    except ClaimbookError:
        raise
    except Exception as error:  # PyYAML lets ValueError, IndexError and others through
        raise ClaimbookError(f"not YAML: {' '.join(str(error).split())[:_CUT]}") from None


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):  # by which a few lines become gigabytes of data
            raise ClaimbookError("an alias (*name) is not allowed; write the value again")
        if tag := getattr(event, "tag", None):
            shown = tag.removeprefix(_TAG)
            raise ClaimbookError(f"the tag {shown!r} is not allowed; write the value without it")
        return super().compose_node(parent, index)


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    r"""The text of a scalar, in which "\ud83d\ude00" is one character, as in JSON."""
    text = str(loader.construct_scalar(node))
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    return _unique(
        [(_text(loader, key), loader.construct_object(value, True)) for key, value in node.value]
    )


_Loader.yaml_implicit_resolvers = {
    None: [(_TAG + name, re.compile(f"({words})$")) for name, words in _PLAIN.items()]
}
_Loader.add_constructor(f"{_TAG}str", _text)
_Loader.add_constructor(f"{_TAG}map", _mapping)
