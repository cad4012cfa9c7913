"""Destinations that are a plugin for pages, alone or beside a cloud one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.control.catalogue import ActionEntry, DestinationEntry
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.text import load
from headgate.control.importing_segment.imported import Imported, imported
from headgate.control.importing_segment.known import Known, of_cloud, of_device
from headgate.control.importing_segment.workspace import Workspace
from headgate.control.installed import InstalledCatalogue
from headgate.destinations.webhook import webhook
from headgate.kit import BrowserDestination, Payload, Settings, field
from tests.harness.segment import WEBHOOK, destination, subscription
from tests.unit.control.importing_segment.made import workspace


class Site(Settings):
    site: str = field("Site", "What the plugin is loaded for.")


class Tag(Payload):
    """Tag a page."""

    label: str | None = field("Label", mapping="page")


class Send(Payload):
    """Send an event from the page."""


pixel = BrowserDestination(
    "Webhook (Actions)", slug="pixel", settings=Site, plugin=Path(__file__), docs=""
)
pixel.action(Tag, "Tag", trigger='type = "page"')
pixel.action(Send, "Send", trigger='type = "page"')

KNOWN = Known((of_cloud(webhook), of_device(pixel)))
BOTH = {
    **WEBHOOK,
    "actions": [{"slug": "send", "platform": "CLOUD"}, {"slug": "tag", "platform": "WEB"}],
}


@dataclass
class Catalogue(InstalledCatalogue):
    """What is installed, and the plugin of this test."""

    def destination(self, slug: str, mode: Any = None) -> DestinationEntry:
        if slug != "pixel":
            return super().destination(slug, mode)
        return DestinationEntry(
            check_settings=pixel.check_settings,
            secrets=frozenset(),
            actions={
                "tag": ActionEntry({"label": "page"}, 'type = "page"'),
                "send": ActionEntry(trigger='type = "page"'),
            },
            mode="device",
        )


def made(of: Workspace) -> Imported:
    found = imported(of, KNOWN, Catalogue())
    parse(found.text, Catalogue())
    return found


def tagged(**fields: Any) -> dict[str, Any]:
    given = {"name": "Tag", "actionSlug": "tag", "settings": {}, "trigger": 'type = "page"'}
    return subscription("t", **{**given, **fields})


def test_an_instance_of_both_kinds_is_a_connection_of_each_mode() -> None:
    instance = destination("d1", metadata=BOTH, settings={"site": "a", "sharedSecret": "••••1234"})
    found = made(
        workspace(destinations=[instance], subscriptions={"d1": [subscription("a"), tagged()]})
    )
    cloud, device = load(found.text)["connections"]
    assert (cloud["slug"], cloud["mode"]) == ("website-webhook", "cloud")
    assert [each["name"] for each in cloud["subscriptions"]] == ["Everything"]
    assert (device["slug"], device["mode"]) == ("website-pixel", "device")
    assert device["settings"] == {"site": "a"}
    assert [each["mapping"] for each in device["subscriptions"]] == [
        {"label": {"@if": {"blank": True}}}
    ]


def test_what_pages_cannot_run_is_left_out() -> None:
    given = tagged(settings={"label": {"@json": {"mode": "encode", "value": 1}}})
    instance = destination("d1", metadata=BOTH, settings={"site": "a"})
    found = made(workspace(destinations=[instance], subscriptions={"d1": [given, tagged()]}))
    (device,) = [each for each in load(found.text)["connections"] if each["mode"] == "device"]
    assert len(device["subscriptions"]) == 1
    (note,) = [each for each in found.report.left_out if each.what == "subscription"]
    assert "@json is not known in a page" in note.why


def test_a_plugin_is_joined_to_a_source_once_and_not_without_what_it_must_know() -> None:
    subscriptions = {name: [tagged()] for name in ("d1", "d2", "d3")}
    instances = [
        destination("d1", metadata=BOTH, settings={}, name="Bare"),
        destination("d2", metadata=BOTH, settings={"site": "a"}, name="First"),
        destination("d3", metadata=BOTH, settings={"site": "b"}, name="Second"),
    ]
    found = made(workspace(destinations=instances, subscriptions=subscriptions))
    assert [each["name"] for each in load(found.text)["connections"]] == ["First"]
    reasons = {note.name: note.why for note in found.report.left_out if note.what == "destination"}
    assert reasons.keys() == {"Bare", "Second"}
    assert "must have the settings site" in reasons["Bare"]
    assert "one connection to each plugin" in reasons["Second"]


def test_an_action_that_both_have_runs_where_segment_runs_it() -> None:
    modes = []
    for platform in ("CLOUD", "WEB"):
        metadata = {**WEBHOOK, "actions": [{"slug": "send", "platform": platform}]}
        instance = destination("d1", metadata=metadata, settings={"site": "a"})
        found = made(workspace(destinations=[instance], subscriptions={"d1": [subscription("a")]}))
        modes += [each["mode"] for each in load(found.text)["connections"]]
    assert modes == ["cloud", "device"]
