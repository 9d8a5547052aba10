"""The commands in their panels, as `claimbook --help` shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from claimbook.cli.maintain import check, verify, why
from claimbook.cli.read import build, claims, pdf
from claimbook.cli.rerun import compare, params, run
from claimbook.cli.teach import classes

_TEACH = "Teach"
_PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Read": (build, claims, pdf),
    "Rerun": (run, params, compare),
    _TEACH: (),
    "Maintain": (check, why, verify),
}


class PanelGroup(TyperGroup):
    """Commands in the order of their panels; typer puts groups of commands last."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the commands, panel by panel."""
        order = list(_PANELS)
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: order.index(self.panel_of(name)))

    def panel_of(self, name: str) -> str:
        """The panel of a command."""
        return str(getattr(self.commands[name], "rich_help_panel", ""))


app = typer.Typer(
    cls=PanelGroup,
    help="Hold every quantitative claim of a paper against data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)
app.add_typer(classes, name="class", rich_help_panel=_TEACH)
