from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from headgate.cli.destination.customer import customer, settings_of
from headgate.cli.destination.given import action_of, events_of, mapping_of, variable
from headgate.cli.destination.loading import load
from headgate.cli.failures import Failed
from headgate.kit import Destination, Http, OAuth2, Payload, Response, Settings, field

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.kit import Action

HIDDEN = "hidden-7f3a"


class Open(Settings):
    """Everything that can be made up."""

    url: str = field("URL", format="uri")
    flag: bool = field("Flag")
    names: list[str] = field("Names")


class Anything(Payload):
    it: str | None = field("It")


OAUTH = OAuth2(authorize="https://example.com/a", token="https://example.com/t")  # noqa: S106
opened = Destination("Opened", settings=Open, docs="https://example.com", auth=OAUTH)


@opened.action("Group", trigger='type = "group"')
async def group_(http: Http, payload: Anything, _: Open) -> Response:
    return await http.post("https://example.com", json=payload.it)


@opened.action("Never", trigger='event = "Never"')
async def never(http: Http, payload: Anything, _: Open) -> Response:
    return await http.post("https://example.com", json=payload.it)


@pytest.fixture
def destination(acme: Path) -> Destination[Any]:
    return load(str(acme))


@pytest.fixture
def hit(destination: Destination[Any]) -> Action[Any, Any]:
    return destination.actions["sendHit"]


def test_an_action_is_found_by_its_slug_or_its_function(destination: Destination[Any]) -> None:
    assert action_of(destination, "hit") is action_of(destination, "sendHit")
    with pytest.raises(Failed, match="Acme has no action 'nope'; there are: sendHit"):
        action_of(destination, "nope")


def test_the_sample_is_one_that_the_trigger_wants(hit: Action[Any, Any]) -> None:
    (event,) = events_of("sample", hit)
    assert event["type"] == "track"
    assert {"messageId", "timestamp", "receivedAt", "integrations"} <= event.keys()
    (grouped,) = events_of("sample", group_)
    assert grouped["type"] == "group"
    with pytest.raises(Failed, match="the trigger of never wants no sample"):
        events_of("sample", never)


def test_an_event_comes_from_a_type_or_a_file_and_a_file_may_hold_several(
    hit: Action[Any, Any], tmp_path: Path
) -> None:
    assert events_of("identify", hit)[0]["type"] == "identify"
    file = tmp_path / "event.json"
    file.write_text('{"type": "track", "messageId": "own"}')
    assert events_of(str(file), hit)[0]["messageId"] == "own"
    file.write_text("- {type: track, at: 2026-01-02}\n- {type: page}\n")
    assert [event["type"] for event in events_of(str(file), hit)] == ["track", "page"]
    assert events_of(str(file), hit)[0]["at"] == "2026-01-02"


@pytest.mark.parametrize("text", ["[]", "7", "[7]", "{", "null"])
def test_a_file_without_an_event_is_refused(
    text: str, hit: Action[Any, Any], tmp_path: Path
) -> None:
    file = tmp_path / "event.json"
    file.write_text(text)
    with pytest.raises(Failed, match=r"event\.json"):
        events_of(str(file), hit)


def test_a_mapping_completes_the_suggested_one(hit: Action[Any, Any], tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text("user: ada\n")
    assert mapping_of(hit, None)["user"] == {"@path": "$.userId"}
    changed = mapping_of(hit, file)
    assert changed["user"] == "ada"
    assert changed["kind"] == {"@path": "$.properties.kind"}
    file.write_text("- 1\n")
    with pytest.raises(Failed, match="must hold an object with the mapping"):
        mapping_of(hit, file)


def test_the_environment_wins_over_the_file(destination: Destination[Any], tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"apiKey": "of-the-file", "region": "us"}))
    environ = {"HEADGATE_SETTING_APIKEY": HIDDEN, "HEADGATE_SETTING_RETRIES": "3"}
    made = customer(destination, settings_of(file), environ)
    assert made.values == {"apiKey": HIDDEN, "region": "us", "retries": 3}
    assert made.connected.settings.retries == 3
    assert made.secrets == (HIDDEN,)
    assert made.stand_ins == ()


def test_variables_are_named_after_settings() -> None:
    assert variable("sharedSecret") == "HEADGATE_SETTING_SHAREDSECRET"
    assert variable("api-key.2") == "HEADGATE_SETTING_API_KEY_2"


def test_what_does_not_fit_is_told_without_a_secret(destination: Destination[Any]) -> None:
    environ = {"HEADGATE_SETTING_APIKEY": HIDDEN, "HEADGATE_SETTING_RETRIES": "often"}
    with pytest.raises(Failed) as refusal:
        customer(destination, {"region": "moon"}, environ)
    said = str(refusal.value)
    assert "Region must be one of" in said
    assert "--settings, or as HEADGATE_SETTING_APIKEY, HEADGATE_SETTING_REGION" in said
    assert HIDDEN not in said


def test_without_sending_what_is_missing_is_made_up(destination: Destination[Any]) -> None:
    made = customer(destination, {}, {}, stands_in=True)
    assert made.values == {"apiKey": "your-apiKey", "region": "eu"}
    assert made.stand_ins == ("apiKey", "region")
    every = customer(opened, {}, {}, stands_in=True)
    assert every.values == {"url": "https://example.com", "flag": False, "names": ["your-names"]}


async def test_tokens_are_given_like_settings(tmp_path: Path) -> None:
    settings = {"url": "https://example.com", "flag": True, "names": ["a"]}
    with pytest.raises(Failed, match="Opened needs a token: give HEADGATE_SETTING_ACCESS_TOKEN"):
        customer(opened, settings, {})
    made = customer(opened, {**settings, "access_token": HIDDEN}, {})
    assert made.access is not None
    assert made.access.secrets == (HIDDEN,)
    assert "access_token" not in made.values
    file = tmp_path / "settings.txt"
    file.write_text("just text")
    with pytest.raises(Failed, match="must hold an object of settings"):
        settings_of(file)
