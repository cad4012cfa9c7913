"""A run of twenty events through two connections, of which one has every kind of trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.disk import Crash
from tests.simulation.history import Broken
from tests.simulation.receiver import Answer, Owed
from tests.simulation.setting import Batch, Joined, Setting
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_LIVES = 4

GOOD, BAD = 11, 12
"""One that takes everything at once; one that has two subscriptions and moods."""

ANSWERS = {
    Owed(BAD, "most", "Paid-1"): [Answer(500), Answer(200)],
    Owed(BAD, "most", "Seen-3"): [Answer(400)],
    Owed(BAD, "most", "Paid-4"): [Answer(429, retry_after=1), Answer(200)],
    Owed(BAD, "paid", "Paid-4"): [Answer(400)],
    Owed(BAD, "most", "Seen-5"): [Answer(None, 10.0), Answer(200)],
    Owed(BAD, "most", "Paid-7"): [Answer(200, 0.4)],
    Owed(BAD, "paid", "Paid-7"): [Answer(500), Answer(503), Answer(200)],
    Owed(BAD, "most", "Seen-9"): [Answer(200, 1.5)],
}


def answered(owed: Owed, nth: int) -> Answer:
    """The answers in order, the last one for ever; without any, 200."""
    answers = ANSWERS.get(owed) or [Answer()]
    return answers[min(nth, len(answers)) - 1]


SMALL = Setting(
    batches=[
        Batch(0.00, 1, "Paid-1 Seen-2 Seen-3"),
        Batch(0.00, 2, "Seen-1"),
        Batch(0.02, 1, "Paid-4 Paid-1"),
        Batch(0.02, 1, "Seen-5 Noise-6"),
        Batch(0.30, 1, "Paid-7 Seen-8 Seen-9 Paid-10"),
        Batch(0.31, 2, "Paid-1 Seen-1"),
        Batch(1.60, 1, "Seen-11 Noise-12 Paid-13"),
        Batch(3.00, 1, "Seen-14 Paid-4"),
    ],
    joined=[
        Joined(GOOD, 1, {"all": frozenset({"Paid", "Seen"})}),
        Joined(BAD, 1, {"most": frozenset({"Paid", "Seen"}), "paid": frozenset({"Paid"})}),
    ],
    plan=answered,
)

TALLIES = {
    (GOOD, "delivered", ""): 12,
    (GOOD, "filtered", "no_matching_subscription"): 2,
    (BAD, "delivered", ""): 10,
    (BAD, "dead_lettered", "http_400"): 2,
    (BAD, "filtered", "no_matching_subscription"): 2,
}
"""What every run ends with, whenever it died: of a delivery that is repeated the answer may be
another one, but never the class that it ends in."""


def killed(world: World) -> None:
    world.killed()


def lost_power(world: World) -> None:
    world.lost_power(0.5)


def lost_all_that_was_not_synced(world: World) -> None:
    world.lost_power(0.0)


def lived_through(world: World, death: Callable[[World], None], *, again: int = 0) -> None:
    """Let it die where it must, start it again, until it comes to rest.

    `again` is after how many more points it dies a second time, in its recovery or later.
    """
    for _ in range(MOST_LIVES):
        try:
            world.live()
        except Crash:
            death(world)
            world.dies_at = len(world.points) + again if again else None
            again = 0
        else:
            return
    raise Broken(f"it did not come to rest in {MOST_LIVES} lives")
