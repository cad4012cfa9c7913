"""Commands for people: who may use a workspace, and how."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headgate.cli.failures import Failed
from headgate.cli.inspect import print_json
from headgate.cli.options import Data, Json
from headgate.cli.tokens import Workspace, looking, working

if TYPE_CHECKING:
    from headgate.api.console.site import Site
    from headgate.control.nouns.users import Seen

Email = Annotated[str, typer.Argument(help="The address that somebody is known by.")]
app = typer.Typer(help="People who may use a workspace.", no_args_is_help=True)


@app.command()
def create(
    email: Email,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="A role, see `headgate user roles`; may be repeated."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What to call somebody new.")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read a password from the standard input.")
    ] = False,
    workspace: Workspace = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Make somebody a user with these roles, who may be one already; nothing is taken away."""
    from headgate.control.access.passwords import hashed
    from headgate.control.nouns import users

    password = hashed(_password()) if password_stdin else None
    with working(data, workspace) as work:
        user = users.create(work, email, role or [], name=name, password=password)
        seen = users.get(work, user.id)
    if json:
        print_json(_told(seen))
    else:
        typer.echo(f"{user.email} is a user: {', '.join(_told(seen)['roles'])}.")


@app.command("list")
def list_(workspace: Workspace = None, data: Data = None, json: Json = False) -> None:
    """Who may use the workspace, and the roles of each; those of groups are not shown."""
    from headgate.control.nouns import users

    found: list[Seen] = []
    with looking(data, workspace) as work:
        while page := users.listed(work, found[-1].user.id if found else None, 1000).users:
            found += page
    if json:
        print_json([_told(each) for each in found])
        return
    for each in map(_told, found):
        typer.echo(f"{each['id']}  {each['email']}  {', '.join(each['roles'])}  {each['name']}")


@app.command()
def remove(email: Email, workspace: Workspace = None, data: Data = None) -> None:
    """Take the workspace away from a user, who keeps any other."""
    from headgate.control.nouns import users

    with working(data, workspace) as work:
        (user,) = users.delete(work, [users.named(work, email).id])
    typer.echo(f"Removed {user.email}.")


@app.command()
def reset(
    email: Email,
    totp_off: Annotated[
        bool, typer.Option("--totp-off", help="Turn off the second factor, too, which is lost.")
    ] = False,
    workspace: Workspace = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Print a link by which a user chooses a new password: it works once, for a day."""
    from headgate.clock import iso
    from headgate.control.nouns import one_time_links, users

    with working(data, workspace) as work:
        user = users.named(work, email)
        link = one_time_links.password_link(work, user.id, ends_totp=totp_off)
    url = _site(data).link("password", link.secret)
    if json:
        print_json({"link": url, "expires_at": iso(link.expires_at)})
    else:
        typer.echo(url)


def _site(data: Data) -> Site:
    """Where people reach the web app: as the operator said, else where it listens just now."""
    from headgate.api.console.site import Site
    from headgate.services.parts import folder_of
    from headgate.services.supervisor import running
    from headgate.settings import load

    settings = load(data=data)
    runs = running(folder_of(settings))
    scheme = "https" if settings.tls_cert else "http"
    return Site(settings.console_url, runs.control if runs else f"{scheme}://{settings.control}")


@app.command()
def roles(json: Json = False) -> None:
    """Which roles there are, and what each allows."""
    from headgate.control.access.roles import ROLES

    if json:
        print_json(
            [
                {"id": each.id, "name": each.name, "description": each.description}
                for each in ROLES.values()
            ]
        )
        return
    for each in ROLES.values():
        typer.echo(f"{each.id:24}{each.description}")


def _password() -> str:
    """The first line, without its end."""
    from headgate.control.access.passwords import MOST_BYTES

    line = sys.stdin.buffer.readline(MOST_BYTES + 3)
    try:
        return line.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise Failed("the password is no UTF-8: send it as UTF-8 text") from None


def _told(seen: Seen) -> dict[str, Any]:
    return {
        "id": seen.user.id,
        "email": seen.user.email,
        "name": seen.user.name,
        "roles": sorted({each.role for each in seen.grants}),
        "has_password": seen.user.password is not None,
    }
