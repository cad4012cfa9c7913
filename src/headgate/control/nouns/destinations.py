"""Destinations: what this installation can connect, under ids that never change."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate import catalog, trigger
from headgate.control.errors import Missing
from headgate.control.importing_segment.known import IDS, of_cloud, of_device
from headgate.kit import BrowserDestination, Destination
from headgate.kit.access import OAUTH
from headgate.kit.masking import secret_fields
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from headgate.control.importing_segment.known import Ours
    from headgate.control.work import Work
    from headgate.store.snapshot import Language, Mode

_ID_BYTES = 10


class Entry(NamedTuple):
    """A destination of one mode; a slug may name one of each."""

    slug: str
    mode: Mode
    declared: Destination[Any] | BrowserDestination

    @property
    def id(self) -> str:
        return _id("dst", self.mode, self.slug)

    @property
    def name(self) -> str:
        return self.declared.name

    def action_id(self, action: str) -> str:
        return _id("act", self.mode, self.slug, action)

    def field_id(self, action: str, field: str) -> str:
        return _id("fld", self.mode, self.slug, action, field)

    def action(self, wanted: str) -> str | None:
        """The slug of an action, by that or by its id."""
        found = (each for each in self.declared.actions if wanted in (each, self.action_id(each)))
        return next(found, None)

    def settings(self) -> Mapping[str, Any]:
        """What it asks of a connection, in stored form, with what OAuth gave."""
        declared = self.declared
        if isinstance(declared, BrowserDestination):
            return declared.settings
        agreed = {OAUTH: _AGREED} if declared.auth else {}
        return {**declared.settings.stored_fields(), **agreed}

    def secrets(self) -> frozenset[str]:
        """The settings that nobody is shown."""
        return frozenset() if self.mode == "device" else _ours(self).secrets

    def secret_fields(self, action: str) -> frozenset[str]:
        """The fields of an action whose values nobody is shown."""
        declared = self.declared
        if isinstance(declared, BrowserDestination) or action not in declared.actions:
            return frozenset()
        return frozenset(secret_fields(declared.actions[action].payload))

    def unmapped(self, action: str) -> Mapping[str, Any]:
        """What a mapping says of each field with a suggestion so that it gets no value."""
        return _ours(self).unmapped.get(action, {})

    def language(self, action: str, text: str) -> Language:
        """What a trigger from a client is written in: Segment's language, or what we suggest."""
        is_ours = self.declared.actions[action].trigger == text
        return self._language(text) if is_ours else "compatible"

    def _language(self, offered: str) -> Language:
        """Segment's, also of triggers of ours, unless only ours can tell it."""
        try:
            trigger.compile(offered, "compatible")
        except trigger.TriggerError:
            return "strict" if self.mode == "cloud" else "compatible"
        return "compatible"

    def presets(self) -> Iterator[dict[str, Any]]:
        """The subscriptions that come with a connection, as the declaration file has them."""
        if isinstance(self.declared, BrowserDestination):
            return
        for preset in self.declared.presets:
            if preset.trigger is not None:
                yield {
                    "name": preset.name,
                    "action": preset.action,
                    "fql": self._language(preset.trigger),
                    "trigger": preset.trigger,
                    "mapping": preset.mapping,
                }


_AGREED = {
    "label": "OAuth",
    "description": "What the agreement at the destination gave: client and tokens.",
    "type": "object",
    "required": True,
}


class Page(NamedTuple):
    """A page of the catalogue, and how many destinations there are in all."""

    entries: Sequence[Entry]
    total: int


def listed(work: Work, after: str | None, most: int) -> Page:
    """Those whose `place` is above `after`."""
    work.check("read", "workspace")
    entries = installed()
    page = [each for each in entries if after is None or place(each) > after][:most]
    return Page(page, len(entries))


def get(work: Work, wanted: str) -> Entry:
    """By its id or slug. Raises Missing."""
    work.check("read", "workspace")
    entry = found(wanted)
    if entry is None:
        raise Missing(f"there is no destination {wanted} in the catalogue")
    return entry


def place(entry: Entry) -> str:
    """Where it stands in the catalogue: those for the server come before those for pages."""
    return f"{entry.slug}/{entry.mode}"


def found(wanted: str) -> Entry | None:
    """By its id, by its slug, where the one for the server comes first, or by Segment's id."""
    slug = IDS.get(wanted, wanted)
    return next((each for each in installed() if slug in (each.id, each.slug)), None)


def entry_of(slug: str, mode: Mode) -> Entry | None:
    """What a connection was made to; None when its package is gone."""
    return next((each for each in installed() if (each.slug, each.mode) == (slug, mode)), None)


@cache
def installed() -> tuple[Entry, ...]:
    """Every destination that can be loaded, read once: a new package needs a new process."""
    entries = [
        *_loaded("cloud", catalog.slugs(), catalog.destination),
        *_loaded("device", catalog.browser_slugs(), catalog.browser_destination),
    ]
    return tuple(sorted(entries, key=place))


def _loaded(
    mode: Mode,
    slugs: Sequence[str],
    load: Callable[[str], Destination[Any] | BrowserDestination],
) -> Iterator[Entry]:
    for slug in slugs:
        try:
            yield Entry(slug, mode, load(slug))
        except Exception as error:  # noqa: BLE001 - a package's fault must not hide the others
            log.error("catalogue.left_out", destination=slug, mode=mode, error=str(error))


@cache
def _ours(entry: Entry) -> Ours:
    if isinstance(entry.declared, BrowserDestination):
        return of_device(entry.declared)
    return of_cloud(entry.declared)


def _id(prefix: str, *names: str) -> str:
    digest = blake2b("/".join(names).encode(), digest_size=_ID_BYTES).hexdigest()
    return f"{prefix}_{digest}"
