"""Commands for tokens: what programs show to the APIs instead of a password."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headgate.cli.inspect import print_json
from headgate.cli.options import Data, Json
from headgate.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.control.nouns.tokens import Held
    from headgate.control.work import Work

Workspace = Annotated[
    str | None,
    typer.Option("--workspace", help="Which workspace, if there are several; made if absent."),
]
app = typer.Typer(help="Tokens for programs that call the APIs.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[list[str], typer.Option("--role", help="A role; may be repeated.")],
    days: Annotated[
        float | None, typer.Option("--days", help="How long it is good; for ever without.")
    ] = None,
    workspace: Workspace = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a token and print it: it is told this once."""
    from headgate.control.nouns import tokens

    with working(data, workspace) as work:
        made = tokens.create(work, name, role, days=days)
    if json:
        print_json({"id": made.token.id, "token": made.text})
    else:
        typer.echo(made.text)


@app.command("list")
def list_(workspace: Workspace = None, data: Data = None, json: Json = False) -> None:
    """Which tokens there are, with the last characters of each."""
    from headgate.control.nouns import tokens

    with looking(data, workspace) as work:
        held = tokens.listed(work)
    if json:
        print_json([_told(each) for each in held])
        return
    for each in held:
        told = _told(each)
        used = told["used_at"] or "never"
        roles = ", ".join(told["roles"])
        typer.echo(f"{told['id']}  …{told['last4']}  {roles}  used {used}  {told['name']}")


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="Its id, from `headgate token list`.")],
    workspace: Workspace = None,
    data: Data = None,
) -> None:
    """Make a token worthless from now on."""
    from headgate.control.nouns import tokens

    with working(data, workspace) as work:
        record = tokens.revoke(work, token)
    typer.echo(f"Revoked {record.name}.")


def _told(held: Held) -> dict[str, Any]:
    token = held.token
    return {
        "id": token.id,
        "name": token.name,
        "last4": token.last4,
        "roles": [each.role for each in held.grants],
        "created_at": _time(token.created_at),
        "expires_at": _time(token.expires_at),
        "used_at": _time(token.used_at),
    }


def _time(at: int | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


@contextmanager
def working(data: Data, workspace: str | None) -> Iterator[Work]:
    """The work of whoever is at this machine; the first workspace is made where there is none."""
    from headgate.services.parts import folder_of
    from headgate.services.premises import control_of

    settings = load(data=data)
    with (
        control_of(folder_of(settings), settings) as control,
        control.operate(workspace) as work,
    ):
        yield work


@contextmanager
def looking(data: Data, workspace: str | None) -> Iterator[Work]:
    """The same, changing nothing."""
    from headgate.control.workspaces import operated
    from headgate.services.parts import existing_folder
    from headgate.services.premises import control_of

    settings = load(data=data)
    with (
        control_of(existing_folder(settings), settings) as control,
        control.read(operated(control.premises.store, workspace)) as work,
    ):
        yield work
