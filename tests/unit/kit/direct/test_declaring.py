from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import msgspec
import pytest

from headgate.kit import Delivery, Destination, Http, Request
from headgate.kit.connected import Connected
from headgate.kit.direct import Setting, direct
from headgate.kit.errors import InvalidSettings
from headgate.kit.findings import findings
from tests.unit.kit.engine import Answers

ENDPOINT = "https://events.acme.example/v1/events"
REGION = {"key": "region", "label": "Region", "help": "Where it is.", "choices": ["eu", "us"]}
PIN = Setting(key="pin", label="PIN", help="From your account.", secret=True)
WEIGHT = Setting(key="weight", label="Weight", help="How much.", type="number", default=1.5)
TEAM = Setting(key="teamId", label="Team", help="Yours.", type="integer", required=False)


def acme(**options: Any) -> Destination[Any]:
    given: dict[str, Any] = {
        "endpoint": ENDPOINT,
        "docs": "https://acme.example/docs",
        "description": "Send events to Acme.",
        "settings": [REGION, PIN, WEIGHT, TEAM],
        "listing": {"categories": ["CRM"], "glyph": ["A", "#123456"]},
        **options,
    }
    return direct("Acme", **given)


async def sent(destination: Destination[Any], settings: dict[str, Any]) -> Request:
    transport = Answers()
    connected = Connected(destination, destination.settings.read(settings))
    http = Http(transport, idempotency_key="key-1")
    values = {"event": {"type": "track"}}
    await connected.perform(http, destination.actions["send"], values, Delivery())
    (request,) = transport.requests
    return request


def test_what_is_declared_is_a_destination_without_a_fault() -> None:
    assert [str(each) for each in findings(acme()) if each.level == "error"] == []


def test_its_settings_are_the_key_and_those_declared() -> None:
    destination = acme()
    fields: dict[str, Any] = destination.settings.stored_fields()
    assert {key: form["type"] for key, form in fields.items()} == {
        "apiKey": "password",
        "region": "string",
        "pin": "password",
        "weight": "number",
        "teamId": "integer",
    }
    assert [choice["value"] for choice in fields["region"]["choices"]] == ["eu", "us"]
    assert [key for key, form in fields.items() if form.get("required")] == [
        "apiKey",
        "region",
        "pin",
    ]
    assert destination.settings.stored_secrets() == {"apiKey", "pin"}


async def test_its_endpoint_receives_the_other_settings() -> None:
    request = await sent(acme(), {"apiKey": "key-7", "region": "eu", "pin": "pin-7"})
    assert request.url == ENDPOINT
    header = dict(request.headers)["X-Segment-Settings"]
    assert json.loads(b64decode(header)) == {"region": "eu", "pin": "pin-7", "weight": 1.5}


def test_settings_are_checked_as_everywhere() -> None:
    with pytest.raises(InvalidSettings) as caught:
        acme().settings.read({"apiKey": "key-7", "region": "mars", "other": 1})
    assert len(caught.value.faults) == 3


def test_all_of_it_may_be_the_data_of_a_file() -> None:
    text = json.dumps(
        {
            "name": "Acme",
            "slug": "acme_events",
            "endpoint": ENDPOINT,
            "docs": "https://acme.example/docs",
            "settings": [REGION],
            "calls": ["track", "page"],
            "listing": {"categories": ["CRM"]},
        }
    )
    destination = direct(**json.loads(text))
    assert (destination.name, destination.slug) == ("Acme", "acme_events")
    assert destination.listing.calls == ("track", "page")
    assert destination.listing.categories == ("CRM",)
    assert destination.actions["send"].trigger == 'type = "track" or type = "page"'


@pytest.mark.parametrize(
    ("options", "error", "complaint"),
    [
        ({"endpoint": "http://acme.example"}, ValueError, "must begin with https://"),
        ({"settings": [REGION, REGION]}, ValueError, "region stands twice"),
        ({"settings": [{**REGION, "key": "apiKey"}]}, ValueError, "apiKey stands twice"),
        ({"settings": [{"key": "x"}]}, msgspec.ValidationError, "label"),
        ({"settings": [{**REGION, "kind": "x"}]}, msgspec.ValidationError, "kind"),
        ({"calls": ["track", "call"]}, msgspec.ValidationError, "call"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_declared(
    options: dict[str, Any], error: type[Exception], complaint: str
) -> None:
    with pytest.raises(error, match=complaint):
        acme(**options)
