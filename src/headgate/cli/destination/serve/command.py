"""The command that starts the test server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    reference: Annotated[
        str,
        typer.Argument(metavar="REFERENCE", help="Its slug, folder or module [default: .]."),
    ] = ".",
    port: Annotated[
        int, typer.Option("--port", envvar="PORT", min=0, max=65535, help="Which port; 0: any.")
    ] = 3000,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            help="A JSON or YAML file of settings by name; HEADGATE_SETTING_<NAME> wins over it.",
        ),
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Really send what a request does not say otherwise of.")
    ] = False,
) -> None:
    """Serve a page and an API on this machine to try a destination; it reloads on save."""
    from headgate.cli.destination.serve.child import Orders
    from headgate.cli.destination.serve.reloading import Reloading
    from headgate.cli.destination.serve.server import listening

    orders = Orders(reference, str(settings.absolute()) if settings else None, send)
    with Reloading(orders) as served, listening(served, port) as server:
        typer.echo(f"{served.name} is at http://127.0.0.1:{server.server_port}/ until Ctrl-C.")
        server.serve_forever()
