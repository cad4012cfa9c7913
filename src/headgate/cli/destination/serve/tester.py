"""What the tester page shows of a destination, and of one event or batch that is tried."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from headgate import mapping as mappings
from headgate import trigger as triggers
from headgate.cli.destination.report import secrets_of
from headgate.cli.destination.serve.answers import exchange, failure, hidden, without
from headgate.cli.destination.serve.asked import filled
from headgate.cli.destination.serve.manifest import manifest
from headgate.events.calls import CALLS
from headgate.events.samples import sample
from headgate.kit import Discard, Response, Retry, validation
from headgate.kit.delivery import SYNC_MODE
from headgate.kit.errors import InvalidSettings
from headgate.kit.trial import Trial, attempt, attempt_batch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.cli.destination.serve.asked import Asked
    from headgate.cli.destination.serve.customer import Customer, Customers
    from headgate.kit import Action
    from headgate.trigger import Trigger

BATCHED: Final = 3
"""Events in the sample of a batch."""


class NotTried(ValueError):
    """What was given is no event, or none that the action takes."""


def state(customers: Customers) -> dict[str, Any]:
    """What the page starts with: the definition, settings without secrets, mappings, samples."""
    destination = customers.destination
    fields, secrets = destination.settings.stored_fields(), destination.settings.stored_secrets()
    return {
        "manifest": manifest(destination),
        "glyph": destination.listing.glyph,
        "settings": {**_empty(fields), **hidden(customers.settings, secrets)},
        "mappings": {slug: mapping_of(action) for slug, action in destination.actions.items()},
        "samples": samples(datetime.fromtimestamp(time.time(), UTC)),
        "checks": destination.check_credentials is not None,
    }


def mapping_of(action: Action[Any, Any]) -> dict[str, Any]:
    """The suggested mapping, with the sync mode that is suggested."""
    modes = action.sync_modes
    mapping: dict[str, Any] = action.payload.default_mapping()
    return {**mapping, SYNC_MODE: modes.default} if modes else mapping


def samples(now: datetime) -> dict[str, Any]:
    """An event of each kind as destinations get it, and a batch."""
    at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    times = dict.fromkeys(("timestamp", "sentAt", "receivedAt", "originalTimestamp"), at)
    single = {call: {**sample(call), "messageId": f"sample-{call}", **times} for call in CALLS}
    batch = [{**single["track"], "messageId": f"sample-{n}"} for n in range(1, BATCHED + 1)]
    return {**single, f"{BATCHED} tracks in a batch": batch}


def _empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be filled in: defaults, and "" for what is required."""
    return {
        key: field.get("default", "")
        for key, field in fields.items()
        if "default" in field or field.get("required") is True
    }


async def performed(
    customer: Customer,
    action: Action[Any, Any],
    events: Any,
    mapping: Any,
    fql: mappings.Mode = "strict",
) -> Trial:
    """Perform with an event or with a batch. Raises what the author's code raises."""
    http = customer.http
    if isinstance(events, dict):
        return await attempt(customer.connected, action, events, mapping, http, mode=fql)
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise NotTried("the payload must be an event, which is an object, or a list of events")
    if action.batched is None:
        raise NotTried(f"{action.slug} takes no batches: give one event")
    try:
        return await attempt_batch(customer.connected, action, events, mapping, http, mode=fql)
    except mappings.MappingError as error:  # that of a mapping which no event could pass
        return Trial((None,) * len(events), (error,) * len(events), ())


async def tried(customers: Customers, action: Action[Any, Any], asked: Asked) -> dict[str, Any]:
    """All that the page shows of a trial; what failed is told, and where it is to be mended.

    Here the mapping is the one given and nothing else, as its editor shows all of it.
    """
    shown: dict[str, Any] = {
        "triggers": _triggers(asked.trigger or action.trigger, asked.payload, asked.fql)
    }
    try:
        customer = customers.customer(asked, key_of(asked.payload))
    except InvalidSettings as error:
        given = filled(customers.settings, asked.settings)
        fields = faults(customers.destination.settings, given)
        found = {**failure(error, fields), "where": "settings"}
        return {**shown, "values": _mapped(asked), "failure": found}
    shown["sent"] = customer.is_sending
    try:
        trial = await performed(customer, action, asked.payload, asked.mapping, asked.fql)
    except NotTried as error:
        return {**shown, "failure": {**failure(error), "where": "event"}}
    except Exception as error:  # noqa: BLE001 - the author's code may raise anything
        trial = Trial(_mapped(asked), (), tuple(customer.http.exchanges))
        shown["failure"] = {**failure(error), "where": "code"}
    secrets = [each for value in trial.values for each in secrets_of(value, action)]
    told = {
        **shown,
        "values": trial.values,
        "results": [
            _result(action, value, result)
            for value, result in zip(trial.values, trial.results, strict=False)
        ],
        "exchanges": [exchange(each) for each in trial.exchanges],
    }
    tree: dict[str, Any] = without(secrets, told)
    return tree


def key_of(payload: Any) -> str:
    key = payload.get("messageId") if isinstance(payload, dict) else None
    return key if isinstance(key, str) and key.isascii() and key.isprintable() else "serve"


def _mapped(asked: Asked) -> tuple[Any, ...]:
    """What the mapping makes, where nothing else can be told."""
    try:
        mapper = mappings.compile(asked.mapping, asked.fql)
        return tuple(mapper(event) for event in _listed(asked.payload) if isinstance(event, dict))
    except mappings.MappingError:
        return ()


def _triggers(text: str | None, payload: Any, fql: mappings.Mode) -> dict[str, Any]:
    """Whether each event is wanted, and why the first is or is not."""
    if not text:
        return {"text": "", "matches": [], "why": ""}
    events = [event for event in _listed(payload) if isinstance(event, dict)]
    try:
        trigger: Trigger = triggers.compile(text, fql)
    except triggers.TriggerError as error:
        return {"text": text, "matches": [], "why": "", "error": str(error)}
    why = trigger.explain(events[0]).sentence if events else ""
    return {"text": text, "matches": [trigger.matches(event) for event in events], "why": why}


def _listed(payload: Any) -> Sequence[Any]:
    return payload if isinstance(payload, list) else [payload]


def _result(action: Action[Any, Any], value: Any, result: Any) -> dict[str, Any]:
    """What became of one event: `delivered`, or what the engine would do, and where it failed."""
    if isinstance(result, Response):
        return {"outcome": "delivered", "message": "", "where": "", "status": result.status}
    if isinstance(result, mappings.MappingError):
        return {"outcome": "discard", "message": str(result), "where": "mapping"}
    is_ours = isinstance(result, Discard) and result.response is None
    return {
        "outcome": type(result).__name__.lower(),
        "message": str(result),
        "where": "payload" if is_ours else "request",
        "status": result.status,
        "fields": faults(action.payload, value) if is_ours else {},
        "after": result.after if isinstance(result, Retry) else None,
    }


def faults(fields: Any, values: Any) -> dict[str, str]:
    """What is wrong with the values of declared fields, by path."""
    if not isinstance(values, dict):
        return {}
    check = validation.compile(validation.read(fields.stored_fields()))
    return {each.path: each.message for each in check(values).problems}
