from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from headgate import catalog
from headgate.browser import BUILT, BrowserFiles, catalogue, packaged
from headgate.collect.cdn.plugins import plugin_path
from headgate.kit.errors import InvalidSettings
from tests.conftest import absent

if TYPE_CHECKING:
    from headgate.kit import BrowserDestination

ENTRY = {
    "slug": "wombat",
    "name": "Wombat",
    "description": "Digs.",
    "libraryName": "wombatDestination",
    "file": "0123.js",
    "settings": {"burrow": {"label": "Burrow", "type": "string", "required": True}},
    "actions": {
        "dig": {
            "title": "Dig",
            "description": "Digs a hole.",
            "platform": "web",
            "defaultSubscription": 'type = "track"',
            "fields": {"depth": {"label": "Depth", "type": "number", "default": 1}},
        },
        "rest": {
            "title": "Rest",
            "platform": "web",
            "hidden": True,
            "lifecycleHook": "enrichment",
            "fields": {},
        },
    },
    "presets": [],
}


@pytest.fixture
def wombat(tmp_path: Path) -> BrowserDestination:
    (tmp_path / "catalogue.json").write_text(json.dumps([ENTRY]))
    return catalogue.read(tmp_path)["wombat"]


def test_an_entry_becomes_a_destination(wombat: BrowserDestination, tmp_path: Path) -> None:
    assert (wombat.name, wombat.slug, wombat.description) == ("Wombat", "wombat", "Digs.")
    assert wombat.library == "wombatDestination"
    assert wombat.plugin == tmp_path / "actions" / "wombat" / "0123.js"


def test_its_actions_keep_trigger_stage_and_suggested_mapping(wombat: BrowserDestination) -> None:
    dig, rest = wombat.actions["dig"], wombat.actions["rest"]
    assert (dig.trigger, dig.stage, dig.is_hidden) == ('type = "track"', "destination", False)
    assert dig.default_mapping() == {"depth": 1}
    assert (rest.trigger, rest.stage, rest.is_hidden) == (None, "enrichment", True)


def test_its_settings_are_checked_as_they_are_declared(wombat: BrowserDestination) -> None:
    wombat.check_settings({"burrow": "deep"})
    with pytest.raises(InvalidSettings, match="burrow"):
        wombat.check_settings({})


def test_where_nothing_is_built_there_is_none(tmp_path: Path) -> None:
    assert catalogue.read(tmp_path) == {}


def test_the_packaged_destinations_are_those_of_the_package() -> None:
    found = packaged()
    if not found:
        absent("needs the files that browsers load: python3 run.py setup")
    assert len(found) == 25
    assert {"koala", "braze", "google-analytics-4-web", "amplitude-plugins"} <= found.keys()
    files = BrowserFiles.load(BUILT)
    for destination in found.values():
        assert destination.library.encode() in destination.plugin.read_bytes()
        assert destination.actions, destination.slug
        assert files.file(plugin_path(destination)), destination.slug


def test_every_destination_takes_the_choices_that_it_offers() -> None:
    """Braze's plugin offers hosts, and asked for an address with a scheme: neither was right."""
    for slug in catalog.browser_slugs():
        declared = catalog.browser_destination(slug)
        forms: dict[str, Any] = dict(declared.settings)
        filled = {key: _some(form) for key, form in forms.items() if "default" not in form}
        usual = {key: form["default"] for key, form in forms.items() if "default" in form}
        declared.check_settings({**filled, **usual})
        for key, form in forms.items():
            for choice in form.get("choices") or ():
                value = choice["value"] if isinstance(choice, dict) else choice
                declared.check_settings({**filled, **usual, key: value})


def _some(form: dict[str, Any]) -> Any:
    """A value that fits, for a setting that is asked for."""
    if choices := form.get("choices"):
        return choices[0]["value"] if isinstance(choices[0], dict) else choices[0]
    some = {"boolean": True, "number": 1, "integer": 1, "object": {}}
    texts = {"uuid": "3f0c4f51-9e0b-4d6e-8a3e-5b6d0e6a2c11"}
    return some.get(form["type"], texts.get(form.get("format", ""), "https://example.org/1"))
