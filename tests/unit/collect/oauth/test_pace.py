from __future__ import annotations

from headgate.collect.oauth import pace as pace_module
from headgate.collect.oauth.pace import Pace


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_may_come_at_once_and_then_so_many_a_second() -> None:
    clock = Clock()
    pace = Pace(4, 3, clock)
    assert [pace.take("a") for _ in range(4)] == [0, 0, 0, 0.25]
    assert pace.take("a") == 0.25, "asking in vain costs nothing"
    assert pace.take("b") == 0
    clock.now += 0.25
    assert [pace.take("a") for _ in range(2)] == [0, 0.25]
    clock.now += 100
    assert [pace.take("a") for _ in range(4)] == [0, 0, 0, 0.25]


def test_names_that_have_not_come_for_a_while_are_forgotten() -> None:
    clock = Clock()
    pace = Pace(1, 2, clock)
    for number in range(pace_module._MOST):
        pace.take(f"{number}")
    clock.now += 1.5
    pace.take("one more")
    assert set(pace._free) == {"one more"}
