from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.kit import BrowserDestination, Listing, Payload, Settings, field, liquid, path
from headgate.kit.findings import browser_findings

if TYPE_CHECKING:
    from pathlib import Path


class Account(Settings):
    pixel_id: str = field("Pixel", "Its id.")


class SendEvent(Payload):
    """Send the event."""

    event: str = field("Event", "What happened.", mapping=path("$.event"))


class Unhelpful(Payload):
    """Send the event."""

    event: str = field("Event")


class Liquid(Payload):
    """Send the event."""

    event: str = field("Event", "What happened.", mapping=liquid("{{ event }}"))


class Silent(Payload):
    event: str = field("Event", "What happened.")


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    (tmp_path / "plugin.js").touch()
    return tmp_path / "plugin.js"


def pixel(plugin: Path, **changes: Any) -> BrowserDestination:
    given: dict[str, Any] = {
        "settings": Account,
        "docs": "https://example.com/",
        "description": "Acme.",
        "listing": Listing(categories=("Analytics",)),
    }
    return BrowserDestination("Acme Pixel", plugin=plugin, **{**given, **changes})


def found(destination: BrowserDestination) -> list[str]:
    return [f"{each.level}: {each}" for each in browser_findings(destination)]


def test_a_whole_declaration_has_no_findings(plugin: Path) -> None:
    whole = pixel(plugin)
    whole.action(SendEvent, "Send event", trigger='type = "track"')
    assert found(whole) == []


@pytest.mark.parametrize(
    ("payload", "more", "finding"),
    [
        (
            Unhelpful,
            {},
            "error: actions/send/fields/event: does not say what it is for: give it a help text.",
        ),
        (
            Silent,
            {},
            "error: actions/send: does not say what it does: give its class a docstring.",
        ),
        (SendEvent, {"trigger": "((type = 1))"}, "error: actions/send/trigger: "),
        (SendEvent, {"title": " "}, "error: actions/send: has no title."),
        (Liquid, {}, "error: actions/send/fields: /event/@liquid is not known in a page: there"),
    ],
)
def test_what_pages_cannot_run_is_found(
    plugin: Path, payload: type[Payload], more: dict[str, str], finding: str
) -> None:
    made = pixel(plugin)
    made.action(payload, **{"title": "Send event", "slug": "send", **more})  # type: ignore[arg-type]
    (said,) = found(made)
    assert said.startswith(finding)


def test_a_declaration_without_actions_or_documentation_is_none(plugin: Path) -> None:
    assert found(pixel(plugin, docs="nowhere")) == [
        "error: actions: there is none: declare what the destination can do.",
        "error: docs: 'nowhere' must be the address of its API's documentation.",
    ]


def test_a_plugin_that_is_not_built_is_worth_a_look(tmp_path: Path) -> None:
    made = pixel(tmp_path / "plugin.js")
    made.action(SendEvent, "Send event")
    assert found(made) == ["warning: plugin: is not built: npm ci && npm run build."]
