"""The events that Google has names for: a row for each."""

from __future__ import annotations

from typing import NamedTuple

from headgate.destinations.google_analytics_4 import events
from headgate.destinations.google_analytics_4.hits import Hit


class Recommended(NamedTuple):
    """An event of Google's own: its action, and what Google wants of it.

    `event` is the event of the source that the suggested trigger waits for.
    """

    slug: str
    title: str
    name: str
    event: str
    payload: type[Hit]
    description: str
    needs_currency: bool = False
    needs_items: bool = False

    @property
    def trigger(self) -> str:
        return f'type = "track" and event = "{self.event}"' if self.event else 'type = "track"'


RECOMMENDED = (
    Recommended(
        "purchase",
        "Purchase",
        "purchase",
        "Order Completed",
        events.Purchase,
        "Send that somebody bought something.",
    ),
    Recommended(
        "addToCart",
        "Add to cart",
        "add_to_cart",
        "Product Added",
        events.OneProduct,
        "Send that somebody put a product into their cart.",
    ),
    Recommended(
        "selectItem",
        "Select item",
        "select_item",
        "Product Clicked",
        events.SelectedItem,
        "Send that somebody chose a product from a list.",
    ),
    Recommended(
        "beginCheckout",
        "Begin checkout",
        "begin_checkout",
        "Checkout Started",
        events.Checkout,
        "Send that somebody began to check out.",
    ),
    Recommended(
        "selectPromotion",
        "Select promotion",
        "select_promotion",
        "Promotion Clicked",
        events.SelectedPromotion,
        "Send that somebody followed a promotion.",
    ),
    Recommended(
        "viewItem",
        "View item",
        "view_item",
        "Product Viewed",
        events.OneProduct,
        "Send that somebody looked at a product.",
    ),
    Recommended(
        "removeFromCart",
        "Remove from cart",
        "remove_from_cart",
        "Product Removed",
        events.OneProduct,
        "Send that somebody took a product out of their cart.",
        needs_currency=True,
    ),
    Recommended(
        "viewCart",
        "View cart",
        "view_cart",
        "Cart Viewed",
        events.Cart,
        "Send that somebody looked at their cart.",
        needs_currency=True,
    ),
    Recommended(
        "search",
        "Search",
        "search",
        "Products Searched",
        events.Search,
        "Send what somebody searched for.",
    ),
    Recommended(
        "viewItemList",
        "View item list",
        "view_item_list",
        "Product List Viewed",
        events.ItemList,
        "Send that somebody looked at a list of products.",
    ),
    Recommended(
        "signUp",
        "Sign up",
        "sign_up",
        "Signed Up",
        events.SignUp,
        "Send that somebody signed up.",
    ),
    Recommended(
        "viewPromotion",
        "View promotion",
        "view_promotion",
        "Promotion Viewed",
        events.ViewedPromotion,
        "Send that somebody saw a promotion.",
    ),
    Recommended(
        "addPaymentInfo",
        "Add payment info",
        "add_payment_info",
        "Payment Info Entered",
        events.Payment,
        "Send that somebody said how they pay.",
        needs_currency=True,
        needs_items=True,
    ),
    Recommended(
        "refund",
        "Refund",
        "refund",
        "Order Refunded",
        events.Refund,
        "Send that an order, or a part of it, was paid back.",
        needs_currency=True,
    ),
    Recommended(
        "login",
        "Login",
        "login",
        "Signed In",
        events.Login,
        "Send that somebody logged in.",
    ),
    Recommended(
        "generateLead",
        "Generate lead",
        "generate_lead",
        "",
        events.Money,
        "Send that somebody asked to be contacted.",
        needs_currency=True,
    ),
    Recommended(
        "addToWishlist",
        "Add to wishlist",
        "add_to_wishlist",
        "Product Added to Wishlist",
        events.OneProduct,
        "Send that somebody put a product on their wish list.",
        needs_currency=True,
    ),
)
