"""A whole Headgate in a network of its own, with a connection for every line, and one event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contracts.egress.running import dialled, need_namespace
from tests.contracts.egress.told import good_addresses

if TYPE_CHECKING:
    from pathlib import Path


def test_it_dials_all_good_addresses_and_no_other(tmp_path: Path) -> None:
    need_namespace()
    assert dialled(tmp_path) == good_addresses()


@pytest.mark.full
def test_control_without_the_guard_it_dials_bad_ones(tmp_path: Path) -> None:
    need_namespace()
    bad = dialled(tmp_path, is_guarded=False) - good_addresses()
    assert {"127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "fd00:ec2::254"} <= bad
    assert len(bad) > 20
