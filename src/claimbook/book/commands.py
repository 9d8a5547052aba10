"""The reference of commands, for the page on rerunning: written from the command line itself."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from typer.main import get_command

_NAME = "claimbook"


def command_line() -> Any:
    """The command that this engine is installed with, as typer builds it.

    The book lies below the command line, so it asks the installation and imports nothing of it.
    """
    [script] = entry_points(group="console_scripts", name=_NAME)
    return get_command(script.load())


def commands_page(command: Any) -> str:
    """Every command with its options, as Markdown: a heading for each panel and each command.

    `command` is a group of commands as typer builds it.
    """
    panels: dict[str, list[str]] = {}
    for panel, name, found in _commands(command, _NAME):
        panels.setdefault(panel, []).append(_described(name, found))
    return "\n".join(f"### {panel}\n\n" + "\n".join(parts) for panel, parts in panels.items())


def _commands(group: Any, prefix: str, panel: str = "") -> Iterator[tuple[str, str, Any]]:
    """The commands of a group and of the groups inside it: panel, whole name, command."""
    for name in group.list_commands(None):
        found = group.commands[name]
        inside = panel or found.rich_help_panel
        if hasattr(found, "commands"):
            yield from _commands(found, f"{prefix} {name}", inside)
        else:
            yield inside, f"{prefix} {name}", found


def _described(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    usage = " ".join([name, *(p.metavar if p.required else f"[{p.metavar}]" for p in arguments)])
    needed = [_option(p) for p in options if p.required]
    parts = [f"#### `{' '.join([usage, *needed])}`\n\n{command.help.strip()}\n"]
    parts += [f"`{p.metavar}`\n: {p.help}\n" for p in arguments]
    parts += [f"`{_spelled(p)}`\n: {p.help}\n" for p in options if p.name != "help"]
    return "\n".join(parts)


def _spelled(option: Any) -> str:
    """All spellings of an option, with the word for its value."""
    return " ".join([", ".join(option.opts), *_value(option)])


def _option(option: Any) -> str:
    """The long spelling of an option, with the word for its value."""
    return " ".join([option.opts[-1], *_value(option)])


def _value(option: Any) -> list[str]:
    return [] if option.is_flag else [option.metavar]
