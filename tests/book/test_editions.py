"""Editions: the whole book for other parameters, beside the default one and held against it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.book import build, current, edition_page
from claimbook.book.build import build_edition
from claimbook.book.comparison import compare_records, comparison_table
from claimbook.book.editions import edition_path, load_edition
from claimbook.claims.ledger import Claim
from claimbook.claims.records import Record, claim_record
from claimbook.claims.verdicts import judge, unchecked
from claimbook.runs.parameters import read_parameters
from tests.bees import BOOK_CHAPTERS, WINTER_LOSSES, build_book, make_claim
from tests.books import ROOT

CENSUS = """\
title: The <newer> census
description: The hives as counted again & revised.
chapters:
  hives:
    release: 2021-04
"""


def write(project: Project, text: str = CENSUS, name: str = "census") -> Path:
    path = project.root / "editions" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def quiet(*_: object) -> None:
    pass


def claimbook(*arguments: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "claimbook", *arguments]
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done


# The file --------------------------------------------------------------------------------


def test_an_edition_names_the_parameters_that_differ(bees: Project) -> None:
    edition = load_edition(bees, write(bees))
    assert (edition.name, edition.title) == ("census", "The <newer> census")
    (asked,) = edition.requests
    assert asked.given == {"release": "2021-04"}
    assert asked.parameters == {"year": 2019, "release": "2021-04"}


def test_chapters_that_are_not_named_keep_their_defaults(tmp_path: Path) -> None:
    project = build_book(tmp_path / "bees")
    edition = load_edition(project, write(project))
    assert [asked.chapter for asked in edition.requests] == sorted(BOOK_CHAPTERS)
    assert [asked.chapter for asked in edition.chapters] == ["hives"]


def test_an_edition_is_found_by_its_path_and_by_its_name(bees: Project) -> None:
    path = write(bees)
    assert edition_path(bees, "census") == edition_path(bees, str(path)) == path
    with pytest.raises(ClaimbookError, match=r"no edition 'cenus': did you mean census\?"):
        edition_path(bees, "cenus")


@pytest.mark.parametrize("name", ["Census", "the census", "a--b", "-a", "a.b"])
def test_a_file_name_that_cannot_name_a_folder_is_refused(bees: Project, name: str) -> None:
    with pytest.raises(ClaimbookError, match="is named in lower-case letters"):
        edition_path(bees, str(write(bees, name=name)))


def changed(**entries: Any) -> str:
    return yaml.safe_dump({**yaml.safe_load(CENSUS), **entries}, sort_keys=False)


BAD = {
    "": "expected title, description and chapters",
    "- a": "expected title, description and chapters",
    "title: [": "cannot be read",
    CENSUS + "  hives:\n    year: 2018\n": "cannot be read",  # a name that stands twice
    CENSUS.replace("title: The <newer> census\n", ""): r":1: \?: title: Field required",
    changed(title="  "): "title: String should",
    changed(title=2021): "title: Input should be a valid string",
    changed(description=""): "description: String should have at least",
    changed(author="A"): "author: Extra inputs are not permitted",
    changed(chapters={}): "chapters: Dictionary should have at least 1 item",
    changed(chapters=["hives"]): "chapters: Input should be a valid dictionary",
    changed(chapters={"hivs": {"year": 2018}}): r":4: unknown chapter 'hivs': did you mean hives",
    changed(chapters={"hives": {}}): r":4: hives: no parameter is given; leave the chapter out",
    changed(chapters={"hives": None}): "hives: its parameters: None is no mapping",
    changed(chapters={"hives": {"yaer": 2018}}): "unknown parameter 'yaer': did you mean year",
    changed(chapters={"hives": {"year": 1850}}): "1850 is out of range; allowed: 2018 to 2019",
    changed(chapters={"hives": {"year": "soon"}}): "'soon' is not of type int",
    changed(chapters={"hives": {"year": float("nan")}}): "nan is not of type int; nearest 2019",
    changed(chapters={"hives": {"release": "2022-04"}}): "'2022-04' is not allowed",
    changed(chapters={"hives": {"the year": 2018}}): "parameter 'the year'",
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_edition_is_refused_with_the_reason(bees: Project, text: str) -> None:
    before = files(bees.root)
    path = write(bees, text)
    with pytest.raises(ClaimbookError, match=BAD[text]) as caught:
        load_edition(bees, path)
    assert str(path) in str(caught.value)
    assert files(bees.root) == {**before, "editions/census.yaml": text.encode()}


def test_a_file_that_is_no_text_is_refused(bees: Project) -> None:
    path = write(bees)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ClaimbookError, match="cannot be read"):
        load_edition(bees, path)


def test_all_faults_are_told_at_once_each_with_its_line(bees: Project) -> None:
    path = write(
        bees,
        "title: Bees\ndescription: All wrong.\nchapters:\n  wasps: {year: 2018}\n"
        "  hives:\n    year: 1850\n    release: 1999-01\n    colour: red\n",
    )
    with pytest.raises(ClaimbookError) as caught:
        load_edition(bees, path)
    lines = str(caught.value).splitlines()[1:]
    assert [line.strip().removeprefix(str(path))[:10] for line in lines] == [
        ":4: unknow",
        *[":5: hives:"] * 3,
    ]
    assert all(word in str(caught.value) for word in ("1850", "1999-01", "colour"))


@pytest.mark.slow
def test_the_command_refuses_a_bad_edition_and_writes_nothing(bees: Project) -> None:
    write(bees, changed(chapters={"hives": {"year": 1850}}))
    before = files(bees.root)
    done = claimbook("build", "--edition", "census", cwd=bees.root, code=2)
    assert "editions/census.yaml:4: hives: parameter 'year': 1850 is out of range" in done.stderr
    claimbook("compare", "census", cwd=bees.root, code=2)
    assert files(bees.root) == before


@pytest.mark.parametrize("path", sorted((ROOT / "editions").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_examples_of_this_book_are_right(path: Path) -> None:
    project = Project(ROOT)
    edition = load_edition(project, edition_path(project, str(path)))
    assert len(edition.requests) == len(project.chapter_names())
    for asked in edition.chapters:  # an example that gives a default shows nothing
        contract = read_parameters(project.notebooks / f"{asked.chapter}.ipynb")
        default = {p.name: p.default for p in contract}
        assert [name for name, value in asked.given.items() if value == default[name]] == []


# The comparison --------------------------------------------------------------------------


def record(*claims: Record) -> Record:
    return {"chapter": "hives", "claims": {claim["id"]: claim for claim in claims}}


def found(value: float, **changes: Any) -> Record:
    return claim_record(judge(make_claim(**changes), lambda **_: value))


POINT = {"conclusion": {"point": "the north keeps most hives", "survives_if": "over 50"}}


def test_what_differs_is_told_apart() -> None:
    def what(before: Record, after: Record) -> list[str]:
        return [m.what for m in compare_records([record(before)], [record(after)]).moves]

    assert what(found(63.0), found(63.0)) == []
    assert what(found(63.0), found(63.01)) == ["value"]
    assert what(found(63.0), found(40.0)) == ["value, verdict"]
    assert what(found(63.0, **POINT), found(40.0, **POINT)) == ["value, verdict, point"]
    assert what(found(70.0, **POINT), found(40.0, **POINT)) == ["value, point"]


def test_counts_and_sentence_fit_the_claims() -> None:
    other = claim_record(unchecked(Claim.model_validate(WINTER_LOSSES)))
    same = compare_records([record(found(63.0), other)], [record(found(63.0), other)])
    assert same.summary == "Nothing changed: all 2 claims have the same value and verdict."
    assert comparison_table(same) == f"<p>{same.summary}</p>"
    moved = compare_records([record(found(63.0), other)], [record(found(40.0), other)])
    assert moved.counts == {"moved": 1, "verdicts-changed": 1, "points-changed": 0}
    assert moved.summary.startswith("Of 2 claims, 1 has another value, 1 another verdict")


def test_a_value_that_moves_beyond_the_digits_shown_says_so() -> None:
    moved = compare_records([record(found(63.0))], [record(found(63.0000001))])
    assert "value (beyond the digits shown)" in comparison_table(moved)
    seen = compare_records([record(found(63.0))], [record(found(64.0))])
    assert "beyond the digits" not in comparison_table(seen)


def test_the_table_shows_both_findings_and_leads_to_the_card() -> None:
    table = comparison_table(
        compare_records([record(found(60.0, claim="<b>", **POINT))], [record(found(40.0, **POINT))])
    )
    first, second = re.findall(r"<td><b>([^<]*)</b><br>(?:.*?)</td>", table)
    assert (first, second) == ("60.00 %", "40.00 %")
    assert 'href="../chapters/hives.html#north-share"' in table
    assert "its point holds" in table
    assert "its point flips" in table


def test_text_of_a_claim_is_no_markup() -> None:
    hostile = "</td><script>"
    moved = compare_records(
        [record(found(60.0))], [record(found(40.0, claim=hostile, printed=["63.0 per cent <i>"]))]
    )
    assert "<script>" not in comparison_table(moved)
    assert "<i>" not in comparison_table(moved)


# A whole book ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, bytes], str]:
    """The book of bees with an edition; what the default left before it; what the build said."""
    project = build_book(tmp_path_factory.mktemp("editions") / "bees")
    claimbook("build", cwd=project.root)
    (project.data / "accepted.yaml").write_text(accepted())
    claimbook("build", cwd=project.root)
    write(project)
    before = files(project.root)
    done = claimbook("build", "--edition", "editions/census.yaml", cwd=project.root)
    return project, before, done.stdout


def accepted() -> str:
    """The reviewed verdicts of the default edition: all that it finds."""
    listed = [
        {"id": f"{chapter}-{name}", "status": status, "value": value, "because": "counted by hand"}
        for chapter in BOOK_CHAPTERS
        for name, status, value in [
            ("north-share", "another-basis", 60.0),
            ("winter-losses", "unchecked", None),
        ]
    ]
    return yaml.safe_dump(listed)


@pytest.fixture
def copy(both: tuple[Project, dict[str, bytes], str], tmp_path: Path) -> Project:
    """The book and its edition, to be changed."""
    shutil.copytree(both[0].root, tmp_path / "copy")
    return Project(tmp_path / "copy")


def html_of(project: Project) -> Path:
    return current.edition_html(project, "census")


def pages_of(html: Path) -> list[Path]:
    return [path for path in sorted(html.rglob("*.html")) if "<article" in path.read_text()]


def test_only_the_named_chapter_runs(both: tuple[Project, dict[str, bytes], str]) -> None:
    project, _, told = both
    assert told.splitlines() == [
        "ran hives; compiled the edition",
        "Of 6 claims, 1 has another value, 1 another verdict; the point of the sentence comes out "
        "otherwise for none.",
        str(html_of(project) / "index.html"),
    ]


def test_the_default_book_and_its_pages_keep_every_byte(
    both: tuple[Project, dict[str, bytes], str],
) -> None:
    project, before, _ = both
    after = files(project.root)
    assert {name: after[name] for name in before} == before
    new = {name.split("/")[1] for name in after if name not in before}
    assert new == {"editions", "runs"}
    assert "nothing changed" in claimbook("build", cwd=project.root).stdout


def test_every_page_is_marked_with_title_parameters_and_a_link_that_leads_somewhere(
    both: tuple[Project, dict[str, bytes], str],
) -> None:
    html = html_of(both[0])
    shown = pages_of(html)
    assert len(shown) >= len(BOOK_CHAPTERS) + 4  # index, scoreboard, sources, edition
    for path in shown:
        (banner,) = re.findall(
            r'<aside class="edition-banner" aria-label="Edition">(.*?)</aside>',
            path.read_text(),
            re.DOTALL,
        )
        assert "Edition: The &lt;newer&gt; census." in banner
        assert "hives: release 2021-04" in banner
        (link,) = re.findall(r'href="([^"]+)"', banner)
        target = path if link == "#" else (path.parent / link).resolve()
        assert target == (html / "book" / "generated" / "edition.html").resolve()
    default = both[0].html / "book" / "index.html"
    assert "edition-banner" not in default.read_text()


def test_the_page_on_the_edition_holds_what_the_census_gives(
    both: tuple[Project, dict[str, bytes], str],
) -> None:
    page = (html_of(both[0]) / "book" / "generated" / "edition.html").read_text()
    (row,) = re.findall(r'<tr id="moved-([^"]+)">(.*?)</tr>', page, re.DOTALL)
    assert row[0] == "hives-north-share"
    cells = [unescape(re.sub(r"<[^>]+>", " ", c)).split() for c in row[1].split("</td>")]
    # 60 of 100 hives in the release of 2020, 63 of 100 in that of 2021: what the paper prints.
    assert cells[2] == ["60.00", "%", "⇄", "holds", "on", "another", "basis"]
    assert cells[3] == ["63.00", "%", "✓", "reproduced"]
    card = (html_of(both[0]) / "book" / "chapters" / "hives.html").read_text()
    assert 'id="hives-north-share"' in card
    assert "../chapters/hives.html#hives-north-share" in row[1]
    assert "<td><code>release</code></td><td>2020-04</td><td><b>2021-04</b></td>" in page
    assert "<td>reproduced</td><td>0</td><td>1</td>" in page
    assert "counted again &amp; revised" in page


def test_the_counts_can_be_glued(copy: Project) -> None:
    (copy.root / "book" / "index.md").write_text(
        "# Bees\n\nMoved: {glue:text}`generated/edition.ipynb::moved:s`, "
        "{glue:text}`generated/edition.ipynb::verdicts-changed:s` of "
        "{glue:text}`generated/edition.ipynb::claims:s`.\n"
    )
    claimbook("build", "--edition", "census", cwd=copy.root)
    text = re.sub(r"<[^>]+>", "", (html_of(copy) / "book" / "index.html").read_text())
    assert "Moved: 1, 1 of 6." in " ".join(text.split())


def test_nothing_to_do_is_said_and_an_edit_of_the_file_is_seen(copy: Project) -> None:
    before = files(html_of(copy))
    done = claimbook("build", "--edition", "census", cwd=copy.root)
    assert "nothing changed since the last build of census" in done.stdout
    write(copy, CENSUS.replace("newer", "newest"))
    done = claimbook("build", "--edition", "census", cwd=copy.root)
    assert "no chapter had to run; compiled the edition" in done.stdout
    assert "The &lt;newest&gt; census" in (html_of(copy) / "book" / "index.html").read_text()
    write(copy)
    claimbook("build", "--edition", "census", cwd=copy.root)
    assert files(html_of(copy)) == before  # the same bytes for the same sources, elsewhere too


def test_a_damaged_edition_is_noticed_and_mended(copy: Project) -> None:
    page = html_of(copy) / "book" / "index.html"
    right = page.read_bytes()
    page.write_bytes(right + b" ")
    claimbook("build", "--edition", "census", cwd=copy.root)
    assert page.read_bytes() == right


def test_an_edition_that_does_not_compile_leaves_the_earlier_one(copy: Project) -> None:
    before = files(copy.root / "_build" / "editions")
    index = copy.root / "book" / "index.md"
    index.write_text(index.read_text() + "\n{glue:text}`generated/scoreboard.ipynb::nothing:s`\n")
    done = claimbook("build", "--edition", "census", cwd=copy.root, code=1)
    assert "index.md" in done.stderr
    assert files(copy.root / "_build" / "editions") == before


@pytest.mark.parametrize("step", ["publish_all", "write_pages", "compile_at"])
def test_an_interrupted_build_leaves_the_earlier_edition(
    copy: Project, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    before = files(copy.root)
    path = write(copy, CENSUS.replace("newer", "newest"))
    monkeypatch.setattr(build, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        build_edition(copy, load_edition(copy, path), path, quiet)
    after = files(copy.root)
    assert after == {**before, "editions/census.yaml": path.read_bytes()}
    assert not current.is_current(copy, path)


def test_an_edition_that_had_just_been_moved_away_is_put_back(
    copy: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    html = html_of(copy)
    before = files(html)
    old = html.parent / ".next-killed" / "_build" / "old"
    old.parent.mkdir(parents=True)
    html.rename(old)
    monkeypatch.setattr(build, "compile_at", interrupted)
    path = edition_path(copy, "census")
    with pytest.raises(KeyboardInterrupt):
        build_edition(copy, load_edition(copy, path), path, quiet)
    assert files(html) == before
    assert not (html.parent / ".next-killed").exists()


def test_a_chapter_of_an_edition_can_be_forced(copy: Project) -> None:
    done = claimbook("build", "--edition", "census", "--force", "wax", cwd=copy.root)
    assert "ran wax; compiled the edition" in done.stdout
    done = claimbook("build", "--edition", "census", "--force", "wasps", cwd=copy.root, code=2)
    assert "unknown chapter 'wasps'" in done.stderr


def test_the_comparison_on_the_command_line(copy: Project) -> None:
    write(copy, CENSUS.replace("2021-04", "2020-04"), "old")
    told = claimbook("compare", "census", cwd=copy.root).stdout
    row = next(line for line in told.splitlines() if "hives-north-share" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][1:4] == [
        "63.0 per cent",
        "60.00 %",
        "63.00 %",
    ]
    assert "Of 6 claims, 1 has another value" in told
    same = claimbook("compare", "old", cwd=copy.root).stdout
    assert same.strip() == "Nothing changed: all 6 claims have the same value and verdict."
    turned = claimbook("compare", "old", "census", cwd=copy.root).stdout
    row = next(line for line in turned.splitlines() if "hives-north-share" in line)
    assert row.index("63.00 %") < row.index("60.00 %")  # the second is what the first is held to


def test_an_edition_with_the_default_values_says_that_nothing_changed(copy: Project) -> None:
    write(copy, CENSUS.replace("2021-04", "2020-04"))
    claimbook("build", "--edition", "census", cwd=copy.root)
    page = (html_of(copy) / "book" / "generated" / "edition.html").read_text()
    assert "Nothing changed: all 6 claims have the same value and verdict." in page
    assert 'id="moved-' not in page


@pytest.mark.parametrize("contents", ["parts", "chapters"])
def test_the_page_stands_first_in_either_form_of_contents(contents: str) -> None:
    entry = {"file": "book/a"}
    given = [entry] if contents == "chapters" else [{"caption": "A", "chapters": [entry]}]
    made = edition_page._with_page({"root": "book/index", contents: given})
    first = made[contents][0]
    assert (first if contents == "chapters" else first["chapters"][0]) == {
        "file": edition_page.PAGE
    }
    assert made[contents][1:] == given
