"""Limits: how much of a destination may be asked at once, as its maker documents it."""

from __future__ import annotations

from typing import NamedTuple

MOST_SLOTS = 64


class Limits(NamedTuple):
    """What a destination bears from each connection, where its documentation names a number.

    `slots` is how many requests may be under way at once (1 to 64), `rate` how many may start in
    a second; None leaves it to what the engine learns from answers.
    """

    slots: int | None = None
    rate: float | None = None
