from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from headgate.kit import BrowserDestination, Payload, Settings, field, path
from headgate.kit.errors import InvalidSettings

if TYPE_CHECKING:
    from pathlib import Path


class Account(Settings):
    pixel_id: str = field("Pixel", "Its id.", key="pixelId")
    debug: bool = field("Debug", default=False)


class SendEvent(Payload):
    """Send the event."""

    event: str = field("Event", mapping=path("$.event"))
    value: float | None = field("Value")


STORED = {
    "pixelId": {"label": "Pixel", "type": "string", "required": True},
    "debug": {"label": "Debug", "type": "boolean", "default": False},
}


class Token(Settings):
    token: str = field("Token", secret=True)


class Keys(Settings):
    keys: dict[str, object] = field("Keys", secret=True)


class Nested(Settings):
    account: Token = field("Account")


class Hidden(Payload):
    token: str = field("Token", secret=True)


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    file = tmp_path / "plugin.js"
    file.write_bytes(b"window.acme_pixelDestination = () => []")
    return file


def pixel(plugin: Path, settings: Any = Account, **more: Any) -> BrowserDestination:
    return BrowserDestination(
        "Acme Pixel", settings=settings, plugin=plugin, docs="https://example.com/", **more
    )


def test_what_is_not_said_comes_of_the_name(plugin: Path) -> None:
    made = pixel(plugin)
    assert (made.slug, made.library) == ("acme_pixel", "acme_pixelDestination")
    assert made.creation_name == "Acme Pixel"
    named = pixel(plugin, slug="acme-web", library="acme", creation_name="Acme Web")
    assert (named.slug, named.library, named.creation_name) == ("acme-web", "acme", "Acme Web")


def test_the_digest_names_the_content_of_the_plugin(plugin: Path) -> None:
    digest = hashlib.sha256(plugin.read_bytes()).hexdigest()
    assert pixel(plugin).digest == digest[:20]


def test_a_plugin_need_not_be_built_to_be_declared(tmp_path: Path) -> None:
    made = pixel(tmp_path / "not-built.js")
    with pytest.raises(FileNotFoundError):
        assert made.digest


def test_an_action_is_declared_by_the_class_of_its_fields(plugin: Path) -> None:
    made = pixel(plugin)
    action = made.action(SendEvent, "Send event", trigger='type = "track"')
    assert made.actions == {"sendEvent": action}
    assert action.description == "Send the event."
    assert action.stage == "destination"
    assert action.default_mapping() == {"event": {"@path": "$.event"}}


def test_actions_have_slugs_of_their_own(plugin: Path) -> None:
    made = pixel(plugin)
    made.action(SendEvent, "Send event")
    with pytest.raises(TypeError, match="Acme Pixel has two actions called sendEvent"):
        made.action(SendEvent, "Send it again")
    made.action(SendEvent, "Send it again", slug="again", description="Twice.")
    assert made.actions["again"].description == "Twice."


def test_fields_that_are_data_say_what_a_class_says(plugin: Path) -> None:
    of_class, of_data = pixel(plugin), pixel(plugin, SendEvent.stored_fields() and STORED)
    of_class.action(SendEvent, "Send event")
    of_data.action(SendEvent.stored_fields(), "Send event", slug="sendEvent")
    assert of_data.actions["sendEvent"].fields == of_class.actions["sendEvent"].fields
    with pytest.raises(TypeError, match="needs a slug"):
        of_data.action(SendEvent.stored_fields(), "Send event")


@pytest.mark.parametrize("settings", [Account, STORED], ids=["class", "data"])
def test_settings_are_checked_and_completed(plugin: Path, settings: Any) -> None:
    made = pixel(plugin, settings)
    made.check_settings({"pixelId": "p1"})
    with pytest.raises(InvalidSettings, match="missing the required field 'pixelId'"):
        made.check_settings({})
    with pytest.raises(InvalidSettings, match="colour is no setting of this destination"):
        made.check_settings({"pixelId": "p1", "colour": "red"})
    assert made.page_settings({"pixelId": "p1"}) == {"pixelId": "p1", "debug": False}


def test_a_page_gets_no_setting_that_is_not_declared(plugin: Path) -> None:
    left = {"pixelId": "p1", "apiSecret": "of an older version"}
    assert pixel(plugin).page_settings(left) == {"pixelId": "p1", "debug": False}


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (Token, "token"),
        (Token.stored_fields(), "token"),
        (Keys, "keys"),
        (Nested, "account.token"),
        (Nested.stored_fields(), "account.token"),
        ({"pin": {"label": "Pin", "type": "string", "format": "password"}}, "pin"),
    ],
)
def test_secrets_are_refused_as_all_of_it_is_public(plugin: Path, settings: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"settings of Acme Pixel declare {name} as secret"):
        pixel(plugin, settings)


def test_fields_of_actions_may_not_be_secret_either(plugin: Path) -> None:
    with pytest.raises(TypeError, match="the action hidden of Acme Pixel declare token"):
        pixel(plugin).action(Hidden, "Hide")
