"""Update masks: only what clients may change can be named, wherever the mask stands."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.api.config.bodies import (
    ChangedDestination,
    ChangedFilter,
    DestinationChange,
    Mask,
    SourceChange,
)
from headgate.api.config.masks import changeable, changed
from headgate.control.errors import Invalid
from tests.unit.api.config.asked import HOOK, SECRET, SHOP, ConfigApi, config_api

OWNED = (
    "name",
    "id",
    "slug",
    "parent",
    "workspace",
    "workspace_id",
    "create_time",
    "update_time",
    "catalog_name",
    "catalog_id",
    "write_keys",
    "library_config",
    "config.sharedSecret",
    "config[0].value",
    "settings",
    "settings.sharedSecret",
    "update_mask",
    "update_mask.paths",
    "__class__",
    "destination",
    "",
    "*",
    "Enabled",
    "enabled ",
    "enabled.x",
)
"""What the server owns, what is secret, and what there is not."""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> ConfigApi:
    found = config_api(tmp_path_factory.mktemp("config"))
    found.source()
    found.hook()
    return found


@pytest.mark.abuse("ac_update_mask")
@pytest.mark.parametrize("path", OWNED)
@pytest.mark.parametrize(("name", "resource"), [(SHOP, "source"), (HOOK, "destination")])
@pytest.mark.parametrize("is_led", [False, True])
def test_what_the_server_owns_cannot_be_named(
    config: ConfigApi, name: str, resource: str, path: str, *, is_led: bool
) -> None:
    before = config.good("GET", name)
    full = f"{resource}.{path}" if is_led else path
    paths = {"paths": [f"{resource}.enabled", full]}
    given = {"enabled": True, "id": "src_x", "parent": "workspaces/other", "write_keys": ["mine"]}
    for body in (
        {resource: given, "update_mask": paths},
        {resource: given | {"update_mask": paths}},
    ):
        status, code, told = config.refused("PATCH", name, body)
        assert (status, code) == (400, 3)
        assert "update_mask.paths[1]" in told
        assert SECRET not in told
    assert config.good("GET", name) == before, "and nothing else of it is done"


def test_a_value_without_a_path_has_no_effect_and_is_not_written_down(config: ConfigApi) -> None:
    before, written = config.good("GET", HOOK), config.trail()
    for body in (
        {"destination": {"enabled": True}},
        {"destination": {"enabled": True, "update_mask": {"paths": []}}, "update_mask": None},
        {"destination": {"enabled": True}, "update_mask": {"paths": None}},
        {},
    ):
        assert config.good("PATCH", HOOK, body) == before
    assert config.trail() == written


def test_who_may_only_read_changes_not_even_nothing(config: ConfigApi) -> None:
    reader = config.api.token("source_read_only")
    for name in (SHOP, HOOK):
        assert config.refused("PATCH", name, {}, token=reader)[:2] == (403, 7)


@pytest.mark.parametrize(
    "body",
    [
        {"update_mask": {"paths": "destination.enabled"}},
        {"update_mask": ["destination.enabled"]},
        {"update_mask": "destination.enabled"},
        {"update_mask": {"paths": [7]}},
        {"destination": []},
        {"destination": {"update_mask": {"paths": [None]}}},
    ],
)
def test_a_mask_of_another_shape_is_refused(config: ConfigApi, body: dict[str, Any]) -> None:
    assert config.refused("PATCH", HOOK, body)[:2] == (400, 3)


def test_masks_in_both_places_count_together() -> None:
    given = DestinationChange(enabled=True, update_mask=Mask(paths=["enabled"]))
    mask = Mask(paths=["destination.display_name"])
    body = ChangedDestination(destination=given, update_mask=mask)
    assert changed(body, "destination") == {"enabled": True, "display_name": None}


def test_fields_are_named_as_the_wire_names_them() -> None:
    assert changed(ChangedFilter(update_mask=Mask(paths=["if"])), "filter") == {"if": None}
    with pytest.raises(Invalid, match="'condition' cannot be changed"):
        changed(ChangedFilter(update_mask=Mask(paths=["condition"])), "filter")


def test_the_mask_is_no_field_of_its_own() -> None:
    assert list(changeable(SourceChange)) == ["display_name", "enabled", "labels"]
