"""Audiences: lists of people that a destination keeps, made and found for a customer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeAlias

import msgspec

from headgate.kit.fields import Settings
from headgate.kit.http import Http


class AudienceMode(msgspec.Struct, frozen=True):
    """`realtime` audiences follow each event; `synced` ones are brought up to date in runs.

    `is_full`: each run sends everyone, not only what changed.
    """

    name: Literal["realtime", "synced"]
    is_full: bool = False


class AudienceRequest(msgspec.Struct, frozen=True):
    """What is known of an audience: its name to make it, the destination's id to find it."""

    name: str = ""
    external_id: str = ""


AudienceCall: TypeAlias = Callable[[Http, AudienceRequest, Any, Any], Awaitable[str]]
"""An `async def` that takes (http, audience, settings, settings of the audience), gives an id."""


class Audiences(msgspec.Struct, kw_only=True):
    """How a destination keeps audiences; `settings` are those of each audience."""

    mode: AudienceMode
    settings: type[Settings] = Settings
    create: AudienceCall | None = None
    get: AudienceCall | None = None
