"""The process that holds the author's code: it loads a destination, then answers questions."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from headgate.cli.destination.serve.routes import Routes
    from headgate.kit import Transport

LONGEST: Final = 64 * 1024 * 1024
"""Bytes of one line between the two processes."""


class Orders(msgspec.Struct, frozen=True):
    """What a child is started with: the destination, a file of settings, whether it sends."""

    reference: str
    settings: str | None = None
    sends: bool = False


class Loaded(msgspec.Struct, frozen=True):
    """The first line of a child: what it loaded, and the files to watch; or why it could not."""

    name: str = ""
    watched: list[str] = []
    is_package: bool = False
    failed: str = ""


class Question(msgspec.Struct, frozen=True):
    """One request. Its answer carries the same number."""

    number: int
    method: str
    path: str
    body: bytes


class Reply(msgspec.Struct, frozen=True):
    """The answer: a status of HTTP, and JSON."""

    number: int
    status: int
    json: msgspec.Raw


def main(descriptor: int, orders: Orders) -> None:
    """Load, tell, and answer until the other side closes."""
    asyncio.run(_serve(socket.socket(fileno=descriptor), orders))


async def _serve(connection: socket.socket, orders: Orders) -> None:
    reader, writer = await asyncio.open_connection(sock=connection, limit=LONGEST)
    loaded, routes = load(orders)
    writer.write(_line(loaded))
    answering: set[asyncio.Task[None]] = set()
    while routes and (line := await reader.readline()):
        question = msgspec.json.decode(line, type=Question)
        task = asyncio.create_task(_answer(routes, question, writer))
        answering.add(task)
        task.add_done_callback(answering.discard)
    writer.close()


def load(orders: Orders) -> tuple[Loaded, Routes | None]:
    """Load the destination and the settings; what fails is told, for the author to mend."""
    from headgate.cli.destination.customer import settings_of
    from headgate.cli.destination.loading import find
    from headgate.cli.destination.serve.customer import Customers, from_environment
    from headgate.cli.destination.serve.routes import Routes

    try:
        found = find(orders.reference)
        given = settings_of(Path(orders.settings) if orders.settings else None)
    except Exception as error:  # noqa: BLE001 - the author's code may raise anything
        return Loaded(failed=str(error)), None
    watched = [str(found.folder), *([orders.settings] if orders.settings else [])]
    settings = {**given, **from_environment(found.destination, os.environ)}
    customers = Customers(found.destination, settings, _way_out, sends=orders.sends)
    is_package = found.file.name == "__init__.py"
    return Loaded(found.destination.name, watched, is_package), Routes(customers)


def _way_out() -> Transport:
    """The transport of deliver, with its guard, as the environment configures it."""
    from headgate.services.parts import open_transport
    from headgate.settings import load as load_settings

    return open_transport(load_settings())[0]


async def _answer(routes: Routes, question: Question, writer: asyncio.StreamWriter) -> None:
    status, value = await routes.answer(question.method, question.path, question.body)
    try:
        json = msgspec.json.encode(value, enc_hook=str)
    except (ValueError, OverflowError, RecursionError) as error:
        status, json = 500, msgspec.json.encode({"ok": False, "error": f"no JSON: {error}"})
    writer.write(_line(Reply(question.number, status, msgspec.Raw(json))))
    await writer.drain()


def _line(message: msgspec.Struct) -> bytes:
    return msgspec.json.encode(message) + b"\n"


if __name__ == "__main__":
    main(int(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=Orders))
