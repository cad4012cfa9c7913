"""What Mixpanel is sent of a payload: pure functions from fields to properties."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

from headgate.destinations.mixpanel import browser
from headgate.kit.values import epoch_milliseconds, present

if TYPE_CHECKING:
    from headgate.destinations.mixpanel.account import Project
    from headgate.destinations.mixpanel.fields import Event, Product, Purchase
    from headgate.kit import Delivery

Properties: TypeAlias = dict[str, Any]

_PROPERTIES = {
    "ip": "ip",
    "id": "distinct_id",
    "$anon_id": "anonymous_id",
    "distinct_id": "distinct_id",
    "$app_build_number": "app_build",
    "$app_version_string": "app_version",
    "$app_namespace": "app_namespace",
    "$app_name": "app_name",
    "$bluetooth_enabled": "bluetooth",
    "$cellular_enabled": "cellular",
    "$carrier": "carrier",
    "$current_url": "url",
    "$device": "device_name",
    "$device_id": "anonymous_id",
    "$device_type": "device_type",
    "$device_name": "device_name",
    "$group_id": "group_id",
    "$identified_id": "user_id",
    "$insert_id": "insert_id",
    "$ios_ifa": "idfa",
    "$lib_version": "library_version",
    "$locale": "language",
    "$manufacturer": "device_manufacturer",
    "$model": "device_model",
    "$os": "os_name",
    "$os_version": "os_version",
    "$referrer": "referrer",
    "$screen_height": "screen_height",
    "$screen_width": "screen_width",
    "$screen_density": "screen_density",
    "$user_id": "user_id",
    "$wifi_enabled": "wifi",
    "mp_country_code": "country",
    "advertising_id": "advertising_id",
    "ad_tracking_enabled": "ad_tracking_enabled",
    "timezone": "timezone",
    "app_platform": "app_platform",
    "event_original_name": "name",
}
"""Mixpanel's properties, and the fields that they are."""

_HINTS = {
    "$mobile": "mobile",
    "$platform": "platform",
    "$bitness": "bitness",
    "$platformVersion": "platform_version",
    "$uaFullVersion": "ua_full_version",
    "$wow64": "wow64",
}
_RESERVED = frozenset(
    {"time", "id", "$anon_id", "distinct_id", "$group_id", "$insert_id", "$user_id"}
)
"""Properties that only fields of their own may set."""

_OF_THE_ORDER = frozenset(
    {
        "affiliation",
        "subtotal",
        "total",
        "revenue",
        "shipping",
        "tax",
        "discount",
        "coupon",
        "currency",
        "order_number",
        "products",
    }
)


def event(payload: Event, project: Project, *, now: float, insert_id: str) -> Properties:
    """Give an event; `now`, in seconds since 1970, and `insert_id` count where none is mapped."""
    moment = epoch_milliseconds(payload.time) if payload.time else int(now * 1000)
    properties = {
        "time": moment,
        "distinct_id": "",
        "$insert_id": insert_id,
        "$source": _source(payload),
        **_read(payload, _PROPERTIES),
        **_browser(payload.user_agent),
        **_read(payload.user_agent_data, _HINTS),
        **_campaign(payload),
        **_library(payload, project),
        **_own(payload),
    }
    return {"event": payload.event, "properties": properties}


def purchase(
    payload: Purchase, project: Project, *, now: float, insert_id: str
) -> list[Properties]:
    """Give the event of an order, and those of its products if they are wanted."""
    order = event(payload, project, now=now, insert_id=insert_id)
    if not payload.generate_purchase_event_per_product:
        return [order]
    sales = enumerate(payload.products or ())
    return [order, *(_sold(order["properties"], product, place) for place, product in sales)]


def made_insert_id(delivery: Delivery, otherwise: str) -> str:
    """Make an ID that is the same for every attempt, in the letters that Mixpanel takes."""
    message = str(delivery.event.get("messageId") or otherwise)
    return sha256(message.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _sold(order: Properties, product: Product, place: int) -> Properties:
    """Give the event of a product: as much earlier as its place, so that they keep their order."""
    kept = {name: value for name, value in order.items() if name not in _OF_THE_ORDER}
    properties = {
        **kept,
        **product.model_dump(by_alias=True, exclude_unset=True),
        "$insert_id": f"{place}{order['$insert_id']}",
        "time": order["time"] - place - 1,
    }
    return {"event": "Product Purchased", "properties": properties}


def _read(fields: object, names: dict[str, str]) -> Properties:
    return present({name: getattr(fields, field, None) for name, field in names.items()})


def _browser(header: str | None) -> Properties:
    if not header:
        return {}
    return present({"$browser": browser.named(header), "$browser_version": browser.version(header)})


def _campaign(payload: Event) -> Properties:
    campaign = payload.utm_properties
    return campaign.model_dump(exclude_unset=True) if campaign else {}


def _library(payload: Event, project: Project) -> Properties:
    """Name library and source as reports know them that were made with Segment's events."""
    name = payload.library_name
    return present(
        {
            "mp_lib": f"Segment Actions: {name}" if name else None,
            "segment_source_name": project.source_name,
        }
    )


def _source(payload: Event) -> str:
    integration = (payload.context or {}).get("integration")
    came_by = integration.get("name") if isinstance(integration, dict) else None
    return "Iterable" if came_by == "Iterable" else "segment"


def _own(payload: Event) -> Properties:
    own = (payload.event_properties or {}).items()
    return {name: value for name, value in own if name not in _RESERVED}
