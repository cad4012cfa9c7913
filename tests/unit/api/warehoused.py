"""What the tests of warehouses begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.api.connected import told

if TYPE_CHECKING:
    from tests.unit.api.asking import Asking

DATABASE = {
    "hostname": "db.shop.example",
    "database": "events",
    "username": "loader",
    "password": "s3cr3t-9876",
}
SECRET = DATABASE["password"]


def warehouse(api: Asking, name: str | None = "Ours", **given: Any) -> str:
    """A new warehouse, by its id."""
    body = {"metadataId": "postgres", "name": name, "settings": DATABASE, **given}
    return str(told(api, "create_warehouse", "POST", "/warehouses", body).data["warehouse"]["id"])


def connected(api: Asking, source: str, **given: Any) -> str:
    """A new warehouse to which a source is connected, by its id."""
    made = warehouse(api, **given)
    assert api.call("POST", f"/warehouses/{made}/connected-sources/{source}").status == 201
    return made
