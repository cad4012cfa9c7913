"""The commands that run an action: `try` and `record`."""

from __future__ import annotations

import asyncio
import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from headgate.cli.destination.options import Where
from headgate.cli.failures import Failed
from headgate.cli.options import Json

if TYPE_CHECKING:
    from headgate.cli.destination.trying import Task
    from headgate.kit import Destination


class Fql(Enum):
    """The languages of mappings and triggers."""

    strict = "strict"
    compatible = "compatible"


ActionName: TypeAlias = Annotated[str, typer.Argument(metavar="ACTION", help="Its slug.")]
Event: TypeAlias = Annotated[
    str,
    typer.Option(
        "--event",
        help="A JSON or YAML file with an event, or with a list of them to try as a batch;"
        " `sample` for one that fits; or the type of a sample, such as identify.",
    ),
]
SettingsFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        help="A JSON or YAML file of settings by name; HEADGATE_SETTING_<NAME> wins over it.",
    ),
]
MappingFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--mapping", help="A JSON or YAML file that completes the suggested mapping."),
]


def try_(
    action: ActionName,
    event: Event = "sample",
    destination: Where = ".",
    settings: SettingsFile = None,
    mapping: MappingFile = None,
    fql: Annotated[
        Fql, typer.Option("--fql", help="The language of the mapping, as in a subscription.")
    ] = Fql.strict,
    send: Annotated[
        bool, typer.Option("--send", help="Really send; without it nothing leaves this machine.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what an action makes of an event: the mapped payload, the request, the answer."""
    from headgate.cli.destination import report, trying
    from headgate.cli.destination.loading import find
    from headgate.cli.inspect import print_json

    found = find(destination).destination
    task = _task(found, action, event, settings, mapping, fql=fql, sends=send)
    told = asyncio.run(trying.tried(task, sends=send))
    if json:
        print_json(told)
    else:
        typer.echo("\n".join(report.lines(told)))
    if not told.is_delivered:
        raise Failed(f"{action} did not deliver every event, see above")


def record(
    action: ActionName,
    event: Event = "sample",
    destination: Where = ".",
    settings: SettingsFile = None,
    mapping: MappingFile = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Of the recording, after the action's slug.")
    ] = None,
) -> None:
    """Perform an action against the real API, and keep the exchange as a redacted recording."""
    from headgate.cli.destination import recording
    from headgate.cli.destination.loading import find

    found = find(destination)
    task = _task(found.destination, action, event, settings, mapping, sends=True)
    written, ended = asyncio.run(recording.performed(task, found.folder, name))
    typer.echo(f"wrote {written}: {', '.join(ended)}")


def _task(
    destination: Destination[Any],
    slug: str,
    event: str,
    settings: Path | None,
    mapping: Path | None,
    *,
    fql: Fql = Fql.strict,
    sends: bool,
) -> Task:
    from headgate.cli.destination import given, trying
    from headgate.cli.destination.customer import customer, settings_of

    action = given.action_of(destination, slug)
    return trying.task(
        destination,
        action,
        given.events_of(event, action),
        given.mapping_of(action, mapping),
        customer(destination, settings_of(settings), os.environ, stands_in=not sends),
        fql.value,
    )
