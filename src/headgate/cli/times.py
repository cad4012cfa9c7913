"""Times as people give them to commands: a date, a moment, or how long ago."""

from __future__ import annotations

import re
import time
from typing import Annotated, TypeAlias

import typer

from headgate.events.times import parse_ms

FORMS = "a time such as 2026-11-22, 2026-11-22T07:20:32Z, or how long ago, such as 90s, 24h or 7d"

Since: TypeAlias = Annotated[
    str | None, typer.Option("--since", help=f"Not before this time: {FORMS}.")
]
Until: TypeAlias = Annotated[
    str | None, typer.Option("--until", help=f"Before this time: {FORMS}.")
]

_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def span(
    since: str | None, until: str | None, *, now_ms: int | None = None
) -> tuple[int | None, int | None]:
    """The options `--since` and `--until` in milliseconds since 1970; None where none was given.

    Raises `typer.BadParameter`, which is wrong use, for what is no time, and for an empty span.
    """
    now = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    low = None if since is None else moment(since, now, "--since")
    high = None if until is None else moment(until, now, "--until")
    if low is not None and high is not None and low >= high:
        raise typer.BadParameter(f"--since {since} is not before --until {until}")
    return low, high


def moment(text: str, now_ms: int, option: str) -> int:
    """Milliseconds since 1970; a time without a zone is UTC. Raises `typer.BadParameter`."""
    ago = _SPAN.fullmatch(text)
    if ago is not None:
        return max(0, now_ms - int(float(ago[1]) * _UNITS[ago[2]]))
    at = parse_ms(text)
    if at is None:
        raise typer.BadParameter(f"{option} {text!r} is no time: give {FORMS}")
    return at
