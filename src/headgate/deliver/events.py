"""Events as the lanes share them: read once, completed once, encoded once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.events.complete import complete
from headgate.log.port import Verdict
from headgate.mapping.javascript import stringify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headgate.log.port import Frame, Record


class Event:
    """One live event; its completed form is made when a lane first asks for it."""

    __slots__ = ("_completed", "_encoded", "_source_id", "defaults", "position", "record")

    def __init__(
        self, position: int, record: Record, defaults: bytes | None, source_id: str
    ) -> None:
        self.position = position
        self.record = record
        self.defaults = defaults
        self._source_id = source_id
        self._completed: dict[str, Any] | None = None
        self._encoded: bytes | None = None

    @property
    def completed(self) -> dict[str, Any]:
        """The event as delivered; shared by all subscriptions, so nobody may change it.

        Raises `ValueError` when the stored bytes are no JSON object.
        """
        if self._completed is None:
            self._completed = complete(self.record, self.defaults, self._source_id)
        return self._completed

    @property
    def name(self) -> str:
        """The name of a track call, as far as somebody has looked into the event."""
        return str(self._completed.get("event", "")) if self._completed is not None else ""

    def altered(self, completed: Mapping[str, Any]) -> Event:
        """The same event as a rule changed it: `completed` is a value of its own."""
        event = Event(self.position, self.record, self.defaults, self._source_id)
        event._completed = dict(completed) if not isinstance(completed, dict) else completed
        return event

    @property
    def encoded(self) -> bytes:
        """The completed event in JavaScript's form."""
        if self._encoded is None:
            self._encoded = stringify(self.completed)
        return self._encoded


class Entry(NamedTuple):
    """A position that belongs to a source: its verdict, and the event where there is one."""

    position: int
    verdict: Verdict
    event: Event | None


class Events:
    """A frame, and the entries of each source in it, made once for all lanes."""

    __slots__ = ("_by_source", "_decoded", "frame")

    def __init__(self, frame: Frame, decoded: Callable[[Events], None]) -> None:
        self.frame = frame
        self._decoded = decoded
        self._by_source: dict[int, list[Entry]] = {}

    def of(self, source: int, source_id: str) -> list[Entry]:
        entries = self._by_source.get(source)
        if entries is None:
            if not self._by_source:
                self._decoded(self)
            entries = self._by_source[source] = [
                Entry(
                    stored.position,
                    stored.verdict,
                    None
                    if stored.record is None
                    else Event(stored.position, stored.record, stored.defaults, source_id),
                )
                for stored in self.frame.events(frozenset({source}))
            ]
        return entries

    def forget(self) -> None:
        """Let go of what was decoded: it takes many times the room of the frame."""
        self._by_source.clear()
        self.frame.forget()
