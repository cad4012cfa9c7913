"""What all of an engine shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.clock import Clock
    from headgate.deliver.feed import Feed
    from headgate.deliver.headroom import Headroom
    from headgate.deliver.in_hand import Holding
    from headgate.deliver.lanes import Lanes
    from headgate.deliver.retries import Retries
    from headgate.deliver.series import Series
    from headgate.deliver.tasks import Tasks
    from headgate.log.port import EventLog, Record
    from headgate.policy import DeliveryPolicy

    Subjects = Callable[[Record], bytes]


class Parts(NamedTuple):
    """Made once; `commands_known` are the ids of those in the snapshot, None before one."""

    log: EventLog
    lanes: Lanes
    retries: Retries
    feed: Feed
    clock: Clock
    policy: DeliveryPolicy
    series: Series
    in_hand: Holding
    quarantined: frozenset[tuple[int, int]]
    tasks: Tasks
    headroom: Headroom
    commands_known: Callable[[], frozenset[str] | None]
    subjects: Subjects
