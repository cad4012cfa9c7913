"""One attempt: from an event and a subscription to what the destination answered."""

from __future__ import annotations

from hashlib import blake2b
from traceback import extract_tb
from typing import TYPE_CHECKING, Final, NamedTuple

from headgate.deliver.retry_policy import Ended, Outcome
from headgate.deliver.ticks import Result
from headgate.kit import Discard, Disconnect, Http, Response, Retry
from headgate.kit.delivery import delivery as about
from headgate.kit.masking import masked, sampled, secret_texts
from headgate.mapping import MappingError
from headgate.mapping.javascript import stringify
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headgate.clock import Clock
    from headgate.deliver.events import Event
    from headgate.deliver.lane import Delivery
    from headgate.deliver.prepared import Prepared
    from headgate.kit import Transport

SAMPLE_EACH = 100
_KEY_BYTES = 16
WITHHELD: Final = "withheld: what failed is not told, as it could not be cleared of secrets"


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
        outcome, broken = await _perform(delivery, prepared, http)
        ms = int((self._clock.monotonic() - begun) * 1000)
        request = response = None
        if self._is_sampled(lane.id, delivery, outcome):
            outcome, request, response = await _record(delivery, prepared, http, outcome, broken)
        return Result(
            delivery, outcome, started, ms, prepared.snapshot, request=request, response=response
        )

    def _seconds(self) -> float:
        return self._clock.now_ms() / 1000

    def _is_sampled(self, lane: int, delivery: Delivery, outcome: Outcome) -> bool:
        self._count += 1
        kind = (lane, delivery.subscription, f"{outcome.ended.value}{outcome.status}")
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
    delivery: Delivery, prepared: Prepared, http: Http, outcome: Outcome, broken: Exception | None
) -> _Recorded:
    """Take every secret out of what is kept; what fails here is kept as nothing, and logged."""
    connection = prepared.connection.id
    try:
        secrets = await _secrets(delivery, prepared, http)
        outcome = outcome._replace(reason=_masked(outcome.reason, secrets))
    except Exception as error:  # noqa: BLE001 - a record must not stop the lane
        log.warning("attempt.secrets_unknown", connection=connection, error=type(error).__name__)
        return _Recorded(outcome._replace(reason=outcome.reason and WITHHELD))
    if broken is not None:
        _log_broken(connection, broken, secrets)
    try:
        return _Recorded(outcome, *sampled(http.exchanges, secrets))
    except Exception as error:  # noqa: BLE001 - a record must not stop the lane
        log.warning("attempt.not_sampled", connection=connection, error=type(error).__name__)
        return _Recorded(outcome)


def _log_broken(connection: str, error: Exception, secrets: Sequence[str]) -> None:
    """Log no traceback: it shows the messages of all errors in the chain, secrets included."""
    frames = extract_tb(error.__traceback__)
    log.error(
        "attempt.broke",
        connection=connection,
        error=type(error).__name__,
        said=_masked(_said(error), secrets),
        at=f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "",
    )


def _masked(text: str, secrets: Sequence[str]) -> str:
    """Mask a text, and make it one that can be stored: without halves of surrogate pairs."""
    return masked(text, secrets).encode("utf-8", "replace").decode()


def _said(error: Exception) -> str:
    """What an error says, if its author lets it."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an author's `__str__` may break, too
        return type(error).__name__


async def _secrets(delivery: Delivery, prepared: Prepared, http: Http) -> tuple[str, ...]:
    """What no record may hold: secrets of the connection, tokens in use, and this payload's."""
    tokens = await prepared.refresher.current() if prepared.refresher else ()
    found = (*prepared.secrets, *tokens, *_sent(prepared, http), *_of_payload(delivery, prepared))
    return tuple(filter(None, found))


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


async def _perform(
    delivery: Delivery, prepared: Prepared, http: Http
) -> tuple[Outcome, Exception | None]:
    """Map, validate and perform; whatever is raised is an outcome. Faults of code come along."""
    try:
        return Outcome(Ended.DELIVERED, "", await _status(delivery, prepared, http)), None
    except Retry as error:
        return Outcome(Ended.RETRY, _said(error), error.status, error.after, error.kind), None
    except Discard as error:
        reason = _said(error) if error.status is not None else f"discarded: {_said(error)}"
        return Outcome(Ended.DISCARD, reason, error.status), None
    except Disconnect as error:
        return Outcome(Ended.DISCONNECT, _said(error), error.status), None
    except MappingError as error:
        return Outcome(Ended.DISCARD, f"mapping_error: {_said(error)}"), None
    except Exception as error:  # noqa: BLE001 - a destination's fault must not stop the lane
        return Outcome(Ended.DISCARD, f"destination_error: {type(error).__name__}"), error


async def _status(delivery: Delivery, prepared: Prepared, http: Http) -> int:
    subscription = prepared.subscriptions[delivery.subscription]
    event, action = delivery.event.completed, subscription.action
    told = about(
        event,
        subscription.mapping,
        subscription=subscription.id,
        has_sync_modes=action.sync_modes is not None,
    )
    values = subscription.mapper(event)
    response: object = await prepared.connected.perform(http, action, values, told)
    if not isinstance(response, Response):
        given = type(response).__name__
        raise TypeError(f"the action gave {given}: it must return the Response of its request")
    return response.status
