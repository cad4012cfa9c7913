"""What every transport must do, run on both of them and on both event loops."""

from __future__ import annotations

import asyncio
import os
import time
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, Protocol

import pytest
import uvloop

from headgate.deliver.transport import CurlTransport, Egress, H1Transport, HttpTransport, Resolver
from headgate.kit.errors import TransportError
from headgate.kit.request import Request, Response
from tests.contracts.scripted_nameserver import SERVFAIL, naming
from tests.contracts.scripted_server import (
    Peer,
    Received,
    black_hole,
    never,
    plainly,
    serving,
    unwilling,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}
TRANSPORTS = {"curl": CurlTransport, "h1": H1Transport, "both": HttpTransport}
LOOPBACK = "127.0.0.0/8"


class Sender(Protocol):
    async def send(self, request: Request) -> Response: ...
    async def close(self) -> None: ...


class Made:
    """Makes transports of one kind and closes them at the end."""

    def __init__(self, kind: type[Any], hosts: Path) -> None:
        self._kind = kind
        self._hosts = hosts
        self._made: list[Sender | Resolver] = []

    def __call__(
        self, *allow: str, nameserver: str = "127.0.0.1:9", **options: Any
    ) -> Sender:
        resolver = Resolver(nameservers=[nameserver], hosts=self._hosts)
        egress = Egress([ip_network(text) for text in allow or (LOOPBACK,)])
        transport: Sender = self._kind(egress, resolver, **options)
        self._made += [transport, resolver]
        return transport

    async def close(self) -> None:
        for made in self._made:
            await made.close()


@pytest.fixture(params=TRANSPORTS)
async def made(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Made]:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 one.test\n127.0.0.1 two.test\n127.0.0.2 two.test\n")
    makes = Made(TRANSPORTS[request.param], hosts)
    yield makes
    await makes.close()


def get(url: str, **limits: Any) -> Request:
    return Request("GET", url, **limits)


def post(url: str, body: bytes = b'{"type": "track"}', **limits: Any) -> Request:
    return Request("POST", url, (("Content-Type", "application/json"),), body, **limits)


async def failure(transport: Sender, request: Request) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await transport.send(request)
    return caught.value


# Answers.


async def test_an_answer_comes_back_whole(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.answer(b'{"id": 7}', status="201 Created", extra="X-Odd:  two words \r\nx: \xe9\r\n")

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


# Requests.


async def test_the_server_gets_the_request_as_it_was_given(made: Made) -> None:
    given = (
        ("content-type", "application/json; charset=utf-8"),
        ("X-Twice", "first"),
        ("x-twice", "second"),
        ("Authorization", "Bearer a:b c"),
        ("X-Empty", ""),
        ("Accept", "application/json"),
        ("X-Name", "Zoë"),
        ("User-Agent", "Headgate/0.1.0"),
    )
    body = bytes(range(256))
    async with serving() as server:
        await made().send(Request("POST", server.url("/a/../b//c%2F?q=a%20b&x={}"), given, body))
    [request] = server.requests
    assert request.line == "POST /a/../b//c%2F?q=a%20b&x={} HTTP/1.1"
    assert request.body == body
    names = [name for name, _ in given]
    sent = [pair for pair in _unfolded(request) if pair[0] in names]
    assert sent == [(name, value.encode().decode("latin-1")) for name, value in given]
    others = {name: value for name, value in _unfolded(request) if name not in names}
    assert others == {
        "Host": f"127.0.0.1:{server.port}",
        "Accept-Encoding": "identity",
        "Content-Length": "256",
    }


def _unfolded(request: Received) -> list[tuple[str, str]]:
    """A header without a value may come with or without the space after its colon."""
    return [(name.removesuffix(":"), value) for name, value in request.headers]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("body", [b"", b"x"])
async def test_each_method_carries_a_body_or_none(made: Made, method: str, body: bytes) -> None:
    async with serving() as server:
        transport = made()
        for _ in range(2):
            await transport.send(Request(method, server.url("/p"), (), body))
    for request in server.requests:
        assert (request.line, request.body) == (f"{method} /p HTTP/1.1", body)
        length = [value for name, value in request.headers if name == "Content-Length"]
        expected = [str(len(body))] if body or method in {"POST", "PUT", "PATCH"} else []
        assert length == expected
        assert {name for name, _ in request.headers} <= {"Host", "Accept-Encoding", "Content-Length"}


async def test_a_path_is_written_in_ascii(made: Made) -> None:
    async with serving() as server:
        await made().send(get(server.url("/für uns?q=ä#part")))
    assert server.requests[0].line == "GET /f%C3%BCr%20uns?q=%C3%A4 HTTP/1.1"


async def test_a_large_body_arrives_whole(made: Made) -> None:
    body = os.urandom(3_000_000)
    async with serving() as server:
        await made().send(post(server.url(), body))
    assert server.requests[0].body == body


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nX-B: b"),
        ("X-A", "a\nb"),
        ("X-A", "a\rb"),
        ("X-A", "a\0b"),
        ("X-A\r\nX-B", "b"),
        ("X A", "b"),
        ("X-A:", "b"),
        ("", "b"),
        ("Host", "other.test"),
        ("content-length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
    ],
)
async def test_a_header_that_would_change_the_message_is_refused(
    made: Made, name: str, value: str
) -> None:
    async with serving() as server:
        error = await failure(made(), Request("POST", server.url(), ((name, value),), b"x"))
    assert (error.kind, server.connections) == ("protocol", 0)


async def test_an_unknown_method_is_refused(made: Made) -> None:
    async with serving() as server:
        assert (await failure(made(), Request("GET / HTTP/1.1\r\nX:", server.url()))).kind == "protocol"
        assert (await failure(made(), Request("CONNECT", server.url()))).kind == "protocol"
    assert server.connections == 0


async def test_cookies_are_not_kept(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.answer(extra="Set-Cookie: a=b; Path=/\r\n")

    async with serving(answer) as server:
        transport = made()
        await transport.send(get(server.url()))
        await transport.send(get(server.url()))
    assert all(name != "Cookie" for request in server.requests for name, _ in request.headers)


async def test_proxies_of_the_environment_are_not_asked(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving() as proxy, serving() as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url())
        await made().send(get(server.url()))
    assert (len(server.requests), proxy.connections) == (1, 0)


# Failures.


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
@pytest.mark.parametrize("part", ["", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
async def test_a_connection_that_breaks_within_the_answer_is_a_reset(
    made: Made, part: str, how: str
) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say(part)
        await asyncio.sleep(0.02)
        peer.reset() if how == "reset" else peer.close()

    async with serving(answer) as server:
        assert (await failure(made(), post(server.url()))).kind == "reset"
    assert len(server.requests) == 1


async def test_a_chunked_body_that_is_cut_off_is_a_reset(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        peer.close()

    async with serving(answer) as server:
        assert (await failure(made(), post(server.url()))).kind == "reset"


async def test_an_answer_that_drips_ends_at_the_total_deadline(made: Made) -> None:
    async def answer(_: Received, peer: Peer) -> None:
        await peer.say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            await peer.say("x")
            await asyncio.sleep(0.01)

    async with serving(answer) as server:
        started = time.monotonic()
        error = await failure(made(), post(server.url(), timeout=0.3))
        assert time.monotonic() - started < 0.6
    assert error.kind == "timeout"


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
async def test_a_body_over_the_cap_is_too_large_and_one_at_the_cap_is_not(
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
        assert len(fits.body) == 5000
        error = await failure(transport, post(server.url(), b"5001", max_body=5000))
        assert error.kind == "too_large"
        endless = await failure(transport, post(server.url(), b"50000000", max_body=5000))
        assert endless.kind == "too_large"


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
        await peer.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")

    async with serving(answer) as server:
        error = await failure(made(), post(server.url(), timeout=0.3))
    assert error.kind in {"protocol", "timeout", "reset"}


async def test_an_answer_before_the_whole_request_was_read_counts(made: Made) -> None:
    async def greeting(peer: Peer) -> None:
        await peer.say("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        await asyncio.sleep(0.2)
        peer.close()

    async with serving(never, greeting=greeting) as server:
        response = await made().send(post(server.url(), b"x" * 100))
    assert (response.status, response.body) == (413, b"no")


# Names and addresses.


async def test_a_dead_name_ends_at_its_deadline_and_holds_nobody_up(made: Made) -> None:
    names = {"dead.test": [None], "live.test": [["127.0.0.1"]]}
    async with serving() as server, naming(names) as nameserver:
        transport = made(nameserver=nameserver.address)
        live = server.url(host="live.test")
        await transport.send(get(live))
        dead = [
            asyncio.create_task(failure(transport, get("https://dead.test/", timeout=0.3)))
            for _ in range(50)
        ]
        slowest = 0.0
        started = time.monotonic()
        while not all(task.done() for task in dead):
            before = time.monotonic()
            await transport.send(get(live))
            slowest = max(slowest, time.monotonic() - before)
        took = time.monotonic() - started
    assert {task.result().kind for task in dead} == {"dns"}
    assert 0.25 < took < 0.7
    assert slowest < 0.1
    assert len(server.requests) > 50


async def test_a_name_that_does_not_exist_says_so(made: Made) -> None:
    async with naming({"broken.test": [SERVFAIL]}) as nameserver:
        transport = made(nameserver=nameserver.address)
        for host in ("nowhere.test", "broken.test"):
            error = await failure(transport, get(f"https://{host}/path"))
            assert (error.kind, host in str(error)) == ("dns", True)


async def test_the_next_address_is_tried_when_the_first_refuses(made: Made) -> None:
    async with serving(host="127.0.0.2") as server:
        transport = made()
        for _ in range(3):
            response = await transport.send(post(server.url(host="two.test")))
            assert response.status == 200
        await asyncio.gather(*[transport.send(post(server.url(host="two.test"))) for _ in range(5)])
    assert {request.header("host") for request in server.requests} == {f"two.test:{server.port}"}


async def test_the_next_address_is_tried_when_the_first_is_a_black_hole(made: Made) -> None:
    async with serving(host="127.0.0.2") as server, black_hole("127.0.0.1", server.port):
        transport = made()
        started = time.monotonic()
        request = post(server.url(host="two.test"), connect_timeout=0.6)
        assert (await transport.send(request)).status == 200
        first = time.monotonic() - started
        assert (await transport.send(request)).status == 200
        second = time.monotonic() - started - first
    assert 0.2 < first < 0.6
    assert second < 0.1


async def test_without_an_allow_list_nothing_on_loopback_is_dialled(made: Made) -> None:
    names: dict[str, list[list[str] | int | None]] = {
        "inner.test": [["127.0.0.1"]],
        "mixed.test": [["93.184.215.14", "127.0.0.1"]],
    }
    async with serving() as canary, naming(names) as nameserver:
        transport = made("10.99.0.0/16", nameserver=nameserver.address)
        for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "one.test", *names):
            for scheme in ("https", "http"):
                error = await failure(transport, get(f"{scheme}://{host}:{canary.port}/"))
                assert error.kind == "blocked", host
    assert canary.connections == 0


async def test_a_refusal_names_the_rule_and_the_cure(made: Made) -> None:
    error = await failure(made("10.99.0.0/16"), get("https://127.0.0.1:8443/token=1"))
    assert "loopback" in str(error)
    assert "HEADGATE_EGRESS_ALLOW=127.0.0.1/32" in str(error)
    assert "token" not in str(error)


async def test_a_name_that_turns_inwards_is_not_dialled_and_its_connection_not_used(
    made: Made,
) -> None:
    names: dict[str, list[list[str] | int | None]] = {"turn.test": [["127.0.0.2"], ["127.0.0.1"]]}
    async with naming(names, ttl=0) as nameserver, serving(host="127.0.0.2") as server:
        async with serving(port=server.port) as canary:
            transport = made("127.0.0.2/32", nameserver=nameserver.address)
            url = server.url(host="turn.test")
            assert (await transport.send(get(url))).status == 200
            await asyncio.sleep(1.05)
            assert (await failure(transport, get(url))).kind == "blocked"
        assert (len(server.requests), canary.connections) == (1, 0)


# Connections.


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


async def test_bytes_nobody_asked_for_do_not_answer_the_next_request(made: Made) -> None:
    async def answer(received: Received, peer: Peer) -> None:
        await peer.answer(received.body)
        if received.nth == 1:
            await peer.answer(b"forged")

    async with serving(answer) as server:
        transport = made()
        for body in (b"one", b"two", b"three"):
            await asyncio.sleep(0.02)
            assert (await transport.send(post(server.url(), body))).body == body


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


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not condition():
            await asyncio.sleep(0.005)


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


async def test_descriptors_do_not_grow(made: Made) -> None:
    async with serving() as server, unwilling() as port:
        transport = made()
        await transport.send(post(server.url()))
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(50):
            await transport.send(post(server.url()))
            await failure(transport, get(f"http://127.0.0.1:{port}/"))
        assert len(os.listdir("/proc/self/fd")) <= before + 2
