"""Commands that read and write what a workspace is configured to do."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from headgate.cli.failures import Failed
from headgate.cli.inspect import print_json
from headgate.cli.options import Data, Json
from headgate.settings import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.control.declaring.apply import Applied
    from headgate.control.declaring.changes import Change
    from headgate.control.declaring.declaration import Declaration
    from headgate.folder import DataFolder
    from headgate.settings import Settings

CHANGES: Final = 3
"""The exit code that tells programs of a difference, where they ask for it."""
NOTHING: Final = "Nothing to change."


File = Annotated[Path, typer.Argument(help="The declaration file, YAML; - for the input.")]
Prune = Annotated[bool, typer.Option("--prune", help="Delete what the file does not name.")]
ExitCode = Annotated[
    bool, typer.Option("--exit-code", help=f"Exit with {CHANGES} where something differs.")
]


def apply(
    file: File,
    data: Data = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, change nothing.")
    ] = False,
    prune: Prune = False,
) -> None:
    """Make the workspace what a declaration file says; returns when it is in force."""
    from headgate.services.parts import folder_of

    settings, declaration = load(data=data), _parsed(file)
    folder = folder_of(settings)
    head = asyncio.run(_head(folder))
    applied = _applied(settings, folder, declaration, head=head, dry_run=dry_run, prune=prune)
    for change in applied.changes:
        typer.echo(change.line)
    if not applied.changes:
        typer.echo(NOTHING)
    elif dry_run:
        typer.echo("Nothing was changed: this was a dry run.")
    else:
        typer.echo(f"In force as version {applied.version}.")
    _warn(applied)


def plan(
    file: File,
    data: Data = None,
    prune: Prune = False,
    exit_code: ExitCode = False,
    json: Json = False,
) -> None:
    """Show what `apply` would change, field by field: + comes, ~ changes, - goes."""
    from headgate.folder import DataFolder

    settings, declaration = load(data=data), _parsed(file)
    folder = DataFolder(settings.data.absolute())
    applied = _applied(settings, folder, declaration, head={}, dry_run=True, prune=prune)
    _tell(applied.changes, json=json, warnings=applied.warnings)
    _warn(applied)
    if exit_code and applied.changes:
        raise typer.Exit(CHANGES)


def diff(
    before: Annotated[Path, typer.Argument(help="A declaration file or an export; - for input.")],
    after: Annotated[Path, typer.Argument(help="Another one.")],
    exit_code: ExitCode = False,
    json: Json = False,
) -> None:
    """Compare two declaration files, such as the exports of two systems, in both directions.

    What a file would change in a workspace is told by `headgate plan`.
    """
    from headgate.control.declaring.comparing import compared

    changes = compared(_parsed(before), _parsed(after))
    _tell(changes, json=json, same="Nothing differs.")
    if exit_code and changes:
        raise typer.Exit(CHANGES)


def _parsed(file: Path) -> Declaration:
    from headgate.control.declaring.declaration import parse

    try:
        raw = sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
        text = raw.decode()
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Failed(f"{file} is no UTF-8, at byte {error.start}: write it as UTF-8") from None
    return parse(text)


def _applied(
    settings: Settings, folder: DataFolder, declaration: Declaration, **more: Any
) -> Applied:
    from headgate.control.declaring.apply import apply as apply_declaration

    environ = {**os.environ, **settings.environment()}
    return apply_declaration(folder, declaration, address=settings.store, environ=environ, **more)


def _tell(
    changes: Sequence[Change], *, json: bool, warnings: Sequence[str] = (), same: str = NOTHING
) -> None:
    from headgate.control.declaring.plan_told import lines, summary, told

    if json:
        print_json({"changes": [told(each) for each in changes], "warnings": list(warnings)})
        return
    for line in lines(changes):
        typer.echo(line)
    typer.echo(f"{summary(changes)}." if changes else same)


def _warn(applied: Applied) -> None:
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
    from headgate.control.declaring.export import export as export_workspace
    from headgate.services.parts import existing_folder, open_store

    settings = load(data=data)
    with open_store(existing_folder(settings), settings) as store:
        typer.echo(export_workspace(store, workspace), nl=False)
