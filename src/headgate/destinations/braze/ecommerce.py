"""Actions that send Braze's recommended events of commerce."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from headgate.destinations.braze.account import Account
from headgate.destinations.braze.currencies import CURRENCIES
from headgate.destinations.braze.events import MODES
from headgate.destinations.braze.people import UPDATE_ONLY, Identified, WholeAlias, whole
from headgate.destinations.braze.tracking import Entries, tracked
from headgate.kit import Discard, Fields, any_of, each, field, is_, path
from headgate.kit.fields.conditions import Condition
from headgate.kit.values import iso, present

Name = Literal[
    "ecommerce.product_viewed",
    "ecommerce.checkout_started",
    "ecommerce.order_placed",
    "ecommerce.order_cancelled",
    "ecommerce.order_refunded",
]


def _is(name: Name) -> Condition:
    return is_("name", name)


_CHECKOUT = _is("ecommerce.checkout_started")
_PLACED = _is("ecommerce.order_placed")
_CANCELLED = _is("ecommerce.order_cancelled")
_REFUNDED = _is("ecommerce.order_refunded")
_OF_ORDERS = any_of(_PLACED, _CANCELLED, _REFUNDED)
_WITH_VALUE = any_of(_CHECKOUT, _PLACED, _CANCELLED, _REFUNDED)


class Discount(Fields):
    code: str = field("Discount Code", "The code of the discount.")
    amount: float = field("Discount Amount", "What it takes off.")


class Commerce(Identified):
    name: Name = field(
        "Ecommerce Event Name",
        "Which of Braze's events it is.",
        choices={
            "ecommerce.product_viewed": "Product viewed",
            "ecommerce.checkout_started": "Checkout started",
            "ecommerce.order_placed": "Order placed",
            "ecommerce.order_cancelled": "Order cancelled",
            "ecommerce.order_refunded": "Order refunded",
        },
    )
    user_alias: WholeAlias | None = field("User Alias Object", "Another name of the person.")
    email: str | None = field(
        "Email",
        "The person's e-mail address.",
        format="email",
        mapping=path("$.context.traits.email") | path("$.properties.email"),
    )
    phone: str | None = field(
        "Phone Number",
        "The person's phone number.",
        mapping=path("$.context.traits.phone") | path("$.properties.phone"),
        allow_null=True,
    )
    braze_id: str | None = field(
        "Braze User Identifier",
        "Braze's own ID of the person.",
        mapping=path("$.context.traits.braze_id") | path("$.properties.braze_id"),
        allow_null=True,
    )
    cancel_reason: str | None = field(
        "Cancel Reason",
        "Why the order was cancelled.",
        mapping=path("$.properties.reason"),
        required_if=any_of(_CANCELLED),
        shown_if=any_of(_CANCELLED),
    )
    time: datetime = field("Time", "When it happened.", mapping=path("$.timestamp"))
    checkout_id: str | None = field(
        "Checkout ID",
        "Which checkout it is.",
        mapping=path("$.properties.checkout_id"),
        required_if=any_of(_CHECKOUT),
        shown_if=any_of(_CHECKOUT),
    )
    order_id: str | None = field(
        "Order ID",
        "Which order it is.",
        mapping=path("$.properties.order_id"),
        required_if=_OF_ORDERS,
        shown_if=_OF_ORDERS,
    )
    cart_id: str | None = field(
        "Cart ID",
        "Which cart it is.",
        mapping=path("$.properties.cart_id"),
        shown_if=any_of(_CHECKOUT, _PLACED),
    )
    total_value: float | None = field(
        "Total Value",
        "What it is worth in all.",
        mapping=path("$.properties.total"),
        required_if=_WITH_VALUE,
        shown_if=_WITH_VALUE,
    )
    total_discounts: float | None = field(
        "Total Discounts",
        "What all discounts take off.",
        mapping=path("$.properties.discount"),
        shown_if=_OF_ORDERS,
    )
    discounts: list[Discount] | None = field(
        "Discounts",
        "The discounts one by one.",
        mapping=each(
            "$.properties.discount_items", {"code": path("$.code"), "amount": path("$.amount")}
        ),
        shown_if=_OF_ORDERS,
    )
    currency: str = field(
        "Currency",
        "The code of the currency.",
        choices=CURRENCIES,
        mapping=path("$.properties.currency"),
    )
    source: str = field(
        "Source", "Where it happened: `web`, `ios`, …", mapping=path("$.properties.source")
    )
    metadata: dict[str, object] | None = field(
        "Metadata", "What else is known of it.", open_to_others=True
    )


class Viewed(Fields):
    product_id: str = field("Product ID", "Which product it is.")
    product_name: str = field("Product Name", "What it is called.")
    variant_id: str = field("Variant ID", "Which variant of it.")
    image_url: str | None = field("Image URL", "The address of a picture of it.", format="uri")
    product_url: str | None = field("Product URL", "The address of its page.", format="uri")
    price: float = field("Price", "What one of it costs.")


class Sold(Viewed, extra="allow"):
    quantity: float = field("Quantity", "How many there are.")


class OfProducts(Commerce):
    products: list[Sold] = field(
        "Products",
        "The products. Other members become their metadata.",
        mapping=each(
            "$.properties.products",
            {
                "product_id": path("$.product_id"),
                "product_name": path("$.name"),
                "variant_id": path("$.variant"),
                "image_url": path("$.image_url"),
                "product_url": path("$.url"),
                "quantity": path("$.quantity"),
                "price": path("$.price"),
            },
        ),
        open_to_others=True,
    )


class OfProduct(Commerce):
    product: Viewed = field(
        "Product",
        "The product.",
        mapping={
            "product_id": path("$.properties.product_id"),
            "product_name": path("$.properties.name"),
            "variant_id": path("$.properties.variant"),
            "image_url": path("$.properties.image_url"),
            "product_url": path("$.properties.url"),
            "price": path("$.properties.price"),
        },
    )


_MEMBERS: dict[str, tuple[str, ...]] = {
    "ecommerce.product_viewed": (),
    "ecommerce.checkout_started": ("total_value", "checkout_id", "cart_id"),
    "ecommerce.order_placed": (
        "total_value",
        "order_id",
        "total_discounts",
        "discounts",
        "cart_id",
    ),
    "ecommerce.order_refunded": ("total_value", "order_id", "total_discounts", "discounts"),
    "ecommerce.order_cancelled": (
        "total_value",
        "order_id",
        "cancel_reason",
        "total_discounts",
        "discounts",
    ),
}
"""What each event says of itself, beside what all say."""


def of_products(payload: OfProducts, account: Account, mode: str | None) -> Entries:
    """Send an event of commerce about several products."""
    if payload.name == "ecommerce.product_viewed":
        return _event(payload, account, mode, {})
    return _event(payload, account, mode, {"products": [_sold(it) for it in payload.products]})


def of_product(payload: OfProduct, account: Account, mode: str | None) -> Entries:
    """Send an event of commerce about one product."""
    viewed = payload.name == "ecommerce.product_viewed"
    return _event(payload, account, mode, present(payload.product.model_dump()) if viewed else {})


def _event(
    payload: Commerce, account: Account, mode: str | None, products: dict[str, Any]
) -> Entries:
    who = _identity(payload)
    its = payload.model_dump(include={*_MEMBERS[payload.name]})
    said = {"currency": payload.currency, "source": payload.source, "metadata": payload.metadata}
    event = {
        "app_id": account.app_id,
        "name": payload.name,
        "time": iso(payload.time),
        "properties": {**present(said), **products, **present(its)},
        UPDATE_ONLY: True if mode == "update" or "user_alias" in who else None,
    }
    return [{**who, **present(event)}]


def _identity(payload: Commerce) -> dict[str, Any]:
    said = {
        "external_id": payload.external_id,
        "braze_id": payload.braze_id,
        "email": payload.email,
        "phone": payload.phone,
        "user_alias": whole(payload.user_alias),
    }
    known = {name: value for name, value in said.items() if value}
    if not known:
        raise Discard(
            'One of "external_id" or "user_alias" or "braze_id" or "email" or "phone" is required.'
        )
    return known


def _sold(product: Sold) -> dict[str, Any]:
    said = product.model_dump(include={*Sold.model_fields})
    return present({**said, "metadata": product.model_extra or None})


products = tracked(
    "Ecommerce event (multi product)",
    OfProducts,
    of_products,
    to="events",
    slug="ecommerce",
    sync_modes=MODES,
)
product = tracked(
    "Ecommerce event (single product)",
    OfProduct,
    of_product,
    to="events",
    slug="ecommerceSingleProduct",
    sync_modes=MODES,
)
