from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import msgspec
import pytest

from headgate.deliver.attempt import SAMPLE_EACH, Attempts, idempotency_key
from headgate.deliver.owed import Delivery
from headgate.deliver.prepared import Prepared, PreparedSubscription
from headgate.deliver.retry_policy import Ended
from headgate.kit import Destination, Discard, Http, Payload, Response, Retry, Settings
from headgate.kit import field as declared
from headgate.kit.connected import Connected
from headgate.kit.errors import TransportError
from headgate.mapping import compile as compiled
from tests.simulation.setting import ready
from tests.simulation.world import Clock
from tests.unit.deliver.lanes import JOINED, Ward, event
from tests.unit.deliver.rig import virtual
from tests.unit.kit.engine import Answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.deliver.ticks import Result

SECRET = "whsec_c2VjcmV0LXRoYXQtbm9ib2R5LXNlZXM="  # noqa: S105 - the one that must not be seen
PASSWORD = "p%ss wörd"  # noqa: S105
SLOW_MS = 250


class Account(Settings):
    token: str = declared("Token", "From the settings page.", secret=True)
    password: str = declared("Password", "Of the account.", secret=True)


class Message(Payload):
    text: str = declared("Text", "What to say.")
    webhook: str | None = declared("Webhook", "An address that lets in.", secret=True)


@dataclass
class Bench:
    """A destination that does as it is told, and attempts on it."""

    perform: Callable[[Http, Message, Account], Any]
    answers: Answers = field(default_factory=Answers)
    mapping: dict[str, Any] = field(default_factory=lambda: {"text": {"@path": "$.event"}})

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.attempts = Attempts(self.answers, self.clock)
        self.ward = Ward()

    def prepared(self) -> Prepared:
        destination = Destination(
            "Bench",
            settings=Account,
            docs="https://example.com",
            headers=lambda account: {"X-Token": account.token},
        )
        perform = self.perform

        @destination.action("Say")
        async def say(http: Http, message: Message, account: Account) -> Response:
            """Say something."""
            response: Response = await perform(http, message, account)
            return response

        plain = {"token": SECRET, "password": PASSWORD}
        subscription = PreparedSubscription(
            "most", destination.actions["say"], compiled(self.mapping), self.mapping
        )
        return ready(JOINED)._replace(
            connected=Connected(destination, Account(**plain)),
            subscriptions={"most": subscription},
            secrets=(SECRET, PASSWORD),
            snapshot=7,
        )

    async def attempt(self, name: str = "Seen") -> Result:
        return await self.attempts(
            Delivery(self.ward.lane, event(3, name), "most"), self.prepared()
        )


async def post(http: Http, message: Message, account: Account) -> Response:
    body = {"text": message.text, "token": account.token, "password": account.password}
    return await http.post("https://api.test/say", json=body, params={"key": account.token})


@virtual
async def test_an_attempt_tells_what_came_of_it_and_when() -> None:
    bench = Bench(post)
    result = await bench.attempt()
    assert result.outcome[:3] == (Ended.DELIVERED, "", 200)
    assert (result.started, result.snapshot) == (bench.clock.now_ms(), 7)


@virtual
async def test_every_attempt_of_a_delivery_has_the_same_key_and_no_other_has_it() -> None:
    bench = Bench(post)
    for name in ("Seen", "Seen", "Paid"):
        await bench.attempt(name)
    keys = [dict(request.headers)["Idempotency-Key"] for request in bench.answers.requests]
    assert keys[0] == keys[1] != keys[2]


def test_the_key_tells_apart_all_that_makes_a_delivery() -> None:
    keys = {
        idempotency_key("source", "message", "connection", "subscription"),
        idempotency_key("source2", "message", "connection", "subscription"),
        idempotency_key("source", "message2", "connection", "subscription"),
        idempotency_key("source", "message", "connection2", "subscription"),
        idempotency_key("source", "message", "connection", "subscription2"),
        idempotency_key("source", "message", "connection", "subscription", 1),
    }
    assert len(keys) == 6
    assert idempotency_key("a", "bc", "d", "e") != idempotency_key("ab", "c", "d", "e")


@virtual
async def test_no_answer_is_a_retry_of_its_kind() -> None:
    bench = Bench(post, Answers(TransportError("it took too long", kind="timeout")))
    outcome = (await bench.attempt()).outcome
    assert (outcome.ended, outcome.kind, outcome.status) == (Ended.RETRY, "timeout", None)


@virtual
async def test_a_mapping_that_gives_no_payload_is_a_discard_that_says_why() -> None:
    bench = Bench(post, mapping={"text": {"@path": "$.nowhere"}})
    outcome = (await bench.attempt()).outcome
    assert outcome.ended is Ended.DISCARD
    assert "'text'" in outcome.reason
    assert bench.answers.requests == []


@virtual
async def test_what_an_author_raises_is_the_outcome() -> None:
    async def busy(*_: object) -> Response:
        raise Retry("busy", after=9.0)

    async def never(*_: object) -> Response:
        raise Discard("no such list")

    async def broken(*_: object) -> Response:
        raise ZeroDivisionError

    ended = [(await Bench(perform).attempt()).outcome for perform in (busy, never, broken)]
    assert [(each.ended, each.reason, each.after) for each in ended] == [
        (Ended.RETRY, "busy", 9.0),
        (Ended.DISCARD, "discarded: no such list", None),
        (Ended.DISCARD, "destination_error: ZeroDivisionError", None),
    ]


# samples


@virtual
async def test_failures_and_first_successes_are_sampled_and_then_one_in_a_hundred() -> None:
    bench = Bench(post)
    kept = [(await bench.attempt()).request is not None for _ in range(2 * SAMPLE_EACH)]
    assert [at for at, is_kept in enumerate(kept, start=1) if is_kept] == [1, 100, 200]
    failing = Bench(post, Answers(Response(500)))
    assert all([(await failing.attempt()).request is not None for _ in range(5)])


@virtual
async def test_a_sample_shows_what_was_sent_and_answered() -> None:
    bench = Bench(post, Answers(Response(400, (("Content-Type", "text/plain"),), b"no such text")))
    result = await bench.attempt()
    assert result.request is not None
    assert result.request.startswith(b"POST https://api.test/say\n")
    assert b'"text":"Seen"' in result.request
    assert result.response == b"400\nContent-Type: text/plain\n\nno such text"


@virtual
async def test_a_sample_of_no_answer_says_how_it_failed() -> None:
    bench = Bench(post, Answers(TransportError("api.test gave up", kind="reset")))
    assert (await bench.attempt()).response == b"reset: api.test gave up"


@pytest.mark.parametrize(
    "answer",
    [
        Response(500, (), f"you sent {SECRET}".encode()),
        Response(500, (("X-Echo", f"Bearer {SECRET}"), ("Set-Cookie", "session=abcdef")), b""),
        Response(500, (), PASSWORD.encode()),
        TransportError(f"could not send {SECRET}", kind="protocol"),
    ],
)
def test_secrets_never_appear_in_a_sample(answer: Response | TransportError) -> None:
    @virtual
    async def sampled() -> None:
        result = await Bench(post, Answers(answer)).attempt()
        for sample in (result.request, result.response):
            assert sample is not None
            for secret in (SECRET, PASSWORD, "session=abcdef"):
                assert secret.encode() not in sample

    sampled()


@virtual
async def test_a_sample_has_no_query_and_no_more_than_four_kilobytes() -> None:
    async def much(http: Http, message: Message, _: Account) -> Response:
        body = {"text": message.text * 5000}
        return await http.post("https://api.test/say", json=body, params={"email": "ann@test"})

    result = await Bench(much, Answers(Response(500, (), b"x" * 60_000))).attempt()
    assert result.request is not None
    assert result.response is not None
    assert b"ann" not in result.request
    assert len(result.request) == len(result.response) == 4096


@virtual
async def test_a_secret_does_not_appear_where_a_long_answer_is_cut() -> None:
    for padding in range(4096 - len(SECRET), 4096):
        answer = Response(500, (), b"x" * padding + SECRET.encode())
        result = await Bench(post, Answers(answer)).attempt()
        assert result.response is not None
        assert SECRET[:12].encode() not in result.response


@pytest.mark.parametrize(
    ("how", "secret"),
    [("json", 'say "friend"'), ("form", "a/b+c secret"), ("path", "a/b+c secret")],
)
def test_a_secret_does_not_appear_in_the_form_that_it_was_sent_in(how: str, secret: str) -> None:
    encoded = {
        "json": msgspec.json.encode(secret)[1:-1],
        "form": quote_plus(secret).encode(),
        "path": quote(secret, safe="").encode(),
    }[how]

    async def send(http: Http, message: Message, _: Account) -> Response:
        if how == "path":
            return await http.post(f"https://api.test/{encoded.decode()}", json=message.text)
        return await http.post("https://api.test/", body=encoded)

    @virtual
    async def sampled() -> None:
        bench = Bench(send, Answers(Response(500)))
        prepared = bench.prepared()._replace(secrets=(secret,))
        delivery = Delivery(bench.ward.lane, event(3), "most")
        result = await bench.attempts(delivery, prepared)
        assert result.request is not None
        assert encoded not in result.request

    sampled()


@virtual
async def test_a_secret_of_the_payload_stays_out_of_the_record() -> None:
    async def say(http: Http, message: Message, _: Account) -> Response:
        return await http.post("https://api.test/say", json={"to": message.webhook})

    mapping = {"text": "x", "webhook": {"@template": "hook-canary-{{event}}"}}
    result = await Bench(say, mapping=mapping).attempt("Seen")
    assert result.request is not None
    assert b"***" in result.request
    assert b"canary" not in result.request
