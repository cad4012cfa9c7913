"""A trigger of many digits is read in one pass."""

from __future__ import annotations

import time

from headgate import trigger


def test_digits_that_are_no_number_cost_one_pass() -> None:
    """They took a quadratic time: half a minute for the longest trigger."""
    started = time.process_time()
    compiled = trigger.compile(f'properties.x < "{"1" * 60_000}x"', "compatible")
    assert compiled.matches({"properties": {"x": 1}}) is False
    assert time.process_time() - started < 1
