"""Destinations of a source through the Config API, and what they go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.api.config.asked import HOOK, SECRET, SHOP, ConfigApi, config_api

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> ConfigApi:
    """For tests that leave its shop as it is."""
    found = config_api(tmp_path_factory.mktemp("config"))
    found.source()
    return found


@pytest.fixture
def config(tmp_path: Path) -> ConfigApi:
    found = config_api(tmp_path)
    found.source()
    return found


def make_another(config: ConfigApi, name: str) -> str:
    """One more connection of the same source to the webhook, by the Public API; its slug."""
    source = config.good("GET", SHOP)["id"]
    order = {"sourceId": source, "metadataId": "webhook", "name": name, "settings": {}}
    assert config.api.call("POST", "/destinations", order).status == 200
    return name.lower().replace(" ", "-")


def names(config: ConfigApi) -> list[str]:
    found = config.good("GET", f"{SHOP}/destinations")["destinations"]
    return [each["name"].removeprefix(f"{SHOP}/destinations/") for each in found]


def test_a_destination_is_made_disabled_read_listed_and_deleted(config: ConfigApi) -> None:
    made = config.hook(connection_mode="CLOUD")
    assert (made["name"], made["parent"], made["slug"]) == (HOOK, SHOP, "webhook")
    assert (made["enabled"], made["connection_mode"]) == (False, "CLOUD")
    assert made["display_name"] == "Webhook"
    assert config.good("GET", HOOK) == made
    assert config.good("GET", f"{SHOP}/destinations")["destinations"] == [made]
    assert config.good("DELETE", HOOK) == {}
    assert names(config) == []


@pytest.mark.abuse("ac_update_mask")
def test_a_secret_is_masked_and_stays_when_it_is_sent_back(config: ConfigApi) -> None:
    made = config.hook()
    (setting,) = made["config"]
    assert setting["name"] == f"{HOOK}/config/sharedSecret"
    assert setting["type"] == "password"
    assert setting["value"].endswith(SECRET[-4:])
    assert SECRET not in str(made)
    after = config.change(HOOK, "destination", {"config": made["config"]}, "destination.config")
    assert after["config"] == made["config"]
    empty = {"config": [{**setting, "value": ""}]}
    gone = config.change(HOOK, "destination", empty, "destination.config")
    assert gone["config"][0]["value"] == ""


def test_a_second_one_of_an_entry_is_made_by_the_public_api_alone(config: ConfigApi) -> None:
    config.hook()
    body = {"destination": {"name": HOOK}}
    assert config.refused("POST", f"{SHOP}/destinations", body)[:2] == (409, 6)


def test_one_of_several_goes_by_its_own_slug(config: ConfigApi) -> None:
    config.hook(display_name="First hook")
    assert names(config) == ["webhook"]
    other = make_another(config, "Second hook")
    assert names(config) == ["first-hook", other]
    for slug in names(config):
        told = config.good("GET", f"{SHOP}/destinations/{slug}")
        assert told["name"] == f"{SHOP}/destinations/{slug}"
    assert config.refused("GET", HOOK)[:2] == (404, 5), "which one it would be is not known"
    config.good("DELETE", f"{SHOP}/destinations/{other}")
    assert names(config) == ["webhook"]
    assert config.good("GET", f"{SHOP}/destinations/first-hook") == config.good("GET", HOOK)


def test_a_slug_that_is_anothers_own_names_that_one(config: ConfigApi) -> None:
    config.hook(display_name="Klaviyo")
    name = f"{SHOP}/destinations/klaviyo"
    assert config.good("GET", name)["name"] == HOOK
    key = {"name": f"{name}/config/api_key", "value": "pk_0123456789"}
    body = {"destination": {"name": name, "config": [key]}}
    assert config.refused("POST", f"{SHOP}/destinations", body)[:2] == (409, 6)


@pytest.mark.parametrize(
    ("slug", "key", "mode", "shown"),
    [
        ("braze", "api_key", None, "CLOUD"),
        ("braze", "api_key", "UNSPECIFIED", "CLOUD"),
        ("braze", "api_key", "CLOUD", "CLOUD"),
        ("intercom", "appId", "DEVICE", "DEVICE"),
        ("heap", "appId", None, "DEVICE"),
    ],
)
def test_a_mode_chooses_between_server_and_page(
    untouched: ConfigApi, slug: str, key: str, mode: str | None, shown: str
) -> None:
    config, source = untouched, untouched.source(f"{slug}-{mode}".lower())["name"]
    name = f"{source}/destinations/{slug}"
    setting = {"name": f"{name}/config/{key}", "value": "0b7e4f1d-9a6c"}
    given = {"name": name, "connection_mode": mode, "config": [setting]}
    made = config.good("POST", f"{source}/destinations", {"destination": given})
    assert made["connection_mode"] == shown
    same = {"connection_mode": shown}
    assert config.change(name, "destination", same, "destination.connection_mode") == made
    other = {"connection_mode": "CLOUD" if shown == "DEVICE" else "DEVICE"}
    body = {"destination": other, "update_mask": {"paths": ["destination.connection_mode"]}}
    assert config.refused("PATCH", name, body)[:2] == (400, 3)


def test_a_change_lists_what_it_changes(config: ConfigApi) -> None:
    before = config.hook()
    given = {"enabled": True, "display_name": "Orders", "config": [], "id": "x", "parent": "y"}
    after = config.change(HOOK, "destination", given, "destination.enabled")
    assert after == {**before, "enabled": True}
    named = config.change(HOOK, "destination", given, "destination.display_name")
    assert named == {**after, "display_name": "Orders"}


def test_settings_that_are_not_listed_stay(config: ConfigApi) -> None:
    name = f"{SHOP}/destinations/amplitude"
    values = {"apiKey": "0123456789abcdef", "secretKey": "fedcba9876543210", "endpoint": "europe"}
    given = {
        "name": name,
        "config": [
            {"name": f"{name}/config/{key}", "value": value} for key, value in values.items()
        ],
    }
    config.good("POST", f"{SHOP}/destinations", {"destination": given})
    asked = {"config": [{"name": f"{name}/config/endpoint", "value": None}]}
    told = config.change(name, "destination", asked, "destination.config")["config"]
    shown = {each["name"].rpartition("/")[2]: each["value"] for each in told}
    assert shown["endpoint"] == "north_america", "the usual one"
    assert shown["apiKey"].endswith("cdef")
    body = {"update_mask": {"paths": ["destination.config"]}}
    assert config.refused("PATCH", name, body)[:2] == (400, 3), "it needs its keys"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "webhook"}, "destination.name"),
        ({"name": "workspaces/other/sources/shop/destinations/webhook"}, "destination.name"),
        ({"name": "workspaces/main/sources/else/destinations/webhook"}, "destination.name"),
        ({"name": f"{SHOP}/destinations/none"}, "destination.name"),
        ({"connection_mode": "DEVICE"}, "destination.name"),
        ({"connection_mode": "SOMETIMES"}, "destination.connection_mode"),
        ({"config": [{"name": "sharedSecret", "value": "x"}]}, "config[0].name"),
        ({"config": [{"name": f"{SHOP}/config/x", "value": "x"}]}, "config[0].name"),
        ({"config": [{"name": f"{HOOK}/config/none", "value": "x"}]}, "config.none"),
        ({"config": [{"value": "x"}]}, "destination.config[0]"),
        ({"enabled": 1}, "destination.enabled"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    untouched: ConfigApi, given: dict[str, Any], field: str
) -> None:
    body = {"destination": {"name": HOOK, **given}}
    status, code, told = untouched.refused("POST", f"{SHOP}/destinations", body)
    assert (status, code) == (400, 3)
    assert field in told
    assert names(untouched) == []


def test_pages_show_every_destination_once(config: ConfigApi) -> None:
    config.hook()
    slugs = ["webhook", *(make_another(config, f"Hook {number}") for number in range(4))]
    pages = list(config.pages(f"{SHOP}/destinations", "destinations", 2))
    assert [[each["slug"] for each in page] for page in pages] == [slugs[:2], slugs[2:4], slugs[4:]]
