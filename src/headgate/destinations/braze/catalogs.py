"""The action that keeps items of catalogs up to date, and the hook that chooses the catalog."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

from headgate.destinations.braze.account import LONG, Account, braze
from headgate.destinations.braze.answers import errors
from headgate.kit import (
    BatchResult,
    Choice,
    Choices,
    Delivery,
    DeliveryError,
    Discard,
    Fields,
    Http,
    ItemResult,
    Payload,
    Response,
    Retry,
    SyncModes,
    field,
    is_,
    sync_mode_is,
)
from headgate.kit.values import present

MOST = 50
_LONGEST_ID = 250
_ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_MODES = SyncModes(
    "How to sync records",
    {"upsert": "Create and replace items", "delete": "Delete items"},
    default="upsert",
    description="What becomes of items of the catalog.",
)
_METHODS = {"upsert": "PUT", "delete": "DELETE"}


class Item(Payload):
    item: dict[str, object] | None = field(
        "Catalog item to upsert",
        "The fields of the item by their names.",
        shown_if=sync_mode_is("upsert"),
    )
    item_id: str = field(
        "Item ID",
        "Which item it is: letters, digits, `-` and `_`.",
        minimum=1,
        maximum=_LONGEST_ID,
    )


@braze.action("Upsert catalog item", slug="upsertCatalogItem", sync_modes=_MODES)
async def upsert_item(http: Http, item: Item, account: Account, delivery: Delivery) -> Response:
    """Replace an item of a catalog, or delete it."""
    mode = _MODES.chosen(delivery.sync_mode)
    _check(item, mode)
    url = f"{_items(account, delivery)}/{item.item_id}"
    try:
        return await http.send(_METHODS[mode], url, json={"items": [item.item or {}]})
    except Discard as error:
        is_gone = mode == "delete" and "item-not-found" in _ids(_errors(error))
        if is_gone and error.response is not None:
            return error.response
        raise


@upsert_item.batch(up_to=MOST, is_default=True)
async def upsert_items(
    http: Http, items: Sequence[Item], account: Account, deliveries: Sequence[Delivery]
) -> BatchResult:
    """Send the last event about each item; those before it share its result."""
    mode = _MODES.chosen(deliveries[0].sync_mode)
    results: dict[int, ItemResult] = {}
    last: dict[str, Item] = {}
    for place, item in enumerate(items):
        try:
            _check(item, mode)
            last[item.item_id] = item
        except Discard as error:
            results[place] = error
    ends = await _send(http, f"{_items(account, deliveries[0])}/", mode, last) if last else {}
    return [results.get(place) or ends.get(item.item_id) for place, item in enumerate(items)]


async def _send(http: Http, url: str, mode: str, items: dict[str, Item]) -> dict[str, ItemResult]:
    upserts = mode == "upsert"
    body = [{**((it.item or {}) if upserts else {}), "id": key} for key, it in items.items()]
    try:
        response = await http.send(_METHODS[mode], url, json={"items": body})
    except DeliveryError as error:
        return _refused(error, items)
    return dict.fromkeys(items, response)


def _refused(error: DeliveryError, items: dict[str, Item]) -> dict[str, ItemResult]:
    """Give what becomes of items of a refused request: those that it names are at fault."""
    values = [it.get("parameter_values") for it in _errors(error)]
    named = {str(one) for each in values if isinstance(each, list) for one in each} & items.keys()
    if not named or error.status != HTTPStatus.BAD_REQUEST:
        return dict.fromkeys(items, error)
    waiting = Retry("Braze refused other items of this batch, and so all of it.")
    return {key: error if key in named else waiting for key in items}


def _check(item: Item, mode: str) -> None:
    """Raise `Discard` for an item that Braze cannot take."""
    if not _ID.fullmatch(item.item_id):
        raise Discard("The item ID may hold letters, digits, - and _ only.")
    if mode == "upsert" and not item.item:
        raise Discard("The item has no fields, so there is nothing to keep.")


def _items(account: Account, delivery: Delivery) -> str:
    """Give the address of the items of the catalog that was chosen with the mapping."""
    catalog = delivery.saved.get("onMappingSave", {}).get("catalog_name")
    if not isinstance(catalog, str) or not catalog:
        raise Discard("No catalog was chosen: choose or create one when you save the mapping.")
    return f"{account.endpoint}/catalogs/{quote(catalog, safe='')}/items"


def _errors(error: DeliveryError) -> list[dict[str, Any]]:
    return [each for each in errors(error.response) if isinstance(each, dict)]


def _ids(named: list[dict[str, Any]]) -> set[Any]:
    return {it.get("id") for it in named if isinstance(it.get("id"), str)}


async def catalogs(http: Http, account: Account) -> Choices:
    """The catalogs of the workspace."""
    answer: Any = (await http.get(f"{account.endpoint}/catalogs", max_body=LONG)).json()
    found = answer.get("catalogs") if isinstance(answer, dict) else None
    return Choices([Choice(it["name"]) for it in (found if isinstance(found, list) else ())])


_SELECTS, _CREATES = is_("operation", "select"), is_("operation", "create")


class Column(Fields):
    name: str = field("Field Name", "What the field is called.")
    type: Literal["string", "number", "time", "boolean", "object", "array"] = field(
        "Field Type", "What its values are."
    )


class Wanted(Fields):
    operation: Literal["create", "select"] = field(
        "Operation",
        "Whether to create a catalog, or to choose one that exists.",
        choices={"create": "Create a catalog", "select": "Select a catalog"},
    )
    selected_catalog_name: str | None = field(
        "Catalog Name",
        "The catalog to choose.",
        choices=catalogs,
        required_if=_SELECTS,
        shown_if=_SELECTS,
    )
    created_catalog_name: str | None = field(
        "Catalog Name",
        "The catalog to create: letters, digits, `-` and `_`.",
        required_if=_CREATES,
        shown_if=_CREATES,
    )
    description: str | None = field(
        "Catalog Description", "What the catalog is for.", shown_if=_CREATES
    )
    columns: list[Column] | None = field(
        "Catalog Fields",
        "The fields of its items, beside `id`.",
        required_if=_CREATES,
        shown_if=_CREATES,
    )


class Chosen(Fields):
    catalog_name: str = field("Catalog Name", "The catalog that items go to.")


@upsert_item.hook("onMappingSave", "Select or create a catalog")
async def choose_catalog(http: Http, wanted: Wanted, account: Account) -> Chosen:
    """Choose the catalog that items go to, or create one."""
    if wanted.operation == "select":
        return Chosen.read({"catalog_name": wanted.selected_catalog_name})
    columns = [each.model_dump() for each in wanted.columns or () if each.name != "id"]
    catalog = {
        "name": wanted.created_catalog_name,
        "description": wanted.description,
        "fields": [{"name": "id", "type": "string"}, *columns],
    }
    await http.post(f"{account.endpoint}/catalogs", json={"catalogs": [present(catalog)]})
    return Chosen.read({"catalog_name": wanted.created_catalog_name})
