"""Charts that readers work with in the page itself, by Vega-Lite and without a server.

A notebook makes a chart with Altair and names the controls that set its signals. The output holds
the chart's specification with its data, a form, the numbers that it gives as text, and a picture
of the start for print and for readers without scripts. The script comes with the book's pages
(`claimbook.charts.script`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import altair
import vl_convert
from IPython.display import display
from markupsafe import Markup

from claimbook.base import (
    ClaimbookError,
    Project,
    find_project,
    nearest,
    render,
    script_json,
)
from claimbook.charts.script import MARKER, vl_version
from claimbook.data import resource, table_anchor

_PICTURE_WIDTH = 640  # pixels
_LEAST_ALT = 20  # characters
_NAME = re.compile(r"[a-z][A-Za-z0-9_]*")
_INK = "currentColor"  # the page's own, in the light and in the dark
_TEXT = {"labelColor": _INK, "titleColor": _INK, "labelFontSize": 12, "titleFontSize": 12}
_STYLE = {
    "background": "transparent",
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        **_TEXT,
        "titleFontWeight": "normal",
        "domainColor": _INK,
        "tickColor": _INK,
        "gridColor": _INK,
        "gridOpacity": 0.15,
    },
    "legend": {**_TEXT, "orient": "top", "title": None, "symbolStrokeWidth": 3, "columns": 2},
    "rule": {"color": _INK},
    "text": {"color": _INK, "fontSize": 12},
}

ControlValue = str | int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several: a list to choose from. `options` gives each value the words shown for it."""

    shape: ClassVar = "choice"
    signal: str
    label: str
    options: Mapping[ControlValue, str]
    start: ControlValue

    def require(self) -> None:
        """Raise ClaimbookError unless the start is one of the options."""
        _require_options(self.signal, [self.start], self.options)


@dataclass(frozen=True, slots=True)
class Checks:
    """Any number of several: a box each. The signal is the list of the checked values."""

    shape: ClassVar = "checks"
    signal: str
    label: str
    options: Mapping[ControlValue, str]
    start: Sequence[ControlValue]

    def require(self) -> None:
        """Raise ClaimbookError unless all that is checked at the start are options."""
        _require_options(self.signal, self.start, self.options)


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from `low` to `high`: a slider."""

    shape: ClassVar = "number"
    signal: str
    label: str
    low: int
    high: int
    start: int

    def require(self) -> None:
        """Raise ClaimbookError unless the start is in the range."""
        if not self.low <= self.start <= self.high:
            raise ClaimbookError(
                f"control {self.signal!r}: {self.start} is out of range; "
                f"allowed: {self.low} to {self.high}"
            )


Control = Choice | Checks | Number


def show(
    chart: altair.TopLevelMixin,
    *,
    alt: str,
    source: str,
    table: str,
    controls: Sequence[Control] = (),
    readouts: Mapping[str, str] | None = None,
) -> None:
    """Show a chart that readers can change.

    `alt` says in words what the chart shows at the start, `table` is the table of the project
    that the caption leads to. Each of the `controls` sets the signal that it names, which the
    chart's expressions use; each of the `readouts` is a label and the Vega expression of its text.
    Raises ClaimbookError for what cannot be shown, and names it.
    """
    project = find_project()
    body = html(chart, project, alt, source, table, controls, readouts or {})
    display({"text/html": body, "text/plain": alt}, raw=True, metadata={"alt": alt})


def html(
    chart: altair.TopLevelMixin,
    project: Project,
    alt: str,
    source: str,
    table: str,
    controls: Sequence[Control],
    readouts: Mapping[str, str],
) -> Markup:
    """The chart as a figure; the same for the same chart. Arguments and errors as in `show`."""
    if len(alt) < _LEAST_ALT:
        raise ClaimbookError(f"alt: {alt!r} is too short to say what the chart shows")
    resource(project, table)
    _require_names([control.signal for control in controls])
    for control in controls:
        control.require()
    spec = specification(chart, alt, controls, readouts)
    return render(
        "charts/figure.html",
        marker=Markup(MARKER),
        controls=controls,
        as_json=partial(json.dumps, ensure_ascii=False),
        readouts=[(_readout(k), label) for k, label in enumerate(readouts)],
        alt=alt,
        picture=picture(spec),
        source=source,
        anchor=table_anchor(table),
        spec=script_json(spec, sort_keys=True, separators=(",", ":")),
    )


def specification(
    chart: altair.TopLevelMixin,
    alt: str,
    controls: Sequence[Control],
    readouts: Mapping[str, str],
) -> dict[str, Any]:
    """The Vega-Lite specification with its signals and the book's style, as wide as its place.

    Raises ClaimbookError for a chart that Vega-Lite does not take, data from an address, or a
    signal that stands twice.
    """
    try:
        spec: dict[str, Any] = deepcopy(chart.to_dict())
    except Exception as error:  # altair's and jsonschema's errors have no common base
        raise ClaimbookError(f"chart: not a valid one ({_first_line(error)})") from error
    if _addresses(spec):
        raise ClaimbookError(f"chart: data from {_addresses(spec)[0]!r}; give the rows themselves")
    spec["params"] = [
        *({"name": control.signal, "value": _start(control)} for control in controls),
        *spec.get("params", []),
        *({"name": _readout(k), "expr": text} for k, text in enumerate(readouts.values())),
    ]
    _require_names([param["name"] for param in spec["params"]])
    return spec | {
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _STYLE,
        "description": alt,
        "width": "container",
    }


def picture(spec: Mapping[str, Any]) -> Markup:
    """The start of a chart as SVG that takes the page's colours, after the name of its first tag.

    Raises ClaimbookError if Vega-Lite or an expression in it fails.
    """
    try:
        svg: str = vl_convert.vegalite_to_svg(dict(spec) | {"width": _PICTURE_WIDTH}, vl_version())
    except ValueError as error:
        raise ClaimbookError(f"chart: it cannot be drawn ({_first_line(error)})") from error
    return Markup(_renamed(svg).removeprefix("<svg"))


def _renamed(svg: str) -> str:
    """The picture with names that are its own in a whole page.

    Vega counts them through all pictures that a process has drawn.
    """
    names = list(dict.fromkeys(re.findall(r'(?<=id=")\w+|(?<=url\(#)\w+', svg)))
    for number, name in enumerate(names):
        svg = re.sub(rf'(?<=id="){name}(?=")|(?<=url\(#){name}(?=\))', f"@-{number}", svg)
    return svg.replace("@-", f"p{hashlib.sha256(svg.encode()).hexdigest()[:8]}-")


def _start(control: Control) -> Any:
    return list(control.start) if isinstance(control, Checks) else control.start


def _readout(number: int) -> str:
    return f"readout{number}"


def _require_options(
    signal: str, started: Sequence[ControlValue], options: Mapping[ControlValue, str]
) -> None:
    for value in started:
        if value not in options:
            allowed = nearest(str(value), map(str, options))
            raise ClaimbookError(f"control {signal!r}: {value!r} is no option; {allowed}")


def _require_names(names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        if not _NAME.fullmatch(name):
            raise ClaimbookError(f"signal {name!r}: letters and digits only, a small letter first")
        if name in names[:place]:
            raise ClaimbookError(f"signal {name!r} stands twice")


def _addresses(part: Any) -> list[str]:
    """The addresses that any data in a specification would be fetched from."""
    if isinstance(part, dict):
        here = [part["url"]] if isinstance(part.get("url"), str) else []
        return [*here, *(found for value in part.values() for found in _addresses(value))]
    if isinstance(part, list):
        return [found for value in part for found in _addresses(value)]
    return []


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
