"""What the extension looks for in the theme's files is there, in the form in which it looks.

The regular expressions would find nothing, and say nothing, after the theme took another form. So
they are held against a page that Jupyter Book and its theme made without the engine's extension.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from claimbook.book.site import icons, one_sheet, unused_css

PLAIN = {
    "title": "Bees",
    "author": "A beekeeper",
    "repository": {"url": "https://github.com/example/bees"},
    "html": {"use_repository_button": True},  # shows a brand
}
STATIC = Path("_static")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of one page that only Jupyter Book and the theme have touched."""
    root = tmp_path_factory.mktemp("plain")
    (root / "_config.yml").write_text(yaml.safe_dump(PLAIN))
    (root / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (root / "index.md").write_text("# Bees\n\nA word.\n")
    main = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", main, "build", str(root), "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return root / "_build" / "html"


@pytest.fixture(scope="module")
def page(plain: Path) -> str:
    return (plain / "index.html").read_text()


def sheets(plain: Path) -> list[str]:
    return [path.read_text() for path in plain.rglob("*.css")]


def test_the_page_links_its_style_sheets(plain: Path, page: str) -> None:
    found = one_sheet._LINK.findall(page)
    assert len(found) >= 5
    assert "_static/styles/theme.css" in found
    assert [name for name in found if not (plain / name).is_file()] == []
    assert page.count('rel="stylesheet"') == len(found)


def test_the_page_loads_its_options_and_scripts_that_can_wait(page: str) -> None:
    (options,) = one_sheet._OPTIONS.findall(page)
    assert options.endswith("_static/documentation_options.js")
    assert len(one_sheet._WAITING.findall(page)) >= 5


def test_style_sheets_import_others_and_name_files(plain: Path) -> None:
    assert any(one_sheet._IMPORT.search(sheet) for sheet in sheets(plain))
    assert any(
        name.endswith(".woff2")
        for sheet in sheets(plain)
        for _, name in one_sheet._ADDRESS.findall(sheet)
    )


def test_the_script_of_the_icons_is_read_icon_by_icon(plain: Path, page: str) -> None:
    script = (plain / icons._ICONS).read_text()
    assert len(icons._ICON.findall(script)) > 1500
    used = set(icons._USED.findall(page))
    assert {"sun", "magnifying-glass", "bars"} <= used
    left = icons.with_icons(script, used)
    assert len(left) < len(script) / 10
    assert all(f"{name}:[" in left or f'"{name}":[' in left for name in ("sun", "bars"))


def test_a_brand_is_seen_where_one_is_shown(plain: Path, page: str) -> None:
    assert icons._BRAND.search(page)
    assert (plain / icons._BRANDS).is_file()


def test_there_are_dead_files_to_remove(plain: Path) -> None:
    found = {path.suffix for path in (plain / STATIC).rglob("*")}
    assert {".map", ".po", ".mo", ".ttf"} & found


def test_the_theme_has_rules_that_no_page_of_this_book_needs(plain: Path, page: str) -> None:
    used = set(unused_css._NAME.findall(page))
    assert {"bd-article", "bd-sidebar-primary"} <= used
    every = "".join(sheets(plain))
    kept = "".join(unused_css.used_rules(sheet, used) for sheet in sheets(plain))
    assert ".bd-article" in kept
    assert ".bd-sidebar-primary" in kept
    assert len(kept) < len(every) / 2
