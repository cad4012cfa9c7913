"""Where a delivery stands, and why, by what is on record of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.ledger.port import WAITS
from headgate.ledger.ranges import unpack

if TYPE_CHECKING:
    from headgate.control.observing.recomputing import Case
    from headgate.ledger.fates import Fate
    from headgate.ledger.port import LaneRow, PlaceRow

AHEAD, UNDER_WAY = "ahead", "under_way"
"""Why a delivery is pending: its lane has yet to come to it; it has, and nothing ended yet."""


class Standing(NamedTuple):
    """A state of contract section 5, and why; times in milliseconds since 1970.

    `due` is when it is tried next, None where nobody can say; `redriven` when somebody had it sent
    again after it was given up.
    """

    state: str
    reason: str = ""
    due: int | None = None
    redriven: int | None = None
    notes: tuple[str, ...] = ()


def is_finished(place: PlaceRow | None, position: int) -> bool:
    """Whether a lane has passed a position for good, an event that is open there included."""
    if place is None:
        return False
    done = unpack(place.cursor, place.done)
    return position < place.cursor or any(low <= position < high for low, high in done)


def pending(case: Case) -> Standing:
    """Of an event that its lane has not finished."""
    place, position = case.fate.place, int(case.copy.position)
    ranges = unpack(place.cursor, place.done) if place is not None else []
    claimed = case.is_touched or (ranges and position < ranges[-1][1])
    return Standing("pending", held(case.fate.lane) or (UNDER_WAY if claimed else AHEAD))


def held(lane: LaneRow) -> str:
    """Why nothing is sent through a lane; empty when it runs."""
    if lane.state not in ("held", "paused"):
        return ""
    return f"{lane.state}: {lane.reason}" if lane.reason else lane.state


def standing(case: Case, subscription: str, *, is_ordered: bool) -> Standing:
    """Of one delivery; `is_ordered` says whether events of a user wait for each other."""
    fate = case.fate
    letter = next(
        (each for each in reversed(fate.letters) if each.letter.subscription == subscription), None
    )
    redriven = letter.redriven_at if letter is not None else None
    found = _waiting(fate, subscription)
    if found is None and letter is not None and redriven is None:
        found = _given_up(case, subscription, letter.letter.reason)
    found = found or _else(case, subscription)
    if is_ordered and fate.behind is not None and found.reason in (AHEAD, UNDER_WAY):
        earlier = f"behind the event at {fate.behind}, which waits for its next attempt"
        found = found if case.tries else Standing("pending", WAITS, notes=(earlier,))
    return found._replace(redriven=redriven)


def _waiting(fate: Fate, subscription: str) -> Standing | None:
    parked = next((each for each in fate.parked if each.subscription == subscription), None)
    if parked is None:
        return None
    hold = held(fate.lane)
    if parked.reason == WAITS:
        return Standing("pending", hold or WAITS)
    notes = (f"nothing is sent meanwhile: {hold}",) if hold else ()
    return Standing("parked", parked.reason, None if hold else parked.due_at, notes=notes)


def _given_up(case: Case, subscription: str, reason: str) -> Standing:
    of = [each for each in case.others if each.subscription == subscription]
    is_delivered = any(each.outcome == "delivered" for each in of)
    notes = ("another lane of the connection has delivered it",) if is_delivered else ()
    return Standing("dead_lettered", reason, notes=notes)


def _else(case: Case, subscription: str) -> Standing:
    """Neither parked nor given up: it is on its way, or over."""
    opened = case.fate.opened
    if opened is not None and subscription in opened.left:
        return Standing("pending", held(case.fate.lane) or UNDER_WAY)
    if opened is None and not case.is_finished:
        return pending(case)
    tries = [each for _, each in case.tries if each.subscription == subscription]
    if any(each.outcome == "delivered" for each in tries):
        return Standing("delivered")
    return _discarded(case.fate)


def _discarded(fate: Fate) -> Standing:
    """Nothing is kept of such an event itself; the lane counts its reasons, mostly a single one."""
    reasons = [reason for cls, reason, _ in fate.tallies if cls == "discarded"]
    if not reasons:
        return Standing("unknown", notes=("the lane is done with it, and sent nothing",))
    return Standing("discarded", " or ".join(reasons))
