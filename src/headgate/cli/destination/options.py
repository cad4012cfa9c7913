"""Options and arguments that several commands about destinations share."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

Where: TypeAlias = Annotated[
    str,
    typer.Option("--destination", help="Its slug, folder or module [default: this folder]."),
]
References: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SLUG]...",
        help="Slugs, folders or modules [default: this folder's destination, else all].",
    ),
]
