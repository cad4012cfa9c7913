from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from headgate.kit.http.request import Request
from tests.contracts.transport.asking import post
from tests.contracts.transport.scripted_server import serving

if TYPE_CHECKING:
    from tests.contracts.transport.conftest import Made
    from tests.contracts.transport.scripted_server import Peer, Received


async def test_an_answer_comes_back_whole(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.answer(b'{"id": 7}', status="201 Created", extra="X-Odd:  two words \r\n")

    async with serving(answer) as server:
        response = await made().send(post(server.url()))
    assert (response.status, response.body) == (201, b'{"id": 7}')
    assert response.headers[:2] == (("Content-Type", "application/json"), ("X-Odd", "two words"))
    assert response.header("content-length") == "9"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_an_answer_that_has_no_body_ends_with_its_headers(made: Made, status: str) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say(f"HTTP/1.1 {status}\r\nX-A: b\r\n\r\n")

    async with serving(answer) as server:
        transport = made()
        for _ in range(3):
            response = await transport.send(post(server.url()))
            assert (response.status, response.headers, response.body) == (
                int(status[:3]),
                (("X-A", "b"),),
                b"",
            )
    assert server.connections == 1


async def test_the_answer_to_head_has_a_length_and_no_body(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say("HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n")

    async with serving(answer) as server:
        transport = made()
        for _ in range(3):
            response = await transport.send(Request("HEAD", server.url()))
            assert (response.header("content-length"), response.body) == ("900000", b"")
    assert server.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_is_not_followed(made: Made, status: int) -> None:
    async with serving() as target:

        async def answer(_: Received, peer: Peer) -> None:
            await peer.answer(status=f"{status} There", extra=f"Location: {target.url()}\r\n")

        async with serving(answer) as server:
            response = await made().send(post(server.url()))
        assert (response.status, response.header("location")) == (status, target.url())
    assert (len(server.requests), target.connections) == (1, 0)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 413, 429, 500, 503, 599])
async def test_every_status_is_an_answer(made: Made, status: int) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.answer(b"no", status=f"{status} No", extra="Retry-After: 7\r\n")

    async with serving(answer) as server:
        response = await made().send(post(server.url()))
    assert (response.status, response.body, response.header("retry-after")) == (status, b"no", "7")


async def test_interim_answers_are_passed_over(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say("HTTP/1.1 100 Continue\r\n\r\n")
        await peer.say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        await peer.answer(b"real")

    async with serving(answer) as server:
        transport = made()
        for _ in range(2):
            response = await transport.send(post(server.url()))
            assert (response.status, response.body) == (200, b"real")
            assert response.header("link") is None
    assert server.connections == 1


async def test_chunks_are_joined_and_trailers_left_out(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for chunk in ("3\r\nabc\r\n", "2;a=b\r\n", "de\r\n", "0\r\nX-Late: 1\r\n\r\n"):
            await peer.say(chunk)
            await asyncio.sleep(0)

    async with serving(answer) as server:
        transport = made()
        for _ in range(2):
            response = await transport.send(post(server.url()))
            assert (response.body, response.header("x-late")) == (b"abcde", None)
    assert server.connections == 1


async def test_a_body_without_a_length_ends_when_the_server_closes(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say("HTTP/1.1 200 OK\r\n\r\nall ")
        await asyncio.sleep(0.01)
        await peer.say("of it")
        peer.close()

    async with serving(answer) as server:
        transport = made()
        assert (await transport.send(post(server.url()))).body == b"all of it"
        assert (await transport.send(post(server.url()))).body == b"all of it"
    assert server.connections == 2


async def test_a_compressed_body_is_handed_over_as_it_came(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.answer(b"\x1f\x8b bytes", extra="Content-Encoding: gzip\r\n")

    async with serving(answer) as server:
        assert (await made().send(post(server.url()))).body == b"\x1f\x8b bytes"
