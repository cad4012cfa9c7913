"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Data: TypeAlias = Annotated[
    Path | None, typer.Option("--data", help="The data folder [default: ./headgate-data].")
]
Collect: TypeAlias = Annotated[
    str | None, typer.Option("--collect", help="HOST:PORT of the collection API; port 0: any.")
]
Control: TypeAlias = Annotated[
    str | None, typer.Option("--control", help="HOST:PORT of the APIs; port 0: any.")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
