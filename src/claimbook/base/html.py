"""HTML from templates: whatever is put into one is escaped, unless it is `Markup` already.

The template `claims/card.html` is the file `card.html` in the folder `templates` of the room
`claims`. Its lines are joined, so that it can be laid out at will: beside a tag, a line's end and
the next line's indentation stand for nothing, and within a text for one space. A template named
`NAME.page.html` keeps its lines.
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from claimbook.base.inputs import ENGINE

_BESIDE_A_TAG = re.compile(r"(?<=[>}])\n\s*|\n\s*(?=[<{]|\Z)")
_WITHIN_A_TEXT = re.compile(r"\n\s*")


def render(template: str, **values: Any) -> Markup:
    """Fill a template. Raises jinja2's UndefinedError for a value that is not given.

    >>> render("claims/badge.html", kind="x", symbol="<", words=Markup("<b>y</b>"))
    Markup('<span class="verdict x"><span aria-hidden="true">&lt;</span> <b>y</b></span>')
    """
    return Markup(_TEMPLATES.get_template(template).render(values))


def script_json(data: Any, **options: Any) -> Markup:
    r"""JSON for the inside of a script element, which nothing in the data can end.

    `options` are those of `json.dumps`.

    >>> script_json({"a": "</script>"})
    Markup('{"a": "\\u003c/script>"}')
    """
    text = json.dumps(data, ensure_ascii=False, **options)
    return Markup(text.replace("<", "\\u003c"))


def _load(name: str) -> str:
    room, _, file = name.partition("/")
    text = (ENGINE / room / "templates" / file).read_text(encoding="utf-8")
    if ".page." in file:
        return text
    return _WITHIN_A_TEXT.sub(" ", _BESIDE_A_TAG.sub("", text))


def _escaped(value: Any) -> Markup:
    """Escape as the standard library does, whose `&quot;` pages and their readers know."""
    return Markup(value if hasattr(value, "__html__") else escape(str(value)))


_TEMPLATES = Environment(
    loader=FunctionLoader(_load),
    autoescape=True,
    finalize=_escaped,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
