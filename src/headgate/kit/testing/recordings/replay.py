"""Doing again what a recording says, with answers that somebody chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from headgate.kit.connected import Connected
from headgate.kit.destination import ForgottenUser, Tokens
from headgate.kit.errors import DeliveryError, Discard, Disconnect, Retry
from headgate.kit.http import Http
from headgate.kit.http.request import Exchange, Response
from headgate.kit.testing.recordings.player import PlayedRefresher, Player
from headgate.kit.trial import attempt, attempt_batch
from headgate.mapping import Json, MappingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.kit.destination import Destination
    from headgate.kit.http.request import Request
    from headgate.kit.testing.recordings.form import Recording
    from headgate.kit.testing.recordings.player import Answer, Answering

TOKENS: Final = Tokens("redacted-access", "redacted-refresh")


class Broken(NamedTuple):
    """An exception that no destination may let out: the engine can make nothing of it."""

    error: Exception


Result: TypeAlias = Response | DeliveryError | MappingError | Broken


class Run(NamedTuple):
    """What came of each event, the requests and exchanges, and what the mapping made."""

    results: tuple[Result, ...]
    requests: tuple[Request, ...]
    exchanges: tuple[Exchange, ...] = ()
    values: tuple[Json, ...] = ()

    @property
    def endings(self) -> tuple[str, ...]:
        return tuple(ending(result) for result in self.results)


async def replay(
    destination: Destination[Any],
    recording: Recording,
    answers: Sequence[Answer | Answering] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    tokens: Tokens = TOKENS,
) -> Run:
    """Do what a recording says, with its own answers unless others are given."""
    player = Player(recording.answers() if answers is None else answers)
    http = Http(
        player,
        idempotency_key=recording.delivery.idempotency_key,
        clock=recording.delivery.seconds,
    )
    given = destination.settings.read(dict(recording.settings if settings is None else settings))
    refresher = PlayedRefresher(destination, tokens, player) if destination.auth else None
    connected = Connected(destination, given, refresher)
    try:
        results, values = await _done(connected, recording, http)
    except DeliveryError as error:
        results, values = (error,), ()
    except Exception as error:  # noqa: BLE001 - a destination may raise anything
        count = max(1, len(recording.given_events()))
        results, values = (Broken(error),) * count, ()
    return Run(results, tuple(player.requests), tuple(http.exchanges), values)


async def _done(
    connected: Connected[Any], recording: Recording, http: Http
) -> tuple[tuple[Result, ...], tuple[Json, ...]]:
    if recording.check:
        await connected.check(http)
        return (Response(200),), ()
    if (person := recording.forget) is not None:
        user = ForgottenUser(person.user_id, person.anonymous_id)
        return (await connected.forget(http, user) or Response(200),), ()
    action = connected.destination.actions[recording.action]
    mapping = {**action.payload.default_mapping(), **recording.mapping}
    if recording.events is not None:
        trial = await attempt_batch(connected, action, recording.events, mapping, http)
    else:
        trial = await attempt(connected, action, recording.event or {}, mapping, http)
    return trial.results, trial.values


def ending(result: Result) -> str:
    """Name how an event ended, in the words of the engine; `broken` is none of them."""
    if isinstance(result, Response):
        return "delivered"
    if isinstance(result, Broken):
        return f"broken by {type(result.error).__name__}: {result.error}"
    return next((word for kind, word in _WORDS if isinstance(result, kind)), "retry")


_WORDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (Retry, "retry"),
    (Disconnect, "disconnect"),
    (Discard, "discard"),
    (MappingError, "discard"),
)
