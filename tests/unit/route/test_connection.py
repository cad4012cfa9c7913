from __future__ import annotations

from typing import Any

import msgspec
import pytest

from headgate.route import Router
from headgate.route.names import names_of
from tests.unit.store.snapshots import SUBSCRIPTION, connection

TRACK = {"type": "track", "event": "Order Completed"}
HOOK = connection()


def rule(metadata: Any, **changes: Any) -> str:
    router = Router(connection(**changes))
    return router.decide({**TRACK, "_metadata": metadata}).rule


@pytest.mark.parametrize("name", ["Webhook", "webhook", "Webhooks", "Webhook (Actions)"])
def test_what_the_page_has_sent_is_not_sent_again(name: str) -> None:
    assert rule({"bundled": ["Segment.io", name], "unbundled": []}) == "sent_client_side"
    assert Router(HOOK).decide(TRACK).wanted == ("sub_1",)


def test_the_page_may_name_the_connection_itself() -> None:
    assert rule({"bundled": [], "bundledIds": ["con_1"]}) == "sent_client_side"
    assert rule({"bundled": [], "bundledIds": ["con_2"]}) == ""


@pytest.mark.parametrize(
    "metadata",
    [
        {"bundled": ["Segment.io", "Koala"], "unbundled": ["Webhook"], "bundledIds": []},
        {"bundled": ["webHook"]},
        {"bundled": ["Webhook"], "failedInitializations": ["Webhook"]},
        {"retryCount": 1},
    ],
)
def test_what_the_page_has_not_sent_is_sent(metadata: dict[str, Any]) -> None:
    assert rule(metadata) == ""


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        0,
        "Webhook",
        ["Webhook"],
        {},
        {"bundled": "Webhook"},
        {"bundled": {"Webhook": True}},
        {"bundled": [["Webhook"], {"Webhook": 1}, None, 7]},
        {"bundledIds": "con_1"},
    ],
)
def test_a_page_may_say_anything_in_any_shape(metadata: Any) -> None:
    assert rule(metadata) == ""


def test_that_the_page_has_sent_it_comes_before_the_triggers() -> None:
    nothing = msgspec.structs.replace(SUBSCRIPTION, trigger='type = "page"')
    sent = {"bundled": ["Webhook"]}
    assert rule(sent, subscriptions=(nothing,)) == "sent_client_side"
    assert rule({}, subscriptions=(nothing,)) == "no_matching_subscription"


def test_segments_names_lead_to_our_destinations() -> None:
    assert {"Amplitude", "amplitude", "Actions Amplitude", "Amplitude (Actions)"} <= names_of(
        "amplitude"
    )


def test_a_destination_that_is_not_there_has_its_slug_alone() -> None:
    assert names_of("nope") == {"nope"}
