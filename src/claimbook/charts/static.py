"""One chart style for the whole book, and the few charts that all chapters share."""

from __future__ import annotations

import textwrap
from base64 import b64encode
from io import BytesIO

import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from claimbook.claims import Interval

PRINTED = "#b2182b"  # the paper's figure, in every chart
_RESOLUTION = 144
_SOURCE_WIDTH = 110  # characters


def use_style() -> None:
    """Set the style: colour-blind palette, light grid, no frame above and to the right."""
    sns.set_theme(
        context="notebook",
        style="whitegrid",
        palette="colorblind",
        rc={
            "figure.figsize": (8, 4.5),
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.titlesize": 13,
            "grid.color": "#e4e4e4",
            "text.parse_math": False,  # "US$" is money, not the start of a formula
            "font.family": "DejaVu Sans",
        },
    )


def show(figure: Figure, *, alt: str, source: str) -> None:
    """Print the source under a figure, show it with its alternative text and close it.

    The text travels in the output's metadata, from where the build takes it.
    """
    figure.supxlabel(
        textwrap.fill(f"Source: {source}", _SOURCE_WIDTH),
        fontsize=8,
        color="#555555",
        x=0.01,
        ha="left",
    )
    figure.dpi = _RESOLUTION
    if layout := figure.get_layout_engine():  # else saving would draw all once more to lay it out
        layout.execute(figure)
        figure.set_layout_engine("none")
    image = _encoded(figure)
    plt.close(figure)
    bundle = {"image/png": b64encode(image).decode(), "text/plain": alt}
    display(bundle, raw=True, metadata={"alt": alt})


def _encoded(figure: Figure) -> bytes:
    """The figure as PNG with a palette: less than half the bytes, and as fast to write."""
    drawn = BytesIO()
    figure.savefig(drawn, format="rgba", dpi=_RESOLUTION)
    size = figure.canvas.get_width_height()
    picture = Image.frombytes("RGBA", size, drawn.getvalue()).convert("RGB")
    found = BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(found, format="png")
    return found.getvalue()


def fan_chart(axes: Axes, history: pd.Series, forecast: pd.DataFrame) -> None:
    """Draw a series and its forecast: the median as a line, each interval as a band.

    `forecast` is what `Trend.forecast` returns.
    """
    colour = sns.color_palette()[0]
    axes.plot(history.index, history, color=colour, marker="o", markersize=3, label="data")
    axes.plot(forecast.index, forecast["median"], color=colour, linestyle="--", label="median")
    lows = [name for name in map(str, forecast) if name.startswith("low")]
    levels = sorted((int(name.removeprefix("low")) for name in lows), reverse=True)
    for shade, level in zip((0.15, 0.3, 0.45), levels, strict=False):
        low, high = forecast[f"low{level}"], forecast[f"high{level}"]
        axes.fill_between(
            forecast.index,
            low,
            high,
            color=colour,
            alpha=shade,
            lw=0,
            label=f"{level} % prediction interval",
        )


def mark_printed(axes: Axes, interval: Interval, label: str) -> None:
    """Draw the printed figure as a horizontal band over the whole width of the axes."""
    low, high = float(interval.low), float(interval.high)
    bottom, top = axes.get_ylim()
    ends = [end for end in (low, high) if np.isfinite(end)]
    bottom, top = min([bottom, *ends]), max([top, *ends])
    axes.set_ylim(bottom, top)
    shown_high = min(high, top)
    axes.axhspan(low, shown_high, color=PRINTED, alpha=0.25, lw=0)
    axes.axhline(low if shown_high == top else (low + high) / 2, color=PRINTED, lw=1.2, label=label)
