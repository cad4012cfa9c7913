"""Commands for sources: a new write key in place of the old ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from headgate.cli.inspect import print_json
from headgate.cli.options import Data, Json
from headgate.settings import load

app = typer.Typer(no_args_is_help=True)


@app.callback()
def sources() -> None:
    """Sources and their write keys."""


@app.command("rotate-key")
def rotate_key(
    slug: Annotated[str, typer.Argument(help="The slug of the source.")],
    overlap_hours: Annotated[
        float,
        typer.Option("--overlap-hours", help="How long the old keys go on; 0: not at all."),
    ] = 24.0,
    workspace: Annotated[
        str | None, typer.Option("--workspace", help="Which workspace, if there are several.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Give a source a new write key and print it; the old ones end after the overlap."""
    from headgate.control.nouns import sources, write_keys
    from headgate.control.workspaces import operated
    from headgate.services.parts import existing_folder
    from headgate.services.premises import control_of

    settings = load(data=data)
    with control_of(existing_folder(settings), settings) as control:
        actor = operated(control.premises.store, workspace)
        with control.write(actor) as work:
            found = sources.named(work, slug)
            rotated = write_keys.rotate(work, found.source.id, overlap_hours)
    until = datetime.fromtimestamp(rotated.ends_at / 1000, UTC).isoformat(timespec="seconds")
    if json:
        print_json({"write_key": rotated.key, "old": rotated.old, "old_until": until})
        return
    typer.echo(rotated.key)
    typer.echo(f"Taken until {until}: {', '.join(rotated.old)}", err=True)
