"""Values of parameters: from text to a value of a stated type, and from there to code and data.

A text becomes plain data (`read_text`, `read_json`), plain data a value of the contract's type
(`typed`), and the value a line of code (`as_code`) or JSON data (`as_data`). No step executes
anything, and none guesses: what is not of the type is refused.
"""

from __future__ import annotations

import ast
import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from keyword import iskeyword
from types import EllipsisType, NoneType
from typing import Any, NoReturn

import numpy as np
import yaml

from claimbook.base import ClaimbookError, nearest

NAME_RULE = "a name is letters, digits and _, no digit first, and no word of Python's own"
DATE_IMPORT = "from datetime import date"

_SCALARS: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool, "date": date}
_CONTAINERS = [
    "list[T]",
    "tuple[T, ...]",
    "tuple[T, T]",
    "dict[int, T]",
    "dict[str, T]",
    "T | None",
]
_SHOWN = 200  # characters of a value in a message
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of the contract: a scalar, or a list, tuple or dictionary of scalars.

    `items` are the kinds of the items; an `endless` container has any number of its one kind.
    `key` is what a dictionary's keys are, "int" or "str".
    """

    name: str
    items: tuple[Kind, ...] = ()
    endless: bool = False
    key: str = ""
    optional: bool = False

    @property
    def item(self) -> str:
        """The one scalar that this kind is made of, or "" for a tuple of several."""
        names = {kind.name for kind in self.items} or {self.name}
        return names.pop() if len(names) == 1 else ""


def parse_kind(text: str) -> Kind:
    """The type that an annotation names. Raises ClaimbookError for an unknown one.

    >>> parse_kind("list[int]").item
    'int'
    """
    try:
        return _kind(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError):
        raise _unknown_type(text, [*_SCALARS, *_CONTAINERS]) from None


def typed(kind: Kind, given: Any) -> Any:
    """The given data as a value of `kind`. Raises ClaimbookError for what is not of that type.

    Numpy's scalars become Python's. What JSON and YAML cannot write is read from what they can:
    a tuple from a list, a date from "2024-05-01", an integer key from its digits; and a float
    from an int. Nothing else is converted.

    >>> typed(parse_kind("tuple[date, int]"), ["2024-05-01", 3])
    (datetime.date(2024, 5, 1), 3)
    """
    try:
        return _typed(kind, given)
    except (TypeError, ValueError):
        raise ClaimbookError(f"{show(_python(given))} is not of type {_words(kind)}") from None


def likely(kind: Kind, given: Any) -> Any:
    """The value of `kind` that was likely meant, for `typed` to check.

    Raises ClaimbookError or ValueError if there is none.

    >>> likely(parse_kind("int"), "2019")
    2019
    """
    given = _python(given)
    if given is None and kind.optional:
        return None
    if not kind.items:
        return _likely_scalar(kind.name, given)
    if kind.name == "dict":
        if type(given) is not dict:
            raise ValueError("no dictionary")
        return {key: likely(kind.items[0], item) for key, item in given.items()}
    parts = given if type(given) in (list, tuple) else [given]
    return [likely(k, part) for k, part in zip(_item_kinds(kind, parts), parts, strict=True)]


def from_text(name: str, text: str) -> Any:
    """The scalar of type `name` that a text without quotes writes.

    Raises ClaimbookError for a text that writes none.

    >>> from_text("float", "1"), from_text("str", "1")
    (1.0, '1')
    """
    return typed(Kind(name), text if name == "str" else _plain(text))


def items(value: Any) -> list[Any]:
    """The scalars that a typed value holds: itself, or its items; None is no scalar.

    >>> items({2019: 0.5, 2020: None})
    [0.5]
    """
    if isinstance(value, dict):
        value = list(value.values())
    found = value if isinstance(value, list | tuple) else [value]
    return [item for item in found if item is not None]


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """A typed value with each of its scalars changed.

    >>> mapped((1, None), lambda item: item + 1)
    (2, None)
    """
    if isinstance(value, list | tuple):
        return type(value)(mapped(item, change) for item in value)
    if isinstance(value, dict):
        return {key: mapped(item, change) for key, item in value.items()}
    return None if value is None else change(value)


def show(value: Any) -> str:
    """How messages write a value: like code, in one line, cut if long; a date as ISO text.

    >>> show("soon"), show(date(2024, 5, 1))
    ("'soon'", '2024-05-01')
    """
    if type(value) is date:
        return value.isoformat()
    try:
        text = " ".join(repr(value).splitlines())
    except Exception:  # a value too large or too deep, or whose own `__repr__` fails
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def is_name(name: object) -> bool:
    """Whether a parameter may be called so.

    >>> is_name("year"), is_name("class"), is_name("__name__"), is_name("the year")
    (True, False, False, False)
    """
    return (
        isinstance(name, str)
        and name.isidentifier()
        and not iskeyword(name)
        and not (name.startswith("__") and name.endswith("__"))
        and unicodedata.normalize("NFKC", name) == name  # else the kernel knows it by another
    )


def read_text(text: str) -> Any:
    """The data that a YAML text writes, JSON being a part of YAML.

    Numbers, `true`, `false` and `null` are read as YAML 1.2 reads them, everything else is
    text: dates, `NO` and `007` too. An integer of more than 4300 digits is infinite. Raises
    ClaimbookError for a text that is no YAML, for tags, aliases and keys that stand twice.

    >>> read_text("{year: 2022, release: 2023-10, reporter: NO, shares: [1e-1, .5]}")
    {'year': 2022, 'release': '2023-10', 'reporter': 'NO', 'shares': [0.1, 0.5]}
    """
    try:
        return _load_json(text)
    except ValueError:  # no JSON
        return _load_yaml(text)


def read_json(text: str) -> Any:
    """The data that a JSON text writes. Raises ClaimbookError as `read_text` does.

    >>> read_json('{"year": 2022}')
    {'year': 2022}
    """
    try:
        return _load_json(text)
    except ValueError as error:
        raise ClaimbookError(f"not JSON: {error}") from None


def is_finite(data: Any) -> bool:
    """Whether all numbers in plain data are finite.

    >>> is_finite([0.5, {"share": float("nan")}])
    False
    """
    rest = [data]  # a list of what is still to be seen, as data may be nested deeply
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            rest += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            rest += item
        elif isinstance(item, float) and not math.isfinite(item):
            return False
    return True


def literal(node: ast.expr) -> Any:
    """The value of a literal or of `date(year, month, day)`; nothing is called or looked up.

    Raises ValueError for any other expression.

    >>> literal(ast.parse("[date(2024, 5, 1), -2]", mode="eval").body)
    [datetime.date(2024, 5, 1), -2]
    """
    match node:
        case ast.Constant(value=NoneType() | bool() | int() | float() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)) if (
            not isinstance(value, bool)
        ):
            return -value
        case ast.List(elts=elements):
            return [literal(element) for element in elements]
        case ast.Tuple(elts=elements):
            return tuple(literal(element) for element in elements)
        case ast.Dict(keys=keys, values=values):
            names = [literal(key) for key in keys if key is not None]  # None: `**another`
            if not _are_keys(names) or len(set(names)) < len(keys):
                raise ValueError("a key stands twice, or is neither int nor str")
            return dict(zip(names, map(literal, values), strict=True))
        case ast.Call(func=ast.Name(id="date"), args=[_, _, _] as parts, keywords=[]):
            return _day(*map(literal, parts))
    raise ValueError("no literal")


def as_code(values: Mapping[str, Any]) -> str:
    """Source that sets each name to its value: one line a name, of literals and dates alone.

    Raises ClaimbookError for a value that no such line writes. The source is read back before
    it is given out: it holds these names, and values equal in value and type, and nothing else.

    >>> print(as_code({"year": 2022, "day": date(2024, 5, 1)}))
    from datetime import date
    year = 2022
    day = date(2024, 5, 1)
    """
    source = "\n".join(f"{_name(name)} = {_source(name, values[name])}" for name in values)
    has_dates = _prove(source, values)
    if has_dates and "date" in values:
        raise ClaimbookError("parameter 'date': the name is taken, as another value is a date")
    return f"{DATE_IMPORT}\n{source}" if has_dates else source


def as_data(value: Any) -> Any:
    """A value as JSON writes it: a date as ISO text, a tuple as list, an integer key as text.

    Raises ClaimbookError for what is no value of a parameter.

    >>> as_data({2024: (date(2024, 5, 1), None)})
    {'2024': ['2024-05-01', None]}
    """
    match value:
        case dict() if _are_keys(value):
            return {str(key): as_data(item) for key, item in value.items()}
        case list() | tuple():
            return [as_data(item) for item in value]
        case date() if type(value) is date:
            return value.isoformat()
        case None:
            return None
        case float() if not math.isfinite(value):
            raise ClaimbookError(f"{show(value)} is not a finite number")
    if type(value) in _SCALARS.values():
        return value
    raise ClaimbookError(f"{show(value)} of type {type(value).__name__} is no value of a parameter")


def _day(*parts: Any) -> date:
    if {type(part) for part in parts} != {int}:
        raise ValueError("no year, month and day")
    try:
        return date(*parts)
    except OverflowError:
        raise ValueError("no such year") from None


def _unknown_type(text: str, known: list[str]) -> ClaimbookError:
    return ClaimbookError(f"unknown type {text!r}: {nearest(text, known)}")


def _kind(node: ast.expr) -> Kind:
    match node:
        case ast.Name(id=name) if name in _SCALARS:
            return Kind(name)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            kind = _kind(left)
            if not kind.optional:
                return replace(kind, optional=True)
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            match name, inner:
                case "list", _:
                    return Kind(name, (_item(inner),), endless=True)
                case "tuple", ast.Tuple(elts=[item, ast.Constant(value=EllipsisType())]):
                    return Kind(name, (_item(item),), endless=True)
                case "tuple", ast.Tuple(elts=[_, *_] as several):
                    return Kind(name, tuple(map(_item, several)))
                case "tuple", _ if not isinstance(inner, ast.Tuple):
                    return Kind(name, (_item(inner),))
                case "dict", ast.Tuple(elts=[ast.Name(id="int" | "str" as key), item]):
                    return Kind(name, (_item(item),), endless=True, key=key)
    raise _unknown_type(ast.unparse(node), [*_SCALARS, *_CONTAINERS])


def _item(node: ast.expr) -> Kind:
    kind = _kind(node)
    if kind.items:
        raise _unknown_type(ast.unparse(node), list(_SCALARS))
    return kind


def _words(kind: Kind) -> str:
    inner = ", ".join([*([kind.key] if kind.key else []), *map(_words, kind.items)])
    more = ", ..." if kind.name == "tuple" and kind.endless else ""
    whole = f"{kind.name}[{inner}{more}]" if kind.items else kind.name
    return f"{whole} | None" if kind.optional else whole


def _item_kinds(kind: Kind, given: Any) -> tuple[Kind, ...]:
    return kind.items * len(given) if kind.endless else kind.items


def _typed(kind: Kind, given: Any) -> Any:
    given = _python(given)
    if given is None and kind.optional:
        return None
    if not kind.items:
        return _scalar(kind.name, given)
    if kind.name == "dict":
        return _dictionary(kind, given)
    if type(given) is not list and (kind.name == "list" or type(given) is not tuple):
        raise TypeError
    found = [_typed(k, item) for k, item in zip(_item_kinds(kind, given), given, strict=True)]
    return tuple(found) if kind.name == "tuple" else found


def _dictionary(kind: Kind, given: Any) -> dict[Any, Any]:
    if type(given) is not dict:
        raise TypeError
    found: dict[Any, Any] = {}
    for key, item in given.items():
        name = _key(kind.key, _python(key))
        if name in found:
            raise ClaimbookError(f"key {show(name)} stands twice")
        found[name] = _typed(kind.items[0], item)
    return found


def _key(name: str, given: Any) -> Any:
    if name == "int" and type(given) is str and _WHOLE.fullmatch(given):
        return _whole(given)
    return _scalar(name, given)


def _scalar(name: str, given: Any) -> Any:
    if name == "float" and type(given) is int:
        return _finite(given)
    if name == "date" and type(given) is str and _DAY.fullmatch(given):
        return date.fromisoformat(given)
    if type(given) is not _SCALARS[name]:
        raise TypeError
    _require_writable(given)
    return given


def _require_writable(value: Any) -> None:
    """Raise ClaimbookError for what a file in UTF-8 cannot hold, or no reader reads back."""
    match value:
        case float():
            _finite(value)
        case int() if type(value) is not bool:
            _whole(value)
        case str() if any("\ud800" <= character <= "\udfff" for character in value):
            raise ClaimbookError(f"{show(value)} holds a lone surrogate, which is no character")


def _python(value: Any) -> Any:
    """A scalar of numpy as Python's; one that Python has no equal for as it is."""
    if not isinstance(value, np.generic) or isinstance(value, np.timedelta64):
        return value
    # A time of another unit would come out as a number or with a day that it does not state.
    is_day = value.dtype == "datetime64[D]"
    if not is_day and not isinstance(value, np.number | np.bool_ | np.str_):
        return value
    found = value.item()
    return value if found is None else found  # None: not a time


def _likely_scalar(name: str, given: Any) -> Any:
    if type(given) is _SCALARS[name]:
        return given
    if type(given) is str:
        return from_text(name, given)
    if name == "int" and type(given) is float:
        return round(_finite(given))
    if name == "float" and type(given) is int:
        return _finite(given)
    if name == "str" and type(given) in (int, float, date):
        return str(given)
    if name == "date" and isinstance(given, datetime):
        return given.date()
    raise ValueError("nothing alike")


def _finite(given: float) -> float:
    try:
        found = float(given)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise ClaimbookError(f"{show(given)} is not a finite number")
    return found


def _whole(given: str | int) -> int:
    try:
        return int(str(given))
    except ValueError:  # Python reads and writes no longer ones in decimals
        raise ClaimbookError("a whole number is too long; allowed: 4300 digits") from None


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ClaimbookError(f"{show(key)} stands twice")
        found[key] = value
    return found


def _load_json(text: str) -> Any:
    """Raises ValueError for what is no JSON, ClaimbookError for JSON that is not allowed."""
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_read_whole,
            parse_constant=_no_constant,
        )
    except RecursionError:
        raise ClaimbookError("it is nested too deeply") from None


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a finite number")


class _Plain(yaml.SafeLoader):
    """YAML's structure alone: scalars without quotes and tag are marked, and read by `_plain`."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse an alias, by which a few lines of text become gigabytes of data."""
        if self.check_event(yaml.AliasEvent):
            raise ClaimbookError("an alias (*name) is not allowed; write the value again")
        return super().compose_node(parent, index)


_Plain.yaml_implicit_resolvers = {None: [("plain", re.compile(""))]}


def _load_yaml(text: str) -> Any:
    try:
        node = yaml.compose(text, Loader=_Plain)
        return None if node is None else _data(node)
    except RecursionError:
        raise ClaimbookError("it is nested too deeply") from None
    except ClaimbookError:
        raise
    except Exception as error:  # PyYAML lets ValueError, IndexError and others through
        raise ClaimbookError(f"not YAML: {' '.join(str(error).split())[:_SHOWN]}") from None


def _data(node: yaml.Node) -> Any:
    match node.tag.removeprefix("tag:yaml.org,2002:"), node:
        case "plain", yaml.ScalarNode(value=text):
            return _plain(text)
        case "str", yaml.ScalarNode(value=text):
            # "\ud83d\ude00" is one character, as in JSON.
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        case "seq", yaml.SequenceNode(value=nodes):
            return [_data(item) for item in nodes]
        case "map", yaml.MappingNode(value=pairs):
            return _unique([(_key_data(key), _data(value)) for key, value in pairs])
        case tag, _:
            raise ClaimbookError(f"the tag {tag!r} is not allowed; write the value without it")


def _key_data(node: yaml.Node) -> Any:
    """A key is text or an integer, so that `Null` and `1.5` are what they are in JSON."""
    if not isinstance(node, yaml.ScalarNode):
        raise ClaimbookError("a key is a list or a mapping; allowed: text and integers")
    if node.tag != "plain":
        return _data(node)
    return _read_whole(node.value) if _WHOLE.fullmatch(node.value) else node.value


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return _read_whole(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def _read_whole(text: str) -> float:
    try:
        return _whole(text)
    except ClaimbookError:
        return math.inf


def _name(name: str) -> str:
    if not is_name(name):
        raise ClaimbookError(f"parameter {show(name)}: {NAME_RULE}")
    return name


def _source(name: str, value: Any) -> str:
    try:
        return _written(value)
    except (TypeError, ValueError, RecursionError):
        raise ClaimbookError(
            f"parameter {name!r}: {show(value)} cannot be written as code; allowed: "
            "None, bool, int, finite float, str, date, and lists, tuples and dictionaries of them"
        ) from None


def _written(value: Any) -> str:
    """Raises TypeError or ValueError for what no literal writes."""
    kind = type(value)
    if kind is date:
        return f"date({value.year}, {value.month}, {value.day})"
    if kind is list:
        return f"[{', '.join(map(_written, value))}]"
    if kind is tuple:
        return f"({', '.join(map(_written, value))}{',' if len(value) == 1 else ''})"
    if kind is dict:
        if not _are_keys(value):
            raise TypeError
        return f"{{{', '.join(f'{key!r}: {_written(item)}' for key, item in value.items())}}}"
    if kind not in (NoneType, bool, int, str) and not (kind is float and math.isfinite(value)):
        raise TypeError
    return repr(value)


def _are_keys(names: Iterable[Any]) -> bool:
    return {type(name) for name in names} <= {int, str}


def _prove(source: str, values: Mapping[str, Any]) -> bool:
    """Whether dates occur in it. Raises ClaimbookError unless it sets just these values."""
    found: list[tuple[str, Any] | None]
    try:
        source.encode()
        tree = ast.parse(source)
        found = [_assigned(statement) for statement in tree.body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # as Python's version has it
        found = [None]
    if repr(found) != repr(list(values.items())):  # which tells types apart, and -0.0 from 0.0
        raise ClaimbookError(f"parameters {', '.join(values)}: they cannot be written as code")
    return any(isinstance(node, ast.Call) for node in ast.walk(tree))


def _assigned(statement: ast.stmt) -> tuple[str, Any]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, literal(value)
    raise ValueError("no assignment")
