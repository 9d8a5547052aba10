"""Charts that readers work with: what the module writes, and how they act in a browser."""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import altair
import nbformat
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.charts import script as chartscript
from claimbook.charts.interactive import Checks, Choice, Control, Number, html
from claimbook.charts.script import MARKER
from claimbook.data.tables import load_table
from claimbook.trends.models import fit_trend
from tests.books import ROOT
from tests.conftest import Visit, claimbook

BOOK = Project(ROOT)
CHAPTERS = ("brics", "trade", "trade-outlook")
MEMBERS = ["BRA", "RUS", "IND", "CHN", "ZAF"]
G7 = ["CAN", "DEU", "FRA", "GBR", "ITA", "JPN", "USA"]
MILLION = 1e6
FORM = "figure.interactive-chart form:not(.vega-bindings)"  # Vega adds an empty one
ADDED = 0.4e6  # bytes, compressed as servers do
sys.path.insert(0, str(ROOT / "notebooks"))
import series  # noqa: E402

ALT = "A line that rises with the number of hives"
HIVES = Number("hives", "Hives", 1, 9, 3)
REGION = Choice("region", "Region", {"north": "the north", "south": "the <south>"}, "south")
YEARS = Checks("years", "Years", {2018: "2018", 2019: "2019"}, [2019])
CONTROLS = (HIVES, REGION, YEARS)
READOUTS = {"Honey": "format(hives * 2, '.1f') + ' kg'", "Years": "length(years)"}


def line() -> Any:
    rows = pd.DataFrame({"x": [1, 2, 3], "note": ["a", "</script>", "c"]})
    return (
        altair.Chart(rows)
        .transform_calculate(y="datum.x * hives")
        .mark_line(clip=True)
        .encode(x="x:Q", y="y:Q")
    )


def figure(
    project: Project,
    chart: Any = None,
    *,
    alt: str = ALT,
    source: str = "Hive census <2020>",
    table: str = "hives",
    controls: Sequence[Control] = CONTROLS,
    readouts: dict[str, str] = READOUTS,
) -> str:
    return html(line() if chart is None else chart, project, alt, source, table, controls, readouts)


def specification(body: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/json">(.*?)</script>', body, re.DOTALL)
    assert len(found) == 1
    spec: dict[str, Any] = json.loads(found[0])
    return spec


# What is written -------------------------------------------------------------------------


def test_a_chart_is_a_valid_specification_with_its_data_and_signals(bees: Project) -> None:
    spec = specification(figure(bees))
    altair.Chart.from_dict(spec)  # Vega-Lite's schema
    rows = next(iter(spec["datasets"].values()))
    assert [row["x"] for row in rows] == [1, 2, 3]
    params = {param["name"]: param for param in spec["params"]}
    assert params["hives"]["value"] == 3
    assert params["region"]["value"] == "south"
    assert params["years"]["value"] == [2019]
    assert [p["expr"] for p in params.values() if "expr" in p] == list(READOUTS.values())
    assert spec["description"] == ALT
    assert spec["width"] == "container"


def test_the_same_chart_gives_the_same_bytes(bees: Project) -> None:
    assert figure(bees) == figure(bees)
    text = re.findall(r'<script type="application/json">(.*?)</script>', figure(bees))[0]
    assert list(specification(figure(bees))) == sorted(specification(figure(bees)))
    assert ": " not in text.replace("Hives: ", "")


def test_a_chart_names_its_source_and_leads_to_its_table(bees: Project) -> None:
    body = figure(bees)
    assert 'href="../generated/sources.html#table-hives"' in body
    assert "Hive census &lt;2020&gt;" in body
    assert "the &lt;south&gt;" in body


def test_the_picture_of_the_start_says_what_it_shows_and_takes_the_pages_colour(
    bees: Project,
) -> None:
    picture = re.findall(r"<svg.*</svg>", figure(bees), re.DOTALL)[0]
    assert f'role="img" aria-label="{ALT}"' in picture
    assert 'fill="currentColor"' in picture
    assert picture.count('aria-roledescription="line mark"') == 1
    assert "JavaScript" in figure(bees)


def test_names_in_two_pictures_of_a_page_differ(bees: Project) -> None:
    other = Number("hives", "Hives", 1, 9, 4)
    one, two = (
        re.findall(r'id="(.*?)"', figure(bees, controls=[control, REGION, YEARS]))
        for control in (HIVES, other)
    )
    assert one
    assert set(one).isdisjoint(two)
    named = set(re.findall(r"url\(#(.*?)\)", figure(bees)))
    assert named
    assert named <= set(one)


def test_the_controls_begin_with_the_starts(bees: Project) -> None:
    body = figure(bees)
    assert '<input type="range" min="1" max="9" value="3">' in body
    assert '<option value="&quot;south&quot;" selected>' in body
    assert '<input type="checkbox" value="2019" checked>' in body
    assert '<input type="checkbox" value="2018">' in body
    assert len(re.findall(r"<output data-readout=", body)) == len(READOUTS)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"alt": "a chart"}, "alt: 'a chart' is too short"),
        ({"table": "hive"}, "did you mean hives?"),
        ({"controls": [Number("hives", "Hives", 1, 9, 10)]}, "10 is out of range; allowed: 1 to 9"),
        (
            {"controls": [Choice("region", "Region", {"north": "N"}, "nort")]},
            "'region': 'nort' is no option; did you mean north?",
        ),
        (
            {"controls": [Checks("years", "Years", {2018: "2018"}, [2018, 2019])]},
            "'years': 2019 is no option",
        ),
        ({"controls": [HIVES, HIVES]}, "signal 'hives' stands twice"),
        ({"controls": [Number("all hives", "Hives", 1, 9, 3)]}, "signal 'all hives': letters"),
        ({"readouts": {"Honey": "format(hives"}}, "chart: it cannot be drawn"),
        ({"readouts": {"Honey": "honey * 2"}}, "chart: it cannot be drawn"),
        ({"chart": altair.Chart().mark_line().encode(x="x")}, "chart: not a valid one"),
        (
            {"chart": altair.Chart("https://bees.example/hives.csv").mark_line().encode(x="x:Q")},
            "data from 'https://bees.example/hives.csv'; give the rows themselves",
        ),
        (
            {"chart": line().add_params(altair.param(name="hives", value=1))},
            "signal 'hives' stands twice",
        ),
    ],
)
def test_bad_input_is_refused_and_named(
    bees: Project, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClaimbookError, match=re.escape(message)):
        figure(bees, **changed)


# The script ------------------------------------------------------------------------------


def publish(project: Project, body: str) -> None:
    output = nbformat.v4.new_output("display_data", data={"text/html": body})
    cell = nbformat.v4.new_code_cell("", id="chart", outputs=[output])
    project.chapters.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), project.chapters / "hives.ipynb")


@pytest.mark.slow
def test_the_script_is_made_only_for_charts_and_only_once(bees: Project) -> None:
    place = bees.generated / "scripts" / chartscript.NAME
    publish(bees, "<p>no chart</p>")
    chartscript.update_script(bees)
    assert not place.exists()
    publish(bees, figure(bees))
    chartscript.update_script(bees)
    made = place.stat()
    text = place.read_text()
    assert "is-ready" in text  # the starter is in it
    assert not re.search(r"^(import|export) ", text, re.MULTILINE)
    chartscript.update_script(bees)
    assert place.stat().st_ino == made.st_ino
    place.write_text("// of an earlier version\n" + text)
    chartscript.update_script(bees)
    assert place.read_text() == text
    publish(bees, "<p>no chart any more</p>")
    chartscript.update_script(bees)
    assert not place.exists()


# In the book -----------------------------------------------------------------------------


def page_of(built: Path, chapter: str) -> Path:
    return built / "_build" / "html" / "book" / "chapters" / f"{chapter}.html"


@contextmanager
def visited(browser: Browser, url: str, **options: Any) -> Iterator[Visit]:
    context = browser.new_context(**options)
    visit = Visit.open(context, url)
    yield visit
    context.close()


@contextmanager
def chart_page(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    with visited(browser, url, **options) as visit:
        assert visit.page.locator("script[src*='charts.js']").count() <= 1
        visit.page.locator("figure.interactive-chart").first.scroll_into_view_if_needed()
        visit.page.wait_for_selector("figure.interactive-chart.is-ready")
        yield visit.page
        assert visit.faults == []


def readout(page: Page, label: str) -> str:
    row = page.locator("figure.interactive-chart dl div", has=page.get_by_text(label, exact=True))
    return row.locator("output").inner_text()


def set_slider(page: Page, label: str, value: int) -> None:
    """Move a slider as a keyboard does, one step a key."""
    slider = page.locator(FORM).get_by_label(label)
    away = value - int(slider.input_value())
    slider.focus()
    for _ in range(abs(away)):
        page.keyboard.press("ArrowRight" if away > 0 else "ArrowLeft")
    assert slider.input_value() == str(value)


def signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def test_only_pages_with_a_chart_load_the_script(built: Path) -> None:
    pages = (built / "_build" / "html" / "book").rglob("*.html")
    loading = {page for page in pages if chartscript.NAME in page.read_text()}
    assert loading == {page_of(built, chapter) for chapter in CHAPTERS}


@pytest.mark.parametrize("served", [True, False])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chart_is_drawn_without_fault_or_outside_request(
    address: str,
    browser: Browser,
    built: Path,
    chapter: str,
    width: int,
    scheme: Literal["light", "dark"],
    served: bool,
) -> None:
    url = f"{address}/book/chapters/{chapter}.html" if served else page_of(built, chapter).as_uri()
    size = {"width": width, "height": 900}
    with chart_page(browser, url, viewport=size, color_scheme=scheme) as page:
        figure = page.locator("figure.interactive-chart")
        drawn = figure.locator(".interactive-plot svg")
        assert drawn.locator(".mark-line path").count() >= 1
        box, around = drawn.bounding_box(), figure.bounding_box()
        assert box
        assert around
        assert 0.75 * around["width"] < box["width"] <= around["width"]
        assert not figure.locator(".interactive-static").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        ink = drawn.locator(".role-axis-label text").first.evaluate("t => getComputedStyle(t).fill")
        levels = [int(level) for level in re.findall(r"\d+", ink)[:3]]
        assert (min(levels) > 150) if scheme == "dark" else (max(levels) < 105)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_without_scripts_and_in_print_the_picture_stands_for_the_chart(
    address: str, browser: Browser, chapter: str
) -> None:
    url = f"{address}/book/chapters/{chapter}.html"
    with visited(browser, url, java_script_enabled=False) as visit:
        figure = visit.page.locator("figure.interactive-chart")
        picture = figure.locator(".interactive-static svg[role=img]")
        assert picture.is_visible()
        assert len(picture.get_attribute("aria-label") or "") > 60
        assert not visit.page.locator(FORM).is_visible()
    with chart_page(browser, url) as page:
        page.emulate_media(media="print")
        assert page.locator(".interactive-static svg").is_visible()
        assert not page.locator(FORM).is_visible()
        assert not page.locator(".interactive-plot").is_visible()


def test_the_members_that_a_reader_checks_have_the_share_that_the_engine_computes(
    address: str, browser: Browser
) -> None:
    weo = load_table(BOOK, "weo")

    def expected(members: list[str], year: int, release: str) -> tuple[str, str, str, str]:
        group = series.group_shares(weo, members, release)
        g7 = series.group_shares(weo, G7, release)
        change = float(g7[year] - g7[1992])
        lead = float(group[year] - g7[year])
        shares = f"{group[year]:.3f} %", f"{g7[year]:.3f} %"
        return *shares, f"{signed(lead)} points", f"{signed(change)} points"

    with chart_page(browser, f"{address}/book/chapters/brics.html") as page:

        def shown() -> tuple[str, ...]:
            labels = ["Share of the chosen members", "Share of the G7"]
            labels += ["The chosen members' lead", "The G7's change since 1992"]
            return tuple(readout(page, label) for label in labels)

        form = page.locator(FORM)
        assert shown() == expected(MEMBERS, 2023, "2023-10")
        form.get_by_label("Argentina").focus()
        page.keyboard.press("Space")
        assert shown() == expected([*MEMBERS, "ARG"], 2023, "2023-10")
        form.get_by_label("India", exact=True).uncheck()
        form.get_by_label("Indonesia").check()
        others = ["BRA", "RUS", "CHN", "ZAF", "ARG", "IDN"]
        assert shown() == expected(others, 2023, "2023-10")
        set_slider(page, "Year", 2011)
        assert shown() == expected(others, 2011, "2023-10")
        form.get_by_label("Release").select_option("2025-10")
        assert shown() == expected(others, 2011, "2025-10")
        set_slider(page, "Year", 2030)
        assert shown() == expected(others, 2030, "2025-10")
        form.get_by_label("Release").select_option("2023-04")  # it ends in 2028
        assert set(shown()) == {"not in this release"}
        form.get_by_role("button").click()
        page.wait_for_function(
            "v => document.querySelector('.interactive-chart dd output').value === v",
            arg=expected(MEMBERS, 2023, "2023-10")[0],
        )
        assert form.locator("input:checked").count() == len(MEMBERS)


def test_every_economy_can_be_chosen_and_the_newest_releases(
    address: str, browser: Browser
) -> None:
    weo = load_table(BOOK, "weo")
    with chart_page(browser, f"{address}/book/chapters/brics.html") as page:
        form = page.locator(FORM)
        boxes = form.locator("input[type=checkbox]")
        areas = {json.loads(box.get_attribute("value") or "") for box in boxes.all()}
        assert areas == {area for area in weo.area.unique() if re.fullmatch("[A-Z]{3}", area)} - {
            "WLD"
        }
        releases = form.locator("option").all_inner_texts()
        assert releases == sorted(weo.release.unique())[-6:]


def test_model_window_and_horizon_show_what_the_engine_fitted(
    address: str, browser: Browser
) -> None:
    trade = load_table(BOOK, "trade").astype({"year": int})
    history = series.both_ways(trade, "RUS")

    def expected(model: str, first: int, steps: int) -> tuple[str, str, str]:
        ahead = fit_trend(history.loc[first:2023], model, "log").forecast(steps, [80])
        row = ahead.iloc[-1] / MILLION
        year = int(ahead.index[-1])
        return str(year), f"{row['median']:,.0f}", f"{row.low80:,.0f} to {row.high80:,.0f}"

    with chart_page(browser, f"{address}/book/chapters/trade-outlook.html") as page:

        def shown() -> tuple[str, ...]:
            labels = ("Year", "Median, US$ million", "80 % interval, US$ million")
            return tuple(readout(page, label) for label in labels)

        form = page.locator(FORM)
        assert shown() == expected("naive", 1996, 12)
        form.get_by_label("Model").select_option(label="Straight line")
        assert shown() == expected("line", 1996, 12)
        form.get_by_label("First year that it sees").select_option("2004")
        assert shown() == expected("line", 2004, 12)
        set_slider(page, "Years ahead", 30)
        assert shown() == expected("line", 2004, 30)
        form.get_by_label("Model").select_option(label="ARIMA")
        assert shown() == expected("arima", 2004, 30)


def test_reporter_and_flow_show_the_books(address: str, browser: Browser) -> None:
    trade = load_table(BOOK, "trade").astype({"year": int})

    def text(values: pd.Series, year: int) -> str:
        return f"{values[year] / MILLION:,.1f}" if year in values.index else "no value"

    with chart_page(browser, f"{address}/book/chapters/trade.html") as page:

        def shown() -> tuple[str, str]:
            labels = ("The chosen book, US$ million", "The other book, US$ million")
            return readout(page, labels[0]), readout(page, labels[1])

        form = page.locator(FORM)
        both = [series.both_ways(trade, book) for book in ("RUS", "PAK")]
        assert shown() == (text(both[0], 2023), "no value")
        set_slider(page, "Year", 2010)
        assert shown() == (text(both[0], 2010), text(both[1], 2010))
        form.get_by_label("Its flow").select_option("exports")
        sold = [series.goods(trade, "RUS", book) for book in ("RUS", "PAK")]
        assert shown() == (text(sold[0], 2010), text(sold[1], 2010))
        form.get_by_label("Reporter").select_option(label="Pakistan")
        sold = [series.goods(trade, "PAK", book) for book in ("PAK", "RUS")]
        assert shown() == (text(sold[0], 2010), text(sold[1], 2010))
        form.get_by_label("Its flow").select_option("imports")
        bought = [series.goods(trade, "RUS", book) for book in ("PAK", "RUS")]
        assert shown() == (text(bought[0], 2010), text(bought[1], 2010))


def test_values_under_the_pointer_are_shown(address: str, browser: Browser) -> None:
    with chart_page(browser, f"{address}/book/chapters/trade.html") as page:
        drawn = page.locator(".interactive-plot svg")
        drawn.scroll_into_view_if_needed()
        box = drawn.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_selector("#vg-tooltip-element.visible")
        assert "The chosen book" in page.locator("#vg-tooltip-element").inner_text()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chart_adds_little_to_what_a_page_weighs(built: Path, chapter: str) -> None:
    script = (built / "_build" / "html" / "_static" / chartscript.NAME).read_bytes()
    figure = page_of(built, chapter).read_text().partition(MARKER)[2].partition("</figure>")[0]
    added = sum(len(gzip.compress(part, mtime=0)) for part in (script, figure.encode()))
    assert 200_000 < added < ADDED


def test_the_page_of_one_run_shows_the_picture(
    browser: Browser, built: Path, tmp_path: Path
) -> None:
    claimbook("run", "brics", "-p", "year=2020", "-o", str(tmp_path), cwd=built)
    page = tmp_path / "brics.html"
    assert page.read_text().count(MARKER) == 1
    with visited(browser, page.as_uri()) as visit:
        picture = visit.page.locator(".interactive-static svg[role=img]")
        assert picture.is_visible()
        assert "in 2020" in (picture.get_attribute("aria-label") or "")
        assert not visit.page.locator(FORM).is_visible()
        assert visit.faults == []
