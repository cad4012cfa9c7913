from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pycurl
import pytest

from headgate.kit.http.request import Request
from tests.contracts.transport.asking import failure, get, post, until
from tests.contracts.transport.scripted_server import black_hole, never, serving, unwilling

if TYPE_CHECKING:
    from tests.contracts.transport.conftest import Made
    from tests.contracts.transport.scripted_server import Peer, Received


async def test_a_hundred_requests_in_turn_need_one_connection(made: Made) -> None:
    async with serving() as server:
        transport = made()
        for n in range(100):
            await transport.send(post(server.url(f"/{n}"), b"x" * n))
    assert (server.connections, len(server.requests)) == (1, 100)


async def test_two_origins_never_share_a_connection(made: Made) -> None:
    async with serving() as server:
        transport = made()
        for host in ("one.test", "localhost", "one.test", "localhost"):
            await transport.send(get(server.url(host=host)))
    hosts = {request.connection: request.header("host") for request in server.requests}
    assert sorted(hosts.values()) == [f"localhost:{server.port}", f"one.test:{server.port}"]


async def test_a_connection_that_the_server_closed_at_rest_is_replaced(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.answer()
        peer.close()

    async with serving(answer) as server:
        transport = made()
        for _ in range(5):
            await transport.send(post(server.url()))
            await asyncio.sleep(0.05)
    assert (server.connections, len(server.requests)) == (5, 5)


async def test_a_connection_the_server_will_close_is_not_used_again(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.answer(extra="Connection: close\r\n")

    async with serving(answer) as server:
        transport = made()
        for _ in range(3):
            await transport.send(post(server.url()))
    assert server.connections == 3


async def test_a_misdirected_request_goes_over_another_connection(made: Made) -> None:
    async def answer(received: Received, peer: Peer) -> None:
        await peer.answer(
            status="421 Misdirected Request" if received.connection == 1 else "200 OK"
        )

    async with serving(answer) as server:
        transport = made()
        statuses = [(await transport.send(post(server.url()))).status for _ in range(4)]
    assert (statuses, server.connections) == ([421, 200, 200, 200], 2)


@pytest.mark.parametrize(
    ("method", "body"),
    [("POST", b"once"), ("POST", b""), ("GET", b""), ("PUT", b"once"), ("DELETE", b"")],
)
@pytest.mark.parametrize("how", ["reset", "close"])
async def test_what_a_dying_connection_swallowed_is_not_sent_again(
    made: Made, method: str, body: bytes, how: str
) -> None:
    async def answer(received: Received, peer: Peer) -> None:
        if received.nth == 1:
            await peer.answer()
        else:
            peer.reset() if how == "reset" else peer.close()

    async with serving(answer) as server:
        transport = made()
        await transport.send(Request(method, server.url("/first"), (), body))
        error = await failure(transport, Request(method, server.url("/second"), (), body))
        assert error.kind == "reset"
        assert (await transport.send(Request(method, server.url("/third"), (), body))).status == 200
    paths = [request.line.split()[1] for request in server.requests]
    assert paths == ["/first", "/second", "/third"]


FORGED = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"


@pytest.mark.parametrize("extra", [FORGED, FORGED[:-3], FORGED[:20], b"x"])
@pytest.mark.parametrize("pause", [0, 0.01])
async def test_bytes_nobody_asked_for_do_not_answer_the_next_request(
    made: Made, extra: bytes, pause: float
) -> None:
    async def answer(received: Received, peer: Peer) -> None:
        body = received.body
        own = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        if pause:
            await peer.say(own)
            await asyncio.sleep(pause)
            await peer.say(extra)
        else:
            await peer.say(own + extra)

    async with serving(answer) as server:
        transport = made()
        for body in (b"one", b"two", b"three"):
            assert (await transport.send(post(server.url(), body))).body == body
            await asyncio.sleep(0.03)
    assert server.connections == 3


async def test_two_hundred_at_once_get_each_its_own_answer(made: Made) -> None:
    async def answer(received: Received, peer: Peer) -> None:
        await asyncio.sleep(0.05)
        await peer.answer(received.body)

    async with serving(answer) as server:
        transport = made()
        bodies = [str(n).encode() for n in range(200)]
        responses = await asyncio.gather(*[transport.send(post(server.url(), b)) for b in bodies])
    assert [response.body for response in responses] == bodies
    assert server.connections <= 200


async def test_a_cancelled_request_leaves_nothing_behind(made: Made) -> None:
    async with serving(never) as hanging, serving() as server, black_hole() as port:
        transport = made()
        tasks = [
            asyncio.create_task(transport.send(request))
            for request in [
                *[post(hanging.url()) for _ in range(20)],
                get(f"http://127.0.0.1:{port}/"),
                get("https://dead.test/"),
            ]
        ]
        await until(lambda: len(hanging.requests) == 20)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(one) for one in ended} == {asyncio.CancelledError}
        await until(lambda: hanging.open == 0)
        assert (await transport.send(post(server.url()))).status == 200
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert left == set()


async def test_a_late_cancel_does_not_hurt_the_next_request(made: Made) -> None:
    """The answer and the cancel come in the same turn; the connection may rest already."""

    async def answer(received: Received, peer: Peer) -> None:
        await asyncio.sleep(0.002)
        await peer.answer(received.body)

    async with serving(answer) as server:
        transport = made()
        for n in range(40):
            first = asyncio.create_task(transport.send(post(server.url(), b"first")))
            await asyncio.sleep(0.0001 * n)
            first.cancel()
            second = await transport.send(post(server.url(), b"second"))
            assert second.body == b"second"
            await asyncio.gather(first, return_exceptions=True)


async def test_closing_ends_what_is_under_way(made: Made) -> None:
    async with serving(never) as server, black_hole() as port:
        transport = made()
        requests = [
            post(server.url()),
            get(f"http://127.0.0.1:{port}/"),
            get("https://dead.test/"),
        ]
        tasks = [asyncio.create_task(failure(transport, request)) for request in requests]
        await until(lambda: len(server.requests) == 1)
        await transport.close()
        errors = await asyncio.gather(*tasks)
        assert [error.kind for error in errors] == ["reset"] * 3
        await until(lambda: server.open == 0)
        assert (await failure(transport, post(server.url()))).kind == "reset"


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_descriptors_do_not_grow(made: Made) -> None:
    async with serving() as server, unwilling() as port:
        transport = made()
        await transport.send(post(server.url()))
        before = descriptors()
        for _ in range(50):
            await transport.send(post(server.url()))
            await failure(transport, get(f"http://127.0.0.1:{port}/"))
        assert descriptors() <= before + 2


async def test_control_libcurl_by_itself_does_send_again() -> None:
    """What the test above must catch: without our callback libcurl repeats a swallowed POST."""

    async def answer(received: Received, peer: Peer) -> None:
        if received.connection == 1 and received.nth == 2:
            peer.close()
        else:
            await peer.answer()

    async with serving(answer) as server:
        await asyncio.to_thread(send_twice_by_bare_libcurl, server.url("/again"))
    assert [(request.connection, request.nth) for request in server.requests] == [
        (1, 1),
        (1, 2),
        (2, 1),
    ]


def send_twice_by_bare_libcurl(url: str) -> None:
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.POSTFIELDS, b"once")
    curl.setopt(pycurl.WRITEFUNCTION, len)
    curl.perform()
    curl.perform()
    curl.close()


async def test_more_sockets_than_select_can_count(made: Made) -> None:
    """Anything built on select(2) ends at descriptor 1023."""

    async def answer(received: Received, peer: Peer) -> None:
        await asyncio.sleep(0.3)
        await peer.answer(received.body)

    async with serving(answer) as server:
        transport = made()
        bodies = [str(n).encode() for n in range(1100)]
        responses = await asyncio.gather(*[transport.send(post(server.url(), b)) for b in bodies])
        assert [response.body for response in responses] == bodies
        assert server.connections > 1024
