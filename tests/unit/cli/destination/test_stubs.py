from __future__ import annotations

from typing import Any, Literal, NotRequired, get_type_hints

import pytest

from headgate import catalog
from headgate.cli.destination.loading import load
from headgate.cli.destination.stubs import stubs
from headgate.kit import Destination, Fields, Http, Payload, Response, Settings, field


class Item(Fields):
    sku: str = field("SKU")
    class_: str | None = field("Class", key="class")


class Order(Payload):
    items: list[Item] = field("Items")
    size: Literal["s", 'x"l'] | None = field("Size")
    sizes: list[Literal["s"]] | None = field("Sizes")
    count: int | None = field("Count", allow_null=True)
    price: float = field("Price", default=1.5)
    at_: str | None = field("At", key="@at")
    open_one: Item | None = field("Open", open_to_others=True)


shop = Destination("Shop", settings=Settings, docs="https://example.com")


@shop.action("Order", slug="sendOrder")
async def order(http: Http, payload: Order, _: Settings) -> Response:
    return await http.post("https://example.com", json=payload.price)


def hints(text: str, name: str) -> dict[str, Any]:
    scope: dict[str, Any] = {"__name__": "made"}
    exec(compile(text, "made", "exec"), scope)  # noqa: S102 - it is ours
    return get_type_hints(scope[name], scope, include_extras=True)


def test_names_are_the_stored_ones_and_say_what_is_required() -> None:
    text = stubs([load("webhook")], ["webhook"])
    assert text.startswith('"""Made by `headgate destination types webhook`')
    assert hints(text, "WebhookSettings") == {"sharedSecret": NotRequired[str]}
    payload = hints(text, "WebhookSendPayload")
    assert payload["url"] is str
    assert payload["method"] == NotRequired[Literal["POST", "PUT", "PATCH"]]
    assert payload["data"] == NotRequired[dict[str, object]]


def test_every_kind_of_field_has_its_type() -> None:
    text = stubs([shop])
    payload = hints(text, "ShopSendOrderPayload")
    assert payload["size"] == NotRequired[Literal["s", 'x"l']]
    assert payload["sizes"] == NotRequired[list[Literal["s"]]]
    assert payload["count"] == NotRequired[int | None]
    assert payload["price"] == NotRequired[float]
    assert payload["@at"] == NotRequired[str]
    assert payload["open_one"] == NotRequired[dict[str, object]]
    item = hints(text, "ShopSendOrderPayloadItems")
    assert item == {"sku": str, "class": NotRequired[str]}
    assert payload["items"].__args__[0].__name__ == "ShopSendOrderPayloadItems"
    assert hints(text, "ShopSettings") == {}


@pytest.mark.parametrize("slug", catalog.slugs())
def test_those_of_every_destination_can_be_imported(slug: str) -> None:
    destination = load(slug)
    text = stubs([destination])
    scope: dict[str, Any] = {"__name__": "made"}
    exec(compile(text, slug, "exec"), scope)  # noqa: S102 - it is ours
    for name, action in destination.actions.items():
        wanted = f"{_plain(slug)}{_plain(name)}payload"
        made = next(it for key, it in scope.items() if key.lower() == wanted)
        assert set(get_type_hints(made, scope)) == set(action.stored_fields())


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
