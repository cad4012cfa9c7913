"""Subscriptions: which events a connection sends, and what it makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headgate.control import masked
from headgate.control.declaring.changing import read
from headgate.control.declaring.connection_section import read_subscription
from headgate.control.errors import Invalid, Missing, Problem, Refused
from headgate.control.nouns import destinations
from headgate.control.nouns.connections import MOST_SUBSCRIPTIONS
from headgate.mapping.root import ROOT_DIRECTIVE
from headgate.store.snapshot import Subscription
from headgate.store.subscriptions import Subscriptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.control.declaring.declared import DeclaredSubscription
    from headgate.control.nouns.destinations import Entry
    from headgate.control.work import Work
    from headgate.store.records import ConnectionRecord, SubscriptionRecord

LONGEST_NAME = 256
PROPOSED = "proposed"
"""The id of a subscription that is tried before it is there."""
_RESOURCE = "SUBSCRIPTION"


class Listed(NamedTuple):
    """A page of a connection's subscriptions, and how many it has in all."""

    subscriptions: Sequence[SubscriptionRecord]
    total: int


def listed(work: Work, connection: str, after: int | None, most: int) -> Listed:
    """In the order in which they stand, by ordinal above `after`. Raises Missing."""
    found = _of(work, work.connection(connection))
    page = [each for each in found if after is None or each.ordinal > after]
    return Listed(page[:most], len(found))


def get(work: Work, connection: str, subscription: str) -> SubscriptionRecord:
    """By the ids of both. Raises Missing."""
    return _one(work, work.connection(connection), subscription)


def create(
    work: Work,
    connection: str,
    *,
    name: str,
    action: str,
    trigger: str,
    enabled: bool,
    mapping: Mapping[str, Any] | None = None,
) -> SubscriptionRecord:
    """One more subscription, whose trigger and mapping are read as Segment reads them.

    Only a suggested trigger that Segment could not read is read as ours. `action` is an id or a
    slug. A mapping is complete, without one the action's suggestion
    stands. Raises Missing, Invalid, Refused or Forbidden.
    """
    record = work.connection(connection, "write")
    entry = _installed(record)
    there = _of(work, record)
    if len(there) >= MOST_SUBSCRIPTIONS:
        raise Refused(f"{record.slug} has {len(there)} subscriptions: {MOST_SUBSCRIPTIONS} is most")
    slug = entry.action(action)
    if slug is None:
        told = f"{entry.declared.name} has no action {action!r}"
        raise Invalid([Problem("action", f"{told}; there is {', '.join(entry.declared.actions)}")])
    given: dict[str, Any] = {"name": name, "action": slug, "enabled": enabled, "trigger": trigger}
    said = {} if mapping is None else {"mapping": _complete(entry, slug, mapping)}
    language = entry.language(slug, trigger)
    wanted = _read(work, entry, {**given, **said, "fql": language})
    made = Subscriptions(work.transaction, work.workspace.id).add(
        connection=record.id,
        ordinal=there[-1].ordinal + 1 if there else 0,
        **msgspec.structs.asdict(wanted),
    )
    _note(work, "Created", made)
    return made


def update(
    work: Work,
    connection: str,
    subscription: str,
    *,
    name: str | None = None,
    trigger: str | None = None,
    enabled: bool | None = None,
    mapping: Mapping[str, Any] | None = None,
) -> SubscriptionRecord:
    """Change what is given; a mapping takes the place of the one before.

    The language stays: what was declared strict is read so. Raises Missing, Invalid, Refused or
    Forbidden.
    """
    connected = work.connection(connection, "write")
    before = _one(work, connected, subscription)
    given = {"name": name, "trigger": trigger, "enabled": enabled}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if mapping is not None:
        entry = _installed(connected)
        meant = _meant(entry, before, mapping)
        changes["mapping"] = _complete(entry, before.action, meant)
    if changes.keys() - {"enabled"} or enabled:
        _read(work, _installed(connected), _given(before) | changes)
    after = msgspec.structs.replace(before, **changes)
    Subscriptions(work.transaction, work.workspace.id).update(after)
    _note(work, "Modified", after, tuple(changes))
    return after


def remove(work: Work, connection: str, subscription: str) -> None:
    """Events that it already wanted are still sent. Raises Missing or Forbidden."""
    record = _one(work, work.connection(connection, "write"), subscription)
    Subscriptions(work.transaction, work.workspace.id).remove(record.id)
    _note(work, "Deleted", record)


def proposed(work: Work, record: ConnectionRecord, given: Mapping[str, Any]) -> Subscription:
    """A subscription that is not there yet, in the shape of the declaration file.

    With an `id` it is meant to take the place of that one, without one that of its name; secrets
    in its mapping may be given as they are shown. Raises Missing, Invalid or Refused.
    """
    entry, there = _installed(record), _of(work, record)
    rest = {key: value for key, value in given.items() if key != "id" and value is not None}
    same = [each for each in there if given.get("id", each.id) == each.id]
    if "id" not in given:
        same = [each for each in there if each.name == rest.get("name")][:1]
    elif not same:
        raise Missing(f"{record.slug} has no subscription {given['id']}")
    if same and "mapping" in rest:
        rest["mapping"] = _meant(entry, same[0], rest["mapping"])
    wanted = _read(work, entry, rest)
    return Subscription(id=same[0].id if same else PROPOSED, **msgspec.structs.asdict(wanted))


def shown_mapping(entry: Entry | None, subscription: SubscriptionRecord) -> dict[str, Any]:
    """The mapping as it was given, with each secret masked."""
    if entry is None:
        return subscription.mapping
    unmapped = entry.unmapped(subscription.action)
    secrets = entry.secret_fields(subscription.action)
    return {
        key: masked.masked(value) if key in secrets and isinstance(value, str) and value else value
        for key, value in subscription.mapping.items()
        if key not in unmapped or value != unmapped[key]
    }


def _of(work: Work, record: ConnectionRecord) -> tuple[SubscriptionRecord, ...]:
    return Subscriptions(work.transaction, work.workspace.id).of(record.id)


def _one(work: Work, record: ConnectionRecord, subscription: str) -> SubscriptionRecord:
    found = next((each for each in _of(work, record) if each.id == subscription), None)
    if found is None:
        raise Missing(f"{record.slug} has no subscription {subscription}")
    return found


def _installed(record: ConnectionRecord) -> Entry:
    entry = destinations.entry_of(record.destination, record.mode)
    if entry is None:
        raise Refused(f"{record.destination} is not installed here: install its package again")
    return entry


def _read(work: Work, entry: Entry, given: dict[str, Any]) -> DeclaredSubscription:
    """Checked as a declaration file is. Raises Invalid."""
    catalogue = work.premises.catalogue
    declared = catalogue.destination(entry.slug, entry.mode)
    wanted: DeclaredSubscription = read(
        lambda section: read_subscription(section, declared, catalogue), given
    )
    if len(wanted.name) > LONGEST_NAME:
        raise Invalid([Problem("name", f"must have 1 to {LONGEST_NAME} characters")])
    return wanted


def _given(before: SubscriptionRecord) -> dict[str, Any]:
    """A subscription as the declaration file has it."""
    kept = ("name", "action", "enabled", "fql", "trigger", "mapping")
    return {key: getattr(before, key) for key in kept}


def _meant(entry: Entry, before: SubscriptionRecord, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, with the secrets that came back as they were shown."""
    secrets, had = entry.secret_fields(before.action), before.mapping
    return {
        key: had[key] if key in secrets and masked.is_untouched(value, had.get(key)) else value
        for key, value in given.items()
    }


def _complete(entry: Entry, action: str, mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Say of every field that is left out that it is, as declarations fill in suggestions."""
    if any(key.startswith("@") or key == ROOT_DIRECTIVE for key in mapping):
        return dict(mapping)
    unmapped = entry.unmapped(action)
    return {**mapping, **{key: no for key, no in unmapped.items() if key not in mapping}}


def _note(work: Work, verb: str, record: SubscriptionRecord, what: Sequence[str] = ()) -> None:
    work.is_configuration_changed = True
    work.note(f"Destination Subscription {verb}", _RESOURCE, record.id, record.name, what)
