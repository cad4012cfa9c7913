"""A test event goes out as deliveries do: signed, guarded, judged by their table, told masked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headgate.clock import SystemClock
from headgate.control.errors import Refused
from headgate.control.sending import Trying
from headgate.folder import DataFolder
from headgate.services import testing
from headgate.services.testing import EventTester
from headgate.settings import load
from headgate.store.secrets import SecretBox, secret_place
from headgate.store.snapshot import Subscription
from tests.contracts.transport.scripted_server import serving
from tests.simulation.setting import ready, snapshot
from tests.unit.deliver.lanes import JOINED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from headgate.control.sending import Sent
    from tests.contracts.transport.scripted_server import Peer, Received, Server

SECRET = "s3cr3t-of-the-hook"  # noqa: S105 - nobody's
EVENT = {"type": "track", "event": "Seen", "userId": "ann", "messageId": "m-1"}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async def answer(received: Received, peer: Peer) -> None:
        status = received.line.split(" ")[1].strip("/") or "200"
        if status == "never":
            await peer.gone()
            return
        await peer.answer(b'{"echo": "%b"}' % SECRET.encode(), status=f"{status} Said")

    async with serving(answer) as there:
        yield there


class Bench:
    def __init__(self, folder: DataFolder, **settings: Any) -> None:
        self.box = SecretBox.load(folder, {}, create=True)
        self.testing = EventTester(folder, load(data=folder.root, **settings), SystemClock())

    async def send(self, url: str) -> Sent:
        source = snapshot([JOINED]).sources[JOINED.source]
        hook = Subscription(
            id="sub",
            name="Hook",
            action="send",
            enabled=True,
            fql="strict",
            trigger='type = "track"',
            mapping={"url": url, "data": {"@path": "$."}},
        )
        of = ready(JOINED).connection
        sealed = self.box.seal(SECRET, secret_place(of.workspace, of.id, "sharedSecret"))
        connection = msgspec.structs.replace(
            of, destination="webhook", settings={"sharedSecret": sealed}, subscriptions=(hook,)
        )
        return await self.testing(Trying(connection, source, EVENT))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(DataFolder(tmp_path).make(), egress_allow="127.0.0.0/8")
    yield made
    await made.testing.close()


async def test_what_is_answered_with_success_is_delivered(bench: Bench, server: Server) -> None:
    sent = await bench.send(server.url("/"))
    assert (sent.outcome, sent.follows, sent.status, sent.wait_ms) == (
        "delivered",
        "delivered",
        200,
        None,
    )
    (request,) = server.requests
    assert msgspec.json.decode(request.body) == EVENT
    assert request.header("X-Signature")
    again = await bench.send(server.url("/"))
    first, second = (each.header("Idempotency-Key") for each in server.requests)
    assert (first != second, again.outcome) == (True, "delivered"), "each test is one of its own"


async def test_nobody_is_shown_a_secret(bench: Bench, server: Server) -> None:
    sent = await bench.send(server.url("/"))
    assert "X-Signature: ***" in (sent.request or "")
    assert (sent.response or "").endswith('{"echo": "***"}')
    assert SECRET not in str(sent)


@pytest.mark.parametrize(
    ("status", "outcome", "follows", "reason"),
    [
        (503, "retry", "parked", "http_503"),
        (429, "retry", "parked", "http_429"),
        (400, "discard", "dead_lettered", "http_400"),
        (401, "disconnect", "parked", "http_401"),
    ],
)
async def test_an_answer_is_judged_as_one_to_a_delivery(
    bench: Bench, server: Server, status: int, outcome: str, follows: str, reason: str
) -> None:
    sent = await bench.send(server.url(f"/{status}"))
    assert (sent.status, sent.outcome, sent.follows, sent.reason) == (
        status,
        outcome,
        follows,
        reason,
    )
    assert (sent.wait_ms is not None) is (follows == "parked")


async def test_the_guard_is_asked_before_anything_is_dialled(
    tmp_path: Path, server: Server
) -> None:
    guarded = Bench(DataFolder(tmp_path).make())
    try:
        sent = await guarded.send(server.url("/"))
    finally:
        await guarded.testing.close()
    assert sent.reason == "transport_blocked"
    assert server.requests == []


async def test_whoever_does_not_answer_is_not_waited_for_long(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testing, "TEST_SECONDS", 0.3)
    with pytest.raises(Refused, match="did not answer within"):
        await bench.send(server.url("/never"))


async def test_only_so_many_are_sent_at_a_time(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testing, "TEST_SECONDS", 1.0)
    monkeypatch.setattr(testing, "MOST_AT_ONCE", 1)
    slow = asyncio.ensure_future(bench.send(server.url("/never")))
    await asyncio.sleep(0.1)
    with pytest.raises(Refused, match="under way"):
        await bench.send(server.url("/"))
    with pytest.raises(Refused, match="did not answer"):
        await slow
    assert (await bench.send(server.url("/"))).outcome == "delivered"


async def test_a_connection_that_does_not_compile_is_told(bench: Bench) -> None:
    source = snapshot([JOINED]).sources[JOINED.source]
    wrong = msgspec.structs.replace(
        ready(JOINED).connection, destination="webhook", settings={"unknown": 1}, subscriptions=()
    )
    with pytest.raises(Refused, match="cannot be used as it is"):
        await bench.testing(Trying(wrong, source, EVENT))
