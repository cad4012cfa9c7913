"""Makes every `headgate` below count a delivery before it sends it: what must be caught.

Python imports a module of this name at its start, if its folder is in PYTHONPATH.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from headgate.deliver.transport import HttpTransport
from headgate.kit.errors import TransportError
from headgate.kit.http.request import Response

if TYPE_CHECKING:
    from headgate.kit.http.request import Request

LATER_SECONDS = 0.2

send = HttpTransport.send
sending: set[asyncio.Task[None]] = set()


async def send_later(transport: HttpTransport, request: Request) -> Response:
    """Answer for the destination, and ask it later."""

    async def ask() -> None:
        await asyncio.sleep(LATER_SECONDS)
        with contextlib.suppress(TransportError):
            await send(transport, request)

    task = asyncio.create_task(ask())
    sending.add(task)
    task.add_done_callback(sending.discard)
    return Response(200, (), b"{}")


HttpTransport.send = send_later  # type: ignore[method-assign, assignment]  # the fault to be caught
