"""Takes the rules out of style sheets that no page of a built book can use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from itertools import pairwise
from pathlib import Path
from typing import Any

import tinycss2

from claimbook.base import replace_text

_NAME = re.compile(r"-?[A-Za-z_][\w-]*")
# Rules that hold rules, in which selectors stand too.
_GROUPS = {"media", "supports", "container", "layer"}


def trim_stylesheets(book: Path) -> None:
    """Remove from the style sheets under `book` every rule for a class that no page can have.

    A class may come from a page, or from a script that names it.
    """
    users = [path for kind in ("*.html", "*.js") for path in book.rglob(kind)]
    used = {name for path in users for name in _NAME.findall(path.read_text(encoding="utf-8"))}
    for path in book.rglob("*.css"):
        replace_text(path, used_rules(path.read_text(encoding="utf-8"), used))


def used_rules(sheet: str, used: Set[str]) -> str:
    """A style sheet without the rules that need a class which is not in `used`, and comments.

    >>> used_rules("a.x, b { top: 0 } .y:hover { top: 0 } @media print { .y { top: 0 } }", {"x"})
    'a.x, b { top: 0 }'
    """
    rules = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    return "\n".join(_kept(rules, used))


def _kept(rules: Iterable[Any], used: Set[str]) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            if selectors := [s for s in _selectors(rule.prelude) if _possible(s, used)]:
                yield f"{', '.join(map(_text, selectors))} {{{tinycss2.serialize(rule.content)}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in _GROUPS and rule.content:
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if kept := list(_kept(inner, used)):
                head = f"@{rule.lower_at_keyword} {_text(rule.prelude)}"
                yield f"{head} {{{' '.join(kept)}}}"
        else:
            yield rule.serialize()


def _selectors(prelude: list[Any]) -> Iterator[list[Any]]:
    """The selectors of a rule: its prelude, cut at the commas that stand in no brackets."""
    selector: list[Any] = []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            yield selector
            selector = []
        elif token.type != "comment":
            selector.append(token)
    yield selector


def _possible(selector: list[Any], used: Set[str]) -> bool:
    """Whether every class is used, or could be put together by a script: "tooltip-" and "top"."""
    return all(not used.isdisjoint(_beginnings(name)) for name in _classes(selector))


def _beginnings(name: str) -> list[str]:
    parts = name.split("-")
    return [name, *("-".join(parts[:end]) for end in range(2, len(parts)))]


def _classes(selector: list[Any]) -> set[str]:
    """The classes that an element and those around it must have; not those within brackets."""
    return {
        name.value
        for dot, name in pairwise(selector)
        if dot.type == "literal" and dot.value == "." and name.type == "ident"
    }


def _text(tokens: list[Any]) -> str:
    return str(tinycss2.serialize(tokens)).strip()
