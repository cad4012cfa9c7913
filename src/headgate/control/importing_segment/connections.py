"""Instances of destinations as connections of a declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.control.importing_segment.classic import as_actions, is_webhooks
from headgate.control.importing_segment.guards import Guards
from headgate.control.importing_segment.settings import (
    missing_settings,
    plain_settings,
    reference,
    secret_settings,
)
from headgate.control.importing_segment.slugs import Slugs, slug_of
from headgate.control.importing_segment.subscriptions import (
    assigned,
    declared_filters,
    declared_subscription,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headgate.control.catalogue import Catalogue
    from headgate.control.importing_segment.known import Known, Ours
    from headgate.control.importing_segment.report import Notes
    from headgate.control.importing_segment.workspace import Destination, Subscription, Workspace

_SOURCELESS = "its source is not carried over"
_UNKNOWN = "Headgate has no destination called {name!r}: write one, or send to a webhook"
_CLASSIC = (
    "it is a classic destination, whose mapping is fixed at Segment: declare a connection to"
    " {slug} with subscriptions of your own"
)
_OTHERWISE_CALLED = "events that call it so in `integrations` do not mean it here; they may say {}"
_PLUGIN_TWICE = "a source has one connection to each plugin for pages, and this is another"
_MISSING = "{slug} must have the settings {keys}, which Segment does not tell"


class _Instance(NamedTuple):
    """An instance with one of ours that takes a part, or all, of its subscriptions."""

    destination: Destination
    ours: Ours
    subscriptions: Sequence[Subscription]


class Connections:
    """Makes the connections of one workspace; `sources` are the declared ones by Segment's ids."""

    def __init__(
        self,
        workspace: Workspace,
        sources: Mapping[str, Mapping[str, Any]],
        known: Known,
        catalogue: Catalogue,
        notes: Notes,
    ) -> None:
        self._workspace, self._known, self._catalogue = workspace, known, catalogue
        self._sources = {key: str(source["slug"]) for key, source in sources.items()}
        self._guards = Guards(workspace)
        self._slugs, self._plugins = Slugs(), set[tuple[str, str]]()
        self._notes = notes

    def declared(self) -> list[dict[str, Any]]:
        return [
            connection
            for destination in self._workspace.destinations
            for instance in self._instances(destination)
            for connection in self._connection(instance)
        ]

    def _instances(self, destination: Destination) -> Iterator[_Instance]:
        name = destination.metadata.name
        ours = self._known.found(destination.metadata)
        given = self._workspace.subscriptions.get(destination.id, ())
        if is_webhooks(destination):
            destination, given = as_actions(destination)
        if destination.source_id not in self._sources:
            self._leave_out(destination, _SOURCELESS)
        elif not ours:
            self._leave_out(destination, _UNKNOWN.format(name=name))
        elif not (destination.metadata.actions or given):
            self._leave_out(destination, _CLASSIC.format(slug=ours[0].slug))
        else:
            taken, others = assigned(destination, given, ours, name)
            for subscription, why in others:
                self._notes.leave_out("subscription", subscription.name, why, of=destination.title)
            some = [each for each in ours if taken[each.mode]] or ours[:1]
            yield from (_Instance(destination, each, taken[each.mode]) for each in some)

    def _connection(self, instance: _Instance) -> Iterator[dict[str, Any]]:
        """One, or none with the reason told."""
        destination, ours, _ = instance
        source, given = self._sources[destination.source_id], destination.settings or {}
        entry = self._catalogue.destination(ours.slug, ours.mode)
        secrets = secret_settings(given, ours)
        slug = self._slugs.take(slug_of(f"{source}-{ours.slug}", "connection"), secrets)
        plain = plain_settings(given, ours, entry, slug, self._notes)
        if missing := missing_settings(plain, ours):
            keys = ", ".join(missing)
            self._leave_out(destination, _MISSING.format(slug=ours.slug, keys=keys))
        elif ours.mode == "device" and (source, ours.slug) in self._plugins:
            self._leave_out(destination, _PLUGIN_TWICE)
        else:
            self._plugins.add((source, ours.slug))
            yield self._declared(instance, slug, source, plain, secrets)

    def _declared(
        self,
        instance: _Instance,
        slug: str,
        source: str,
        plain: Mapping[str, Any],
        secrets: Sequence[str],
    ) -> dict[str, Any]:
        destination, ours, subscriptions = instance
        filters = self._workspace.filters.get(destination.id, ())
        for why in self._guards.lost(destination):
            self._notes.switch_off(slug, why)
        if (name := destination.metadata.name) not in ours.names:
            why = _OTHERWISE_CALLED.format(" or ".join(sorted(ours.names)))
            self._notes.change("name of a destination", name, why, of=slug)
        return {
            "slug": slug,
            "name": destination.title or slug,
            "source": source,
            "destination": ours.slug,
            "enabled": destination.enabled,
            "mode": ours.mode,
            "settings": {
                **plain,
                **{key: reference(slug, key, self._notes) for key in secrets},
            },
            "filters": declared_filters(filters, slug, self._notes),
            "subscriptions": [declared_subscription(each, ours) for each in subscriptions],
        }

    def _leave_out(self, destination: Destination, why: str) -> None:
        source = self._sources.get(destination.source_id, "")
        self._notes.leave_out("destination", destination.title, why, of=source)
