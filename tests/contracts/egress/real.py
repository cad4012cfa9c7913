"""The program that runs a whole Headgate in the namespace: one event, owed to every line.

Its argument is a folder. It prints, as a line of JSON, the addresses that were dialled; those of
Headgate's own ports are left out.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from tests.contracts.egress import lines
from tests.contracts.egress.namespace import Dial, Seen, prepare
from tests.contracts.egress.told import SECURE, good_addresses, written
from tests.contracts.transport.scripted_nameserver import naming
from tests.harness.declarations import KEY, connection, declaration
from tests.harness.system import Headgate

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_SECONDS = 30.0
LINGER_SECONDS = 2.5
"""Long enough for the first retries, and for answers of the name server to expire."""


def main(folder: Path) -> None:
    prepare()
    with _nameserver() as nameserver:
        environ = {"HEADGATE_NAMESERVERS": nameserver, "HEADGATE_EGRESS_ALLOW": ""}
        headgate = Headgate(folder, environ=environ)
        with headgate:
            headgate.apply(_declaration())
            seen = Seen()
            _send(headgate)
            dials = _watched(seen)
            headgate.stop()
    own = {urlsplit(url).port for url in (headgate.ready.collect, headgate.ready.control)}
    found = sorted({dial.address for dial in dials if dial.port not in own})
    sys.stdout.buffer.write(msgspec.json.encode(found))


def _declaration() -> dict[str, object]:
    """A connection for each line: where it sends to is in the event, as customers may have it."""
    return declaration(
        *(
            connection(
                f"line-{line.number}",
                subscriptions=[
                    {
                        "name": "Everything",
                        "action": "send",
                        "trigger": "all",
                        "mapping": {"url": {"@path": f"$.properties.line_{line.number}"}},
                    }
                ],
            )
            for line in lines.lines()
        )
    )


def _send(headgate: Headgate) -> None:
    urls = {f"line_{line.number}": written(line, SECURE) for line in lines.lines()}
    event = {"userId": "ann", "event": "Seen", "properties": urls}
    request = urllib.request.Request(  # noqa: S310 - our own
        f"{headgate.ready.collect}/v1/track",
        msgspec.json.encode(event),
        {"X-Write-Key": KEY, "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


def _watched(seen: Seen) -> set[Dial]:
    """Look until everything that may be dialled was, and somewhat longer."""
    found: set[Dial] = set()
    end = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end and good_addresses() - {dial.address for dial in found}:
        time.sleep(0.02)
        found |= seen.dials()
    end = time.monotonic() + LINGER_SECONDS
    while time.monotonic() < end:
        time.sleep(0.02)
        found |= seen.dials()
    return found


@contextmanager
def _nameserver() -> Iterator[str]:
    loop = asyncio.new_event_loop()
    there, over = threading.Event(), asyncio.Event()
    address: list[str] = []

    async def serve() -> None:
        async with naming(lines.names(late=True, delivered=True), ttl=0) as nameserver:
            address.append(nameserver.address)
            there.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    there.wait(10)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    main(Path(sys.argv[1]))
