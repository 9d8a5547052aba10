"""One executed notebook as one HTML page that needs nothing beside it."""

from __future__ import annotations

from copy import deepcopy
from html import escape
from typing import Any

from nbconvert import HTMLExporter

from claimbook.book.assets import STYLE

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ max-width: 56rem; margin: 2rem auto; padding: 0 1rem; font-family: system-ui, sans-serif; }}
pre {{ overflow-x: auto; background: #f4f4f4; padding: .6rem; }}
img {{ max-width: 100%; }}
{style}
</style></head><body>{body}</body></html>
"""


def to_html(notebook: Any, title: str) -> str:
    """Render a notebook, with the style sheet of the cards."""
    exporter = HTMLExporter(template_name="basic")
    shown = deepcopy(notebook)
    for cell in shown.cells:
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if "scrapbook" not in o.get("metadata", {})]
    body, _ = exporter.from_notebook_node(shown)
    return _PAGE.format(title=escape(title), style=STYLE.read_text(encoding="utf-8"), body=body)
