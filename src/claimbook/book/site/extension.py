"""The Sphinx extension that brings all that a book has of the engine.

It sets up the other extensions and Sphinx itself, and adds the engine's style sheet and script.

Each page gets one description and Open Graph tags. A book with a public address (`html.baseurl`)
gets absolute addresses and a site map. Launch buttons, where `repository.url` is set, open the
notebook that stands in the repository. Beside the pages stands `ro-crate-metadata.json`.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from docutils import nodes  # type: ignore[import-untyped]
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.config import Config

from claimbook.base import Project, read_settings, render, replace_text
from claimbook.book.assets import STATIC, STYLE
from claimbook.book.site.crate import crate
from claimbook.book.site.icons import lighten
from claimbook.book.site.one_sheet import quicken
from claimbook.book.site.unused_css import trim_stylesheets

_DESCRIPTION = 'name="description"'
_LENGTH = 200  # characters of a description that search engines show
_CRATE = "ro-crate-metadata.json"
_CHAPTERS = "book/chapters/"
_LAUNCH, _SOURCE = "launch-buttons", "download-source-button"
_AFTER_THE_THEME = 900
_BEFORE_OTHERS = 100
_AFTER_OTHER_SHEETS = 800
# Jupyter Book's own list without sphinx_thebe, whose script comes from another host, and without
# intersphinx, which fetches inventories.
_EXTENSIONS = (
    "sphinx_togglebutton",
    "sphinx_copybutton",
    "myst_nb",
    "jupyter_book",
    "sphinx_comments",
    "sphinx_external_toc",
    "sphinx_design",
    "sphinx_book_theme",
    "sphinx_exercise",
    "claimbook.charts.script",
)
# What Sphinx is told, unless `sphinx.config` of `_config.yml` says otherwise.
_SETTINGS: dict[str, Any] = {
    "exclude_patterns": ["_build", "runs", ".*", "**.ipynb_checkpoints"],
    "external_toc_exclude_missing": True,
    "myst_enable_extensions": ["colon_fence", "deflist", "attrs_inline"],
    "nb_execution_mode": "off",  # claimbook runs the chapters and proves the runs
    "nb_execution_raise_on_error": True,
    "nb_merge_streams": True,
    "suppress_warnings": [],
}
_CONTEXT = {"default_mode": "auto"}
_THEME = {"navbar_persistent": [], "show_navbar_depth": 1}  # without a second search bar


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    for name in _EXTENSIONS:
        app.setup_extension(name)
    app.add_css_file(STYLE.name, priority=_AFTER_OTHER_SHEETS)
    app.add_js_file("claimbook.js", priority=_AFTER_OTHER_SHEETS, defer="defer")
    app.connect("config-inited", _prepare, priority=_BEFORE_OTHERS)
    app.connect("builder-inited", _add_assets)
    app.connect("doctree-resolved", _load_images_late)
    app.connect("html-page-context", _add_tags, priority=_AFTER_THE_THEME)
    app.connect("html-page-context", _mend_launch_buttons, priority=_AFTER_THE_THEME)
    app.connect("html-page-context", _mend_download_button, priority=_AFTER_THE_THEME)
    app.connect("build-finished", _finish, priority=_AFTER_THE_THEME)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def description(doctree: nodes.document) -> str:
    """What a page's front matter says of it, else the beginning of its first paragraph."""
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            return str(meta["content"])
    for paragraph in doctree.findall(nodes.paragraph):
        if text := " ".join(paragraph.astext().split()):
            return textwrap.shorten(text, _LENGTH, placeholder=" …")
    return ""


def site_map(address: str, pages: list[str]) -> str:
    """A site map of pages, which are named without their suffix."""
    places = [f"{address}{quote(page)}.html" for page in sorted(pages)]
    return render("book/sitemap.page.xml", places=places)


def _prepare(app: Sphinx, config: Config) -> None:
    settings = read_settings(Project(Path(app.srcdir)))
    for name, value in _SETTINGS.items():
        if name not in settings.sphinx.config:
            setattr(config, name, value)
    config.html_context = {**_CONTEXT, **config.html_context}
    config.html_theme_options = {**_THEME, **config.html_theme_options}
    config.html_copy_source = False  # executed notebooks, pictures and all, once more
    config.html_baseurl = settings.html.baseurl
    if not config.html_theme_options.get("repository_url"):  # the theme would fail
        config.html_theme_options.pop("launch_buttons", None)


def _add_assets(app: Sphinx) -> None:
    """Have Sphinx copy the engine's files.

    By now it has noted its settings, which are not to hold where the engine is installed.
    """
    app.config.html_static_path.append(str(STATIC))


def _load_images_late(_: Sphinx, doctree: nodes.document, _page: str) -> None:
    """Have browsers load a figure when it comes near; most readers never see the last ones."""
    for image in doctree.findall(nodes.image):
        image["loading"] = "lazy"


def _add_tags(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    title = str(context.get("pagetitle") or context.get("title") or page)
    about = description(doctree) if doctree else ""
    about = about or f"{title}: {app.config.html_title}"
    tags = {"og:title": title, "og:description": about, "og:site_name": app.config.html_title}
    tags["og:type"] = "website" if page == app.config.root_doc else "article"
    if address := app.config.html_baseurl:
        tags["og:url"] = f"{address}{quote(page)}.html"
        tags |= _image(app, address, doctree)
    written = context.get("metatags") or ""
    all_tags = render(
        "book/metatags.page.html",
        written=Markup(written),
        description="" if _DESCRIPTION in written else about,
        tags=tags,
        crate=context["pathto"](_CRATE, 1),
    )
    context["metatags"] = str(all_tags)  # the theme adds to it as to any text


def _image(app: Sphinx, address: str, doctree: nodes.document | None) -> dict[str, str]:
    """The first figure of a page, whose address in the page has been worked out by now."""
    for image in doctree.findall(nodes.image) if doctree else ():
        name = PurePosixPath(image["uri"]).name
        if name in app.builder.images.values():
            place = f"{address}{app.builder.imagedir}/{quote(name)}"
            return {"og:image": place, "og:image:alt": image.get("alt", "")}
    return {}


def _mend_launch_buttons(
    _: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None
) -> None:
    """Lead to the notebook in the repository, which does not hold the executed ones.

    A page that the build writes from no notebook of the repository has nothing to launch.
    """
    buttons = context.get("header_buttons", [])
    for group in [b for b in buttons if b.get("label") == _LAUNCH]:
        if not page.startswith(_CHAPTERS):
            buttons.remove(group)
            continue
        for button in group["buttons"]:
            button["url"] = button["url"].replace(f"{page}.ipynb", _stored(page))


def _mend_download_button(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None
) -> None:
    """Offer a chapter's notebook without outputs, and no source of the other pages."""
    stored = _downloads(app).get(_stored(page))
    for group in context.get("header_buttons", []):
        for button in [b for b in group.get("buttons", []) if b.get("label") == _SOURCE]:
            if stored:
                button["url"] = context["pathto"](stored, 1)
            else:
                group["buttons"].remove(button)


def _stored(page: str) -> str:
    """The notebook from which a chapter's page was made, as the repository holds it."""
    return f"notebooks/{page.removeprefix(_CHAPTERS)}.ipynb"


def _downloads(app: Sphinx) -> dict[str, str]:
    """Where the files that can be downloaded stand in the book."""
    return {name: f"_downloads/{file}" for name, (_, file) in app.env.dlfiles.items()}


def _finish(app: Sphinx, failure: Exception | None) -> None:
    if failure or app.builder.format != "html":
        return
    place = Path(app.outdir)
    lighten(place)
    trim_stylesheets(place)
    quicken(place)
    made = crate(Project(Path(app.srcdir)), _downloads(app))
    replace_text(place / _CRATE, json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    if address := app.config.html_baseurl:
        replace_text(place / "sitemap.xml", site_map(address, list(app.env.found_docs)))
    else:
        (place / "sitemap.xml").unlink(missing_ok=True)
