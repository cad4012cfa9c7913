"""What was claimed and never sent: taken back when its lane ends, or the log drops its event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.owed import Revival

if TYPE_CHECKING:
    from headgate.deliver.lane import Lane


def take_all(lane: Lane) -> list[Revival]:
    """Every delivery that is not under way, whatever it waits for; `due` stays as it is."""
    unsent = [each.as_revival() for each in (*lane.ready, *lane.batches.empty())]
    lane.ready.clear()
    waiting = [each for owed in lane.order.waiters() for each in owed.revivals()]
    lane.order.forget()
    return unsent + waiting


def take_below(lane: Lane, position: int) -> list[Revival]:
    """The same of events below a position, but for those that have a row to be sent by."""
    sent = [*lane.ready, *lane.batches.empty()]
    lane.ready.clear()
    lane.ready.extend(each for each in sent if each.position >= position or each.is_parked)
    taken = [each.as_revival() for each in sent if each.position < position and not each.is_parked]
    for owed in [each for each in lane.order.waiters() if each.position < position]:
        if not owed.parked:
            lane.order.leaves(owed)
            taken += owed.revivals()
    due = list(lane.due)
    lane.due.clear()
    lane.due.extend(each for each in due if each.position >= position or each.is_parked)
    return taken + [each for each in due if each.position < position and not each.is_parked]
