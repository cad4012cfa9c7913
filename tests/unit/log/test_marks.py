"""Finding a position again without walking there."""

from __future__ import annotations

from headgate.log.segments.marks import MOST_SEGMENTS, STEP, Marks

SEGMENT = (1000, 7)


def test_nothing_is_known_before_anybody_passed() -> None:
    assert Marks().before(SEGMENT, 5000) == 0


def test_the_nearest_mark_at_or_below_a_position_is_given() -> None:
    marks = Marks()
    for number in range(100):
        marks.note(SEGMENT, 1000 + number * 10, 64 + number * STEP // 4)
    for position in range(1000, 2000, 7):
        offset = marks.before(SEGMENT, position)
        number = (offset - 64) * 4 // STEP
        assert 1000 + number * 10 <= position
        assert position - (1000 + number * 10) < 50


def test_a_reader_that_begins_later_spoils_nothing() -> None:
    marks = Marks()
    marks.note(SEGMENT, 1500, 50 * STEP)
    marks.note(SEGMENT, 1000, 64)
    assert marks.before(SEGMENT, 1499) == 0
    assert marks.before(SEGMENT, 1501) == 50 * STEP


def test_a_file_that_takes_a_name_has_marks_of_its_own() -> None:
    marks = Marks()
    marks.note(SEGMENT, 1000, 64)
    assert marks.before((1000, 8), 1000) == 0


def test_few_segments_are_remembered() -> None:
    marks = Marks()
    for number in range(MOST_SEGMENTS + 5):
        marks.note((number, 1), number, 64)
    assert marks.before((0, 1), 0) == 0
    assert marks.before((MOST_SEGMENTS + 4, 1), MOST_SEGMENTS + 4) == 64
