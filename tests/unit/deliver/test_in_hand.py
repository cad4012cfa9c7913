from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.deliver.in_hand import InHand, Place

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.deliver.in_hand import Holding


def die(path: Path, lane: int = 0, position: int = 0) -> None:
    """A process that dies with this event in hand, or with none."""
    in_hand = InHand(path, 3)
    if lane:
        in_hand.hold(lane, position)


def poison(path: Path) -> Place | None:
    in_hand = InHand(path, 3)
    try:
        return in_hand.poison
    finally:
        in_hand.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "in-hand"


def test_nobody_died_of_anything_in_a_new_folder(path: Path) -> None:
    assert poison(path) is None


def test_the_third_process_in_a_row_that_dies_of_an_event_makes_it_poison(path: Path) -> None:
    found = []
    for _ in range(3):
        die(path, 7, 40)
        found.append(poison(path))
    assert found == [None, None, Place(7, 40)]


def test_a_process_that_died_with_nothing_in_hand_changes_nothing(path: Path) -> None:
    for _ in range(2):
        die(path, 7, 40)
        die(path)
    die(path, 7, 40)
    assert poison(path) == Place(7, 40)


def test_another_event_in_hand_begins_to_count_anew(path: Path) -> None:
    for position in (40, 40, 41, 40, 40):
        die(path, 7, position)
    assert poison(path) is None
    die(path, 7, 40)
    assert poison(path) == Place(7, 40)


def test_the_same_position_of_another_lane_is_another_event(path: Path) -> None:
    for lane in (7, 8, 7, 8):
        die(path, lane, 40)
    assert poison(path) is None


def test_poison_stays_poison_for_later_processes(path: Path) -> None:
    for _ in range(3):
        die(path, 7, 40)
    assert [poison(path) for _ in range(3)] == [Place(7, 40)] * 3


def test_what_was_cleared_is_not_in_hand(path: Path) -> None:
    for _ in range(3):
        in_hand: Holding = InHand(path, 3)
        in_hand.hold(7, 40)
        in_hand.clear()
    assert poison(path) is None


def test_an_orderly_end_leaves_nothing_in_hand(path: Path) -> None:
    for _ in range(3):
        in_hand = InHand(path, 3)
        in_hand.hold(7, 40)
        in_hand.close()
    assert poison(path) is None


def test_a_file_that_was_cut_short_is_as_good_as_none(path: Path) -> None:
    path.write_bytes(b"\x01\x02\x03")
    assert poison(path) is None


def test_positions_as_large_as_the_log_has_them_fit(path: Path) -> None:
    lane, position = (1 << 32) + 5, (1 << 63) - 1
    for _ in range(3):
        die(path, lane, position)
    assert poison(path) == Place(lane, position)
