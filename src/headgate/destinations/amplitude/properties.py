"""What Amplitude is sent of a payload: pure functions from fields to properties."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from headgate.destinations.amplitude import user_agent
from headgate.kit import Discard
from headgate.kit.values import epoch_milliseconds, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.destinations.amplitude.fields import Attribution, Context, Event, Sale

Properties: TypeAlias = dict[str, Any]

SOURCE: Final = "segment"
"""The library that Amplitude's charts know these events by, as they came from Segment."""

_NOT_SENT = frozenset(
    {
        "add",
        "include_raw_user_agent",
        "library",
        "library2",
        "min_id_length",
        "price",
        "product_id",
        "quantity",
        "referrer",
        "revenue",
        "revenue_type",
        "session_id",
        "set_always",
        "set_once",
        "time",
        "track_revenue_per_product",
        "user_agent",
        "user_agent_data",
        "user_agent_parsing",
        "utm_properties",
    }
)
"""Fields that are sent in another form, or only say how to send. All others go out as they are."""

_OPERATIONS = ("$set", "$setOnce")
_IOS, _ANDROID = re.compile("ios", re.IGNORECASE), re.compile("android", re.IGNORECASE)


def mapped(payload: Context, *without: str) -> Properties:
    """Give what was mapped, by stored name; null is kept where it may be mapped."""
    return payload.model_dump(by_alias=True, exclude_unset=True, exclude={*_NOT_SENT, *without})


def event(payload: Event, *without: str) -> Properties:
    """Give an event without the user agent, revenue and library."""
    return mapped(payload, *without) | present(
        {
            "platform": platform(payload.platform, payload.library),
            "time": (payload.time and epoch_milliseconds(payload.time)) or None,
            "session_id": session(payload.session_id),
        }
    )


def agent(payload: Context) -> Properties:
    """Give what the user agent says, and the user agent itself if it is wanted.

    As Segment has it, the version of the system is the browser's unless the hints know better,
    and a device without a model is called by its system.
    """
    header, hints = payload.user_agent, payload.user_agent_data
    raw = present({"user_agent": header if payload.include_raw_user_agent else None})
    if not (payload.user_agent_parsing and header):
        return raw
    found = user_agent.parse(header)
    return raw | present(
        {
            "os_name": found.os or found.browser,
            "os_version": (hints and hints.platform_version) or found.major,
            "device_manufacturer": found.vendor,
            "device_model": (hints and hints.model) or found.model or found.os,
            "device_type": found.kind,
        }
    )


def platform(name: str | None, library: str | None) -> str | None:
    """Spell iOS and Android as Amplitude does; analytics.js runs on the Web."""
    if not name:
        return "Web" if library == "analytics.js" else name
    return _ANDROID.sub("Android", _IOS.sub("iOS", name, count=1), count=1)


def session(begun: str | None) -> int | None:
    """Read when a session began, in milliseconds since 1970.

    Raises `Discard` for what is no moment.
    """
    if not begun:
        return None
    moment = int(begun) if begun.isdecimal() else epoch_milliseconds(begun)
    if moment is None:
        raise Discard("Session ID must be a date, or milliseconds since 1970.")
    return moment or None


def library(payload: Event) -> str | None:
    chosen = payload.library2
    if chosen is not None and chosen.behavior == "use_mapping":
        return chosen.mapping
    return SOURCE


def revenue(of: Event | Sale) -> Properties:
    """Give what was earned: price times quantity, else the revenue; nothing for 0."""
    earned = of.revenue
    if of.price is not None and of.quantity is not None:
        earned = of.price * of.quantity
    if not earned:
        return {}
    return present(
        {
            "revenue": earned,
            "revenueType": of.revenue_type or "Purchase",
            "quantity": of.quantity,
            "price": of.price,
            "productId": of.product_id,
        }
    )


def attribution(payload: Attribution) -> tuple[Properties, ...]:
    """Give what the campaign and the referrer make of the person's properties."""
    utm = payload.utm_properties
    campaign = utm.model_dump(exclude_unset=True) if utm else {}
    referrer = {"referrer": payload.referrer} if payload.referrer else {}
    return tuple(_with_initial(members) for members in (campaign, referrer) if members)


def own(properties: Mapping[str, Any] | None) -> Properties:
    """Give the person's own properties without those that say where they came from."""
    others = (properties or {}).items()
    return {name: value for name, value in others if name not in {"utm_properties", "referrer"}}


def merged(*parts: Properties) -> Properties:
    """Join properties, the later ones counting; `$set` and `$setOnce` are joined inside."""
    result: Properties = {}
    for name, value in (pair for part in parts for pair in part.items()):
        there = result.get(name)
        joins = name in _OPERATIONS and isinstance(there, dict) and isinstance(value, dict)
        result[name] = {**there, **value} if joins and there else value
    return result


def _with_initial(members: Properties) -> Properties:
    initial = {f"initial_{name}": value for name, value in members.items()}
    return {"$set": members, "$setOnce": initial}
