"""How a destination presents itself in the catalogue."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Status: TypeAlias = Literal[
    "PRIVATE_BUILDING",
    "PRIVATE_SUBMITTED",
    "PRIVATE_BETA",
    "PUBLIC_BETA",
    "PUBLIC",
    "DEPRECATED",
    "UNAVAILABLE",
]
Call: TypeAlias = Literal["track", "identify", "page", "screen", "group", "alias"]
Category: TypeAlias = Literal[
    "A/B Testing",
    "Advertising",
    "Analytics",
    "Attribution",
    "CRM",
    "Customer Success",
    "Deep Linking",
    "Email",
    "Email Marketing",
    "Enrichment",
    "Feature Flagging",
    "Heatmaps & Recordings",
    "Livechat",
    "Marketing Automation",
    "Performance Monitoring",
    "Personalization",
    "Raw Data",
    "Referrals",
    "Security & Fraud",
    "SMS & Push Notifications",
    "Surveys",
    "Tag Managers",
    "Video",
]
Source: TypeAlias = Literal["browser", "mobile", "server", "warehouse"]


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """`calls` are the kinds of events it has a use for; `sources` where they may come from.

    Events may also speak of it by its `previous_names`, such as the names it has at Segment.
    `glyph` is one or two letters and a colour (`#rrggbb`), drawn as its logo: we show no artwork
    of others.
    """

    categories: tuple[Category, ...] = ()
    website: str = ""
    status: Status = "PUBLIC_BETA"
    calls: tuple[Call, ...] = ("track", "identify", "page", "screen", "group", "alias")
    sources: tuple[Source, ...] = ("browser", "mobile", "server")
    previous_names: tuple[str, ...] = ()
    glyph: tuple[str, str] | None = None
