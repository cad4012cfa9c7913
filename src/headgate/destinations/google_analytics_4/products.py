"""Products of an event, and where the suggested mappings find them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict

from headgate.kit import Fields, each, field, path

if TYPE_CHECKING:
    from headgate.mapping import Mapped


class Item(Fields):
    """A product; what Google has no name for goes out as the product's custom parameter."""

    model_config = ConfigDict(extra="allow")

    item_id: str | None = field("Product ID", "This or the name is required.")
    item_name: str | None = field("Name", "This or the ID is required.")
    affiliation: str | None = field("Affiliation", "The shop or partner that supplies it.")
    coupon: str | None = field("Coupon", "A coupon for this product.")
    currency: str | None = field("Currency", "The currency of the price, by ISO 4217.")
    discount: float | None = field("Discount", "How much less it costs.")
    index: float | None = field("Index", "Its place in the list.")
    item_brand: str | None = field("Brand", "Who makes it.")
    item_category: str | None = field("Category", "What kind of product it is.")
    item_category2: str | None = field("Category 2", "The second level of its category.")
    item_category3: str | None = field("Category 3", "The third level of its category.")
    item_category4: str | None = field("Category 4", "The fourth level of its category.")
    item_category5: str | None = field("Category 5", "The fifth level of its category.")
    item_list_id: str | None = field("List ID", "The list that it was shown in.")
    item_list_name: str | None = field("List name", "The name of that list.")
    item_variant: str | None = field("Variant", "Its size, colour and the like.")
    location_id: str | None = field("Location ID", "A place, such as Google's Place ID of a shop.")
    price: float | None = field("Price", "What one of it costs.")
    quantity: int | None = field("Quantity", "How many of it.")


class PromotedItem(Item):
    creative_name: str | None = field("Creative name", "The name of the promotion's artwork.")
    creative_slot: str | None = field("Creative slot", "Where the artwork was shown.")
    promotion_name: str | None = field("Promotion name", "What the promotion is called.")
    promotion_id: str | None = field("Promotion ID", "Which promotion it is.")


_ONE: dict[str, Mapped] = {
    "item_id": path("$.product_id"),
    "item_name": path("$.name"),
    "affiliation": path("$.affiliation"),
    "coupon": path("$.coupon"),
    "item_brand": path("$.brand"),
    "item_category": path("$.category"),
    "item_variant": path("$.variant"),
    "price": path("$.price"),
    "quantity": path("$.quantity"),
}
_ONE_OF_MANY: dict[str, Mapped] = {**_ONE, "index": path("$.position")}


def products(*, default: Any = ...) -> Any:
    """Declare the products that an event lists."""
    mapping = each("$.properties.products", _ONE_OF_MANY)
    help_ = "The products that the event is about."
    return field("Products", help_, default=default, mapping=mapping, open_to_others=True)


def product(*, default: Any = ...) -> Any:
    """Declare the product that an event itself describes."""
    mapping = each("$.properties", _ONE)
    help_ = "The product that the event is about, as a list of one."
    return field("Products", help_, default=default, mapping=mapping, open_to_others=True)
