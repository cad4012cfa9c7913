from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.collect.cdn.joined import Joined
from headgate.collect.cdn.settings import CdnSettings
from headgate.store.snapshot import Schema
from tests.unit.route.events import drop_properties, filter_
from tests.unit.store.snapshots import connection, snapshot, source

if TYPE_CHECKING:
    from pathlib import Path


from tests.unit.collect.cdn.asking import (
    Catalogue,
    pixel,
    serving,
    settings,
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path)


def test_pages_filter_for_their_plugins(catalogue: Catalogue) -> None:
    schema = Schema(
        blocked_events=("Debug",),
        blocked_calls=("page",),
        omitted_traits={"identify": ("ssn",)},
        integrations={"Order": {"acme": False, "Webhook": False}},
    )
    cards = filter_("Cards", 'event = "Order"', drop_properties(properties=["card"]))
    endpoint = CdnSettings(joined=Joined(catalogue))
    endpoint.configure(
        snapshot(
            1, source(1, schema=schema), connection(1, filters=[cards]), pixel(filters=[cards])
        )
    )
    found = settings(endpoint)
    rules = found["middlewareSettings"]["routingRules"]
    assert {each["destinationName"] for each in rules} == {"Acme Pixel"}, "ours are applied here"
    assert [each["transformers"] for each in rules] == [
        [[{"type": "drop"}]],
        [
            [
                {
                    "type": "drop_properties",
                    "config": {"drop": {"traits": ["ssn"], "context.traits": ["ssn"]}},
                }
            ]
        ],
        [[{"type": "drop_properties", "config": {"drop": {"properties": ["card"]}}}]],
    ]
    assert found["plan"]["track"] == {
        "__default": {"enabled": True, "integrations": {}},
        "Order": {"enabled": True, "integrations": {"Acme Pixel": False}},
        "Debug": {"enabled": False, "integrations": {}},
    }


def test_a_plugin_whose_filters_pages_cannot_evaluate_is_not_loaded(catalogue: Catalogue) -> None:
    long = filter_("Long", "length(event) > 5")
    found = settings(serving(catalogue, connection(1, filters=[long]), pixel(filters=[long])))
    assert found["remotePlugins"] == []
    assert found["integrations"].keys() == {"Segment.io", "Webhook"}
    assert found["middlewareSettings"] == {"routingRules": []}


def test_pages_learn_what_each_destination_needs_consent_to(catalogue: Catalogue) -> None:
    found = settings(serving(catalogue, connection(1, consent=["ads"]), pixel(consent=["more"])))
    integrations = found["integrations"]
    assert integrations["Webhook"]["consentSettings"] == {"categories": ["ads"]}
    assert integrations["Acme Pixel"]["consentSettings"] == {"categories": ["more"]}
    assert found["consentSettings"] == {
        "allCategories": ["ads", "more"],
        "hasUnmappedDestinations": False,
    }
    found = settings(serving(catalogue, connection(1), pixel(consent=["more"])))
    assert "consentSettings" not in found["integrations"]["Webhook"]
    assert found["consentSettings"] == {
        "allCategories": ["more"],
        "hasUnmappedDestinations": True,
    }


def test_where_connections_to_one_destination_differ_pages_leave_consent_to_us(
    catalogue: Catalogue,
) -> None:
    both = [connection(number, consent=[name]) for number, name in ((1, "ads"), (3, "more"))]
    found = settings(serving(catalogue, *both))
    assert "consentSettings" not in found["integrations"]["Webhook"]
    assert found["consentSettings"]["hasUnmappedDestinations"] is True
