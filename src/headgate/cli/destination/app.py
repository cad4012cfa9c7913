"""The group of commands `headgate destination …`."""

from __future__ import annotations

import typer

from headgate.cli.destination import creating, looking, running
from headgate.cli.destination.serve.command import serve

app = typer.Typer(
    help="Write a destination: start it, try it, record it, document it.", no_args_is_help=True
)
app.command()(creating.init)
app.command()(creating.action)
app.command()(looking.validate)
app.command("try")(running.try_)
app.command()(serve)
app.command()(running.record)
app.command()(looking.types)
app.command()(looking.docs)
