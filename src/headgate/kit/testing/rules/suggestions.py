"""Rules about what a destination proposes: triggers and mappings that work as they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, get_args

from headgate import mapping as mappings
from headgate import trigger as triggers
from headgate.events.samples import sample
from headgate.kit.destination.listing import Call
from headgate.kit.errors import DeliveryError
from headgate.kit.testing.rule import Fault

if TYPE_CHECKING:
    from headgate.kit.destination import Action
    from headgate.kit.testing.rule import Faults
    from headgate.kit.testing.subject import Subject
    from headgate.mapping import Json

Event = Mapping[str, Any]

SERVERS_OWN: Final = {
    "messageId": "m-sample",
    "timestamp": "2026-01-02T03:04:05.000Z",
    "receivedAt": "2026-01-02T03:04:05.600Z",
    "sentAt": "2026-01-02T03:04:05.500Z",
    "originalTimestamp": "2026-01-02T03:04:05.000Z",
}
"""What every event has when it comes to a destination."""


def samples() -> list[Event]:
    """One event of each call, complete as they are delivered."""
    return [{**SERVERS_OWN, **sample(call)} for call in get_args(Call)]


async def suggests_what_works(subject: Subject) -> Faults:
    """An action's suggested trigger wants some event, and its mapping makes a payload of one."""
    for slug, action in subject.destination.actions.items():
        mapping = {**_typed_in(subject, slug), **action.payload.default_mapping()}
        for message in _complaints(subject, action, action.trigger, mapping):
            yield Fault(slug, message)


async def presets_work(subject: Subject) -> Faults:
    """The same for ready-made subscriptions."""
    for preset in subject.destination.presets:
        action = subject.destination.actions.get(preset.action)
        if action is None or preset.trigger is None:
            continue
        mapping = {**_typed_in(subject, preset.action), **preset.mapping}
        for message in _complaints(subject, action, preset.trigger, mapping):
            yield Fault(preset.name, message)


def _typed_in(subject: Subject, slug: str) -> dict[str, Json]:
    """What a customer would add to the suggestion, as the first recording does."""
    recorded = [*subject.of(slug), *subject.of(slug, batches=True)]
    return dict(recorded[0].mapping) if recorded else {}


def _complaints(
    subject: Subject, action: Action[Any, Any], trigger: str | None, mapping: Json
) -> Iterator[str]:
    """Say what keeps a trigger, which is "all" where there is none, and a mapping from working."""
    text = trigger or "all"
    try:
        wants, mapper = triggers.compile(text).matches, mappings.compile(mapping)
    except (triggers.TriggerError, mappings.MappingError):
        return  # the rule about declarations tells of it
    recorded = [event for each in subject.recordings for event in each.given_events()]
    wanted = [event for event in [*samples(), *recorded] if wants(event)]
    if not wanted:
        yield f"its trigger, {text}, wants none of the samples or recorded events"
    elif refusals := _refusals(action, mapper, wanted):
        yield f"its mapping makes a payload of no event that its trigger wants: {refusals}"


def _refusals(action: Action[Any, Any], mapper: Any, wanted: Sequence[Event]) -> str:
    """Why no event becomes a payload; "" as soon as one does."""
    reasons: dict[str, None] = {}
    for event in wanted:
        try:
            action.payload.read(mapper(event))
        except (DeliveryError, mappings.MappingError) as error:
            reasons[str(error)] = None
        else:
            return ""
    return " ".join(reasons)
