from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from headgate.collect.cdn.settings import CdnSettings
from tests.unit.store.snapshots import connection, snapshot, source

if TYPE_CHECKING:
    from pathlib import Path


from tests.unit.collect.cdn.asking import (
    HOST,
    Asked,
    Catalogue,
    pixel,
    serving,
    settings,
    wish,
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path)


def test_the_settings_send_events_to_the_host_that_was_asked(catalogue: Catalogue) -> None:
    found = settings(serving(catalogue))
    server = found["integrations"]["Segment.io"]
    assert (server["apiKey"], server["apiHost"]) == ("wk_1", f"{HOST}/v1")
    assert server["protocol"] == "http"
    assert found["metrics"] == {"host": f"{HOST}/v1", "sampleRate": 0}, "pages want https for these"


def test_a_public_url_wins_over_what_clients_say(catalogue: Catalogue) -> None:
    endpoint = serving(catalogue, pixel(), public_url="https://events.example.org/in/")
    found = settings(endpoint)
    assert found["integrations"]["Segment.io"]["apiHost"] == "events.example.org/in/v1"
    assert found["integrations"]["Segment.io"]["protocol"] == "https"
    assert found["metrics"] == {"host": "events.example.org/in/v1", "sampleRate": 0.1}
    (plugin,) = found["remotePlugins"]
    assert plugin["url"].startswith("https://events.example.org/in/next-integrations/actions/acme/")


def test_what_is_there_is_an_object_or_a_list_as_mobile_sdks_want_it(catalogue: Catalogue) -> None:
    found = settings(serving(catalogue))
    for key in (
        "autoInstrumentationSettings",
        "consentSettings",
        "edgeFunction",
        "enabledMiddleware",
        "integrations",
        "metrics",
        "middlewareSettings",
        "plan",
    ):
        assert isinstance(found[key], dict), key
    assert found["middlewareSettings"] == {"routingRules": []}
    assert found["remotePlugins"] == []


def test_a_page_loads_the_plugins_of_device_mode(catalogue: Catalogue) -> None:
    found = settings(serving(catalogue, connection(1), pixel()))
    assert found["remotePlugins"] == [
        {
            "name": "Acme Pixel",
            "creationName": "Acme Pixel",
            "libraryName": "acmeDestination",
            "url": f"http://{HOST}/next-integrations/actions/acme/"
            f"{catalogue.plugins['acme'].digest}.js",
            "settings": {
                "pixelId": "px-1",
                "debug": False,
                "versionSettings": {"componentTypes": []},
                "subscriptions": [
                    {
                        "id": "sub_2",
                        "name": "Orders",
                        "enabled": True,
                        "partnerAction": "sendEvent",
                        "subscribe": 'type = "track"',
                        "mapping": {"event": {"@path": "$.event"}},
                    }
                ],
            },
        }
    ]
    assert found["integrations"]["Acme Pixel"] == {
        "bundlingStatus": "bundled",
        "versionSettings": {"componentTypes": []},
    }
    assert found["integrations"]["Webhook"]["bundlingStatus"] == "unbundled"
    server = found["integrations"]["Segment.io"]
    assert server["unbundledIntegrations"] == ["Webhook"]
    assert server["maybeBundledConfigIds"] == {"Acme Pixel": ["con_2"]}


def test_a_plugin_that_only_enriches_sends_nothing_in_our_place(catalogue: Catalogue) -> None:
    found = settings(serving(catalogue, pixel(slug="session", action="note")))
    assert [each["name"] for each in found["remotePlugins"]] == ["Session"]
    assert found["integrations"]["Session"]["bundlingStatus"] == "unbundled"
    assert found["integrations"]["Segment.io"]["maybeBundledConfigIds"] == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"enabled": False},
        {"source": 2},
        {"subscriptions": ()},
        {"subscriptions": (wish("sendEvent", enabled=False),)},
        {"subscriptions": (wish("gone"),)},
        {"destination": "uninstalled"},
    ],
)
def test_what_has_nothing_to_do_is_not_loaded(
    catalogue: Catalogue, changes: dict[str, Any]
) -> None:
    found = settings(serving(catalogue, connection(1), pixel(**changes)))
    assert found["remotePlugins"] == []
    assert found["integrations"].keys() == {"Segment.io", "Webhook"}


def test_no_secret_gets_into_what_every_visitor_can_read(catalogue: Catalogue) -> None:
    canary = "canary-9d1f"
    endpoint = serving(
        catalogue,
        connection(
            1,
            name=f"{canary} Hook",
            slug=f"{canary}-hook",
            settings={"sharedSecret": {"@sealed": canary}, "url": f"https://{canary}@x/"},
            subscriptions=(wish("send", mapping={"token": canary, canary: 1}, name=canary),),
        ),
        pixel(
            settings={
                "pixelId": "px-1",
                "debug": {"@sealed": canary},
                "apiSecret": {"@sealed": canary},
                canary: canary,
            },
            subscriptions=(
                wish("sendEvent"),
                wish("sendEvent", 8, enabled=False, mapping={"token": canary}),
                wish("gone", 9, mapping={"token": canary}),
            ),
        ),
    )
    asked = Asked(endpoint, "/v1/projects/wk_1/settings")
    assert b"px-1" in asked.body, "public settings are there"
    assert canary.encode() not in asked.body
    rudder = Asked(endpoint, "/sourceConfig/?writeKey=wk_1")
    assert rudder.status == 200
    assert canary.encode() not in rudder.body


def test_a_page_is_made_once_for_each_snapshot(catalogue: Catalogue) -> None:
    endpoint = serving(catalogue, connection(1))
    for _ in range(3):
        settings(endpoint)
    assert catalogue.asked == 1
    Asked(endpoint, "/v1/projects/wk_1/settings", "Host: other.example.org")
    assert catalogue.asked == 2
    endpoint.configure(snapshot(2, source(1), connection(1, destination="crm")))
    assert "Acme CRM" in settings(endpoint)["integrations"]


def test_clients_cannot_fill_the_memory_with_hosts(catalogue: Catalogue) -> None:
    endpoint = serving(catalogue)
    for number in range(1_100):
        Asked(endpoint, "/v1/projects/wk_1/settings", f"Host: h{number}.example.org")
    assert len(endpoint._pages) <= 1_024


def test_what_a_client_has_is_not_sent_again(catalogue: Catalogue) -> None:
    endpoint = serving(catalogue)
    first = Asked(endpoint, "/v1/projects/wk_1/settings")
    assert first.headers[b"Cache-Control"] == b"public, max-age=15"
    tag = first.headers[b"ETag"].decode()
    again = Asked(endpoint, "/v1/projects/wk_1/settings", f"Host: {HOST}", f"If-None-Match: {tag}")
    assert (again.status, again.body, again.headers[b"ETag"].decode()) == (304, b"", tag)
    endpoint.configure(snapshot(2, source(1), connection(1)))
    changed = Asked(
        endpoint, "/v1/projects/wk_1/settings", f"Host: {HOST}", f"If-None-Match: {tag}"
    )
    assert changed.status == 200


def test_settings_are_compressed_where_that_is_understood(catalogue: Catalogue) -> None:
    endpoint = serving(catalogue)
    asked = Asked(
        endpoint, "/v1/projects/wk_1/settings", f"Host: {HOST}", "Accept-Encoding: gzip, br"
    )
    assert asked.headers[b"Content-Encoding"] == b"gzip"
    assert json.loads(gzip.decompress(asked.body)) == settings(endpoint)


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/v1/projects/wk_nope/settings", 404, "unknown_source"),
        ("/v1/projects/wk_2/settings", 403, "source_disabled"),
        ("/v1/projects/wk_1/other", 404, "not_found"),
        ("/v1/projects/wk_1/settings/more", 404, "not_found"),
        ("/v1/projects/%77k_1/settings", 404, "unknown_source"),
        ("/sourceConfig/", 401, "unknown_source"),
        ("/sourceConfig/?writeKey=wk_nope", 401, "unknown_source"),
    ],
)
def test_what_has_no_settings_says_why(
    catalogue: Catalogue, target: str, status: int, code: str
) -> None:
    endpoint = serving(catalogue, source(2, enabled=False))
    asked = Asked(endpoint, target)
    assert (asked.status, asked.json["code"]) == (status, code)


def test_without_a_host_nobody_is_told_to_send_events_elsewhere(catalogue: Catalogue) -> None:
    asked = Asked(serving(catalogue), "/v1/projects/wk_1/settings", "Host:")
    assert (asked.status, asked.json["code"]) == (400, "bad_request")
    endpoint = serving(catalogue, public_url="http://127.0.0.1:8080")
    asked = Asked(endpoint, "/v1/projects/wk_1/settings", "Host:")
    assert asked.json["integrations"]["Segment.io"]["apiHost"] == "127.0.0.1:8080/v1"


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("/sourceConfig/?p=npm&v=3&writeKey=wk_1", "Accept: */*"),
        (
            "/sourceConfig/?p=npm&v=3&writeKey=wk_1",
            f"Authorization: Basic {base64.b64encode(b'wk_1:').decode()}",
        ),
        ("/sourceConfig", f"Authorization: Basic {base64.b64encode(b'wk_1:').decode()}"),
    ],
)
def test_rudderstacks_sdk_gets_the_least_that_it_starts_with(
    catalogue: Catalogue, target: str, line: str
) -> None:
    asked = Asked(serving(catalogue, connection(1)), target, f"Host: {HOST}", line)
    assert asked.json == {
        "source": {
            "id": "src_1",
            "name": "Website",
            "writeKey": "wk_1",
            "enabled": True,
            "workspaceId": "wsp_demo",
            "config": {
                "statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}
            },
            "connections": [],
            "destinations": [],
            "dataplanes": {},
        }
    }


def test_the_installed_catalogue_knows_the_names() -> None:
    endpoint = CdnSettings()
    endpoint.configure(snapshot(1, source(1), connection(1), connection(3, destination="nope")))
    assert settings(endpoint)["integrations"].keys() == {"Segment.io", "Webhook"}
