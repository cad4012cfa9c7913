"""No fault of an author's code stops deliver, and none brings a secret into a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from headgate.deliver import attempt as attempts
from headgate.deliver.attempt import WITHHELD, Attempts
from headgate.deliver.owed import Delivery
from headgate.deliver.prepared import Prepared, PreparedSubscription
from headgate.deliver.retry_policy import Ended
from headgate.kit import (
    Client,
    Destination,
    Discard,
    Disconnect,
    Fields,
    Http,
    OAuth2,
    Payload,
    Response,
    Retry,
    Settings,
    Tokens,
)
from headgate.kit import field as declared
from headgate.kit.access import secret_values
from headgate.kit.connected import Connected
from headgate.kit.errors import DeliveryError
from headgate.kit.oauth import Refresher
from headgate.mapping import compile as compiled
from tests.simulation.setting import ready
from tests.simulation.world import Clock
from tests.unit.deliver.lanes import JOINED, Ward, event
from tests.unit.deliver.rig import virtual
from tests.unit.kit.engine import Answers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from headgate.deliver.ticks import Result

CANARY = "canary-that-nobody-sees"
HALF = "\ud800"  # of a surrogate pair, as JSON can hold it


class Account(Settings):
    token: str = declared("Token", secret=True)


class Door(Fields):
    address: str = declared("Address", secret=True)


class Message(Payload):
    text: str = declared("Text")
    webhook: str | None = declared("Webhook", secret=True)
    doors: list[Door] | None = declared("Doors")


async def attempted(
    perform: Callable[[Http, Message], Awaitable[Any]],
    answers: Answers | None = None,
    refresher: Callable[[Destination[Account]], Refresher] | None = None,
    **mapping: Any,
) -> Result:
    destination = Destination(
        "Bench", settings=Account, docs="https://example.com", auth=OAUTH if refresher else None
    )

    @destination.action("Say")
    async def say(http: Http, message: Message, _: Account) -> Response:
        """Say something."""
        response: Response = await perform(http, message)
        return response

    plain = {"token": CANARY}
    mapping = {"text": "hello", **mapping}
    subscription = PreparedSubscription(
        "most", destination.actions["say"], compiled(mapping), mapping
    )
    renewing = refresher(destination) if refresher else None
    prepared: Prepared = ready(JOINED)._replace(
        connected=Connected(destination, Account(**plain), renewing),
        subscriptions={"most": subscription},
        secrets=secret_values(destination, plain),
        refresher=renewing,
    )
    delivery = Delivery(Ward().lane, event(3), "most")
    return await Attempts(answers or Answers(), Clock())(delivery, prepared)


async def post(http: Http, message: Message) -> Response:
    return await http.post("https://api.test/", json=message.model_dump())


# faults of code


@virtual
async def test_an_action_that_gives_no_response_is_a_discard() -> None:
    async def forgets(http: Http, message: Message) -> None:
        await post(http, message)

    result = await attempted(forgets)
    assert result.outcome[:2] == (Ended.DISCARD, "destination_error: TypeError")
    assert result.request is not None


@virtual
async def test_half_a_surrogate_pair_in_a_secret_does_not_stop_deliver() -> None:
    async def fails(*_: object) -> Response:
        raise Discard(f"no {HALF} such address as {CANARY}{HALF}")

    result = await attempted(fails, webhook=f"{CANARY}{HALF}")
    assert result.outcome.reason == "discarded: no ? such address as ***"


@virtual
async def test_a_body_of_text_is_sampled() -> None:
    async def text(http: Http, _: Message) -> Response:
        body: Any = f"all of {CANARY}"
        return await http.post("https://api.test/", body=body)

    result = await attempted(text)
    assert result.request is not None
    assert result.request.endswith(b"\n\nall of ***")


@virtual
async def test_what_cannot_be_sampled_is_delivered_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(attempts, "sampled", broken)
    with capture_logs() as logs:
        result = await attempted(post)
    assert (result.outcome.ended, result.request, result.response) == (Ended.DELIVERED, None, None)
    assert [line["event"] for line in logs] == ["attempt.not_sampled"]


@virtual
async def test_an_error_that_cannot_say_what_it_is_is_told_by_its_name() -> None:
    class Mute(Retry):
        def __str__(self) -> str:
            raise ZeroDivisionError

    async def fails(*_: object) -> Response:
        raise Mute("x")

    assert (await attempted(fails)).outcome[:2] == (Ended.RETRY, "Mute")


# renewed tokens

OAUTH = OAuth2(authorize="https://a.test/ask", token="https://a.test/token", header="X-Pass")  # noqa: S106
RENEWED = Tokens("access-renewed", "refresh-renewed")


class Kept:
    """Tokens that were renewed long ago: the settings hold others."""

    async def read(self) -> Tokens:
        return RENEWED

    async def replace(self, stale: Tokens, fresh: Tokens) -> Tokens:
        raise NotImplementedError


class Unreadable(Kept):
    async def read(self) -> Tokens:
        if self.asked:
            raise OSError(CANARY)
        self.asked = True
        return RENEWED

    asked = False


def through(store: Kept) -> Callable[[Destination[Account]], Refresher]:
    return lambda destination: Refresher(destination, Client("client", "secret"), store)


@virtual
async def test_renewed_tokens_stay_out_of_the_record() -> None:
    answer = Response(400, (), b"not with access-renewed, nor refresh-renewed")
    result = await attempted(post, Answers(answer), through(Kept()))
    assert result.response == b"400\n\nnot with ***, nor ***"
    assert result.request is not None
    assert b"renewed" not in result.request


@virtual
async def test_a_reason_is_withheld_when_the_secrets_in_it_cannot_be_told() -> None:
    async def fails(*_: object) -> Response:
        raise Retry("not with access-renewed")

    with capture_logs() as logs:
        result = await attempted(fails, None, through(Unreadable()))
    assert result.outcome[:2] == (Ended.RETRY, WITHHELD)
    assert (result.request, CANARY in str(logs)) == (None, False)


# shapes


@pytest.mark.parametrize(
    ("mapping", "secret"),
    [
        ({"webhook": [f"https://hooks.test/{CANARY}"]}, f"https://hooks.test/{CANARY}"),
        ({"webhook": f"https://hooks.test/{CANARY}?a=1"}, f"https://hooks.test/{CANARY}?a=1"),
        ({"doors": [{"address": f"https://a.test/{CANARY}"}]}, f"https://a.test/{CANARY}"),
        ({"doors": [{"address": [f"https://a.test/{CANARY}"]}]}, f"https://a.test/{CANARY}"),
    ],
)
def test_secrets_of_a_payload_are_found_in_every_shape(mapping: Any, secret: str) -> None:
    async def send(http: Http, message: Message) -> Response:
        doors = [door.address for door in message.doors or []]
        return await http.post(message.webhook or doors[0], params={"b": "2"})

    @virtual
    async def sampled() -> None:
        answer = Response(400, (), f"no {secret}".encode())
        result = await attempted(send, Answers(answer), **mapping)
        assert result.request is not None
        assert result.response == b"400\n\nno ***"
        assert result.request.startswith(b"POST ***\n")

    sampled()


# what authors say


@pytest.mark.parametrize("kind", [Retry, Discard, Disconnect])
def test_what_an_author_raises_is_recorded_without_secrets(kind: type[DeliveryError]) -> None:
    async def fails(*_: object) -> Response:
        raise kind(f"refused {CANARY} at door-canary")

    @virtual
    async def recorded() -> None:
        reason = (await attempted(fails, webhook="door-canary")).outcome.reason
        assert reason.removeprefix("discarded: ") == "refused *** at ***"

    recorded()


@virtual
async def test_the_log_of_a_fault_says_where_it_is_and_no_secret() -> None:
    async def fails(*_: object) -> Response:
        try:
            return Response(int(CANARY))
        except ValueError as error:
            raise LookupError(f"cannot use {CANARY}") from error

    with capture_logs() as logs:
        result = await attempted(fails)
    assert result.outcome.reason == "destination_error: LookupError"
    (line,) = logs
    assert (line["error"], line["said"]) == ("LookupError", "cannot use ***")
    assert "test_attempt_secrets.py:" in line["at"]
    assert CANARY not in str(line)
    assert "exc_info" not in line
