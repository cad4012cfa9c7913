"""Requests to send, and the ways to wait for what becomes of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from headgate.kit.errors import TransportError
from headgate.kit.http.request import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable


class Sender(Protocol):
    """A transport that can be closed."""

    async def send(self, request: Request) -> Response: ...
    async def close(self) -> None: ...


def get(url: str, **limits: Any) -> Request:
    return Request("GET", url, **limits)


def post(url: str, body: bytes = b'{"type": "track"}', **limits: Any) -> Request:
    return Request("POST", url, (("Content-Type", "application/json"),), body, **limits)


async def failure(transport: Sender, request: Request) -> TransportError:
    """Send what must fail, and return the error."""
    with pytest.raises(TransportError) as caught:
        await transport.send(request)
    return caught.value


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is true; three seconds are enough for all that is waited for."""
    for _ in range(600):
        if condition():
            return
        await asyncio.sleep(0.005)
    pytest.fail("it did not come to pass")
