from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from headgate.kit.http.request import Request
from tests.contracts.transport.asking import failure, get, post
from tests.contracts.transport.scripted_server import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contracts.transport.conftest import Made
    from tests.contracts.transport.scripted_server import Peer, Received


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
        "Headgate-Hops": "1",
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
        assert {name for name, _ in request.headers} <= {
            "Host",
            "Accept-Encoding",
            "Headgate-Hops",
            "Content-Length",
        }


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
        for method in ("GET / HTTP/1.1\r\nX:", "CONNECT", "get", ""):
            assert (await failure(made(), Request(method, server.url()))).kind == "protocol"
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


async def test_credentials_of_a_netrc_file_are_not_sent(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login ann password s3cret\ndefault login b password c\n")
    netrc.chmod(0o600)
    for name, value in (("HOME", tmp_path), ("NETRC", netrc), ("CURL_HOME", tmp_path)):
        monkeypatch.setenv(name, str(value))
    async with serving() as server:
        await made().send(post(server.url()))
    [request] = server.requests
    assert "authorization" not in {name.lower() for name, _ in request.headers}
