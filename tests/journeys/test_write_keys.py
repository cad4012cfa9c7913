"""A write key gives way to another while clients send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.harness.fixtures import balanced
from tests.harness.receiver import until
from tests.harness.sending import exchange, request
from tests.harness.system import Headgate

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["balanced"]

DECLARED = "{version: 1, workspace: demo, sources: [{slug: shop, write_keys: [wk_old]}]}"
OVERLAP_HOURS = 0.002


def status(headgate: Headgate, key: str) -> int:
    body = msgspec.json.encode({"userId": "ada", "event": "Seen", "writeKey": key})
    headers = [("Content-Type", "application/json")]
    return exchange(headgate.ready.collect, request("POST", "/v1/track", headers, body)).status


@pytest.mark.full
def test_the_old_key_is_taken_until_the_overlap_is_over_then_refused(tmp_path: Path) -> None:
    with Headgate(tmp_path) as headgate:
        headgate.apply(DECLARED)
        until(lambda: status(headgate, "wk_old") == 200, 10, "the first key")
        words = ("source", "rotate-key", "shop", "--overlap-hours", str(OVERLAP_HOURS))
        new = headgate.run(*words).decode().strip()
        assert status(headgate, "wk_old") == 200
        until(lambda: status(headgate, new) == 200, 10, "the new key")
        until(lambda: status(headgate, "wk_old") == 401, 60, "the end of the old key")
        assert status(headgate, new) == 200
        assert "wk_old" not in headgate.export()


@pytest.mark.full
def test_a_key_whose_time_is_over_is_gone_at_the_next_start(tmp_path: Path) -> None:
    headgate = Headgate(tmp_path)
    headgate.apply(DECLARED)
    words = ("source", "rotate-key", "shop", "--overlap-hours", "0.0000001")
    new = headgate.run(*words).decode().strip()
    assert "wk_old" in headgate.export()
    with headgate:
        assert (status(headgate, "wk_old"), status(headgate, new)) == (401, 200)
