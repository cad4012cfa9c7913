"""Previews: what a trigger, a mapping or a subscription would do, sending nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headgate import mapping as mappings
from headgate import trigger as triggers
from headgate.control.errors import Invalid, Problem, Refused
from headgate.control.nouns import destinations, subscriptions
from headgate.control.observing import personal
from headgate.control.observing.preview import Example, Preview, compared, diff, recent_events
from headgate.control.observing.sight import look, target_of
from headgate.kit import BrowserDestination, Discard
from headgate.kit.masking import without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.control.work import Work
    from headgate.kit import Action
    from headgate.store.snapshot import Language
    from headgate.trigger import Explanation

MOST_EVENTS = 1_000


class Fault(msgspec.Struct, frozen=True):
    """What is wrong, and where: `/data/@path` in a mapping, the name of a field in its result."""

    path: str
    message: str


class Mapped(msgspec.Struct, frozen=True):
    """What a mapping makes of an event, without secrets; None where it makes nothing."""

    value: Any
    problems: tuple[Fault, ...]


def trigger(work: Work, text: str, language: Language, event: Mapping[str, Any]) -> Explanation:
    """Whether it matches, and why. Raises Invalid or Forbidden."""
    work.check_somewhere("read", "source")
    try:
        return triggers.compile(text, language).explain(event)
    except triggers.TriggerError as error:
        raise Invalid([Problem("trigger", str(error))]) from None


def mapping(
    work: Work,
    destination: str,
    action: str,
    given: dict[str, Any],
    language: Language,
    event: Mapping[str, Any],
) -> Mapped:
    """What an action of a destination, each by its id or slug, would get.

    Raises Invalid or Forbidden.
    """
    work.check_somewhere("read", "source")
    wanted = _action(destination, action)
    try:
        values = mappings.compile(given, language)(event)
    except mappings.MappingError as error:
        return Mapped(None, tuple(map(_fault, error.messages)))
    shown = without_secrets(wanted.payload, values)
    try:
        wanted.payload.read(values)
    except Discard as error:
        return Mapped(shown, (Fault("", str(error)),))
    return Mapped(shown, ())


def _action(destination: str, action: str) -> Action[Any, Any]:
    entry = destinations.found(destination)
    if entry is None:
        raise Invalid([Problem("destination", f"the catalogue has no {destination!r}")])
    if isinstance(entry.declared, BrowserDestination):
        raise Invalid([Problem("destination", f"{entry.slug} runs in pages: try it there")])
    slug = entry.action(action)
    if slug is None:
        known = ", ".join(entry.declared.actions)
        raise Invalid([Problem("action", f"{entry.slug} has no {action!r}; there is {known}")])
    return entry.declared.actions[slug]


def _fault(message: str) -> Fault:
    """The sentences of a mapping's faults begin with their paths."""
    path, blank, rest = message.partition(" ")
    return Fault(path, rest) if blank and path.startswith("/") else Fault("", message)


def traffic(work: Work, connection: str, given: dict[str, Any], last: int) -> Preview:
    """What a subscription would have done with the last events of its source.

    It is new, or takes the place of the one with its id or, without an id, with its name. Raises
    Missing, Invalid, Refused or Forbidden.
    """
    record = work.connection(connection)
    if record.mode != "cloud":
        raise Refused(f"{record.slug} is delivered by pages: there is nothing to preview here")
    proposed = subscriptions.proposed(work, record, given)
    target = target_of(work, record)
    events = look(work, lambda log: recent_events(log, target.source.number, last))
    found = compared(target, proposed, events)
    return found if personal.may_see_people(work) else _veiled(found)


def _veiled(found: Preview) -> Preview:
    examples = {kind: [_example(each) for each in of] for kind, of in found.examples.items()}
    return msgspec.structs.replace(found, examples=examples)


def _example(each: Example) -> Example:
    before, after = personal.veiled(each.before), personal.veiled(each.after)
    error = each.error and personal.WITHHELD
    told = diff(before, after) if each.diff else ""
    return msgspec.structs.replace(each, before=before, after=after, diff=told, error=error)
