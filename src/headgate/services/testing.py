"""Test events of people, sent as the deliver role sends: the same attempt, guard and transport."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec

from headgate.control.errors import Refused
from headgate.control.sending import Sent
from headgate.log.port import Record
from headgate.services.parts import open_transport
from headgate.store.ids import new_id

if TYPE_CHECKING:
    from headgate.clock import Clock
    from headgate.control.sending import Trying
    from headgate.deliver.lane import Lane
    from headgate.deliver.prepared import Prepared
    from headgate.deliver.ticks import Result
    from headgate.deliver.transport import HttpTransport, Resolver
    from headgate.folder import DataFolder
    from headgate.settings import Settings

TEST_SECONDS: Final = 30.0
MOST_AT_ONCE: Final = 8


class _NoLane(NamedTuple):
    """What an attempt asks of a lane, of an event that is in none."""

    source_id: str
    id: int = 0
    replay: None = None


class EventTester:
    """Opens the way out when somebody first tests; `close` it on the loop that it sent on."""

    def __init__(self, folder: DataFolder, settings: Settings, clock: Clock) -> None:
        self._folder, self._settings, self._clock = folder, settings, clock
        self._opened: tuple[HttpTransport, Resolver] | None = None
        self._under_way = 0

    async def __call__(self, trying: Trying) -> Sent:
        """Raises Refused where too many are under way, or one takes too long."""
        if self._under_way >= MOST_AT_ONCE:
            raise Refused(f"{MOST_AT_ONCE} test events are under way: wait for one to end")
        self._under_way += 1
        try:
            return await asyncio.wait_for(self._tried(trying), TEST_SECONDS)
        except TimeoutError:
            told = f"the destination did not answer within {TEST_SECONDS:g} s, and may yet act"
            raise Refused(told) from None
        finally:
            self._under_way -= 1

    async def close(self) -> None:
        for each in self._opened or ():
            await each.close()

    async def _tried(self, trying: Trying) -> Sent:
        from headgate.deliver.attempt import Attempts
        from headgate.deliver.events import Event
        from headgate.deliver.owed import Delivery
        from headgate.kit.http.request import Limits

        prepared = await asyncio.to_thread(self._prepared, trying)
        limits = Limits(
            timeout=self._settings.request_seconds, connect_timeout=self._settings.connect_seconds
        )
        attempts = Attempts(self._transport(), self._clock, limits=limits)
        event = Event(0, _record(trying.event), None, trying.source.id).altered(trying.event)
        (subscription,) = trying.connection.subscriptions
        lane = cast("Lane", _NoLane(trying.source.id))
        result = await attempts(Delivery(lane, event, subscription.id), prepared)
        return self._told(result)

    def _transport(self) -> HttpTransport:
        self._opened = self._opened or open_transport(self._settings)
        return self._opened[0]

    def _prepared(self, trying: Trying) -> Prepared:
        from headgate.deliver.prepared import prepare
        from headgate.deliver.tokens import file_tokens
        from headgate.store.secrets import SecretBox

        box = SecretBox.load(self._folder, self._settings.environment())
        keep = partial(file_tokens, self._folder, box)
        connection = trying.connection
        try:
            return prepare(connection, box.settings(connection), 0, keep)
        except ValueError as error:
            raise Refused(f"{connection.slug} cannot be used as it is: {error}") from None

    def _told(self, result: Result) -> Sent:
        from headgate.control.observing.overview import text
        from headgate.deliver.retry_policy import Case, what_next

        now = self._clock.now_ms()
        after = what_next(result.outcome, Case(0, now), now, random.random, self._settings)
        return Sent(
            outcome=result.outcome.ended.value,
            said=result.outcome.reason,
            follows=after.step,
            reason=after.reason,
            status=result.outcome.status,
            ms=result.ms,
            wait_ms=after.due_at - now if after.due_at else None,
            request=text(result.request),
            response=text(result.response),
        )


def _record(event: dict[str, Any]) -> Record:
    """Its name is new, so that no destination takes the test for a delivery that it knows."""
    return Record(
        0, 0, new_id("test"), str(event.get("type")), None, None, 0, None, -1,
        msgspec.json.encode(event),
    )  # fmt: skip
