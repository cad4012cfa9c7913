"""The command that shows what a subscription would have done with real events."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headgate.cli.failures import Failed
from headgate.cli.inspect import print_json
from headgate.cli.operate import OfConnection, Workspace, desk
from headgate.cli.options import Data, Json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.control.commands import Desk
    from headgate.control.observing.preview import Example, Preview

_TITLES = {
    "newly_sent": "Newly sent",
    "no_longer_sent": "No longer sent",
    "changed": "Sent with another payload",
    "failing": "Would fail",
}


def preview(
    connection: OfConnection,
    subscription: Annotated[
        Path,
        typer.Option(
            help="A YAML file with one subscription, as a declaration holds it: a new one, or one"
            " with the name of an existing one, which it would replace."
        ),
    ],
    last: Annotated[int, typer.Option(help="How many events to look at.")] = 1000,
    data: Data = None,
    workspace: Workspace = None,
    json: Json = False,
) -> None:
    """Show what a subscription would have done with the last events; nothing is sent."""
    try:
        text = subscription.read_text(encoding="utf-8")
    except OSError as error:
        raise Failed(f"{subscription} cannot be read: {error.strerror}") from None
    with desk(data, workspace) as here:
        found = asyncio.run(_previewed(here, connection, text, last))
    if json:
        print_json(found)
    else:
        typer.echo("\n".join(_lines(found)))


async def _previewed(here: Desk, connection: str, text: str, last: int) -> Preview:
    from headgate.control.catalogue import installed
    from headgate.control.commands import target_of
    from headgate.control.observing.preview import preview as compare
    from headgate.control.observing.preview import read_file
    from headgate.services.parts import open_log

    target = target_of(here, connection, needs_lane=False)
    proposed = read_file(text, target.connection, installed())
    log = open_log(here.store.folder)
    try:
        return await compare(log, target, proposed, last)
    finally:
        await log.close()


def _lines(found: Preview) -> Iterator[str]:
    what = "replaces what is there" if found.replaces else "is new"
    yield f"{found.connection} > {found.subscription}, which {what}; nothing was sent."
    if not found.events:
        yield "The log holds no event of this source."
        return
    yield f"{found.events} events, received from {found.since} to {found.until}:"
    yield f"{found.sent_before:>8} sent today"
    yield f"{found.sent_after:>8} would be sent, of which"
    yield f"{found.newly_sent:>8}   newly"
    yield f"{found.changed:>8}   with another payload"
    yield f"{found.unchanged:>8}   unchanged"
    yield f"{found.failing:>8}   would fail, {found.newly_failing} of them do not today"
    yield f"{found.no_longer_sent:>8} would no longer be sent"
    for kind, examples in found.examples.items():
        for example in examples:
            yield from _example(_TITLES[kind], example)


def _example(title: str, example: Example) -> Iterator[str]:
    name = f" {example.event!r}" if example.event else ""
    yield f"\n{title}: {example.type}{name}, messageId {example.messageId}"
    if example.error:
        yield f"    {example.error}"
    yield from (f"    {line}" for line in example.diff.splitlines())
