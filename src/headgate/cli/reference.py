"""The reference page of all commands, made from the commands themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer.main

from headgate.markdown import table

if TYPE_CHECKING:
    from collections.abc import Iterator


def reference(app: typer.Typer) -> str:
    """Markdown for docs/reference/commands.md."""
    lines = [
        "# Commands",
        "",
        (
            "Generated from the program. Every command exits with 0 when it is done, 1 when it"
            " failed, 2 for wrong use; none of them asks questions unless its input is a terminal."
        ),
    ]
    for name, command in _commands("headgate", typer.main.get_command(app)):
        lines += ["", f"## `{name}`", "", *_described(command)]
    return "\n".join(lines) + "\n"


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, below in inner.items():
        yield from _commands(f"{name} {word}", below)


def _described(command: Any) -> list[str]:
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    rows = [(f"`{_spelled(each)}`", _help(each)) for each in shown]
    options = ["", *table(("option", "meaning"), rows)] if rows else []
    return [str(command.help or ""), *options]


def _spelled(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper())
    return ", ".join(param.opts)


def _help(param: Any) -> str:
    said = str(getattr(param, "help", None) or "")
    return said.replace("<", "\\<")
