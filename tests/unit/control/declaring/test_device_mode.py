from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from headgate import catalog
from headgate.control.catalogue import WrongMode
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.export import export
from headgate.control.errors import DeclarationError
from headgate.control.installed import InstalledCatalogue
from headgate.kit import BrowserDestination, Payload, Settings, field, path
from headgate.store.database import open_store
from tests.unit.control.pretend import CATALOGUE, EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from headgate.control.declaring.apply import Applied
    from headgate.folder import DataFolder
    from headgate.store.snapshot import Snapshot

PIXEL = {
    "slug": "pixel",
    "source": "website",
    "destination": "pixel",
    "settings": {"depth": 3},
    "subscriptions": [{"action": "fire"}],
}


def with_pixels(*pixels: dict[str, Any]) -> str:
    tree = yaml.safe_load(EXAMPLE)
    tree["connections"] = [*tree["connections"], *pixels]
    return yaml.safe_dump(tree, sort_keys=False)


def problem(text: str) -> tuple[str, str]:
    with pytest.raises(DeclarationError) as caught:
        parse(text, CATALOGUE)
    (only,) = caught.value.problems
    return only.path, only.message


def subscription(**changes: Any) -> dict[str, Any]:
    return {**PIXEL, "subscriptions": [{"action": "fire", **changes}]}


def filtered(condition: str, action: dict[str, Any]) -> dict[str, Any]:
    return {**PIXEL, "filters": [{"title": "F", "if": condition, "actions": [action]}]}


def test_filters_that_pages_can_apply_are_taken() -> None:
    pixel = filtered('match(event, "Debug*")', {"type": "DROP"})
    (found,) = parse(with_pixels(pixel), CATALOGUE).content.connections["pixel"].filters
    assert found["if"] == 'match(event, "Debug*")'


def test_a_plugin_for_pages_is_a_connection_in_device_mode_and_speaks_as_segment() -> None:
    pixel = parse(with_pixels(PIXEL), CATALOGUE).content.connections["pixel"]
    assert pixel.mode == "device"
    (fire,) = pixel.subscriptions
    assert fire.fql == "compatible"
    assert fire.trigger == 'type = "track"'
    assert fire.mapping == {"event": {"@path": "$.event"}}


@pytest.mark.parametrize(
    ("pixel", "path", "message"),
    [
        ({**PIXEL, "mode": "cloud"}, "connections[1].mode", "pixel is for device"),
        (
            subscription(fql="strict"),
            "connections[1].subscriptions[0].fql",
            "pages know compatible only: write that, or leave fql out",
        ),
        (
            subscription(fql="lax"),
            "connections[1].subscriptions[0].fql",
            "must be one of compatible, not 'lax'",
        ),
        (
            filtered("length(event) > 5", {"type": "DROP"}),
            "connections[1].filters[0].if",
            (
                "pages cannot evaluate `length()` here: they know =, !=, <, in, contains, match and"
                " lowercase, of one field and constants (at character 1)"
            ),
        ),
        (
            filtered("all", {"type": "DROP_PROPERTIES", "fields": {r"properties.a\.b": ["c"]}}),
            r'connections[1].filters[0].actions[0].fields["properties.a\.b"]',
            "pages know no keys with dots in them",
        ),
        (
            subscription(mapping={"data": {"@json": {}}}),
            "connections[1].subscriptions[0].mapping",
            "/data/@json is not known in a page",
        ),
        (
            subscription(trigger="nonsense"),
            "connections[1].subscriptions[0].trigger",
            "column 1: unexpected 'nonsense'",
        ),
        (
            subscription(action="run"),
            "connections[1].subscriptions[0].action",
            "unknown action 'run'; there is fire",
        ),
        (
            {**PIXEL, "settings": {"hue": 3}},
            "connections[1].settings",
            "unknown setting hue",
        ),
    ],
)
def test_what_pages_cannot_do_is_refused(pixel: dict[str, Any], path: str, message: str) -> None:
    assert problem(with_pixels(pixel)) == (path, message)


def test_a_source_has_one_connection_to_each_plugin(apply: Callable[..., Applied]) -> None:
    second = {**PIXEL, "slug": "second"}
    with pytest.raises(DeclarationError, match="pixel brings pixel to the pages of source website"):
        apply(with_pixels(PIXEL, second))
    apply(with_pixels(PIXEL))
    with pytest.raises(DeclarationError) as caught:
        apply(with_pixels(second))
    assert [each.path for each in caught.value.problems] == ["connections[1].destination"]
    apply(with_pixels(second), prune=True)


def test_two_sources_may_have_the_same_plugin(apply: Callable[..., Applied]) -> None:
    tree = yaml.safe_load(with_pixels(PIXEL, {**PIXEL, "slug": "second", "source": "shop"}))
    tree["sources"].append({"slug": "shop", "write_keys": ["wk_shop"]})
    apply(yaml.safe_dump(tree))


def test_what_pages_deliver_starts_no_lane(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    apply(with_pixels(PIXEL), head={0: 7})
    starts = {each.slug: each.start for each in published().connections.values()}
    assert starts == {"hook": {0: 7}, "pixel": None}


def test_a_connection_keeps_its_mode(
    apply: Callable[..., Applied], monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(with_pixels(PIXEL))
    pretend = parse(with_pixels(PIXEL), CATALOGUE).content.connections["pixel"]
    assert pretend.mode == "device"
    monkeypatch.setattr(
        CATALOGUE, "destination", lambda *_: type(CATALOGUE).destination(CATALOGUE, "webhook")
    )
    hook = {**PIXEL, "subscriptions": []}
    with pytest.raises(DeclarationError, match="has the mode device and cannot change it to cloud"):
        apply(with_pixels(hook))


def test_what_is_exported_can_be_applied_again(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(with_pixels(PIXEL))
    with open_store(folder) as store:
        text = export(store)
    assert "mode: device" in text
    assert apply(text).changes == ()


class Account(Settings):
    pixel_id: str = field("Pixel", key="pixelId")


class SendEvent(Payload):
    event: str = field("Event", mapping=path("$.event"))
    source: str = field("Source", default="web")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InstalledCatalogue]:
    """The real catalogue, with a plugin of its own and one beside a cloud destination."""
    plugins = {
        slug: BrowserDestination(slug, settings=Account, plugin=tmp_path / "plugin.js", docs="")
        for slug in ("only_web", "webhook")
    }
    for each in plugins.values():
        each.action(SendEvent, "Send event", trigger='type = "track"')
    monkeypatch.setattr("headgate.browser.packaged", lambda: plugins)
    catalog.browser_destination.cache_clear()
    yield InstalledCatalogue()
    catalog.browser_destination.cache_clear()


def test_without_a_mode_the_destination_decides(installed: InstalledCatalogue) -> None:
    assert installed.destination("only_web").mode == "device"
    assert installed.destination("slack").mode == "cloud"
    assert installed.destination("webhook").mode == "cloud", "there is one of each"
    assert installed.destination("webhook", "device").actions.keys() == {"sendEvent"}
    assert installed.destination("webhook", "cloud").actions.keys() == {"send"}


def test_a_mode_that_a_destination_has_not_is_refused(installed: InstalledCatalogue) -> None:
    with pytest.raises(WrongMode, match="only_web runs in pages only: write `mode: device`"):
        installed.destination("only_web", "cloud")
    with pytest.raises(WrongMode, match="no plugin for pages is called slack: write `mode: cloud`"):
        installed.destination("slack", "device")
    with pytest.raises(LookupError, match="there is no browser destination 'nope'"):
        installed.destination("nope", "device")
    with pytest.raises(LookupError, match="there is no destination 'nope'"):
        installed.destination("nope")


def test_what_a_plugin_suggests_fills_what_is_omitted(installed: InstalledCatalogue) -> None:
    entry = installed.destination("only_web")
    assert entry.actions["sendEvent"].mapping == {"event": {"@path": "$.event"}, "source": "web"}
    entry.check_settings({"pixelId": "px"})
    with pytest.raises(ValueError, match="missing the required field 'pixelId'"):
        entry.check_settings({})


def test_pages_run_what_their_plugins_know(installed: InstalledCatalogue) -> None:
    installed.check_page_mapping({"event": {"@template": "web {{event}}"}})
    with pytest.raises(ValueError, match="/event/@liquid is not known in a page: there are @array"):
        installed.check_page_mapping({"event": {"@liquid": "{{ event }}"}})
    with pytest.raises(ValueError, match="@nope"):
        installed.check_page_mapping({"event": {"@nope": 1}})
