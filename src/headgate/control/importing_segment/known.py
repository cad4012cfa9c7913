"""Our destinations as an import looks for them: by the ids, names and slugs of Segment's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from headgate import catalog
from headgate.control.importing_segment.classic import WEBHOOKS
from headgate.kit.access import OAUTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headgate.control.importing_segment.workspace import DestinationMetadata
    from headgate.kit import BrowserDestination, Destination
    from headgate.store.snapshot import Mode

IDS: Final = {
    "5f7dd6d21ad74f3842b1fc47": "amplitude",
    "60f9d0d048950c356be2e4da": "braze",
    "5f7dd78fe27ce7ff2b8bfa37": "customerio",
    "60ad61f9ff47a16b8fb7b5d9": "google_analytics_4",
    "632b1116e0cb83902f3fd717": "hubspot",
    "62ded0cf5753c743883ca0f3": "intercom",
    "650bdf1a62fb34ef0a8058e1": "klaviyo",
    "615c7438d93d9b61b1e9e192": "mixpanel",
    "68516c107fc235f3572f8a64": "posthog",
    "5f7dd8e302173ff732db5cc4": "slack",
    "614a3c7d791c91c41bae7599": "webhook",
    WEBHOOKS: "webhook",
}
"""Ids of Segment's catalogue, which stay when names change (action-destinations, its manifest)."""

_OF_ACTIONS: Final = "actions-"
_WITHOUT_NULL: Final = {"@if": {"blank": True}}
"""Gives no value at all, for any event, as true is not blank; null would be a value."""


class Ours(msgspec.Struct, frozen=True, kw_only=True):
    """One of our destinations.

    `settings` are its declared ones in stored form, without the tokens of OAuth; `secrets` those
    that are sealed, with them. `unmapped` has, by action and field, what a mapping must say of a
    field with a suggestion so that it gets no value.
    """

    slug: str
    mode: Mode
    names: frozenset[str]
    settings: Mapping[str, Any]
    secrets: frozenset[str]
    unmapped: Mapping[str, Mapping[str, Any]]

    @property
    def asks_agreement(self) -> bool:
        """Whether customers let it in by OAuth."""
        return OAUTH in self.secrets - self.settings.keys()


class Known:
    """All destinations of an installation."""

    def __init__(self, ours: Iterable[Ours]) -> None:
        self._ours = tuple(ours)

    def found(self, metadata: DestinationMetadata) -> tuple[Ours, ...]:
        """Ours for an entry of Segment's catalogue: a cloud one, a plugin for pages, or both.

        What events call it, its name, finds both; an id or a slug of Segment's only the first.
        """
        names = {each.casefold() for each in (metadata.name, *metadata.previous_names)}
        wanted = IDS.get(metadata.id)
        cloud = (
            self._of("cloud", slug=wanted)
            or self._of("cloud", names=names)
            or self._of("cloud", slug=_slug(metadata.slug))
        )
        return (*cloud[:1], *self._of("device", names=names)[:1])

    def _of(self, mode: Mode, *, slug: str | None = None, names: Iterable[str] = ()) -> list[Ours]:
        wanted = frozenset(names)
        return [
            each
            for each in self._ours
            if each.mode == mode
            and (each.slug == slug or wanted & {name.casefold() for name in each.names})
        ]


def _slug(segments: str) -> str | None:
    """What we would call an Actions destination; others have settings of their own."""
    if not segments.startswith(_OF_ACTIONS):
        return None
    return segments.removeprefix(_OF_ACTIONS).replace("-", "_")


def installed() -> Known:
    """Those of this installation; one that cannot be loaded is told where it is used."""
    return Known((*_cloud(), *_device()))


def _cloud() -> Iterator[Ours]:
    for slug in catalog.slugs():
        try:
            yield of_cloud(catalog.destination(slug))
        except Exception:  # noqa: BLE001, S112 - what a package raises must not end the import
            continue


def _device() -> Iterator[Ours]:
    for slug in catalog.browser_slugs():
        try:
            yield of_device(catalog.browser_destination(slug))
        except Exception:  # noqa: BLE001, S112 - as above
            continue


def of_cloud(found: Destination[Any]) -> Ours:
    secrets = found.settings.stored_secrets()
    return Ours(
        slug=found.slug,
        mode="cloud",
        names=frozenset({found.slug, found.name, *found.listing.previous_names}),
        settings=found.settings.stored_fields(),
        secrets=frozenset({*secrets, OAUTH}) if found.auth else secrets,
        unmapped={
            slug: {
                key: _no_value(action.stored_fields().get(key))
                for key in action.payload.default_mapping()
            }
            for slug, action in found.actions.items()
        },
    )


def of_device(found: BrowserDestination) -> Ours:
    return Ours(
        slug=found.slug,
        mode="device",
        names=frozenset(
            {found.slug, found.name, found.creation_name, *found.listing.previous_names}
        ),
        settings=found.settings,
        secrets=frozenset(),
        unmapped={
            slug: dict.fromkeys(action.default_mapping(), _WITHOUT_NULL)
            for slug, action in found.actions.items()
        },
    )


def _no_value(form: Any) -> Any:
    """null, which counts as absent, unless the field takes it for a value."""
    return _WITHOUT_NULL if isinstance(form, dict) and form.get("allowNull") else None
