"""Nothing reaches the network but what the table of entry points names."""

from __future__ import annotations

import ast
import importlib
import inspect
from operator import attrgetter

import pytest

from headgate.deliver.transport.entry_points import ENTRY_POINTS, EntryPoint, Kind, senders
from headgate.kit.connected import Connected
from tests.habits.ways_out import WayOut, found_in, ways_out

REGISTERED = {each.place for each in ENTRY_POINTS}
FOUND = ways_out()


def unregistered(found: frozenset[WayOut]) -> list[WayOut]:
    return sorted(each for each in found if each.place not in REGISTERED)


def test_whatever_could_reach_the_network_is_registered() -> None:
    """Add it to `headgate.deliver.transport.entry_points`, and send over `open_transport`."""
    assert unregistered(FOUND) == []


@pytest.mark.parametrize(
    ("source", "by"),
    [
        ("import requests", "requests"),
        ("from http import client", "http.client"),
        ("import urllib.request as web", "urllib.request"),
        ("async def go():\n    await asyncio.open_connection('a', 1)", "open_connection"),
        ("import socket\ndef go():\n    socket.socket().connect(('a', 1))", "connect"),
        ("class A:\n    def go(self):\n        return CurlTransport(Egress(), r)", "CurlTransport"),
        ("class A:\n    def go(self):\n        return Http(self.transport)", "Http"),
        ("def go():\n    from headgate.services import parts\n    parts.open_transport(s)",
         "open_transport"),
    ],
)  # fmt: skip
def test_a_new_way_out_is_found(source: str, by: str) -> None:
    found = frozenset(found_in(ast.parse(source), "headgate.new"))
    assert [each.by for each in unregistered(found)] == [by]


@pytest.mark.parametrize("entry", ENTRY_POINTS, ids=lambda entry: entry.place)
def test_what_is_registered_is_there(entry: EntryPoint) -> None:
    module, _, function = entry.place.partition(":")
    there = importlib.import_module(module)
    assert not function or callable(attrgetter(function)(there))
    if entry.kind is not Kind.SENDS:
        assert entry.place in {each.place for each in FOUND}, "it reaches nothing any more"


def test_everything_that_a_destination_can_be_asked_is_registered() -> None:
    asks = {
        f"headgate.kit.connected:Connected.{name}"
        for name, function in inspect.getmembers(Connected, inspect.iscoroutinefunction)
        if not name.startswith("_") and "http" in inspect.signature(function).parameters
    }
    assert asks
    assert asks - {each.place for each in senders()} == set()


def test_no_place_is_registered_twice() -> None:
    assert len(REGISTERED) == len(ENTRY_POINTS)
