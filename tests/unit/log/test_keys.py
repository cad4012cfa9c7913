from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headgate.log.keys import PREFIX, SIZE, SUBJECT, Keys, subject_hash

SOURCES = st.integers(0, 2**32 - 1)


@given(source=SOURCES, message_id=st.text(max_size=20))
def test_a_key_depends_on_nothing_but_its_message_and_the_secret(
    source: int, message_id: str
) -> None:
    key = Keys(b"secret").of(source, message_id)
    assert key == Keys(b"secret").of(source, message_id)
    assert key != Keys(b"another").of(source, message_id)
    assert len(key) == SIZE


@given(one=SOURCES, other=SOURCES, message_id=st.text(max_size=20))
def test_sources_share_the_start_of_a_key_and_nothing_else(
    one: int, other: int, message_id: str
) -> None:
    keys = Keys(b"secret")
    first, second = keys.of(one, message_id), keys.of(other, message_id)
    assert first[:PREFIX] == second[:PREFIX]
    assert (first == second) is (one == other)


def test_subjects_are_those_of_the_subject_sidecars() -> None:
    keys = Keys(b"secret")
    ann, device = (subject_hash(b"secret", 7, each) for each in ("ann", "device"))
    assert len(ann) == SUBJECT
    assert keys.subjects(7, "ann", "device") == ann + device
    assert keys.subjects(7, None, "device") == device
    assert keys.subjects(7, "ann", None) == ann != keys.subjects(8, "ann", None)
    assert keys.subjects(7, None, None) == b""
