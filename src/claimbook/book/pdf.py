"""The built book as one PDF: its pages joined in one document and printed by Chromium.

The document is printed twice: the first print tells on which page each heading stands, the
second has these numbers in its contents. Nothing is fetched from another host.
"""

from __future__ import annotations

import io
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname, join, normpath

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Fit, NameObject, NumberObject, TextStringObject

from claimbook.base import (
    ClaimbookError,
    FailedError,
    Project,
    Settings,
    read_contents,
    read_settings,
    render,
    replace_bytes,
)
from claimbook.book.assets import STYLE

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
# Chromium counts the objects of its files otherwise than pypdf, which mends and tells it.
logging.getLogger("pypdf").setLevel(logging.ERROR)
_PRINT_STYLE = Path(__file__).with_name("print.css")
_LIMIT = 600  # seconds for one print
_POINTERS = ("for", "aria-labelledby", "aria-describedby", "aria-controls")


class PrintError(FailedError):
    """The book could not be printed."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the book: its anchor in the joined document, its words, its depth."""

    anchor: str
    title: str
    depth: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of the built book, ready to be joined: its part's caption, headings and body."""

    caption: str
    headings: tuple[Heading, ...]
    body: Markup


def find_chromium(given: str | None) -> str:
    """The browser's program: the one given, or the first that is on the path.

    Raises ClaimbookError if there is none.
    """
    names = (given,) if given else BROWSERS
    for name in names:
        if found := shutil.which(name):
            return found
    raise ClaimbookError(
        f"no browser to print with: {' and '.join(names)} cannot be run; install Chromium, or "
        "name its program with --chromium PATH"
    )


def print_book(project: Project, chromium: str) -> Path:
    """Print the built book into `_build/pdf/book.pdf`; return that path.

    The earlier file stays unless everything succeeded. Raises PrintError without a built book,
    and if Chromium fails.
    """
    if not (project.html / "index.html").is_file():
        raise PrintError(f"{project.html}: there is no book to print; run `claimbook build` first")
    settings = read_settings(project)
    leaves = read_leaves(project.html, read_contents(project).pages)
    numbers: dict[str, int] = {}
    for _ in range(2):
        printed = _print(joined(leaves, settings, project.html, numbers), chromium)
        before, numbers = numbers, page_numbers(printed)
    if before != numbers:
        raise PrintError("the page numbers of the contents did not settle in two prints")
    target = project.html.parent / "pdf" / "book.pdf"
    replace_bytes(target, finished(printed, leaves, settings))
    return target


def read_leaves(html: Path, names: Iterable[tuple[str, str]]) -> list[Leaf]:
    """The pages of a built book with their links made anchors of one document."""
    listed = list(names)
    known = {name for _, name in listed}
    return [_leaf(html, caption, name, known) for caption, name in listed]


def joined(leaves: list[Leaf], settings: Settings, html: Path, numbers: Mapping[str, int]) -> str:
    """All pages as one HTML document, with title page and contents; `numbers` are by anchor."""
    sheets = [html / "_static" / name for name in ("styles/theme.css", "pygments.css")]
    sheets += [STYLE, _PRINT_STYLE]
    return render(
        "book/print.html", settings=settings, sheets=sheets, leaves=leaves, numbers=numbers
    )


def page_numbers(printed: bytes) -> dict[str, int]:
    """The page, from 1, on which each anchor of a printed document stands."""
    reader = PdfReader(io.BytesIO(printed))
    found = {}
    for name, place in reader.named_destinations.items():
        number = reader.get_destination_page_number(place)
        if number is not None:
            found[name.removeprefix("/")] = number + 1
    return found


def finished(printed: bytes, leaves: list[Leaf], settings: Settings) -> bytes:
    """The print with an outline, and with metadata that are the same for the same book."""
    reader = PdfReader(io.BytesIO(printed))
    places = {name.removeprefix("/"): p for name, p in reader.named_destinations.items()}
    writer = PdfWriter(clone_from=reader)
    writer.metadata = {"/Title": settings.title, "/Author": settings.author}
    for leaf in leaves:
        parent = None
        for heading in leaf.headings:
            place = places.get(heading.anchor)
            if place is None:
                raise PrintError(f"{heading.title!r} has no place in the printed book")
            page = reader.get_destination_page_number(place)
            top = NumberObject(round(float(place.top or 0)))
            fit = Fit("/XYZ", (NumberObject(0), top, NumberObject(0)))
            item = writer.add_outline_item(
                heading.title, page, parent=parent if heading.depth > 1 else None, fit=fit
            )
            parent = item if heading.depth == 1 else parent
    writer.page_mode = "/UseOutlines"
    writer._root_object[NameObject("/Lang")] = TextStringObject("en")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _leaf(html: Path, caption: str, name: str, known: set[str]) -> Leaf:
    path = html / f"{name}.html"
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    article = soup.select_one("article.bd-article")
    if article is None:
        raise PrintError(f"{path}: no article in it")
    _simplify(article, soup)
    for tag in article.find_all(True):
        _localise(tag, html, name, known)
    headings = tuple(_headings(article, name))
    return Leaf(caption, headings, Markup(article.decode_contents()))


def _simplify(article: Tag, soup: BeautifulSoup) -> None:
    """Leave out what only a screen can use; the relations of a card are shown unfolded."""
    for tag in article.select("script, form, button, a.headerlink, details.hide"):
        tag.decompose()
    for folded in article.select(".claim-card details"):
        summary = folded.summary
        if folded.select_one("ul.claim-relations"):
            folded["open"] = ""
        elif summary is not None:
            note = soup.new_tag("p", attrs={"class": "claim-source"})
            note.string = f"{summary.get_text()}: see the table in the book on screen."
            folded.replace_with(note)


def _localise(tag: Tag, html: Path, name: str, known: set[str]) -> None:
    """Make ids unique in the joined document, and let links and images find their targets."""
    if tag.get("id"):
        tag["id"] = _anchor(name, str(tag["id"]))
    for pointer in _POINTERS:
        if tag.get(pointer):
            words = tag.get_attribute_list(pointer)
            tag[pointer] = " ".join(_anchor(name, word) for w in words for word in str(w).split())
    if tag.name == "img":
        tag["src"] = (html / dirname(name) / str(tag["src"])).resolve().as_uri()
        del tag["loading"]
    if tag.name == "a" and tag.get("href"):
        _localise_link(tag, name, known)


def _localise_link(tag: Tag, name: str, known: set[str]) -> None:
    path, _, fragment = str(tag["href"]).partition("#")
    if path.startswith(("http:", "https:", "mailto:")):
        return
    target = normpath(join(dirname(name), path)).removesuffix(".html") if path else name
    if target in known:
        tag["href"] = f"#{_anchor(target, fragment)}"
    else:  # a download, say, which paper does not have
        del tag["href"]


def _headings(article: Tag, name: str) -> Iterable[Heading]:
    for tag in article.select("h1, h2"):
        if tag.name == "h1":
            tag["id"] = _anchor(name, "")
        section = tag.find_parent("section")
        anchor = tag["id"] if tag.name == "h1" else (section or tag).get("id")
        if anchor:
            yield Heading(str(anchor), " ".join(tag.get_text().split()), int(tag.name[1]))


def _anchor(name: str, fragment: str) -> str:
    page = name.replace("/", ".")
    return f"{page}.{fragment}" if fragment else page


def _print(document: str, chromium: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="claimbook-print-") as folder:
        source, target = Path(folder) / "book.html", Path(folder) / "book.pdf"
        source.write_text(document, encoding="utf-8")
        command = [
            chromium,
            "--headless",
            "--disable-gpu",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--no-first-run",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={target}",
            *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
            source.as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_LIMIT, check=False)
        except subprocess.TimeoutExpired:
            raise PrintError(f"{chromium}: did not print within {_LIMIT} seconds") from None
        if done.returncode or not target.is_file():
            told = done.stderr.decode(errors="replace").strip().splitlines()[-3:]
            raise PrintError(f"{chromium}: did not print the book: {' '.join(told)}")
        return target.read_bytes()
