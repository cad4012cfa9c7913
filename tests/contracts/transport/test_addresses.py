from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.contracts.transport.asking import failure, get, post
from tests.contracts.transport.scripted_nameserver import SERVFAIL, naming
from tests.contracts.transport.scripted_server import black_hole, serving

if TYPE_CHECKING:
    from tests.contracts.transport.conftest import Made
    from tests.contracts.transport.scripted_nameserver import Names


async def test_a_dead_name_ends_at_its_deadline_and_holds_nobody_up(made: Made) -> None:
    names: Names = {"dead.test": [None], "live.test": [["127.0.0.1"]]}
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
    assert 0.25 < took < 3
    assert slowest < 0.3
    assert len(server.requests) > 5


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
        request = post(server.url(host="two.test"), connect_timeout=1.2)
        assert (await transport.send(request)).status == 200
        first = time.monotonic() - started
        assert (await transport.send(request)).status == 200
        second = time.monotonic() - started - first
    assert 0.5 < first < 1.2
    assert second < 0.4


async def test_without_an_allow_list_nothing_on_loopback_is_dialled(made: Made) -> None:
    names = {
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
    async with (
        naming({"turn.test": [["127.0.0.2"]]}, ttl=0) as nameserver,
        serving(host="127.0.0.2") as server,
    ):
        async with serving(port=server.port) as canary:
            transport = made("127.0.0.2/32", nameserver=nameserver.address)
            url = server.url(host="turn.test")
            assert (await transport.send(get(url))).status == 200
            nameserver.names = {"turn.test": [["127.0.0.1"]]}
            await asyncio.sleep(1.05)
            assert (await failure(transport, get(url))).kind == "blocked"
        assert (len(server.requests), canary.connections) == (1, 0)
