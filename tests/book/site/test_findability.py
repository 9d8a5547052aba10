"""What machines read of the book, and how much there is to load."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urldefrag
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup
from docutils import nodes  # type: ignore[import-untyped]
from docutils.utils import new_document  # type: ignore[import-untyped]

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.base.settings import HtmlSettings, read_settings
from claimbook.book.build import build_book
from claimbook.book.site import extension as site
from claimbook.book.site.crate import crate
from claimbook.book.site.icons import lighten, with_icons
from claimbook.book.site.one_sheet import quicken
from claimbook.book.site.unused_css import used_rules
from claimbook.runs.kept import claims_of
from tests.books import ADDRESS, ROOT

MEGABYTE = 1_000_000
_TEXT = {".html", ".css", ".js", ".svg"}  # what servers compress


def page_names() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    return [toc["root"], *(e["file"] for part in toc["parts"] for e in part["chapters"])]


class Head(HTMLParser):
    """The tags of a page that carry addresses and descriptions, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def named(self, kind: str, name: str) -> list[str]:
        return [a["content"] for tag, a in self.tags if tag == "meta" and a.get(kind) == name]

    def loaded(self) -> set[str]:
        """What a browser fetches with the page."""
        styles = {a["href"] for tag, a in self.tags if tag == "link" and _is_loaded(a)}
        sources = {a["src"] for tag, a in self.tags if tag in ("script", "img") and "src" in a}
        return {address.partition("?")[0] for address in styles | sources}


def _is_loaded(attributes: dict[str, str]) -> bool:
    return bool({"stylesheet", "icon", "preload"} & set(attributes.get("rel", "").split()))


def head(book: Project, page: str) -> Head:
    return Head((book.html / f"{page}.html").read_text())


# Descriptions ----------------------------------------------------------------------------


@pytest.mark.parametrize("page", [*page_names(), "search", "genindex"])
def test_each_page_has_one_description(book: Project, page: str) -> None:
    found = head(book, page)
    (about,) = found.named("name", "description")
    assert 20 <= len(about) <= 200
    assert found.named("property", "og:description") == [about]
    assert len(found.named("property", "og:title")) == 1
    assert found.named("property", "og:url") == []  # no address, no invented one
    assert found.named("property", "og:image") == []


def test_descriptions_tell_the_pages_apart(book: Project) -> None:
    found = [head(book, page).named("name", "description")[0] for page in page_names()]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("page", page_names())
def test_a_public_page_names_its_own_address(public_book: Project, page: str) -> None:
    found = head(public_book, page)
    canonical = [a["href"] for tag, a in found.tags if tag == "link" and a["rel"] == "canonical"]
    assert [f"{ADDRESS}{page}.html"] == canonical == found.named("property", "og:url")
    images = found.named("property", "og:image")
    assert len(images) == ("/chapters/" in page)
    for image in images:
        assert (public_book.html / image.removeprefix(ADDRESS)).is_file()


def test_a_description_in_the_front_matter_is_the_only_one_and_is_shared() -> None:
    page = new_document("page")
    page += nodes.meta(name="description", content="By hand")
    page += nodes.paragraph(text="The first paragraph.")
    found = tags_of(page, '<meta content="By hand" name="description" />')
    assert found.count('name="description"') == 1
    assert 'og:description" content="By hand"' in found


def test_a_description_is_the_first_paragraph_that_has_text_cut_at_a_word() -> None:
    page = new_document("page")
    page += [nodes.paragraph(), nodes.paragraph(text="honey " * 60)]
    about = site.description(page)
    assert about == "honey " * 33 + "…"


def test_a_page_without_text_is_described_by_its_title() -> None:
    assert 'name="description" content="page: Title &amp; more"' in tags_of(None, "")


def tags_of(page: nodes.document | None, written: str) -> str:
    """The tags of a page; `written` are those that Sphinx made of its front matter."""
    config = SimpleNamespace(html_title="Title & more", html_baseurl="", root_doc="index")
    context: dict[str, Any] = {"metatags": written, "pathto": lambda name, _: name}
    site._add_tags(SimpleNamespace(config=config), "page", "", context, page)  # type: ignore[arg-type]
    found: str = context["metatags"]
    return found


# Addresses -------------------------------------------------------------------------------


def test_the_site_map_lists_every_page(public_book: Project) -> None:
    root = ElementTree.fromstring((public_book.html / "sitemap.xml").read_text())
    places = [node.text for node in root.iter() if node.tag.endswith("}loc")]
    assert sorted(map(str, places)) == sorted(f"{ADDRESS}{page}.html" for page in page_names())


def test_without_an_address_there_is_no_site_map(book: Project) -> None:
    assert not (book.html / "sitemap.xml").exists()
    assert "example.org" not in (book.html / "book" / "index.html").read_text()


@pytest.mark.parametrize("given", ["example.org", "ftp://example.org/", "https://a.org/?b=1", "/b"])
def test_what_is_no_address_is_refused(tmp_path: Path, given: str) -> None:
    (tmp_path / "_config.yml").write_text(yaml.safe_dump({"html": {"baseurl": given}}))
    with pytest.raises(ClaimbookError, match=re.escape(repr(given))):
        read_settings(Project(tmp_path))


def test_an_address_ends_with_one_slash() -> None:
    assert HtmlSettings(baseurl="https://example.org/book//").baseurl == ADDRESS
    assert HtmlSettings(baseurl="").baseurl == HtmlSettings().baseurl == ""


# Claims, for machines --------------------------------------------------------------------


def reviews(book: Project) -> list[dict[str, Any]]:
    found = []
    for path in (book.html / "book").rglob("*.html"):
        kind = r'<script type="application/ld\+json">(.*?)</script>'
        for text in re.findall(kind, path.read_text(), re.DOTALL):
            found += json.loads(text)
    return found


def test_each_checked_claim_is_reviewed_once(book: Project) -> None:
    checked = [claim for claim in claims_of(book) if claim["status"] != "unchecked"]
    found = [urldefrag(review["url"]).fragment for review in reviews(book)]
    assert sorted(found) == sorted(claim["id"] for claim in checked)
    assert len(found) > 100


def test_a_review_leads_to_the_card(book: Project, public_book: Project) -> None:
    for review in reviews(book):
        place, fragment = urldefrag(review["url"])
        page = book.html / "book" / "generated" / place
        assert f'id="{fragment}"' in page.read_text()
    here = f"{ADDRESS}book/chapters/"
    assert all(review["url"].startswith(here) for review in reviews(public_book))


# The crate -------------------------------------------------------------------------------


def read_crate(book: Project) -> dict[str, dict[str, Any]]:
    data = json.loads((book.html / "ro-crate-metadata.json").read_text())
    assert data["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in data["@graph"]}
    assert len(entities) == len(data["@graph"])
    return entities


def is_file(entity: dict[str, Any]) -> bool:
    return "File" in ([t] if isinstance(t := entity["@type"], str) else t)


def test_every_file_of_the_crate_stands_in_the_book(book: Project) -> None:
    entities = read_crate(book)
    files = [name for name, entity in entities.items() if is_file(entity)]
    assert [name for name in files if not (book.html / name).is_file()] == []
    assert sorted(part["@id"] for part in entities["./"]["hasPart"]) == sorted(files)
    kinds = {Path(name).suffix for name in files}
    assert {".csv", ".json", ".ipynb", ".zip", ".cff"} <= kinds


def test_the_crate_describes_itself_as_the_standard_asks(book: Project) -> None:
    entities = read_crate(book)
    own = entities["ro-crate-metadata.json"]
    assert own["about"] == {"@id": "./"}
    assert own["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = entities["./"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", root["datePublished"])
    assert {"name", "description", "license", "citation", "author"} <= root.keys()


def test_whatever_the_crate_refers_to_is_in_it(book: Project) -> None:
    entities = read_crate(book)
    for entity in entities.values():
        for key, value in entity.items():
            items = value if isinstance(value, list) else [value]
            named = {item["@id"] for item in items if isinstance(item, dict)}
            if key != "conformsTo":
                assert named <= entities.keys(), entity["@id"]


def test_every_table_has_its_publisher_and_terms(book: Project) -> None:
    entities = read_crate(book)
    package = json.loads((book.data / "datapackage.json").read_text())["resources"]
    by_name = {e["name"]: e for e in entities.values() if e.get("encodingFormat") == "text/csv"}
    for table in package:
        entity = by_name[table["title"]]
        assert entities[entity["publisher"]["@id"]]["name"] == table["publisher"]
        assert entity["conditionsOfAccess"] == table["terms"]
        licences = [entities[item["@id"]] for item in entity["license"]]
        stated = [item["path"] for item in table.get("licenses", [])]
        assert [item["@id"] for item in licences] == (stated or [f"#terms-{table['name']}"])
        assert (book.html / entity["@id"]).stat().st_size == int(entity["contentSize"])


def test_the_crate_cites_the_paper(book: Project) -> None:
    entities = read_crate(book)
    cited = yaml.safe_load((book.root / "CITATION.cff").read_text())["references"][0]
    paper = entities[entities["./"]["citation"]["@id"]]
    assert (paper["@type"], paper["name"]) == ("ScholarlyArticle", cited["title"])
    names = [entities[author["@id"]]["name"] for author in paper["author"]]
    assert names == [f"{a['given-names']} {a['family-names']}" for a in cited["authors"]]


CITED = {
    "title": "Bees",
    "version": 1,
    "authors": [{"name": "The keepers"}],
    "license": "MIT",
    "references": [{"title": "On bees"}],
}


def test_a_crate_is_dated_by_the_release(bees: Project) -> None:
    package = bees.data / "datapackage.json"
    data = json.loads(package.read_text())
    package.write_text(json.dumps(data | {"description": "Hives.", "created": "2021-05-06T00:00Z"}))
    for cited, day in (
        (CITED, "2021-05-06"),
        (CITED | {"date-released": "2022-01-02"}, "2022-01-02"),
    ):
        (bees.root / "CITATION.cff").write_text(yaml.safe_dump(cited))
        assert crate(bees, {})["@graph"][1]["datePublished"] == day


def test_a_book_without_a_date_is_told(bees: Project) -> None:
    package = bees.data / "datapackage.json"
    package.write_text(json.dumps(json.loads(package.read_text()) | {"description": "Hives."}))
    (bees.root / "CITATION.cff").write_text(yaml.safe_dump(CITED))
    with pytest.raises(ClaimbookError, match="date-released"):
        crate(bees, {})


def test_a_citation_file_without_authors_is_told(bees: Project) -> None:
    lacking = {name: value for name, value in CITED.items() if name != "authors"}
    (bees.root / "CITATION.cff").write_text(yaml.safe_dump(lacking))
    with pytest.raises(ClaimbookError, match="lacks authors"):
        crate(bees, {})


def test_the_changelog_begins_with_the_version_of_the_citation() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    heads = re.findall(r"^## \[([^]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert next(name for name in heads if name != "Unreleased") == str(cited["version"])


# Weight ----------------------------------------------------------------------------------


def over_the_wire(path: Path) -> int:
    content = path.read_bytes()
    return len(gzip.compress(content, 6)) if path.suffix in _TEXT else len(content)


def test_the_whole_book_is_under_twelve_megabytes(book: Project) -> None:
    total = sum(path.stat().st_size for path in book.html.rglob("*") if path.is_file())
    assert total < 12 * MEGABYTE


@pytest.mark.parametrize("page", [page for page in page_names() if "/chapters/" in page])
def test_a_chapter_with_all_that_it_loads_is_under_one_and_a_half(book: Project, page: str) -> None:
    place = book.html / f"{page}.html"
    loaded = {(place.parent / name).resolve() for name in head(book, page).loaded()}
    if "interactive-chart" in place.read_text():  # loaded when a chart comes near
        loaded.add(book.html / "_static" / "charts.js")
    assert len(loaded) > 15
    fonts = set((book.html / "_static").rglob("*.woff2"))  # at most these
    assert sum(map(over_the_wire, {place, *loaded, *fonts})) < 1.5 * MEGABYTE


def test_nothing_is_held_that_no_reader_needs(book: Project) -> None:
    kinds = {path.suffix for path in book.html.rglob("*")}
    assert not {".map", ".po", ".mo", ".ttf"} & kinds
    assert not (book.html / "_sources").exists()
    assert not any("_sources/" in path.read_text() for path in book.html.rglob("*.html"))


def test_every_icon_that_a_page_names_is_still_there(book: Project) -> None:
    import pydata_sphinx_theme  # type: ignore[import-untyped]

    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme"
    every = (theme / "static" / "scripts" / "fontawesome.js").read_text()
    left = (book.html / "_static" / "scripts" / "fontawesome.js").read_text()
    pages = "".join(path.read_text() for path in book.html.rglob("*.html"))
    named = set(re.findall(r"\bfa-([a-z0-9-]+)", pages))
    icons = {name for name in named if re.search(rf'[{{,"]{name}"?[:,\]]', every)}
    assert {"bars", "sun", "moon", "download", "magnifying-glass"} <= icons
    assert [name for name in icons if not re.search(rf'[{{,"]{name}"?[:,\]]', left)] == []
    assert len(left) < len(every) / 10


def test_a_script_of_another_form_stays_as_it_is(tmp_path: Path) -> None:
    assert with_icons("const icons = load()", {"sun"}) == "const icons = load()"
    lighten(tmp_path)  # a theme without these icons
    place = tmp_path / "_static" / "scripts" / "fontawesome.js"
    place.parent.mkdir(parents=True)
    place.write_text('{sun:[1,1,[],"f1","M0"],moon:[1,1,[],"f2","M1"],}')
    (tmp_path / "a.html").write_text('<i class="fa-solid fa-sun"></i>')
    lighten(tmp_path)
    assert place.read_text() == '{sun:[1,1,[],"f1","M0"],}'


def test_a_wrong_address_stops_the_build_before_anything_runs(bees: Project) -> None:
    (bees.root / "_config.yml").write_text(yaml.safe_dump({"html": {"baseurl": "my-book"}}))
    with pytest.raises(ClaimbookError, match="'my-book' is no address"):
        build_book(bees, lambda *_: None)
    assert not bees.runs.exists()


# Weight on the way ----------------------------------------------------------------------


def test_rules_for_classes_that_no_page_can_have_are_gone() -> None:
    sheet = """
    /* said */ .used, .unused { top: 0 }
    .unused .used { top: 1px }
    p:not(.unused) { top: 2px }
    .tooltip-box-top { top: 3px }
    @media print { .unused { top: 4px } a.used { top: 5px } }
    @font-face { font-family: x; src: url(x.woff2) }
    """
    kept = used_rules(sheet, {"used", "tooltip-box"})
    assert [f"top: {n}" in kept for n in ("0", "1px", "2px", "3px", "4px", "5px")] == [
        *(True, False, True, True, False, True)
    ]
    assert "said" not in kept
    assert ".used { top: 0 }" in kept
    assert "url(x.woff2)" in kept


def test_pages_load_one_style_sheet_whose_files_are_found(book: Project) -> None:
    for page in [*book.html.glob("*.html"), *(book.html / "book").rglob("*.html")]:
        soup = BeautifulSoup(page.read_text(), "html.parser")
        places = [str(link["href"]) for link in soup.select('link[rel~="stylesheet"]')]
        assert len(places) == (0 if page == book.html / "index.html" else 1), page
        for place in places:
            text = (page.parent / place).read_text()
            assert "@import" not in text
            fonts = re.findall(r'url\("([^"]+woff2)"\)', text)
            assert any((book.html / "_static" / font).is_file() for font in fonts)


def test_joined_sheets_keep_their_order_and_find_what_they_name(tmp_path: Path) -> None:
    static = tmp_path / "_static"
    (static / "deep").mkdir(parents=True)
    (static / "base.css").write_text("p { background: url(a.png) }")
    (static / "deep" / "theme.css").write_text(
        '@import "../base.css"; b { src: url("../f.woff2") }'
    )
    (static / "own.css").write_text("i { src: url(data:x) }")
    page = tmp_path / "book" / "a.html"
    page.parent.mkdir()
    page.write_text(
        '<link href="../_static/deep/theme.css?v=1" rel="stylesheet" /><meta>'
        '<link rel="stylesheet" type="text/css" href="../_static/own.css" />'
        '<script src="../_static/documentation_options.js?v=1"></script>'
        '<script src="../searchindex.js"></script><script async src="b.js"></script>'
    )
    (static / "documentation_options.js").write_text("const o = {}")
    quicken(tmp_path)
    found = re.fullmatch(
        r'<link rel="stylesheet" href="../(_static/book-\w{8}\.css)" />\n<meta>'
        r"<script>const o = {}</script>"
        r'<script defer src="../searchindex.js"></script><script async src="b.js"></script>',
        page.read_text(),
    )
    assert found
    assert (tmp_path / found[1]).read_text() == (
        'p { background: url("a.png") } b { src: url("f.woff2") }\ni { src: url(data:x) }'
    )
