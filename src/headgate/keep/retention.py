"""How long the log is kept: where its floor should be, and which lanes come too near to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.log.segments.manifest import Manifest, Sealed

DAY_MS = 86_400_000
JUMP_MS = 60_000
LEVELS = (0.95, 0.80, 0.50)
"""Of the way from the head to the floor: a lane that has fallen behind so far alarms."""


@dataclass(frozen=True)
class Policy:
    """How long bodies are kept (by age, and by bytes of all segments), and how long ids are."""

    age_ms: int = 7 * DAY_MS
    max_bytes: int | None = None
    window_ms: int = 7 * DAY_MS
    window_bytes: int | None = None


class Floor(NamedTuple):
    """Where the floor should be; `jump_ms` is how far the clock was found to have jumped."""

    position: int
    jump_ms: int = 0


class Alarm(NamedTuple):
    """A lane whose unread events leave the log soon; `used` of the way to the floor is gone."""

    lane: str
    level: float
    used: float


def decide_floor(manifest: Manifest, now: int, policy: Policy) -> Floor:
    """The end of the newest segment that is too old or beyond the bytes; 0 for none.

    Age is counted from when a segment's last event was appended. If the clock has jumped by more
    than 60 s against the newest segment, appended_at, which never decreases, tells nothing of age:
    then receivedAt decides.
    """
    kept = [entry for entry in manifest.segments if entry.kept]
    jump = clock_jump(kept, now)
    held, position = sum(entry.length for entry in kept), 0
    for entry in kept:
        too_many = policy.max_bytes is not None and held > policy.max_bytes
        if now - _last(entry, jump) <= policy.age_ms and not too_many:
            break
        held -= entry.length
        position = entry.next
    return Floor(position, jump)


def clock_jump(kept: list[Sealed], now: int) -> int:
    """Milliseconds that the clock went back since the newest segment, or within it; else 0."""
    if not kept:
        return 0
    newest = kept[-1]
    back, apart = newest.appended_max - now, newest.appended_max - newest.received_max
    return next((jump for jump in (back, apart) if jump > JUMP_MS), 0)


def _last(entry: Sealed, jump: int) -> int:
    return entry.received_max if jump else entry.appended_max


def alarms(
    manifest: Manifest, standing: Mapping[str, int], now: int, policy: Policy
) -> list[Alarm]:
    """The highest level that each lane has reached, for the lanes that reached any."""
    found = []
    for lane, position in standing.items():
        used = nearness(manifest, position, now, policy)
        level = next((level for level in LEVELS if used >= level), None)
        if level is not None:
            found.append(Alarm(lane, level, used))
    return found


def nearness(manifest: Manifest, position: int, now: int, policy: Policy) -> float:
    """0 at the head to 1 at the floor, by age or by bytes, whichever is nearer.

    Only sealed segments count: what is still growing cannot be dropped.
    """
    kept = [entry for entry in manifest.segments if entry.kept]
    unread = [entry for entry in kept if entry.next > position]
    if not unread:
        return 0.0
    by_age = (now - _last(unread[0], clock_jump(kept, now))) / policy.age_ms
    if policy.max_bytes is None:
        return max(0.0, by_age)
    return max(0.0, by_age, sum(entry.length for entry in unread) / policy.max_bytes)
