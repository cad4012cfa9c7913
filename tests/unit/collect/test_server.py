"""The collection server on real sockets, with both event loops, plain and over TLS."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any

import pytest
import uvloop
from structlog.testing import capture_logs

from headgate.collect.admission import Admission, Sockets
from headgate.collect.connection import MOST_A_TURN
from headgate.collect.heads import MAX_BODY
from headgate.services.parts import tls_context
from headgate.settings import load
from tests.harness.certificates import Authority
from tests.unit.collect.peer import bare, post, read_answers
from tests.unit.collect.serving import EVENT, SECONDS, Serving, serving

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    Run = Callable[[Coroutine[Any, Any, Any]], Any]

CLOSE = "Connection: close\r\n"
LAST = post(EVENT, headers=CLOSE)


@pytest.fixture(params=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run something on the loop of the product, or on that of the standard library."""
    return uvloop.run if request.param == "uvloop" else asyncio.run


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def served(authority: Authority) -> ssl.SSLContext:
    """What the product makes of its settings."""
    path = authority.file("localhost")
    context = tls_context(load(tls_cert=path, tls_key=path))
    assert context is not None
    return context


@pytest.fixture
def trusting(authority: Authority) -> ssl.SSLContext:
    import ssl

    return ssl.create_default_context(cafile=authority.ca_file)


def statuses(raw: bytes) -> list[int]:
    return [answer.status for answer in read_answers(raw)]


async def settled(found: Serving) -> None:
    """Wait until no connection is left."""
    async with asyncio.timeout(SECONDS):
        while found.server.connections:  # noqa: ASYNC110 - no event tells of the last one
            await asyncio.sleep(0.01)


def test_every_client_gets_every_answer_however_it_ends(run: Run) -> None:
    many = post(b"", "/nothing") * 200
    old = b"POST /v1/track HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(EVENT), EVENT)
    cases = [
        (post(EVENT), True, [200]),
        (LAST, False, [200]),
        (LAST, True, [200]),
        (old, False, [200]),
        (old, True, [200]),
        (post(EVENT) * 100, True, [200] * 100),
        (post(EVENT) * 40 + LAST, True, [200] * 41),
        (many, True, [404] * 200),
        (many + LAST, False, [404] * 200 + [200]),
        (post(EVENT) + b"nonsense\r\n\r\n", False, [200, 400]),
        (post(EVENT) + b"nonsense\r\n\r\n", True, [200, 400]),
        (b"", True, []),
    ]

    async def main() -> tuple[list[list[int]], int, int]:
        async with serving() as found:
            told = [statuses(await found.exchange(raw, ends=ends)) for raw, ends, _ in cases]
            await settled(found)
            return told, found.log.events, found.intake.counters["requests"]

    told, events, requests = run(main())
    assert told == [expected for _, _, expected in cases]
    assert events == sum(expected.count(200) for _, _, expected in cases)
    assert requests == sum(len(expected) for _, _, expected in cases)


def test_the_first_answer_of_a_large_body_reaches_the_client_that_still_sends(run: Run) -> None:
    async def main() -> list[int]:
        async with serving() as found:
            return statuses(await found.exchange(post(b"x" * 8 * MAX_BODY)))

    assert run(main()) == [413]


def test_clients_that_reset_leave_nothing_behind(run: Run) -> None:
    parts = [b"", b"nonsense\r\n\r\n", post(EVENT)[:30], post(EVENT)[:-1], post(EVENT) * 50, LAST]

    async def main() -> tuple[int, int, list[int]]:
        async with serving(admission=(admission := Admission())) as found:
            for number in range(60):
                with socket.create_connection(("127.0.0.1", found.port)) as sock:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    sock.sendall(parts[number % len(parts)])
                    await asyncio.sleep(0.001 * (number % 3))
            await settled(found)
            told = statuses(await found.exchange(LAST))
            assert not any(task.done() for task in found.server.tasks)
            return admission._open, admission._held, told

    assert run(main()) == (0, 0, [200])


def test_in_one_turn_of_the_loop_one_client_gets_only_so_much(run: Run) -> None:
    count = 10_000

    def flood(port: int) -> int:
        with socket.create_connection(("127.0.0.1", port), SECONDS) as sock:
            raw = post(b"", "/nothing") * (count - 1) + bare("OPTIONS", headers=CLOSE)
            sending = threading.Thread(target=sock.sendall, args=(raw,))
            sending.start()
            answers = b"".join(iter(lambda: sock.recv(1 << 20), b""))
            sending.join()
        return answers.count(b"HTTP/1.1 ")

    async def main() -> tuple[int, int]:
        async with serving() as found:
            flooding = asyncio.create_task(asyncio.to_thread(flood, found.port))
            most = seen = 0
            while not flooding.done():
                await asyncio.sleep(0)
                most = max(most, found.intake.counters["requests"] - seen)
                seen = found.intake.counters["requests"]
            return await flooding, most

    answered, most = run(main())
    assert answered == count
    assert 0 < most <= 2 * MOST_A_TURN


def test_a_socket_too_many_is_told_so(run: Run) -> None:
    async def main() -> tuple[list[int], list[int]]:
        admission = Admission(sockets=Sockets(most=1))
        async with serving(admission=admission) as found:
            _, writer = await asyncio.open_connection("127.0.0.1", found.port)
            await asyncio.sleep(0.05)
            refused = statuses(await found.exchange(LAST))
            writer.close()
            await settled(found)
            return refused, statuses(await found.exchange(LAST))

    assert run(main()) == ([503], [200])


def test_whatever_goes_wrong_with_a_request_it_is_answered(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    async def main() -> list[int]:
        async with serving() as found:
            monkeypatch.setattr(found.intake, "_take", broken)
            return statuses(await found.exchange(post(EVENT) + LAST))

    with capture_logs() as logs:
        assert run(main()) == [503, 503]
    assert [each["event"] for each in logs] == ["collect.request_failed"] * 2


def test_a_tally_that_failed_is_written_later_and_its_client_told(run: Run) -> None:
    async def main() -> tuple[list[int], int]:
        async with serving() as found:
            found.log.failing = OSError("no such disk")
            failed = statuses(await found.exchange(LAST))
            await found.exchange(post(b'{"writeKey":"wk"}', headers=CLOSE))
            await found.server._tally.flush()
            found.log.failing = None
            await found.server._tally.flush()
            return failed, sum(row.count for each in found.log.tallies for row in each.rejections)

    assert run(main()) == ([503], 1)


def test_over_tls_it_is_the_same(
    run: Run, served: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async def main() -> list[list[int]]:
        async with serving(served) as found:
            raws = (post(EVENT) * 40 + LAST, bare("OPTIONS", headers=CLOSE))
            return [statuses(await found.exchange(raw, tls=trusting)) for raw in raws]

    assert run(main()) == [[200] * 41, [204]]


def test_only_http_1_1_and_modern_tls_are_spoken(
    run: Run, served: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    import ssl

    trusting.set_alpn_protocols(["h2", "http/1.1"])

    async def main() -> tuple[str | None, str | None]:
        async with serving(served) as found:
            _, writer = await asyncio.open_connection(
                "127.0.0.1", found.port, ssl=trusting, server_hostname="localhost"
            )
            spoken: ssl.SSLObject = writer.get_extra_info("ssl_object")
            told = spoken.selected_alpn_protocol(), spoken.version()
            writer.close()
            return told

    assert run(main()) == ("http/1.1", "TLSv1.3")
    assert served.minimum_version is ssl.TLSVersion.TLSv1_2


def test_who_speaks_no_tls_or_says_nothing_keeps_nobody_waiting(
    run: Run, served: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async def main() -> tuple[bytes, list[int]]:
        async with serving(served) as found:
            with socket.create_connection(("127.0.0.1", found.port)):
                plain = await found.exchange(LAST)
                return plain, statuses(await found.exchange(LAST, tls=trusting))

    plain, told = run(main())
    assert not plain.startswith(b"HTTP")
    assert told == [200]


def test_idle_tls_clients_do_not_hold_up_a_stop(
    served: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    def idle(port: int) -> ssl.SSLSocket:
        sock = socket.create_connection(("127.0.0.1", port))
        wrapped = trusting.wrap_socket(sock, server_hostname="localhost")
        wrapped.sendall(post(EVENT))
        assert wrapped.recv(1000).startswith(b"HTTP/1.1 200")
        return wrapped

    async def main() -> int:
        async with serving(served) as found:
            clients = [await asyncio.to_thread(idle, found.port) for _ in range(2)]
            await found.server.stop(4.0)
            left = len(found.server.connections)
            for each in clients:
                each.close()
            return left

    assert uvloop.run(main()) == 0
