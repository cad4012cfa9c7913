from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from typer.main import get_command

from tests.habits.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = ROOT / "docs" / "reference" / "commands.md"


def command_names(command: Any, name: str) -> Iterator[str]:
    """Name every command below this one as it is typed: `headgate log stat`."""
    below = getattr(command, "commands", None)
    if below is None:
        yield name
        return
    for word, inner in below.items():
        yield from command_names(inner, f"{name} {word}")


def test_every_command_is_in_the_reference() -> None:
    app = importlib.import_module("headgate.cli.main").app
    names = list(command_names(get_command(app), "headgate"))
    page = PAGE.read_text()
    assert "headgate up" in names
    assert [name for name in names if name not in page] == []
