"""HTML comes from templates, and nothing that is put into one can become a tag."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import altair
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from jinja2 import UndefinedError
from markupsafe import Markup
from nbformat.v4 import new_markdown_cell, new_notebook

from claimbook.base import html
from claimbook.base.html import render, script_json
from claimbook.base.inputs import ENGINE
from claimbook.base.project import Project
from claimbook.base.settings import Settings
from claimbook.book.card_foot import Foot
from claimbook.book.comparison import compare_records, comparison_table
from claimbook.book.edition_page import edition_page
from claimbook.book.editions import Edition
from claimbook.book.pages import marks, scoreboard
from claimbook.book.pdf import Heading, Leaf, joined
from claimbook.book.preview import to_html
from claimbook.book.site import extension
from claimbook.charts.interactive import Checks, Choice, Number
from claimbook.charts.interactive import html as chart_html
from claimbook.claims.cards import card, relation_card
from claimbook.claims.ledger import Ledger
from claimbook.claims.records import Record, claim_record
from claimbook.claims.relations import Finding, Relation, evaluate
from claimbook.claims.status import Status
from claimbook.claims.verdicts import judge
from claimbook.runs.kept import Request
from claimbook.runs.parameters import Parameter
from claimbook.teaching.grading.page import Grade, Mark, feedback_page
from claimbook.teaching.slides import deck, deck_slides
from tests.bees import make_claim
from tests.teaching import test_slides as slides

HOSTILE = "</script><script>&\"'"
PLAIN = "A text of no harm"
TEMPLATES = sorted(ENGINE.glob("*/templates/*"))


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a room's templates, to write some."""
    folder = tmp_path / "room" / "templates"
    folder.mkdir(parents=True)
    monkeypatch.setattr(html, "ENGINE", tmp_path)
    yield folder
    assert html._TEMPLATES.cache is not None
    html._TEMPLATES.cache.clear()


def test_a_value_is_escaped_unless_it_is_markup(written: Path) -> None:
    (written / "a.html").write_text('<b title="{{ a }}">{{ a }}{{ b }}{{ c }}</b>\n')
    shown = render("room/a.html", a="<\"'&>", b=Markup("<i>b</i>"), c=1.5)
    escaped = "&lt;&quot;&#x27;&amp;&gt;"
    assert shown == f'<b title="{escaped}">{escaped}<i>b</i>1.5</b>'
    assert isinstance(shown, Markup)


@pytest.mark.parametrize(
    "use", ["{{ a ~ '!' }}", "{{ [a, b] | join }}", "{% set x %}{{ a }}{% endset %}{{ x }}"]
)
def test_what_is_made_of_a_value_is_escaped_too(written: Path, use: str) -> None:
    (written / "a.html").write_text(use)
    assert "<i>" not in render("room/a.html", a="<i>", b=Markup("<b>"))


def test_a_value_that_is_not_given_is_told(written: Path) -> None:
    (written / "a.html").write_text("{{ missing }}")
    with pytest.raises(UndefinedError, match="'missing' is undefined"):
        render("room/a.html", given=1)


def test_lines_are_joined_beside_tags_and_by_a_space_within_texts(written: Path) -> None:
    lines = ["<p>", "  One {{ a }} two", "  three", "  <b", '    class="x">four</b> five', "</p>"]
    (written / "a.html").write_text(
        "\n".join([*lines, "{% if a %}", "  <i>x</i>", "{% endif %}\n"])
    )
    joined = '<p>One 1\n2 two three<b class="x">four</b> five</p><i>x</i>'
    assert render("room/a.html", a="1\n2") == joined


def test_a_page_keeps_its_lines(written: Path) -> None:
    (written / "a.page.html").write_text("<p>\n  {% if a %}\n  {{ a }}\n  {% endif %}\n</p>\n")
    assert render("room/a.page.html", a=1) == "<p>\n  1\n</p>\n"


def test_no_data_can_end_a_script() -> None:
    data = {HOSTILE: [HOSTILE, "ä <!--"]}
    text = script_json(data)
    assert "<" not in text
    assert json.loads(text) == data


# The templates and their use -------------------------------------------------------------


def test_no_template_turns_the_escaping_off() -> None:
    assert len(TEMPLATES) > 20
    for path in TEMPLATES:
        text = path.read_text()
        assert not re.search(r"\|\s*safe\b|autoescape|\|\s*tojson\b", text), path


def tags_in_strings(path: Path) -> Iterator[tuple[str, str]]:
    """The f-strings of a module that put values between tags."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            texts = [str(part.value) for part in node.values if isinstance(part, ast.Constant)]
            found = re.search(r"(?<!\?P)</?[a-z][a-z0-9]*[\s>/]", "".join(texts))
            if found and len(texts) < len(node.values):
                yield path.relative_to(ENGINE).as_posix(), found[0]


def test_no_module_writes_tags_around_values() -> None:
    found = [hit for path in ENGINE.rglob("*.py") for hit in tags_in_strings(path)]
    # This one mends what Sphinx has written, with names of files and a script of its own.
    assert {name for name, _ in found} == {"book/site/one_sheet.py"}


# Every text of every kind of page --------------------------------------------------------


def hostile_claim(text: str) -> Any:
    """A claim all of whose texts are `text`, those too that the ledger would not take."""
    claim = make_claim(
        claim=text,
        section=text,
        remark=text,
        settled_by=text,
        secondary=True,
        period=text,
        cites=text,
        printed=[f"63.0% {text}"],
        basis={"year": 2019, "release": text, text: text},
        readings={
            "release": {"values": [f"{text}!"], "why": text},
            text: {"values": [f"{text}!"], "why": text},
        },
        conclusion={"point": text, "argued": "open", "because": text},
    )
    return claim.model_copy(update={"id": text, "chapter": text, "note": text, "hedge": text})


def filled(value: Any, text: str) -> Any:
    """A record with `text` in place of each text; what is chosen from a list stays."""
    if isinstance(value, dict):
        chosen = ("status", "consequence")
        return {k: v if k in chosen else filled(v, text) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(item, text) for item in value]
    return text if isinstance(value, str) else value


def records_of(text: str, **changes: Any) -> list[Record]:
    verdict = judge(hostile_claim(text), lambda **_: 60.0)
    made = filled(claim_record(verdict), text) | {"secondary": True} | changes
    claims = {
        status.value: {**made, "id": f"{text}{status}", "status": status} for status in Status
    }
    flips = {"conclusion": {**made["conclusion"], "consequence": "flips"}}
    return [{"chapter": text, "claims": claims | {"flips": {**made, "id": text, **flips}}}]


def finding(text: str) -> Finding:
    relation = {"id": "x", "left": "{north-share}", "compare": "=", "right": "1"}
    relation |= {"unit": "percent", "because": f"{text}.", "remark": text}
    made = evaluate(Relation.model_validate(relation), Ledger([make_claim()]))
    return replace(made, relation=made.relation.model_copy(update={"id": text}))


def claim_card(text: str, _: Project) -> str:
    source = {"credit": text, "release": text, "licenses": [{"title": text}]}
    verdict = judge(hostile_claim(text), lambda **_: 60.0)
    return card(verdict, [source, source], [finding(text), finding(text)], [text, text])


def card_of_a_relation(text: str, _: Project) -> str:
    claim = hostile_claim(text).model_copy(update={"id": "north-share"})
    return relation_card(finding(text), Ledger([claim]))


def html_of(notebook: str) -> str:
    cells = json.loads(notebook)["cells"]
    outputs = [output["data"] for cell in cells for output in cell.get("outputs", [])]
    return "".join("".join(data.get("text/html", "")) for data in outputs)


def the_scoreboard(text: str, _: Project) -> str:
    return html_of(scoreboard(records_of(text), text, [], "https://bees.example/"))


def the_marks(text: str, _: Project) -> str:
    return marks(records_of(text), {text: text})


def the_comparison(text: str, _: Project) -> str:
    conclusion = {"conclusion": {"point": text, "consequence": "holds", "because": text}}
    before, after = records_of(text, value=1), records_of(text, value=2, **conclusion)
    return comparison_table(compare_records(before, after))


def the_feedback(text: str, _: Project) -> str:
    given = (Mark(text, 1, 1, text, text), Mark(text, 0, 1, text, text))
    return "".join(feedback_page(Grade(text, text, given, text, name)) for name in (text, ""))


def the_foot_of_a_card(text: str, _: Project) -> str:
    claim = next(iter(records_of(text)[0]["claims"].values()))
    return Foot(text, (), text).html(claim, text)


def an_interactive_chart(text: str, bees: Project) -> str:
    alt = text * 20
    drawn = altair.Chart(pd.DataFrame({"x": [1], "y": [text]})).mark_point().encode(x="x", y="y")
    choice = Choice("one", text, {text: text}, text)
    controls = (choice, Checks("two", text, {text: text}, [text]), Number("three", text, 1, 3, 2))
    return chart_html(drawn, bees, alt, text, "hives", controls, {text: "'x'"})


def the_slides(text: str, _: Project) -> str:
    shown = slides.picture()
    shown.metadata["alt"] = text
    asked = slides.ASKED.model_copy(update={"topic": text})
    cells = [slides.named("m", text), shown, slides.card()]
    notebook = slides.chapter(slides.marked(*cells))
    notebook.cells[0].source = "# {glue:text}`m`\n\n{glue:text}`m`"
    return deck(deck_slides("hives", notebook, [asked]))


def the_page_on_an_edition(text: str, _: Project) -> str:
    asked = Request(text, {text: [text]}, {})
    contracts = {text: [Parameter(text, "str", text, text, text)]}
    records = records_of(text)
    found = compare_records(records, records)
    edition = Edition(text, text, text, (asked,))
    return html_of(edition_page(edition, contracts, found, (records, records)))


def the_print(text: str, _: Project) -> str:
    leaves = [Leaf(text, (Heading(text, text, 1),), Markup("<p>body</p>"))]
    settings = Settings(title=text, author=text, copyright=text)
    return joined(leaves, settings, Path("/html"), {})


def the_page_of_a_run(text: str, _: Project) -> str:
    return to_html(new_notebook(cells=[new_markdown_cell("Bees", id="bees")]), text)


def the_tags_for_machines(text: str, _: Project) -> str:
    values = {"html_title": text, "root_doc": "x", "html_baseurl": ""}
    context: dict[str, Any] = {"title": text, "pathto": lambda *_: text}
    app: Any = SimpleNamespace(config=SimpleNamespace(**values))
    extension._add_tags(app, "page", "", context, None)
    return str(context["metatags"])


PAGES = [
    claim_card,
    card_of_a_relation,
    the_scoreboard,
    the_marks,
    the_comparison,
    the_feedback,
    the_foot_of_a_card,
    an_interactive_chart,
    the_slides,
    the_page_on_an_edition,
    the_print,
    the_page_of_a_run,
    the_tags_for_machines,
]


def skeleton(page: str) -> list[Any]:
    """The tags of a page with their attributes and texts; the drawing of a chart left out."""
    soup = BeautifulSoup(page, "html.parser")
    for drawing in soup.select(".interactive-static svg > *"):
        drawing.decompose()
    return [
        (tag.name, tag.attrs, [] if tag.name in ("script", "svg") else list(tag.strings))
        for tag in soup.find_all(True)
    ]


def harmless(part: Any) -> Any:
    """A part of a skeleton, read back: the hostile text is a text, whole and escaped once."""
    if isinstance(part, str):
        return part.replace(json.dumps(HOSTILE)[1:-1], PLAIN).replace(HOSTILE, PLAIN)
    if isinstance(part, dict):
        return {harmless(name): harmless(value) for name, value in part.items()}
    return type(part)(map(harmless, part)) if isinstance(part, list | tuple) else part


@pytest.mark.parametrize("make", PAGES, ids=lambda make: make.__name__)
def test_no_text_becomes_a_tag_wherever_it_stands(make: Any, bees: Project) -> None:
    plain, hostile = make(PLAIN, bees), make(HOSTILE, bees)
    assert harmless(skeleton(hostile)) == skeleton(plain)
    assert "&lt;/script&gt;&lt;script&gt;" in hostile
