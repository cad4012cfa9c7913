"""Running an action for an author: against the real API, or without sending anything."""

from __future__ import annotations

import traceback
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate import mapping as mappings
from headgate.cli.destination import report
from headgate.cli.destination.report import Report
from headgate.cli.failures import Failed
from headgate.kit import Http, Response
from headgate.kit.errors import DeliveryError
from headgate.kit.trial import Trial, attempt, attempt_batch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from headgate.cli.destination.customer import Customer
    from headgate.cli.destination.report import Passed, Result
    from headgate.kit import Action, Destination, Request, Transport
    from headgate.mapping import Json


class Broken(DeliveryError):
    """The action's own code failed: the engine would end the event as `destination_error`."""


class Task(NamedTuple):
    """What to run: an action with events and a mapping, for a customer."""

    destination: Destination[Any]
    action: Action[Any, Any]
    events: list[dict[str, Any]]
    mapping: dict[str, Json]
    customer: Customer
    fql: mappings.Mode = "strict"


class Quiet:
    """A transport that sends nothing, and answers everything with 200 and an empty object."""

    async def send(self, request: Request) -> Response:
        del request
        return Response(200, (("Content-Type", "application/json"),), b"{}")


class Done(NamedTuple):
    """A run as it was, with all secrets that it knew of; and without them, to be shown."""

    trial: Trial
    secrets: tuple[str, ...]
    results: tuple[Result, ...]
    exchanges: tuple[Passed, ...]


def task(
    destination: Destination[Any],
    action: Action[Any, Any],
    events: list[dict[str, Any]],
    mapping: dict[str, Json],
    made: Customer,
    fql: mappings.Mode = "strict",
) -> Task:
    """Gather what was given; raises `Failed` that says what does not fit."""
    if len(events) > 1 and action.batched is None:
        raise Failed(f"{action.slug} takes one event at a time, and {len(events)} were given")
    try:
        mappings.compile(mapping, fql)
    except mappings.MappingError as error:
        raise Failed(f"the mapping of {action.slug} cannot be read: {error}") from None
    return Task(destination, action, events, mapping, made, fql)


async def run(task: Task, transport: Transport) -> Done:
    """Perform, and give whatever comes of it."""
    http = Http(transport, idempotency_key=token_hex(16))
    trial = await _trial(task, http)
    given = {it for values in trial.values for it in report.secrets_of(values, task.action)}
    access = task.customer.access
    secrets = (*task.customer.secrets, *(access.secrets if access else ()), *sorted(given))
    return Done(
        trial,
        secrets,
        report.results(trial, task.action, secrets),
        report.exchanges(trial.exchanges, secrets),
    )


async def tried(task: Task, *, sends: bool) -> Report:
    """Run over the engine's way out, or without sending, and tell what was done."""
    async with transport(sends=sends) as way_out:
        done = await run(task, way_out)
    return Report(
        destination=task.destination.name,
        action=task.action.slug,
        sent=sends,
        stand_ins=task.customer.stand_ins,
        results=done.results,
        exchanges=done.exchanges,
    )


@asynccontextmanager
async def transport(*, sends: bool) -> AsyncIterator[Transport]:
    """Give the way out that the engine has, with its guard; or none at all."""
    if not sends:
        yield Quiet()
        return
    from headgate.services.parts import open_transport
    from headgate.settings import load

    opened, resolver = open_transport(load())
    try:
        yield opened
    finally:
        await opened.close()
        await resolver.close()


async def _trial(task: Task, http: Http) -> Trial:
    connected, action, events = task.customer.connected, task.action, task.events
    try:
        if len(events) > 1:
            return await attempt_batch(connected, action, events, task.mapping, http, mode=task.fql)
        return await attempt(connected, action, events[0], task.mapping, http, mode=task.fql)
    except Exception as error:  # noqa: BLE001 - whatever the author's own code raises
        values = tuple(_mapped(task, event) for event in events)
        return Trial(values, (_broken(error),) * len(events), tuple(http.exchanges))


def _mapped(task: Task, event: dict[str, Any]) -> Json:
    try:
        values: Json = mappings.compile(task.mapping, task.fql)(event)
    except mappings.MappingError:
        return None
    return values


def _broken(error: Exception) -> Broken:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return Broken(
        f"{type(error).__name__}: {error} ({last.filename}:{last.lineno}); raise Retry, Discard or"
        " Disconnect where an answer is not what it should be"
    )
