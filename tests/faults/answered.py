"""What must be true of the answers to an offered load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.harness.checks import check_log
from tests.harness.fixtures import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.faults.offered import Offered
    from tests.harness.system import Headgate

ROUNDS = 3
REFUSAL_SECONDS = 0.1
NOISE_SECONDS = 0.015
"""What a machine that does other things, too, adds to a latency, whatever is measured."""


def told(offered: Offered) -> str:
    """How many answers of each status, and how fast 99 of 100 were."""
    counts = sorted(offered.statuses().items())
    listed = [f"{n} x {status} p99 {1000 * offered.p99(status):.1f} ms" for status, n in counts]
    return ", ".join(listed)


def check_accepted(*offers: Offered) -> None:
    for offered in offers:
        assert offered.statuses().keys() == {200}, told(offered)
        assert offered.broken == 0


def check_goodput(offered: Offered, cap: float) -> None:
    """At least 90 % of the cap is accepted, and no more than it and one second's worth at once."""
    accepted, seconds = len(offered.of(200)), max(each.due for each in offered.replies)
    assert accepted >= 0.9 * cap * seconds, f"{accepted} in {seconds:.1f} s"
    late = max(each.seconds for each in offered.replies)
    assert accepted <= cap * (seconds + late + 1) + 1, f"{accepted} in {seconds:.1f} s"


def check_refusals(offered: Offered, status: int, code: str) -> None:
    """Whoever is refused is told why and when to come again, soon, on a connection that stays."""
    assert offered.broken == 0
    assert offered.statuses().keys() == {200, status}, told(offered)
    for answer in offered.answers:
        if answer.status == status:
            assert answer.json["code"] == code
            assert answer.json.keys() == {"success", "code", "message", "error"}
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["retry-after"].isdecimal()
            assert int(answer.headers["retry-after"]) >= 1
    assert offered.p99(status) <= REFUSAL_SECONDS, told(offered)


def compared(
    measure: Callable[[], tuple[Offered, Offered]], times: float
) -> tuple[Offered, Offered]:
    """Measure a Headgate that is left alone and one that is not, both at the same time.

    What the second accepts takes no more than so many times what it takes the first; one of
    three measurements must show that (reliability section 3.2).
    """
    for left in reversed(range(ROUNDS)):
        alone, troubled = measure()
        check_accepted(alone)
        if troubled.p99() <= max(times * alone.p99(), alone.p99() + NOISE_SECONDS):
            return alone, troubled
        tell(f"slow, {left} tries left: alone {told(alone)}; troubled {told(troubled)}")
    raise AssertionError(f"{ROUNDS} times it was more than {times:g} times as slow, see the counts")


def check_kept(headgate: Headgate, offers: Iterable[Offered]) -> int:
    """Exactly what was acknowledged is in the log, each event once; their number."""
    acknowledged = {each.message_id for offered in offers for each in offered.of(200)}
    assert check_log(headgate.log_cat(), acknowledged).keys() == acknowledged
    return len(acknowledged)
