"""What every fault test of the disk asks of a Headgate, while it fails and afterwards."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from tests.harness.checks import check
from tests.harness.sending import fresh, post, track

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.faults.clients import Answer
    from tests.faults.mortal import Mortal
    from tests.harness.checks import Checked
    from tests.harness.receiver import Receiver

ALL = "/all"
"""The receiver's path for the one connection of these tests."""
SLOTS = 8
"""Of that connection, unless a test says otherwise."""
HEAL_SECONDS = 5.0
REFUSAL_SECONDS = 0.1


def arrived(receiver: Receiver) -> set[str]:
    return {each.message_id or "" for each in receiver.taken(ALL)}


def takes_events(headgate: Mortal, ids: list[str]) -> bool:
    """Send one event; its id goes into `ids` if it was acknowledged."""
    (message_id,) = fresh(1, "probe")
    is_taken = post(headgate.ready.collect, "/v1/track", track(message_id)).status == 200
    ids.extend([message_id] if is_taken else [])
    return is_taken


def settled(
    headgate: Mortal, receiver: Receiver, acknowledged: Collection[str], *, faultless: bool = True
) -> Checked:
    """Wait for everything to be delivered, and judge."""
    assert acknowledged
    headgate.drain()
    found = check(
        headgate,
        acknowledged=acknowledged,
        taken={"all": receiver.taken(ALL)},
        faultless=faultless,
    )
    assert found.rows["all"].pending == 0
    return found


def repeats(found: Checked) -> int:
    """How many requests too many were taken by the connection that got the most of them."""
    return max(sum(keys.values()) - len(keys) for keys in found.repeats.values())


def summary(found: Checked) -> str:
    """The counts of a check that passed; it passes only if nothing is lost."""
    return f"{found.acknowledged} acknowledged, 0 lost, {repeats(found)} repeats"


def check_refusals(answers: Collection[Answer]) -> str:
    """Every refusal says that it is our fault and when to come again, and says so at once."""
    assert answers
    for answer in answers:
        assert (answer.status, answer.body["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) >= 1
    middle = median(answer.seconds for answer in answers)
    assert middle < REFUSAL_SECONDS
    longest = max(answer.seconds for answer in answers)
    return f"{len(answers)} refused in {middle * 1000:.0f} ms, at most {longest * 1000:.0f} ms"
