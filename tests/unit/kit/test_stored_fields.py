"""What a declaration says in Segment's stored form, which forms and checks read."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import pytest

from headgate.kit import (
    Choice,
    Choices,
    Http,
    Payload,
    Search,
    Settings,
    all_of,
    any_of,
    field,
    is_,
    is_empty,
    is_filled,
    is_not,
    path,
    sync_mode_is,
    validation,
)


async def lists(_: Http, __: Settings, search: Search) -> Choices:
    return Choices([Choice(1, f"found by {search.query}")], next_page="2")


async def keys(_: Http, __: Settings) -> Choices:
    return Choices([Choice("plan")])


class Product(Payload):
    sku: str = field("SKU")
    price: float | None = field("Price", minimum=0)


class Order(Payload):
    plain: str
    email: str = field(
        "Email", "Who.", format="email", mapping=path("$.email"), category="identifier"
    )
    note: str | None = field("Note", long=True, placeholder="Say more", maximum=500)
    count: int = field("Count", default=1, minimum=1, maximum=9, read_only=True)
    at: datetime | None = field("At", display="collapsed")
    is_gift: bool | None = field("Gift", allow_null=True)
    kind: Literal["new", "old"] = field("Kind", default="new", without=["enrichment"])
    tags: list[str] | None = field("Tags", choices=["a", "b"])
    region: str | None = field("Region", choices={"eu": "Europe"})
    products: list[Product] | None = field("Products", form="arrayeditor")
    first: Product | None = field("First", open_to_others=True)
    traits: dict[str, object] | None = field("Traits", key_choices=keys, form="keyvalue")
    list_id: str | None = field("List", key="listId", choices=lists)
    phone: str | None = field("Phone", required_if=is_("kind", "new"), hidden=True)
    state: str | None = field(
        "State", required_if=any_of(is_filled("region"), is_not("kind", "old"))
    )
    zip_: str | None = field(
        "ZIP", key="zip", shown_if=all_of(is_empty("state"), sync_mode_is("add"))
    )


def test_each_option_is_stored_under_its_name_at_segment() -> None:
    stored: Any = Order.stored_fields()
    assert stored["plain"] == {"label": "plain", "type": "string", "required": True}
    assert stored["email"] == {
        "label": "Email",
        "description": "Who.",
        "type": "string",
        "required": True,
        "format": "email",
        "category": "identifier",
        "default": {"@path": "$.email"},
    }
    assert stored["note"] == {
        "label": "Note",
        "type": "text",
        "placeholder": "Say more",
        "maximum": 500,
    }
    assert stored["count"] == {
        "label": "Count",
        "type": "integer",
        "minimum": 1,
        "maximum": 9,
        "readOnly": True,
        "default": 1,
    }
    assert stored["at"] == {"label": "At", "type": "datetime", "displayMode": "collapsed"}
    assert stored["is_gift"] == {"label": "Gift", "type": "boolean", "allowNull": True}
    assert stored["kind"]["choices"] == [
        {"value": "new", "label": "new"},
        {"value": "old", "label": "old"},
    ]
    assert stored["kind"]["disabledInputMethods"] == ["enrichment"]
    assert (stored["tags"]["type"], stored["tags"]["multiple"]) == ("string", True)
    assert stored["region"]["choices"] == [{"value": "eu", "label": "Europe"}]
    assert stored["listId"] == {"label": "List", "type": "string", "dynamic": True}


def test_classes_of_fields_are_objects_with_properties() -> None:
    stored: Any = Order.stored_fields()
    properties = {
        "sku": {"label": "SKU", "type": "string", "required": True},
        "price": {"label": "Price", "type": "number", "minimum": 0},
    }
    assert stored["products"] == {
        "label": "Products",
        "type": "object",
        "multiple": True,
        "properties": properties,
        "defaultObjectUI": "arrayeditor",
    }
    assert stored["first"]["additionalProperties"] is True
    assert stored["traits"] == {"label": "Traits", "type": "object", "defaultObjectUI": "keyvalue"}


def test_conditions_are_stored_as_segments() -> None:
    stored: Any = Order.stored_fields()
    assert stored["phone"]["required"] == {
        "match": "all",
        "conditions": [{"fieldKey": "kind", "operator": "is", "value": "new"}],
    }
    assert stored["phone"]["unsafe_hidden"] is True
    assert stored["state"]["required"]["match"] == "any"
    assert stored["zip"]["depends_on"] == {
        "match": "all",
        "conditions": [
            {"fieldKey": "state", "operator": "is"},
            {"type": "syncMode", "operator": "is", "value": "add"},
        ],
    }


def test_what_is_stored_can_be_read_by_the_checks() -> None:
    assert set(validation.read(Order.stored_fields())) == set(Order.stored_fields())


def test_values_become_what_the_annotations_say() -> None:
    order = Order.read(
        {
            "plain": 5,
            "email": "a@example.com",
            "at": "2026-01-02T03:04:05Z",
            "tags": "a",
            "products": {"sku": 7, "price": "2.5", "more": 1},
            "first": {"sku": "x", "more": 1},
            "phone": "1",
            "state": "s",
        }
    )
    assert order.plain == "5"
    assert order.at is not None
    assert order.at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert order.tags == ["a"]
    assert order.products == [Product(sku="7", price=2.5)]
    assert order.first == Product(sku="x")


def test_secrets_are_passwords_to_forms() -> None:
    class Account(Settings):
        api_key: str = field("Key", secret=True)

    stored: Any = Account.stored_fields()
    assert stored["api_key"]["type"] == "password"


def test_dynamic_choices_are_known_by_their_paths() -> None:
    assert Order.dynamic_choices() == {"traits.__keys__": keys, "listId": lists}


@pytest.mark.parametrize("annotation", [str | int, set[str], bytes, list[list[str]], Literal[1]])
def test_a_field_no_form_could_ask_for_is_refused_where_it_is_declared(annotation: Any) -> None:
    with pytest.raises(TypeError, match="a field cannot be"):
        type("Odd", (Payload,), {"__annotations__": {"x": annotation}, "x": field("X")})
