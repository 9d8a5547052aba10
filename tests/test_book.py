"""The whole way through: the project copied, built by its command, and opened in a browser."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urldefrag, urlparse

import pandas as pd
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.books import ROOT
from tests.conftest import Visit, claimbook, copy_project

GENERATED = Path("book") / "generated" / "claims.json"


def page_names() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    chapters = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    return [toc["root"], *chapters]


def chapter_names() -> list[str]:
    return sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def record(project: Path, chapter: str) -> dict[str, Any]:
    path = project / "book" / "chapters" / f"{chapter}.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


# The records -----------------------------------------------------------------------------


def test_every_claim_of_the_ledger_has_a_verdict(built: Path) -> None:
    ledger = [
        claim["id"]
        for path in (built / "data" / "claims").glob("*.yaml")
        for claim in yaml.safe_load(path.read_text())
    ]
    found = [claim for chapter in chapter_names() for claim in record(built, chapter)["claims"]]
    assert sorted(found) == sorted(ledger)


def test_default_parameters_are_the_stated_basis_of_every_claim(built: Path) -> None:
    claims = [c for chapter in chapter_names() for c in record(built, chapter)["claims"].values()]
    assert [claim["id"] for claim in claims if not claim["stated_basis"]] == []


@pytest.mark.parametrize(
    ("chapter", "claim", "status"),
    [
        ("brics", "brics-gdp-share-2023", "another-basis"),
        ("partners", "china-russia-trade-2023", "another-basis"),
        ("arms", "india-arms-imports-decrease", "another-basis"),
        ("brics", "brics-plus-gdp-share-2023", "reproduced"),
        ("brics", "brics-plus-population-share-2023", "contradicted"),
    ],
)
def test_telling_cases_come_out_by_computation(
    built: Path, chapter: str, claim: str, status: str
) -> None:
    assert record(built, chapter)["claims"][claim]["status"] == status


def test_the_share_of_another_year_is_named(built: Path) -> None:
    claim = record(built, "brics")["claims"]["brics-gdp-share-2023"]
    assert claim["given_by"]["changes"]["year"] == 2022
    assert claim["value"] == pytest.approx(32.14, abs=0.005)  # IMF WEO, October 2023


def test_notebooks_are_stored_without_outputs() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        kept = [c for c in cells if c.get("outputs") or c.get("execution_count")]
        assert kept == [], path.name


def test_prose_of_chapters_types_no_figures_by_hand() -> None:
    # The levels of intervals and the ends of the scale of shares are no findings.
    typed = re.compile(
        r"(?<![\w.-])(?!(?:80|95|0|100) )\d+(?:\.\d+)?\s?(?:%|per cent|percent|million|billion)"
    )
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            if cell["cell_type"] == "markdown":
                found = typed.findall("".join(cell["source"]))
                assert found == [], path.name


def test_prose_of_chapters_needs_no_formula_renderer() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        prose = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        assert "$" not in prose.replace("US$", ""), path.name


def test_executed_notebooks_hold_no_timings_and_no_paths(built: Path) -> None:
    for path in (built / "book" / "chapters").glob("*.ipynb"):
        text = path.read_text()
        assert "papermill" not in json.loads(text)["metadata"]
        assert str(built) not in text


def test_plain_jupyter_book_builds_the_same_sources(built: Path, tmp_path: Path) -> None:
    main = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", main, "build", str(built), "--path-output", str(tmp_path)]
    done = subprocess.run([*command, "-W"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


# Other parameters and other data ---------------------------------------------------------


def test_another_year_gives_another_value_and_basis(built: Path, tmp_path: Path) -> None:
    claimbook("run", "brics", "-p", "year=2022", "-o", str(tmp_path), cwd=built)
    found = json.loads((tmp_path / "brics.json").read_text())
    claim = found["claims"]["brics-gdp-share-2023"]
    assert found["parameters"]["year"] == 2022
    assert not claim["stated_basis"]
    assert claim["value"] == pytest.approx(31.54, abs=0.005)  # IMF WEO, October 2023
    assert (tmp_path / "brics.ipynb").is_file()
    assert "claim-card" in (tmp_path / "brics.html").read_text()


@pytest.mark.parametrize(
    ("chapter", "pair"), [("trade", "reporter=PAK"), ("arms", "release='2026-02-12'")]
)
def test_chapters_run_with_other_parameters(
    built: Path, tmp_path: Path, chapter: str, pair: str
) -> None:
    claimbook("run", chapter, "-p", pair, "-o", str(tmp_path), cwd=built)
    claims = json.loads((tmp_path / f"{chapter}.json").read_text())["claims"]
    assert claims.keys() == record(built, chapter)["claims"].keys()


def test_an_edition_of_the_book_shows_what_moved_and_leaves_the_default_alone(
    built: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(built, project)
    default = {
        p: p.read_bytes() for p in project.rglob("*") if p.is_file() and "runs" not in str(p)
    }
    done = claimbook("build", "--edition", "brics-2024", cwd=project)
    assert "ran brics, brics-outlook; compiled the edition" in done.stdout
    assert {p: p.read_bytes() for p in default} == default
    html = project / "_build" / "editions" / "brics-2024" / "html"
    for name in page_names():
        page = (html / f"{name}.html").read_text()
        assert page.count('<aside class="edition-banner"') == 1, name
        assert "BRICS as of 2024" in page
    (listed,) = html.glob("_downloads/*/claims.json")
    after = {claim["id"]: claim for claim in json.loads(listed.read_text())}
    before = {claim["id"]: claim for claim in json.loads((built / GENERATED).read_text())}
    seen = ("value", "value_high", "verdict", "consequence")
    differ = [name for name in after if any(after[name][k] != before[name][k] for k in seen)]
    page = (html / "book" / "generated" / "edition.html").read_text()
    assert re.findall(r'<tr id="moved-([^"]+)"', page) == differ
    assert {after[name]["chapter"] for name in differ} == {"brics", "brics-outlook"}
    assert after["brics-enlargement-count"]["value"] == 5
    assert before["brics-enlargement-count"]["value"] == 6


def test_plain_papermill_runs_a_chapter(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", "notebooks/brics.ipynb", str(out)]
    command += ["-p", "year", "2022", "--no-progress-bar"]
    done = subprocess.run(command, cwd=built, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "31.542" in out.read_text()


@pytest.mark.book
def test_a_changed_printed_digit_changes_the_verdict(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    ledger = project / "data" / "claims" / "brics.yaml"
    text = ledger.read_text()
    # The 36.9 per cent of eleven members is what the data give; 39.6 is not.
    assert text.count('"36.9 per cent"') == 1
    ledger.write_text(text.replace('"36.9 per cent"', '"39.6 per cent"'))
    claimbook("run", "brics", "-o", str(tmp_path / "out"), cwd=project)
    claims = json.loads((tmp_path / "out" / "brics.json").read_text())["claims"]
    assert claims["brics-plus-gdp-share-2023"]["status"] == "contradicted"


def test_a_changed_value_of_a_table_changes_the_verdict(built: Path, tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    table, package = project / "data" / "weo.csv", project / "data" / "datapackage.json"
    old = hashlib.sha256(table.read_bytes()).hexdigest()
    lines = table.read_text().splitlines(keepends=True)
    changed = [re.sub(r"^(2023-10,CHN,PPPSH,2023,)[\d.]+", r"\g<1>28.0", line) for line in lines]
    assert sum(a != b for a, b in zip(lines, changed, strict=True)) == 1
    table.write_text("".join(changed))
    package.write_text(
        package.read_text().replace(old, hashlib.sha256(table.read_bytes()).hexdigest())
    )
    claimbook("run", "brics", "-o", str(tmp_path / "out"), cwd=project)
    before = record(built, "brics")["claims"]["brics-plus-gdp-share-2023"]
    after = json.loads((tmp_path / "out" / "brics.json").read_text())["claims"][before["id"]]
    assert (before["status"], after["status"]) == ("reproduced", "another-basis")


def test_a_finding_that_is_not_the_accepted_one_stops_the_build(
    built: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(built, project)
    accepted = project / "data" / "accepted.yaml"
    entries = yaml.safe_load(accepted.read_text())
    entry = next(e for e in entries if e["id"] == "brics-plus-gdp-share-2023")
    entry["status"] = "close"
    accepted.write_text(yaml.safe_dump(entries))
    page = project / "_build" / "html" / "book" / "index.html"
    before = page.read_text()
    done = claimbook("build", cwd=project, fails=True)
    assert done.returncode == 1
    assert "brics-plus-gdp-share-2023: reproduced (36.89 %), accepted as close" in done.stderr
    assert page.read_text() == before
    reason = "The release of October 2023 gives it."
    claimbook("claims", "--accept", entry["id"], "--because", reason, cwd=project)
    found = {e["id"]: e for e in yaml.safe_load(accepted.read_text())}
    assert (found[entry["id"]]["status"], found[entry["id"]]["because"]) == ("reproduced", reason)


def test_every_verdict_is_accepted_and_every_relation_shown(built: Path) -> None:
    accepted = yaml.safe_load((ROOT / "data" / "accepted.yaml").read_text())
    claims = {k: v for name in chapter_names() for k, v in record(built, name)["claims"].items()}
    assert {e["id"]: e["status"] for e in accepted} == {k: v["status"] for k, v in claims.items()}
    relations = yaml.safe_load((ROOT / "data/claims/paper/relations.yaml").read_text())
    shown = {name for chapter in chapter_names() for name in record(built, chapter)["relations"]}
    assert shown == {relation["id"] for relation in relations}


def test_every_claim_says_what_becomes_of_its_point(built: Path) -> None:
    claims = [c for name in chapter_names() for c in record(built, name)["claims"].values()]
    assert [claim["id"] for claim in claims if not claim["conclusion"]] == []


# A second time --------------------------------------------------------------------------


def test_a_build_with_nothing_to_do_says_so_and_starts_nothing(built: Path) -> None:
    page = built / "_build" / "html" / "book" / "index.html"
    before = page.stat()
    done = claimbook("build", cwd=built)
    assert "nothing changed since the last build" in done.stdout
    assert page.stat() == before
    told = claimbook("why", cwd=built).stdout.splitlines()
    assert told == [f"{chapter}: nothing changed since its run" for chapter in chapter_names()]


def test_the_book_is_the_same_bytes_from_another_folder_and_ordinary_kernels(built: Path) -> None:
    done = claimbook("verify", "--cold", cwd=built)
    assert "byte for byte" in done.stdout


def test_a_changed_byte_of_the_shown_book_is_found_and_mended(built: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(built, project)
    page = project / "_build" / "html" / "book" / "chapters" / "debt.html"
    right = page.read_bytes()
    page.write_bytes(right.replace(b"reproduced", b"reproducep", 1))
    done = claimbook("build", cwd=project)
    assert "no chapter had to run; compiled the book" in done.stdout
    assert page.read_bytes() == right


# What goes wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "bricks"], "did you mean brics?"),
        (["run", "brics", "-p", "yaer=2022"], "did you mean year?"),
        (["run", "brics", "-p", "year=soon"], "'soon' is not of type int"),
        (
            ["run", "brics", "-p", "year=1850"],
            "1850 is out of range; allowed: 1993 to 2028",
        ),
        (["run", "brics", "-p", "year"], "expected name=value"),
        (["claims", "--status", "contradict"], "did you mean contradicted?"),
        (["claims", "--chapter", "trad"], "did you mean trade?"),
        (["params", "arm"], "did you mean arms?"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    built: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    where = ["-o", str(tmp_path / "out")] if arguments[0] == "run" else []
    done = claimbook(*arguments, *where, cwd=built, fails=True)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_outside_a_project_the_command_says_so(tmp_path: Path) -> None:
    done = claimbook("claims", cwd=tmp_path, fails=True)
    assert done.returncode == 2
    assert "no project here" in done.stderr


@pytest.mark.book
def test_a_failing_cell_is_named_and_the_earlier_book_stays(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    earlier = project / "_build" / "html"
    earlier.mkdir(parents=True)
    (earlier / "index.html").write_text("the earlier book")
    path = project / "notebooks" / "arms.ipynb"
    notebook = json.loads(path.read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    cells[2]["source"] = ["1 / 0"]
    path.write_text(json.dumps(notebook))
    done = claimbook("build", cwd=project, fails=True)
    assert done.returncode == 1
    assert "arms.ipynb" in done.stderr
    assert f"({cells[2]['id']}): ZeroDivisionError: division by zero" in done.stderr
    assert (earlier / "index.html").read_text() == "the earlier book"
    assert not (project / "book" / "chapters").exists()


@pytest.mark.book
def test_a_corrupt_table_stops_the_build_and_names_the_file(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    table = project / "data" / "trade.csv"
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    done = claimbook("build", cwd=project, fails=True)
    assert done.returncode == 2
    assert "trade.csv" in done.stderr
    assert "sha256" in done.stderr


# In the browser --------------------------------------------------------------------------


Scheme = Literal["light", "dark"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1440])
@pytest.mark.parametrize("name", page_names())
def test_page_opens_without_fault(
    address: str, browser: Browser, name: str, width: int, scheme: Scheme
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    visit = Visit.open(context, f"{address}/{name}.html")
    page = visit.page
    assert page.locator("article h1").count() == 1
    images = page.locator("article img")
    for index in range(images.count()):
        image = images.nth(index)
        image.scroll_into_view_if_needed()
        assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") > 0
        assert len(image.get_attribute("alt") or "") > 20
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0, f"{name} is {overflow} pixels too wide at {width}"
    assert visit.faults == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", page_names())
def test_page_has_no_serious_fault_for_people_with_disabilities(
    address: str, browser: Browser, name: str, scheme: Scheme
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = Visit.open(context, f"{address}/{name}.html").page
    # A colour that is still fading in is not the one that people read.
    page.wait_for_function("document.getAnimations().every(a => a.playState !== 'running')")
    # All rules are tried; of what passes only one place each is handed over, which is quicker.
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    serious = [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    assert found["passes"]
    assert serious == []
    context.close()


@pytest.mark.parametrize("name", page_names())
def test_page_opens_from_the_file_system(built: Path, browser: Browser, name: str) -> None:
    context = browser.new_context()
    visit = Visit.open(context, (built / "_build" / "html" / f"{name}.html").as_uri())
    assert visit.page.locator("article h1").count() == 1
    assert visit.faults == []
    context.close()


def test_a_mark_of_the_cover_leads_to_its_card(address: str, browser: Browser, built: Path) -> None:
    context = browser.new_context()
    page = Visit.open(context, f"{address}/book/index.html").page
    claims = [claim for name in chapter_names() for claim in record(built, name)["claims"]]
    marks = page.locator(".claim-marks li a")
    assert marks.count() == len(claims)
    page.locator('.claim-marks a[href$="#brics-gdp-share-2040"]').click()
    page.wait_for_url("**/brics-outlook.html#brics-gdp-share-2040")
    assert page.locator("#brics-gdp-share-2040").is_visible()
    context.close()


def test_a_card_leads_to_its_code_and_copies_citation_and_command(
    address: str, browser: Browser
) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = Visit.open(context, f"{address}/book/chapters/brics.html").page
    card = page.locator("#brics-gdp-share-2023")
    target = (card.get_by_role("link", name="code").get_attribute("href") or "").removeprefix("#")
    code = page.evaluate("id => document.getElementById(id).innerText", target)
    assert 'ch.check("brics-gdp-share-2023"' in code
    card.get_by_role("button", name="copy command").click()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command.startswith("claimbook run brics -p year=2023 -p release=2023-10")
    card.get_by_role("button", name="copy citation").click()
    citation = page.evaluate("navigator.clipboard.readText()")
    assert citation.endswith(f"{address}/book/chapters/brics.html#brics-gdp-share-2023")
    assert "holds on another basis" in citation
    context.close()


@pytest.mark.parametrize("chapter", chapter_names())
def test_chapter_shows_its_figures_and_a_card_a_claim(
    address: str, browser: Browser, built: Path, chapter: str
) -> None:
    context = browser.new_context()
    page = Visit.open(context, f"{address}/book/chapters/{chapter}.html").page
    cells = json.loads((built / "book" / "chapters" / f"{chapter}.ipynb").read_text())["cells"]
    drawn = sum("image/png" in o.get("data", {}) for c in cells for o in c.get("outputs", []))
    assert page.locator("article img").count() == drawn >= 3
    cards = page.locator(".claim-card").evaluate_all("cards => cards.map(card => card.id)")
    found = record(built, chapter)
    assert sorted(cards) == sorted([*found["claims"], *found["relations"]])
    context.close()


def test_no_internal_link_is_broken(address: str, browser: Browser, built: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    html, broken = built / "_build" / "html", []
    for name in page_names():
        page.goto(f"{address}/{name}.html", wait_until="domcontentloaded")
        for link in page.locator("a[href]").evaluate_all("links => links.map(a => a.href)"):
            target, fragment = urldefrag(link)
            if not target.startswith(address):
                continue
            file = html / urlparse(target).path.lstrip("/")
            if file.is_dir():
                file /= "index.html"
            if not file.is_file() or (
                fragment and file.suffix == ".html" and f'id="{fragment}"' not in file.read_text()
            ):
                broken.append(f"{name}: {link}")
    assert broken == []
    context.close()


def test_scoreboard_lists_every_claim_and_leads_to_its_card(
    address: str, browser: Browser, built: Path
) -> None:
    context = browser.new_context()
    page = Visit.open(context, f"{address}/book/generated/scoreboard.html").page
    rows = page.locator("table.scoreboard tbody tr")
    claims = {k: v for c in chapter_names() for k, v in record(built, c)["claims"].items()}
    assert rows.evaluate_all("rows => rows.map(row => row.id)") == list(claims)
    rows.first.locator("a").click()
    first = next(iter(claims))
    assert page.url.endswith(f"#{first}")
    assert page.locator(f"[id='{first}']").is_visible()
    context.close()


def test_scoreboard_searches_filters_and_sorts_in_the_page(
    address: str, browser: Browser, built: Path
) -> None:
    context = browser.new_context()
    page = Visit.open(context, f"{address}/book/generated/scoreboard.html").page
    claims = {k: v for c in chapter_names() for k, v in record(built, c)["claims"].items()}
    against = [k for k, claim in claims.items() if claim["status"] == "contradicted"]
    page.locator("[data-filter=verdict]").select_option("contradicted")
    shown = page.locator("table.scoreboard tbody tr:visible")
    assert shown.evaluate_all("rows => rows.map(row => row.id)") == against
    assert page.locator("output").inner_text() == f"{len(against)} of {len(claims)} claims"
    assert "verdict=contradicted" in page.url
    page.reload()
    assert shown.count() == len(against)
    page.locator("[data-filter=verdict]").select_option("")
    page.locator("form.scoreboard-controls input").fill("36.9 per cent")
    assert "brics-plus-gdp-share-2023" in shown.evaluate_all("rows => rows.map(row => row.id)")
    page.locator("form.scoreboard-controls input").fill("no claim says this")
    assert shown.count() == 0
    page.locator("form.scoreboard-controls input").fill("")
    page.get_by_role("button", name="Verdict").click()
    first = shown.first.get_attribute("data-verdict")
    page.get_by_role("button", name="Verdict").click()
    assert shown.first.get_attribute("data-verdict") != first
    context.close()


def test_downloads_hold_every_claim(address: str, browser: Browser, built: Path) -> None:
    context = browser.new_context()
    page = Visit.open(context, f"{address}/book/generated/scoreboard.html").page
    claims = sum(len(record(built, name)["claims"]) for name in chapter_names())
    found = {}
    for link in page.locator("article a.download").all():
        with page.expect_download() as download:
            link.click()
        found[download.value.suggested_filename] = Path(download.value.path()).read_text()
    assert len(json.loads(found["claims.json"])) == claims
    assert len(pd.read_csv(io.StringIO(found["claims.csv"]))) == claims
    reviews = json.loads(page.locator("script[type='application/ld+json']").last.inner_text())
    assert {review["@type"] for review in reviews} == {"ClaimReview"}
    context.close()


def test_cover_shows_the_counts_of_the_records(address: str, browser: Browser, built: Path) -> None:
    context = browser.new_context()
    text = Visit.open(context, f"{address}/book/index.html").page.locator("article").inner_text()
    claims = [c for n in chapter_names() for c in record(built, n)["claims"].values()]
    for words, statuses in {
        "are reproduced": ["reproduced"],
        "hold only on another basis": ["another-basis"],
        "miss narrowly": ["close"],
        "do not hold": ["contradicted", "inconsistent"],
    }.items():
        count = sum(claim["status"] in statuses for claim in claims)
        assert f"{count} {words}" in text
    context.close()


CONTRAST = """card => {
  const light = css => {
    const [r, g, b] = css.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = light(getComputedStyle(card).backgroundColor);
  return [...card.querySelectorAll("p, dt, dd, .verdict, summary")].map(part => {
    const ink = light(getComputedStyle(part).color);
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_cards_are_readable(
    address: str, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = Visit.open(context, f"{address}/book/chapters/brics.html").page
    for card in page.locator(".claim-card").all():
        assert min(card.evaluate(CONTRAST)) >= 4.5  # WCAG 2.2, level AA
    context.close()


def test_search_finds_a_chapter(address: str, browser: Browser) -> None:
    context = browser.new_context()
    page = Visit.open(context, f"{address}/search.html?q=TIV").page
    page.wait_for_selector("#search-results li a")
    links = page.locator("#search-results li a").evaluate_all("l => l.map(a => a.href)")
    assert any("arms" in link for link in links)
    context.close()
