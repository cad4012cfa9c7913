from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from headgate.kit import Destination, Http, Payload, Response, Settings, field
from headgate.kit.testing.released import names, release, removed
from tests.unit.kit.testing.acme import Changes, written


class Item(Payload):
    sku: str = field("SKU", "Which product.")


class Order(Payload):
    items: list[Item] = field("Items", "What was ordered.", key="orderItems")


def test_names_are_the_stored_ones_down_to_the_last() -> None:
    shop = Destination("Shop", settings=Settings, docs="")

    @shop.action("Order", slug="placeOrder")
    async def place_order(http: Http, order: Order, _: Settings) -> Response:
        return await http.post("", json=len(order.items))

    shop.preset("Orders", place_order, trigger="all")
    assert names(shop) == {
        "settings": {},
        "actions": {"placeOrder": {"fields": {"orderItems": {"sku": {}}}, "hooks": {}}},
        "presets": {"Orders": {}},
    }


@pytest.mark.parametrize(
    ("before", "now", "gone"),
    [
        ({}, {"a": {}}, []),
        ({"a": {}}, {"a": {"b": {}}, "c": {}}, []),
        ({"a": {"b": {}, "c": {}}}, {"a": {"b": {}}}, ["a/c"]),
        ({"a": {"b": {}}, "c": {}}, {}, ["a", "c"]),
    ],
)
def test_what_is_gone_is_named(before: object, now: object, gone: list[str]) -> None:
    assert [*removed(before, now)] == gone  # type: ignore[arg-type]


def package(folder: Path, changes: Changes | None = None) -> Path:
    """Write the package under a name of its own, as modules are kept once imported."""
    return written(folder / f"acme_{folder.name}", changes)


def test_a_package_keeps_its_names_beside_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = package(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    path = Path(release(home.name))
    assert path == home / "released.json"
    assert json.loads(path.read_text("utf-8"))["actions"].keys() == {"saveContact", "track"}
    assert release(home.name) == str(path)


def test_no_name_is_lost_by_writing_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = package(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    release(home.name)
    package(tmp_path, {"__init__.py": ('acme.preset("Track everything", track)', "")})
    monkeypatch.delitem(sys.modules, home.name)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with pytest.raises(SystemExit, match="never go: presets/Track everything"):
        release(home.name)
