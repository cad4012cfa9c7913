"""One attempt: from an event and a subscription to what the destination answered."""

from __future__ import annotations

from hashlib import blake2b
from traceback import extract_tb
from typing import TYPE_CHECKING, Final, NamedTuple

from headgate.deliver.in_hand import NOBODY, Holding
from headgate.deliver.outcomes import outcome_of, perform_batch, said, told_of
from headgate.deliver.retry_policy import Ended, Outcome
from headgate.deliver.ticks import Result
from headgate.events.hops import hops_in
from headgate.kit import Http, Response
from headgate.kit.http.request import Limits
from headgate.kit.masking import masked, sampled, secret_texts
from headgate.mapping.javascript import stringify
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headgate.clock import Clock
    from headgate.deliver.events import Event
    from headgate.deliver.owed import Delivery
    from headgate.deliver.prepared import Prepared
    from headgate.kit import Request, Transport

SAMPLE_EACH = 100
_KEY_BYTES = 16
WITHHELD: Final = "withheld: what failed is not told, as it could not be cleared of secrets"


_DONE: Final = Outcome(Ended.DELIVERED, "", 200)


def key_of(delivery: Delivery, prepared: Prepared) -> str:
    """The idempotency key of a delivery; one that is repeated on request has another."""
    lane = delivery.lane
    again = lane.replay.terms.again if lane.replay is not None else 0
    return idempotency_key(
        lane.source_id,
        delivery.event.record.message_id,
        prepared.connection.id,
        delivery.subscription,
        again,
    )


def idempotency_key(
    source_id: str, message_id: str, connection_id: str, subscription_id: str, again: int = 0
) -> str:
    """The same for every attempt of a delivery, before and after a crash (data-path section 4)."""
    parts = "\0".join((source_id, message_id, connection_id, subscription_id, str(again)))
    return blake2b(parts.encode(), digest_size=_KEY_BYTES).hexdigest()


class Attempts:
    """Performs attempts over a transport; keeps a sample of failures, firsts, and one in 100."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        in_hand: Holding = NOBODY,
        limits: Limits = Limits(),  # noqa: B008 - immutable
    ) -> None:
        self._transport, self._clock, self._in_hand = transport, clock, in_hand
        self._limits = limits
        self._kinds: set[tuple[int, str, Ended, int | None]] = set()
        self._count = 0

    async def __call__(self, delivery: Delivery, prepared: Prepared) -> Result:
        started, begun = self._clock.now_ms(), self._clock.monotonic()
        lane = delivery.lane
        held = _Held(self._transport, self._in_hand, lane.id, delivery.position)
        http = Http(
            held,
            idempotency_key=key_of(delivery, prepared),
            encode=_Encoding(delivery.event),
            clock=self._seconds,
            limits=self._limits,
            hops=1 + hops_in(delivery.event.defaults),
        )
        self._in_hand.hold(lane.id, delivery.position)
        try:
            outcome, broken = await _perform(delivery, prepared, http)
            ms = int((self._clock.monotonic() - begun) * 1000)
            request = response = None
            if self._is_sampled(lane.id, delivery, outcome):
                outcome, request, response = await _record(
                    [delivery], prepared, http, outcome, broken
                )
        finally:
            self._in_hand.clear()
        return Result(
            delivery, outcome, started, ms, prepared.snapshot, request=request, response=response
        )

    async def batch(self, deliveries: Sequence[Delivery], prepared: Prepared) -> Sequence[Result]:
        """One request for all: a result for each, in their order; the first has the sample."""
        started, begun = self._clock.now_ms(), self._clock.monotonic()
        first = deliveries[0]
        keys = [key_of(delivery, prepared) for delivery in deliveries]
        batch_id = blake2b("".join(keys).encode(), digest_size=_KEY_BYTES).hexdigest()
        held = _Held(self._transport, self._in_hand, first.lane.id, first.position)
        http = Http(
            held,
            idempotency_key=batch_id,
            encode=BatchEncoding(each.event for each in deliveries),
            clock=self._seconds,
            limits=self._limits,
            hops=1 + max(hops_in(each.event.defaults) for each in deliveries),
        )
        self._in_hand.hold(first.lane.id, first.position)
        try:
            performed = await perform_batch(deliveries, prepared, http)
            ms = int((self._clock.monotonic() - begun) * 1000)
            results = [
                Result(delivery, outcome, started, ms, prepared.snapshot, batch_id, was_sent)
                for delivery, (outcome, was_sent) in zip(
                    deliveries, performed.outcomes, strict=True
                )
            ]
            outcomes = {each.outcome for each in results if each.outcome.reason}
            if any(self._is_sampled(first.lane.id, first, each) for each in outcomes or {_DONE}):
                await self._sample(results, prepared, http, performed.broken)
        finally:
            self._in_hand.clear()
        return results

    async def _sample(
        self,
        results: list[Result],
        prepared: Prepared,
        http: Http,
        broken: Exception | None,
    ) -> None:
        """The whole exchange is kept with the first; no reason may tell a secret."""
        deliveries = [each.delivery for each in results]
        secrets = await _known_secrets(deliveries, prepared, http)
        for at, result in enumerate(results):
            outcome = cleared(result.outcome, secrets)
            results[at] = result._replace(outcome=outcome)
        _, request, response = await _record(deliveries, prepared, http, results[0].outcome, broken)
        results[0] = results[0]._replace(request=request, response=response)

    def _seconds(self) -> float:
        return self._clock.now_ms() / 1000

    def _is_sampled(self, lane: int, delivery: Delivery, outcome: Outcome) -> bool:
        self._count += 1
        kind = (lane, delivery.subscription, outcome.ended, outcome.status)
        is_first = kind not in self._kinds
        if outcome.ended is Ended.DELIVERED and not is_first and self._count % SAMPLE_EACH:
            return False
        self._kinds.add(kind)
        return True


class _Recorded(NamedTuple):
    """What may be kept of an attempt."""

    outcome: Outcome
    request: bytes | None = None
    response: bytes | None = None


async def _record(
    deliveries: Sequence[Delivery],
    prepared: Prepared,
    http: Http,
    outcome: Outcome,
    broken: Exception | None,
) -> _Recorded:
    """Take every secret out of what is kept; what fails here is kept as nothing, and logged."""
    connection = prepared.connection.id
    secrets = await _known_secrets(deliveries, prepared, http)
    outcome = cleared(outcome, secrets)
    if secrets is None:
        return _Recorded(outcome)
    if broken is not None:
        _log_broken(connection, broken, secrets)
    try:
        return _Recorded(outcome, *sampled(http.exchanges, secrets))
    except Exception as error:  # noqa: BLE001 - a record must not stop the lane
        log.warning("attempt.not_sampled", connection=connection, error=type(error).__name__)
        return _Recorded(outcome)


async def _known_secrets(
    deliveries: Sequence[Delivery], prepared: Prepared, http: Http
) -> tuple[str, ...] | None:
    """What no record may hold; None when that cannot be known, and so nothing may be kept."""
    try:
        return await _secrets(deliveries, prepared, http)
    except Exception as error:  # noqa: BLE001 - a record must not stop the lane
        connection = prepared.connection.id
        log.warning("attempt.secrets_unknown", connection=connection, error=type(error).__name__)
        return None


def cleared(outcome: Outcome, secrets: Sequence[str] | None) -> Outcome:
    """An outcome whose reason tells no secret."""
    if secrets is None:
        return outcome._replace(reason=outcome.reason and WITHHELD)
    try:
        return outcome._replace(reason=_masked(outcome.reason, secrets))
    except Exception:  # noqa: BLE001 - a record must not stop the lane
        return outcome._replace(reason=WITHHELD)


def _log_broken(connection: str, error: Exception, secrets: Sequence[str]) -> None:
    """Log no traceback: it shows the messages of all errors in the chain, secrets included."""
    frames = extract_tb(error.__traceback__)
    log.error(
        "attempt.broke",
        connection=connection,
        error=type(error).__name__,
        said=_masked(said(error), secrets),
        at=f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "",
    )


def _masked(text: str, secrets: Sequence[str]) -> str:
    """Mask a text, and make it one that can be stored: without halves of surrogate pairs."""
    return masked(text, secrets).encode("utf-8", "replace").decode()


async def _secrets(
    deliveries: Sequence[Delivery], prepared: Prepared, http: Http
) -> tuple[str, ...]:
    """What no record may hold: secrets of the connection, tokens in use, and the payloads'."""
    tokens = await prepared.refresher.current() if prepared.refresher else ()
    payloads = [text for each in deliveries for text in _of_payload(each, prepared)]
    found = (*prepared.secrets, *tokens, *_sent(prepared, http), *payloads)
    return tuple(dict.fromkeys(filter(None, found)))


def _sent(prepared: Prepared, http: Http) -> Iterator[str]:
    """The tokens that went out, which may have been renewed since."""
    oauth = prepared.connected.destination.auth
    for request, _ in http.exchanges if oauth else ():
        for name, value in request.headers:
            if oauth and name.lower() == oauth.header.lower():
                yield value.removeprefix(oauth.prefix)


def _of_payload(delivery: Delivery, prepared: Prepared) -> tuple[str, ...]:
    subscription = prepared.subscriptions[delivery.subscription]
    fields = subscription.action.payload
    try:
        return secret_texts(fields, subscription.mapper(delivery.event.completed))
    except Exception:  # noqa: BLE001 - where no payload came to be, it has no secrets
        return ()


class BatchEncoding:
    """Encodes values for a batch: a list of whole events is put together from their encodings."""

    __slots__ = ("_events",)

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = {id(event.completed): event for event in events}

    def __call__(self, value: object) -> bytes:
        if isinstance(value, list) and all(id(each) in self._events for each in value):
            return b"[" + b",".join([self._events[id(each)].encoded for each in value]) + b"]"
        encoded: bytes = stringify(value)
        return encoded


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


class _Held:
    """A transport that says when the event in hand is out of it: while an answer is awaited."""

    __slots__ = ("_in_hand", "_lane", "_position", "_transport")

    def __init__(self, transport: Transport, in_hand: Holding, lane: int, position: int) -> None:
        self._transport, self._in_hand = transport, in_hand
        self._lane, self._position = lane, position

    async def send(self, request: Request) -> Response:
        self._in_hand.clear()
        try:
            return await self._transport.send(request)
        finally:
            self._in_hand.hold(self._lane, self._position)


async def _perform(
    delivery: Delivery, prepared: Prepared, http: Http
) -> tuple[Outcome, Exception | None]:
    """Map, validate and perform; whatever is raised is an outcome. Faults of code come along."""
    try:
        return Outcome(Ended.DELIVERED, "", await _status(delivery, prepared, http)), None
    except Exception as error:  # noqa: BLE001 - a destination's fault must not stop the lane
        return outcome_of(error)


async def _status(delivery: Delivery, prepared: Prepared, http: Http) -> int:
    subscription = prepared.subscriptions[delivery.subscription]
    values = delivery.values
    if values is None:
        values = subscription.mapper(delivery.event.completed)
    told = told_of(delivery, subscription)
    response: object = await prepared.connected.perform(http, subscription.action, values, told)
    if not isinstance(response, Response):
        given = type(response).__name__
        raise TypeError(f"the action gave {given}: it must return the Response of its request")
    return response.status
