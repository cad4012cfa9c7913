"""The fields of each kind of event: those that become its parameters."""

from __future__ import annotations

from headgate.destinations.google_analytics_4.hits import Hit
from headgate.destinations.google_analytics_4.products import (
    Item,
    PromotedItem,
    product,
    products,
)
from headgate.kit import field, path

_CURRENCY = "The currency of value, shipping and tax, by ISO 4217."


class Visit(Hit):
    """An event whose client id is stored under Segment's other name for it."""

    client_id: str | None = field(
        "Client ID",
        "Which browser this is. Required for the web.",
        key="clientId",
        mapping=path("$.userId") | path("$.anonymousId"),
    )


class Page(Visit):
    page_location: str | None = field(
        "Page location", "The page's whole address.", mapping=path("$.context.page.url")
    )
    page_referrer: str | None = field(
        "Page referrer", "Where the visitor came from.", mapping=path("$.context.page.referrer")
    )
    page_title: str | None = field(
        "Page title", "The page's title.", mapping=path("$.context.page.title")
    )


class Custom(Visit):
    name: str = field(
        "Event name",
        "A letter, then letters, digits and underscores, 40 in all. Blanks become underscores.",
        mapping=path("$.event"),
    )
    lowercase: bool | None = field(
        "Lower case", "Write the event's name in lower case.", mapping=False
    )


class Money(Hit):
    currency: str | None = field("Currency", _CURRENCY, mapping=path("$.properties.currency"))
    value: float | None = field(
        "Value", "What the event is worth.", mapping=path("$.properties.value")
    )


class OneProduct(Money):
    items: list[Item] = product()


class Cart(Money):
    items: list[Item] = products()


class Checkout(Cart):
    coupon: str | None = field(
        "Coupon", "A coupon for the whole order.", mapping=path("$.properties.coupon")
    )


class Payment(Cart):
    coupon: str | None = field("Coupon", "A coupon for the whole order.")
    payment_type: str | None = field(
        "Payment type", "How it is paid for.", mapping=path("$.properties.payment_method")
    )


class Order(Hit):
    transaction_id: str = field(
        "Order ID",
        "Google counts one purchase for each.",
        mapping=path("$.properties.order_id"),
    )
    affiliation: str | None = field(
        "Affiliation",
        "The shop or partner that sold it.",
        mapping=path("$.properties.affiliation"),
    )
    shipping: float | None = field(
        "Shipping", "What the shipping costs.", mapping=path("$.properties.shipping")
    )
    value: float | None = field(
        "Value", "What the order is worth.", mapping=path("$.properties.total")
    )


class Purchase(Order):
    currency: str = field("Currency", _CURRENCY, mapping=path("$.properties.currency"))
    coupon: str | None = field(
        "Coupon", "A coupon for the whole order.", mapping=path("$.properties.coupon")
    )
    tax: float | None = field("Tax", "The tax in it.", mapping=path("$.properties.tax"))
    items: list[Item] = products()


class Refund(Order):
    currency: str | None = field("Currency", _CURRENCY, mapping=path("$.properties.currency"))
    coupon: str | None = field("Coupon", "A coupon for the whole order.")
    tax: float | None = field("Tax", "The tax in it.")
    items: list[Item] = products(default=[])


class SelectedItem(Hit):
    item_list_name: str | None = field("List name", "The list that the product was in.")
    item_list_id: str | None = field("List ID", "Which list the product was in.")
    items: list[Item] = product()


class ItemList(Hit):
    item_list_id: str | None = field(
        "List ID", "Which list it is.", mapping=path("$.properties.list_id")
    )
    item_list_name: str | None = field(
        "List name", "What the list is called.", mapping=path("$.properties.category")
    )
    items: list[Item] = products()


class Promotion(Hit):
    creative_name: str | None = field("Creative name", "The name of the promotion's artwork.")
    creative_slot: str | None = field(
        "Creative slot", "Where the artwork was shown.", mapping=path("$.properties.creative")
    )
    promotion_id: str | None = field(
        "Promotion ID", "Which promotion it is.", mapping=path("$.properties.promotion_id")
    )
    promotion_name: str | None = field(
        "Promotion name", "What the promotion is called.", mapping=path("$.properties.name")
    )


class SelectedPromotion(Promotion):
    location_id: str | None = field("Location ID", "Where the promotion was shown.")
    items: list[PromotedItem] = product(default=[])


class ViewedPromotion(Promotion):
    location_id: str | None = field(
        "Location ID", "Where the promotion was shown.", mapping=path("$.properties.position")
    )
    items: list[PromotedItem] = product()


class Search(Hit):
    search_term: str = field(
        "Search term", "What was searched for.", mapping=path("$.properties.query")
    )


class SignUp(Hit):
    method: str | None = field(
        "Method", "How the user signed up.", mapping=path("$.properties.type")
    )


class Login(Hit):
    method: str | None = field("Method", "How the user logged in.")
