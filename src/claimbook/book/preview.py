"""One executed notebook as one HTML page that needs nothing beside it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from markupsafe import Markup
from nbconvert import HTMLExporter

from claimbook.base import render
from claimbook.book.assets import STYLE


def to_html(notebook: Any, title: str) -> Markup:
    """Render a notebook, with the style sheet of the cards."""
    exporter = HTMLExporter(template_name="basic")
    shown = deepcopy(notebook)
    for cell in shown.cells:
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if "scrapbook" not in o.get("metadata", {})]
    body, _ = exporter.from_notebook_node(shown)
    style = Markup(STYLE.read_text(encoding="utf-8"))
    return render("book/run.page.html", title=title, style=style, body=Markup(body))
