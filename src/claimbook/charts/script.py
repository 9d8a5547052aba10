"""The script of the interactive charts: Vega from vl-convert and a small starter, in one file.

The build writes it beside the generated pages. As a Sphinx extension this module then puts it
into the book, and has the pages that have such a chart load it.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from claimbook.base import Project, replace_text

MARKER = '<figure class="interactive-chart"'
NAME = "charts.js"
_FOLDER = "scripts"
# The script is large: it is loaded when a chart is less than a screen away.
_LOADER = """addEventListener("DOMContentLoaded", () => {
  const near = new IntersectionObserver((charts) => {
    if (!charts.some((chart) => chart.isIntersecting)) return;
    near.disconnect();
    document.head.append(Object.assign(document.createElement("script"), {src: PLACE}));
  }, {rootMargin: "100% 0px"});
  document.querySelectorAll("figure.interactive-chart").forEach((chart) => near.observe(chart));
});"""
_STARTER = Path(__file__).with_name("interactive.js")


def vl_version() -> str:
    """The version of Vega-Lite that Altair writes, as vl-convert names it."""
    from altair import SCHEMA_VERSION  # half a second that most builds do not need

    return SCHEMA_VERSION.removeprefix("v").rpartition(".")[0]


def update_script(project: Project) -> None:
    """Write the script if a published chapter has an interactive chart, else remove it.

    A script that stands there, made from the same, is left as it is.
    """
    place = project.generated / _FOLDER / NAME
    starter = _STARTER.read_text(encoding="utf-8")
    made_from = [version("altair"), version("vl-convert-python"), starter]
    head = f"// {hashlib.sha256(repr(made_from).encode()).hexdigest()}\n"
    if not _is_needed(project):
        place.unlink(missing_ok=True)
    elif not place.is_file() or not place.read_text(encoding="utf-8").startswith(head):
        replace_text(place, f"{head}{_bundle(starter)}")


def setup(app: Any) -> dict[str, bool]:
    """Sphinx's entry."""
    app.connect("config-inited", _add_folder)
    app.connect("html-page-context", _load_where_needed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _bundle(starter: str) -> str:
    from vl_convert import javascript_bundle

    # In a function, so that its names are not those of the page's other scripts.
    return f"(() => {{\n{javascript_bundle(starter, vl_version())}\n}})();\n"


def _is_needed(project: Project) -> bool:
    marker = MARKER.replace('"', '\\"')  # as JSON has it
    pages = project.chapters.glob("*.ipynb")
    return any(marker in page.read_text(encoding="utf-8") for page in pages)


def _add_folder(app: Any, config: Any) -> None:
    project = Project(Path(app.srcdir))
    folder = project.generated / _FOLDER
    if (folder / NAME).is_file():
        within = folder.relative_to(project.root).as_posix()
        config.html_static_path = [*config.html_static_path, within]


def _load_where_needed(
    app: Any, _page: str, _template: str, context: dict[str, Any], _tree: Any
) -> None:
    if MARKER in context.get("body", ""):
        place = context["pathto"](f"_static/{NAME}", 1)
        app.add_js_file(None, body=_LOADER.replace("PLACE", json.dumps(place)))
