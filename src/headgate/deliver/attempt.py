"""One attempt: from an event and a subscription to what the destination answered."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from headgate.deliver.retry_policy import Ended, Outcome
from headgate.deliver.ticks import Result
from headgate.kit import Discard, Disconnect, Http, Retry
from headgate.kit.delivery import delivery as about
from headgate.kit.masking import sampled
from headgate.mapping import MappingError
from headgate.mapping.javascript import stringify
from headgate.telemetry import log

if TYPE_CHECKING:
    from headgate.clock import Clock
    from headgate.deliver.events import Event
    from headgate.deliver.lane import Delivery
    from headgate.deliver.prepared import Prepared
    from headgate.kit import Transport

SAMPLE_EACH = 100
_KEY_BYTES = 16


def idempotency_key(
    source_id: str, message_id: str, connection_id: str, subscription_id: str, again: int = 0
) -> str:
    """The same for every attempt of a delivery, before and after a crash (data-path section 4)."""
    parts = "\0".join((source_id, message_id, connection_id, subscription_id, str(again)))
    return blake2b(parts.encode(), digest_size=_KEY_BYTES).hexdigest()


class Attempts:
    """Performs attempts over a transport; keeps a sample of failures, firsts, and one in 100."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport, self._clock = transport, clock
        self._kinds: set[tuple[int, str, str]] = set()
        self._count = 0

    async def __call__(self, delivery: Delivery, prepared: Prepared) -> Result:
        started, begun = self._clock.now_ms(), self._clock.monotonic()
        lane = delivery.lane
        http = Http(
            self._transport,
            idempotency_key=idempotency_key(
                lane.source_id,
                delivery.event.record.message_id,
                prepared.connection.id,
                delivery.subscription,
            ),
            encode=_Encoding(delivery.event),
            clock=self._seconds,
        )
        outcome = await _perform(delivery, prepared, http)
        ms = int((self._clock.monotonic() - begun) * 1000)
        request, response = self._sample(lane.id, delivery, outcome, http, prepared)
        return Result(
            delivery, outcome, started, ms, prepared.snapshot, request=request, response=response
        )

    def _seconds(self) -> float:
        return self._clock.now_ms() / 1000

    def _sample(
        self, lane: int, delivery: Delivery, outcome: Outcome, http: Http, prepared: Prepared
    ) -> tuple[bytes | None, bytes | None]:
        self._count += 1
        kind = (lane, delivery.subscription, f"{outcome.ended.value}{outcome.status}")
        is_first = kind not in self._kinds
        if outcome.ended is Ended.DELIVERED and not is_first and self._count % SAMPLE_EACH:
            return None, None
        self._kinds.add(kind)
        return sampled(http.exchanges, _secrets(delivery, prepared))


def _secrets(delivery: Delivery, prepared: Prepared) -> tuple[str, ...]:
    """What no record may hold: secrets of the connection, and of this payload."""
    subscription = prepared.subscriptions[delivery.subscription]
    names = subscription.action.payload.stored_secrets()
    try:
        values = subscription.mapper(delivery.event.completed) if names else None
    except MappingError:
        values = None
    given = values if isinstance(values, dict) else {}
    return (*prepared.secrets, *(str(given[name]) for name in names if given.get(name)))


class _Encoding:
    """Encodes values for one attempt; the whole event was encoded once for all."""

    __slots__ = ("_event",)

    def __init__(self, event: Event) -> None:
        self._event = event

    def __call__(self, value: object) -> bytes:
        if value is self._event.completed:
            return self._event.encoded
        encoded: bytes = stringify(value)
        return encoded


async def _perform(delivery: Delivery, prepared: Prepared, http: Http) -> Outcome:
    """Map, validate and perform; whatever is raised is an outcome."""
    subscription = prepared.subscriptions[delivery.subscription]
    try:
        event, action = delivery.event.completed, subscription.action
        told = about(
            event,
            subscription.mapping,
            subscription=subscription.id,
            has_sync_modes=action.sync_modes is not None,
        )
        values = subscription.mapper(event)
        response = await prepared.connected.perform(http, action, values, told)
    except Retry as error:
        return Outcome(Ended.RETRY, str(error), error.status, error.after, error.kind)
    except Discard as error:
        reason = str(error) if error.status is not None else f"discarded: {error}"
        return Outcome(Ended.DISCARD, reason, error.status)
    except Disconnect as error:
        return Outcome(Ended.DISCONNECT, str(error), error.status)
    except MappingError as error:
        return Outcome(Ended.DISCARD, f"mapping_error: {error}")
    except Exception as error:  # noqa: BLE001 - a destination's fault must not stop the lane
        log.exception("attempt.broke", connection=prepared.connection.id)
        return Outcome(Ended.DISCARD, f"destination_error: {type(error).__name__}")
    return Outcome(Ended.DELIVERED, "", response.status)
