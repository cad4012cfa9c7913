"""Every bad URL on every entry point that sends: no address is dialled that must not be.

All of it runs in a network namespace where every address leads back to this machine, and each
first packet of a connection is seen. Lines are given as they are written, where the rule on https
refuses most of them; with https, so that the address decides; and with that one rule waived, so
that the address decides for plain http, too.
"""

from __future__ import annotations

from collections import Counter

import pytest

from headgate.deliver.transport.entry_points import senders
from tests.contracts.egress.drivers import DRIVERS
from tests.contracts.egress.lines import lines
from tests.contracts.egress.running import need_namespace, tried
from tests.contracts.egress.told import AS_WRITTEN, FIRST, PLAIN, SECURE, Tried, faults
from tests.harness.fixtures import tell

WAYS = (AS_WRITTEN, SECURE, PLAIN)
ENTRIES = tuple(each.name for each in senders())


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    need_namespace()
    return tried(tmp_path_factory.mktemp("egress"), WAYS, DRIVERS)


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    """The same, with a guard that finds every address public."""
    need_namespace()
    ways = (SECURE, PLAIN)
    return tried(tmp_path_factory.mktemp("unguarded"), ways, DRIVERS, is_guarded=False)


def test_every_entry_point_that_sends_is_driven() -> None:
    """Write how a URL is given to it into `drivers.py`."""
    assert sorted(ENTRIES) == sorted(DRIVERS)


@pytest.mark.parametrize("name", ENTRIES)
def test_no_bad_address_is_dialled_and_no_good_one_refused(told: list[Tried], name: str) -> None:
    mine = [each for each in told if each.name == name]
    for way in WAYS:
        numbers = {each.number for each in mine if (each.way, each.phase) == (way, FIRST)}
        assert numbers == {line.number for line in lines()}, "a line was not tried"
    assert list(faults(mine)) == []


def test_control_without_the_guard_every_entry_point_dials_bad_addresses(
    unguarded: list[Tried],
) -> None:
    found = Counter((each.name, each.way) for each in unguarded if any(faults([each])))
    assert {key for key, _ in found.items()} == {
        (n, way) for n in ENTRIES for way in (SECURE, PLAIN)
    }
    assert min(found.values()) > 50


def test_the_lines_are_those_that_are_meant() -> None:
    expected = Counter(line.expected for line in lines())
    tell(
        f"{len(lines())} lines on {len(ENTRIES)} entry points, written {len(WAYS)} ways: {expected}"
    )
    assert expected["ALLOW"] >= 13
    assert expected["BLOCK"] + expected["BLOCK_DNS"] + expected["BLOCK_REDIRECT"] >= 121
