from __future__ import annotations

import asyncio
import ssl
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from headgate.deliver.transport import CurlTransport, Egress, HttpTransport, Resolver
from tests.contracts.transport.asking import failure, get, post
from tests.contracts.transport.h2_server import speaking_h2
from tests.contracts.transport.scripted_server import black_hole, never, serving
from tests.harness.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.contracts.transport.conftest import Made


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def resolver(tmp_path: Path) -> AsyncIterator[Resolver]:
    hosts = tmp_path / "names"
    hosts.write_text("127.0.0.1 one.test other.test\n")
    resolver = Resolver(hosts=hosts)
    yield resolver
    await resolver.close()


EGRESS = Egress([ip_network("127.0.0.0/8")])


async def test_a_trusted_server_answers_by_its_name(made: Made, authority: Authority) -> None:
    seen: list[str | None] = []
    async with serving(tls=authority.context("one.test", seen=seen)) as server:
        transport = made(ca_file=authority.ca_file)
        for _ in range(3):
            response = await transport.send(post(server.url(host="one.test")))
            assert (response.status, response.body) == (200, b'{"ok": true}')
    assert seen == ["one.test"]
    assert server.connections == 1
    assert server.requests[0].header("host") == f"one.test:{server.port}"


async def test_a_server_nobody_vouches_for_gets_no_request(
    made: Made, authority: Authority
) -> None:
    async with serving(tls=authority.context("one.test")) as server:
        error = await failure(made(), post(server.url(host="one.test")))
    assert (error.kind, server.requests) == ("tls", [])


async def test_a_certificate_for_another_name_gets_no_request(
    made: Made, authority: Authority
) -> None:
    async with serving(tls=authority.context("other.test")) as server:
        transport = made(ca_file=authority.ca_file)
        error = await failure(transport, post(server.url(host="one.test")))
    assert (error.kind, server.requests) == ("tls", [])


async def test_an_expired_certificate_gets_no_request(made: Made, authority: Authority) -> None:
    async with serving(tls=authority.context("one.test", days=-1)) as server:
        transport = made(ca_file=authority.ca_file)
        error = await failure(transport, post(server.url(host="one.test")))
    assert (error.kind, server.requests) == ("tls", [])


async def test_a_server_that_speaks_no_tls_is_a_tls_error(made: Made, authority: Authority) -> None:
    async with serving(greeting=lambda peer: peer.say("220 mail.test ready\r\n")) as server:
        url = server.url(host="one.test").replace("http:", "https:")
        error = await failure(made(ca_file=authority.ca_file), get(url))
    assert error.kind == "tls"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_an_old_version_of_tls_is_refused(made: Made, authority: Authority) -> None:
    context = authority.context("one.test")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    async with serving(tls=context) as server:
        error = await failure(made(ca_file=authority.ca_file), get(server.url(host="one.test")))
    assert (error.kind, server.requests) == ("tls", [])


async def test_a_handshake_that_hangs_ends_at_its_deadline(
    made: Made, authority: Authority
) -> None:
    async with serving(never) as silent:
        url = silent.url(host="one.test").replace("http:", "https:")
        error = await failure(made(ca_file=authority.ca_file), get(url, connect_timeout=0.3))
    assert error.kind == "timeout"


async def test_http2_is_spoken_where_it_is_offered(
    authority: Authority, resolver: Resolver
) -> None:
    transport = CurlTransport(EGRESS, resolver, ca_file=authority.ca_file)
    async with speaking_h2(authority.context("one.test", "h2", "http/1.1")) as server:
        url = server.url("one.test")
        first = await transport.send(post(url, b"first"))
        assert (first.body, first.header("x-protocol")) == (b"first", "h2")
        bodies = [str(n).encode() for n in range(50)]
        answers = await asyncio.gather(*[transport.send(post(url, body)) for body in bodies])
        assert [answer.body for answer in answers] == bodies
        await transport.close()
    assert (server.protocols, server.connections) == ({"h2"}, 1)


async def test_a_refused_stream_of_http2_is_not_sent_again(
    authority: Authority, resolver: Resolver
) -> None:
    transport = CurlTransport(EGRESS, resolver, ca_file=authority.ca_file)
    async with speaking_h2(authority.context("one.test", "h2")) as server:
        server.refuse = True
        await transport.send(post(server.url("one.test"), b"first"))
        error = await failure(transport, post(server.url("one.test"), b"second"))
        await transport.close()
    assert error.kind == "reset"
    assert server.bodies == [b"first", b"second"]


async def test_hung_handshakes_hold_no_other_destination_up(
    authority: Authority, resolver: Resolver
) -> None:
    transport = CurlTransport(EGRESS, resolver, ca_file=authority.ca_file)
    async with black_hole() as port, serving(tls=authority.context("one.test")) as server:
        hung = [
            asyncio.create_task(
                failure(transport, get(f"https://other.test:{port}/{n}", connect_timeout=1.5))
            )
            for n in range(80)
        ]
        await asyncio.sleep(0)
        async with asyncio.timeout(1):
            response = await transport.send(post(server.url(host="one.test")))
        assert response.status == 200
        assert not any(task.done() for task in hung)
        errors = await asyncio.gather(*hung)
        await transport.close()
    assert {error.kind for error in errors} == {"timeout"}


async def test_each_scheme_goes_its_own_way_by_one_transport(
    authority: Authority, resolver: Resolver
) -> None:
    transport = HttpTransport(EGRESS, resolver, ca_file=authority.ca_file)
    async with speaking_h2(authority.context("one.test", "h2")) as secure, serving() as plain:
        answer = await transport.send(post(secure.url("one.test"), b"secure"))
        assert answer.header("x-protocol") == "h2"
        assert (await transport.send(post(plain.url(host="one.test")))).status == 200
        assert (await transport.send(post(f"HTTP://one.test:{plain.port}/"))).status == 200
        await transport.close()
        assert (await failure(transport, get(secure.url("one.test")))).kind == "reset"
        assert (await failure(transport, get(plain.url()))).kind == "reset"
