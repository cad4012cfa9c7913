"""Commands for the key that secrets are stored under."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from headgate.cli.inspect import print_json
from headgate.cli.options import Data, Json
from headgate.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.store.database import Store

app = typer.Typer(help="The key that secrets are stored under.", no_args_is_help=True)


@app.command()
def new() -> None:
    """Print a new key, for HEADGATE_SECRET_KEY; nothing is changed."""
    import base64

    from headgate.store.key_file import new_key

    typer.echo(base64.b64encode(new_key()).decode())


@app.command("list")
def list_(data: Data = None, json: Json = False) -> None:
    """Which keys are known, the newest first, and how many secrets each has sealed."""
    from headgate.services.key_rotation import keys

    with _store(data) as (store, environ):
        found = keys(store, environ)
    ids = list(dict.fromkeys([*found.known, *found.used]))
    told = [
        {"key": each, "known": each in found.known, "secrets": found.used[each]} for each in ids
    ]
    if json:
        print_json(told)
        return
    for each in told:
        lost = "" if each["known"] else "  not known here: these secrets cannot be read"
        typer.echo(f"{each['key']}  {each['secrets']}{lost}")


@app.command()
def rotate(
    data: Data = None,
    forget_old: Annotated[
        bool, typer.Option("--forget-old", help="Take the older keys away at the end.")
    ] = False,
) -> None:
    """Seal every secret with a new key; a rotation that was interrupted is finished first."""
    from headgate.clock import SystemClock
    from headgate.services.key_rotation import rotation

    with _store(data) as (store, environ):
        for step in rotation(store, environ, SystemClock()):
            typer.echo(step.told)
        if forget_old:
            _forget(store, environ)


@app.command()
def forget(data: Data = None) -> None:
    """Take older keys away that have sealed nothing that is still there."""
    with _store(data) as (store, environ):
        _forget(store, environ)


def _forget(store: Store, environ: Mapping[str, str]) -> None:
    from headgate.services import key_rotation

    typer.echo(f"{key_rotation.forget(store, environ)} older keys are forgotten")


@contextmanager
def _store(data: Data) -> Iterator[tuple[Store, Mapping[str, str]]]:
    from headgate.services.parts import existing_folder, open_store

    settings = load(data=data)
    with open_store(existing_folder(settings), settings) as store:
        yield store, settings.environment()
