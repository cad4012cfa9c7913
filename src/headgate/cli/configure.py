"""Commands that read and write what a workspace is configured to do."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headgate.cli.failures import Failed
from headgate.cli.options import Data
from headgate.settings import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.folder import DataFolder


def apply(
    file: Annotated[Path, typer.Argument(help="The declaration file, YAML.")],
    data: Data = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, change nothing.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete what the file does not name.")
    ] = False,
) -> None:
    """Make the workspace what a declaration file says; returns when it is in force."""
    from headgate.control.apply import apply as apply_declaration
    from headgate.control.catalogue import installed
    from headgate.control.declaration import parse
    from headgate.services.parts import folder_of

    settings, catalogue = load(data=data), installed()
    folder = folder_of(settings)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from None
    applied = apply_declaration(
        folder,
        parse(text, catalogue),
        head=asyncio.run(_head(folder)),
        address=settings.store,
        catalogue=catalogue,
        dry_run=dry_run,
        prune=prune,
        environ={**os.environ, **settings.environment()},
    )
    for change in applied.changes:
        typer.echo(change.line)
    if not applied.changes:
        typer.echo("Nothing to change.")
    elif dry_run:
        typer.echo("Nothing was changed: this was a dry run.")
    else:
        typer.echo(f"In force as version {applied.version}.")
    for warning in applied.warnings:
        typer.echo(f"warning: {warning}", err=True)


async def _head(folder: DataFolder) -> Mapping[int, int]:
    from headgate.services.parts import open_log

    log = open_log(folder)
    try:
        return dict(await log.heads())
    finally:
        await log.close()


def export(
    data: Data = None,
    workspace: Annotated[
        str | None, typer.Option("--workspace", help="Which workspace, if there are several.")
    ] = None,
) -> None:
    """Print the declaration file of a workspace; secrets are references."""
    from headgate.control.export import export as export_workspace
    from headgate.services.parts import existing_folder, open_store

    settings = load(data=data)
    with open_store(existing_folder(settings), settings) as store:
        typer.echo(export_workspace(store, workspace), nl=False)
