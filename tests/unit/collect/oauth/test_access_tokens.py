from __future__ import annotations

import multiprocessing
import stat
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from headgate.collect.oauth import SigningKey
from headgate.collect.oauth.access_tokens import AccessToken, Fault, read, sign
from headgate.collect.oauth.signing_key import named

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Event
    from pathlib import Path

KEY = named(bytes(range(32)))
TOKEN = AccessToken("app_1", b"12345678", ("tracking_api:write",), 1_000, 2_000)
TEXT = sign(TOKEN, KEY).encode()

SPAWN = multiprocessing.get_context("spawn")


def test_a_token_comes_back_as_it_was_signed() -> None:
    assert read(TEXT, KEY) == TOKEN


def test_a_token_of_today_is_read_by_the_versions_to_come() -> None:
    """Clients hold one for up to 30 days."""
    written = (
        b"hg1.5d3ecbca.laVhcHBfMcQIMTIzNDU2NziRsnRyYWNraW5nX2FwaTp3cml0Zc0D6M0H0K1fE0b_34krTKjhXC4Z"
        b"uc0qeVu_Ng2PceFwGFrOPEXm"
    )
    assert read(written, KEY) == TOKEN


@pytest.mark.parametrize("app", ["app_1", "app_12", "app_123"])
def test_no_bit_of_a_token_can_be_changed(app: str) -> None:
    """Whatever its length: the last character may have bits that mean nothing."""
    text = sign(replace(TOKEN, app=app), KEY).encode()
    for at in range(len(text)):
        for bit in range(8):
            changed = text[:at] + bytes([text[at] ^ 1 << bit]) + text[at + 1 :]
            assert isinstance(read(changed, KEY), Fault), changed


@pytest.mark.parametrize(
    "text",
    [b"", b"hg1", b"hg1..", TEXT + b"A", TEXT[:-1], TEXT + b"=", TEXT + b"\n", TEXT * 8, b"\xff"],
)
def test_what_is_no_token_is_forged(text: bytes) -> None:
    assert read(text, KEY) is Fault.FORGED


def test_a_token_of_another_key_is_told_from_a_forged_one() -> None:
    other = named(bytes(32))
    assert read(TEXT, other) is Fault.OTHER_KEY
    with_our_name = TEXT.replace(KEY.name, other.name)
    assert read(with_our_name, other) is Fault.FORGED


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "oauth.key"
    first = SigningKey(path).load()
    assert first is not None
    assert SigningKey(path).load() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["oauth.key"]


def load_at_once(path: Path, go: Event, found: Queue[bytes]) -> None:
    go.wait(10)
    key = SigningKey(path).load()
    assert key is not None
    found.put(key.secret)


def test_of_many_who_make_the_key_at_once_all_have_the_same(tmp_path: Path) -> None:
    go: Event = SPAWN.Event()
    found: Queue[bytes] = SPAWN.Queue()
    path = tmp_path / "oauth.key"
    processes = [SPAWN.Process(target=load_at_once, args=(path, go, found)) for _ in range(2)]
    for process in processes:
        process.start()
    go.set()
    keys = {found.get(timeout=20) for _ in processes}
    for process in processes:
        process.join(10)
    assert len(keys) == 1


@pytest.mark.parametrize("content", [b"", b"not base64!", b"c2hvcnQ="])
def test_a_file_that_holds_no_key_is_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "oauth.key"
    path.write_bytes(content)
    with capture_logs() as logs:
        assert SigningKey(path).load() is None
    assert [(each["event"], each["path"]) for each in logs] == [("oauth.key_unusable", str(path))]
    assert path.read_bytes() == content


def test_a_key_that_cannot_be_made_is_tried_again(tmp_path: Path) -> None:
    key = SigningKey(tmp_path / "a file" / "oauth.key")
    (tmp_path / "a file").touch()
    with capture_logs() as logs:
        assert key.load() is None
    assert len(logs) == 1
    (tmp_path / "a file").unlink()
    assert key.load() is not None
