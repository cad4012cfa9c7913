"""The commands of `headgate`, and how their failures are told."""

from __future__ import annotations

import sys

import typer

from headgate.cli import (
    configure,
    deliveries,
    demo,
    importing,
    inspect,
    operate,
    replays,
    roles,
    send,
)
from headgate.cli.audit import app as audit
from headgate.cli.destination.app import app as destination
from headgate.cli.failures import told
from headgate.cli.keys import app as key
from headgate.cli.preview import preview
from headgate.cli.sources import app as source
from headgate.cli.tokens import app as token
from headgate.cli.trace import trace
from headgate.cli.users import app as user

app = typer.Typer(
    name="headgate",
    help="A self-hosted customer data platform that existing Segment clients speak to.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
log = typer.Typer(help="Look into the event log.", no_args_is_help=True)
app.add_typer(log, name="log")

app.command()(roles.up)
app.command()(demo.demo)
app.command()(configure.apply)
app.command()(configure.plan)
app.command()(configure.diff)
app.command()(configure.export)
app.add_typer(importing.app, name="import")
app.command()(send.send)
app.command()(inspect.status)
app.command()(inspect.ledger)
app.command()(trace)
app.command()(deliveries.attempts)
app.command()(deliveries.dead_letters)
app.command()(deliveries.overview)
app.command()(operate.pause)
app.command()(operate.resume)
app.command()(operate.redrive)
app.command()(replays.replay)
app.add_typer(replays.app, name="replays")
app.command()(preview)
app.add_typer(destination, name="destination")
app.add_typer(source, name="source")
app.add_typer(key, name="key")
app.add_typer(user, name="user")
app.add_typer(token, name="token")
app.add_typer(audit, name="audit")
log.command("stat")(inspect.log_stat)
log.command("cat")(inspect.log_cat)
app.command()(roles.collect)
app.command()(roles.deliver)
app.command()(roles.control)
app.command()(roles.keep)


def main() -> None:
    """Run a command: exit 0 when it is done, 1 when it failed, 2 for wrong use."""
    sys.exit(told(app))
