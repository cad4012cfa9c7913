from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from headgate.kit import Retry
from tests.contracts.transport.asking import failure, get, post
from tests.contracts.transport.scripted_server import black_hole, never, serving, unwilling

if TYPE_CHECKING:
    from tests.contracts.transport.conftest import Made
    from tests.contracts.transport.scripted_server import Peer, Received


CHUNKED = "Transfer-Encoding: chunked"


async def test_a_refused_connection_says_so(made: Made) -> None:
    async with unwilling() as port:
        error = await failure(made(), get(f"http://127.0.0.1:{port}/secret?token=1"))
    assert error.kind == "connect"
    assert f"127.0.0.1:{port}" in str(error)
    assert "secret" not in str(error)


async def test_a_server_that_hangs_ends_at_the_deadline(made: Made) -> None:
    async with serving(never) as server:
        started = time.monotonic()
        error = await failure(made(), post(server.url(), timeout=0.3))
        took = time.monotonic() - started
    assert error.kind == "timeout"
    assert 0.29 < took < 0.6


async def test_a_connection_into_a_black_hole_ends_at_its_deadline(made: Made) -> None:
    async with black_hole() as port:
        started = time.monotonic()
        error = await failure(made(), get(f"http://127.0.0.1:{port}/", connect_timeout=0.3))
        assert time.monotonic() - started < 1
        total = await failure(made(), get(f"http://127.0.0.1:{port}/", timeout=0.3))
    assert (error.kind, total.kind) == ("timeout", "timeout")


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("part", ["", "HTTP/1.1 200 OK\r\nCont"])
async def test_a_connection_that_breaks_within_the_headers_is_a_reset(
    made: Made, part: str, how: str
) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say(part)
        await asyncio.sleep(0.02)
        peer.reset() if how == "reset" else peer.close()

    async with serving(answer) as server:
        assert (await failure(made(), post(server.url()))).kind == "reset"
    assert len(server.requests) == 1


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("framing", ["Content-Length: 9\r\n\r\n", f"{CHUNKED}\r\n\r\n3\r\n"])
async def test_an_answer_whose_body_breaks_off_is_one_and_says_so(
    made: Made, framing: str, how: str
) -> None:
    """The other side has the request: its status says what became of it."""

    async def answer(_: Received, peer: Peer) -> None:
        await peer.say(f"HTTP/1.1 202 Accepted\r\nX-A: b\r\n{framing}abc")
        await asyncio.sleep(0.02)
        peer.reset() if how == "reset" else peer.close()

    async with serving(answer) as server:
        transport = made()
        for connections in (1, 2):
            response = await transport.send(post(server.url()))
            assert (response.status, response.header("x-a")) == (202, "b")
            assert response.is_cut
            assert "abc".startswith(response.text)
            assert server.connections == connections
            with pytest.raises(Retry, match="broke off"):
                response.json()


async def test_an_answer_that_drips_ends_at_the_total_deadline(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            await peer.say("x")
            await asyncio.sleep(0.01)

    async with serving(answer) as server:
        started = time.monotonic()
        error = await failure(made(), post(server.url(), timeout=0.3))
        assert time.monotonic() - started < 0.6
    assert error.kind == "timeout"


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
async def test_a_body_over_the_cap_is_cut_and_one_at_the_cap_is_not(
    made: Made, framing: str
) -> None:
    async def answer(request: Received, peer: Peer) -> None:
        body = b"x" * int(request.body)
        if framing == "length":
            await peer.answer(body)
        elif framing == "chunked":
            chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
            await peer.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
        else:
            await peer.say(b"HTTP/1.1 200 OK\r\n\r\n" + body)
            peer.close()

    async with serving(answer) as server:
        transport = made()
        fits = await transport.send(post(server.url(), b"5000", max_body=5000))
        assert (len(fits.body), fits.is_cut) == (5000, False)
        for length in (b"5001", b"50000000"):
            before = server.connections
            cut = await transport.send(post(server.url(), length, max_body=5000))
            assert (cut.status, cut.is_cut) == (200, True)
            assert len(cut.body) <= 5000
            await transport.send(post(server.url(), b"1"))
            assert server.connections > before, "the rest of it answers nothing"


@pytest.mark.parametrize("shape", ["one long line", "many lines", "no end"])
async def test_headers_over_the_cap_are_too_large(made: Made, shape: str) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n")
        if shape == "one long line":
            await peer.say("X-Long: " + "x" * 40_000 + "\r\n\r\n")
        elif shape == "many lines":
            await peer.say("X-Many: 0123456789\r\n" * 2_000 + "\r\n")
        else:
            while True:
                await peer.say("X-Endless: 0123456789\r\n" * 100)

    async with serving(answer) as server:
        error = await failure(made(), post(server.url(), timeout=5))
    assert error.kind == "too_large"


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/9 200 OK\r\n\r\n",
        "hello\r\n\r\n",
        "<html>no headers</html>",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    ],
)
async def test_what_is_no_http_is_a_protocol_error(made: Made, answer: str) -> None:
    async def say(_: Received, peer: Peer) -> None:
        await peer.say(answer)
        await asyncio.sleep(0.05)
        peer.close()

    async with serving(say) as server:
        error = await failure(made(), post(server.url(), timeout=2))
    assert error.kind == "protocol", error


async def test_a_switch_of_protocols_is_no_answer(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
        )

    async with serving(answer) as server:
        error = await failure(made(), post(server.url(), timeout=0.3))
    assert error.kind in {"protocol", "timeout", "reset"}


async def test_an_answer_before_the_whole_request_was_read_counts(made: Made) -> None:
    """The server reads the head only, answers, and lets the body pile up."""
    served: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=1000)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    transport = made()
    for n in (1, 2):
        response = await transport.send(post(url, bytes(20_000_000)))
        assert (response.status, response.body, len(served)) == (413, b"no", n)
    server.close()
    for writer in served:
        writer.close()
