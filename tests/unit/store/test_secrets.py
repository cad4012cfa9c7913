from __future__ import annotations

import base64
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.folder import DataFolder
from headgate.store.errors import SecretKeyUnusable, SecretUnreadable
from headgate.store.secrets import SecretBox, is_sealed, secret_place
from tests.unit.store.snapshots import JSON, connection

if TYPE_CHECKING:
    from pathlib import Path

PLACE = secret_place("wsp_a", "con_a", "sharedSecret")
BOX = SecretBox(bytes(range(32)))


@given(JSON)
def test_what_is_sealed_opens_at_its_place(value: Any) -> None:
    assert BOX.open(BOX.seal(value, PLACE), PLACE) == value


@given(st.text(min_size=4))
def test_an_envelope_shows_nothing_of_the_value(value: str) -> None:
    sealed = BOX.seal(value, PLACE)["@sealed"]
    key_id, _, body = sealed.partition(".")
    assert key_id == BOX.key_id
    assert value.encode() not in base64.b64decode(body)


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert BOX.seal("abc", PLACE) != BOX.seal("abc", PLACE)


@pytest.mark.parametrize(
    "place",
    [
        secret_place("wsp_b", "con_a", "sharedSecret"),
        secret_place("wsp_a", "con_b", "sharedSecret"),
        secret_place("wsp_a", "con_a", "apiKey"),
    ],
)
def test_a_moved_envelope_does_not_open(place: str) -> None:
    with pytest.raises(SecretUnreadable, match="changed or moved"):
        BOX.open(BOX.seal("abc", PLACE), place)


def test_an_envelope_with_any_byte_changed_does_not_open() -> None:
    key_id, _, body = BOX.seal("abc", PLACE)["@sealed"].partition(".")
    raw = base64.b64decode(body)
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(SecretUnreadable):
            BOX.open({"@sealed": f"{key_id}.{base64.b64encode(changed).decode()}"}, PLACE)


@pytest.mark.parametrize("body", ["", "AAAA", "not base64!", "é"])
def test_an_envelope_that_is_none_does_not_open(body: str) -> None:
    with pytest.raises(SecretUnreadable):
        BOX.open({"@sealed": f"{BOX.key_id}.{body}"}, PLACE)


def test_another_key_is_named_in_the_error() -> None:
    other = SecretBox(bytes(32))
    with pytest.raises(SecretUnreadable, match=f"{BOX.key_id} and this is key {other.key_id}"):
        other.open(BOX.seal("abc", PLACE), PLACE)


def test_the_settings_of_a_connection_are_opened_and_the_rest_left_alone() -> None:
    sealed = BOX.seal("abc", secret_place("wsp_demo", "con_1", "sharedSecret"))
    given = {"sharedSecret": sealed, "nested": {"@sealed": "x", "more": 1}, "depth": 3}
    opened = BOX.settings(connection(settings=given))
    assert opened == {"sharedSecret": "abc", "nested": {"@sealed": "x", "more": 1}, "depth": 3}


def test_only_an_envelope_is_taken_for_one() -> None:
    assert is_sealed({"@sealed": "k.abc"})
    assert not any(map(is_sealed, ["@sealed", None, {}, {"@secret": "a"}, ["@sealed"]]))


def test_the_key_file_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    first = SecretBox.load(folder, {}, create=True)
    assert first.file == folder.secret_key
    assert stat.S_IMODE(folder.secret_key.stat().st_mode) == 0o600
    assert len(base64.b64decode(folder.secret_key.read_text())) == 32
    again = SecretBox.load(folder, {})
    assert again.open(first.seal("abc", PLACE), PLACE) == "abc"
    assert list(folder.root.iterdir()) == [folder.secret_key]


def test_makers_at_the_same_time_end_with_one_key(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    found: list[str] = []
    barrier = threading.Barrier(8)

    def make() -> None:
        barrier.wait()
        found.append(SecretBox.load(folder, {}, create=True).key_id)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_the_variable_comes_before_the_file_and_no_file_is_made(tmp_path: Path) -> None:
    environ = {"HEADGATE_SECRET_KEY": base64.b64encode(bytes(range(32))).decode()}
    box = SecretBox.load(DataFolder(tmp_path), environ, create=True)
    assert (box.key_id, box.file) == (BOX.key_id, None)
    assert list(tmp_path.iterdir()) == []


def test_a_role_without_a_key_says_where_one_belongs(tmp_path: Path) -> None:
    with pytest.raises(SecretKeyUnusable, match=r"secret\.key, or set HEADGATE_SECRET_KEY"):
        SecretBox.load(DataFolder(tmp_path), {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("****", "is not base64"), ("YWJj", "holds 3 bytes"), ("é" * 44, "is not base64")],
)
def test_a_variable_that_is_no_key_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(SecretKeyUnusable, match=f"HEADGATE_SECRET_KEY {complaint}"):
        SecretBox.load(DataFolder(tmp_path), {"HEADGATE_SECRET_KEY": text})


@pytest.mark.parametrize("content", [b"", b"YWJj\n", b"\xff\xfe"])
def test_a_key_file_that_is_no_key_is_refused_and_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    folder = DataFolder(tmp_path)
    folder.secret_key.write_bytes(content)
    with pytest.raises(SecretKeyUnusable, match=r"secret\.key"):
        SecretBox.load(folder, {}, create=True)
    assert folder.secret_key.read_bytes() == content


def test_a_key_of_another_length_is_no_key() -> None:
    with pytest.raises(SecretKeyUnusable, match="not 16"):
        SecretBox(bytes(16))


def test_two_ephemeral_boxes_do_not_open_each_others_envelopes() -> None:
    with pytest.raises(SecretUnreadable):
        SecretBox.ephemeral().open(SecretBox.ephemeral().seal(1, PLACE), PLACE)
