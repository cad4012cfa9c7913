from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from structlog.testing import capture_logs

from headgate.collect.oauth import Bearers, SigningKey
from tests.unit.collect.oauth.setting import NOW, Standing, app, asking, holding, public, token
from tests.unit.store.snapshots import source

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.snapshot import OAuthApp, Source


@pytest.fixture
def bearers(key: SigningKey, clock: Standing) -> Bearers:
    made = Bearers(key, clock)
    made.configure(holding(app()))
    return made


def checked(bearers: Bearers, text: str | bytes, of: Source | None = None) -> tuple[int, str]:
    """The status and code that `Authorization: Bearer <text>` gets; 0 for fine."""
    raw = text if isinstance(text, bytes) else f"Bearer {text}".encode()
    answer = bearers.check(raw, of or asking())
    if answer is None:
        return 0, ""
    body = msgspec.json.decode(answer.body)
    assert body.keys() == {"success", "code", "message", "error"}
    assert (body["success"], body["code"]) == (False, answer.code)
    return answer.status, answer.code


FINE = (0, "")


def test_a_token_of_an_attached_app_lets_a_request_pass(bearers: Bearers, key: SigningKey) -> None:
    assert checked(bearers, token(key)) == FINE
    assert checked(bearers, f"bearer  {token(key)} ".encode()) == FINE


@pytest.mark.parametrize("other", [b"", b"Basic d2tfd2Vic2l0ZTo=", b"Digest x", b"hg1.x.y"])
def test_a_source_that_requires_a_token_takes_nothing_else(bearers: Bearers, other: bytes) -> None:
    assert checked(bearers, other) == (401, "token_required")
    assert checked(bearers, other, asking(required=False)) == FINE


@pytest.mark.parametrize("required", [False, True])
def test_what_a_token_is_worth_does_not_depend_on_whether_it_is_required(
    bearers: Bearers, key: SigningKey, *, required: bool
) -> None:
    of = asking(required=required)
    assert checked(bearers, token(key), of) == FINE
    assert checked(bearers, "forged", of) == (401, "invalid_token")
    assert checked(bearers, token(key, expires=-1), of) == (511, "token_expired")


@pytest.mark.parametrize("text", ["", "x", "hg1.00000000.AAAA"])
def test_a_source_that_asks_for_no_token_passes_over_whatever_there_is(
    bearers: Bearers, text: str
) -> None:
    assert checked(bearers, text, source()) == FINE


def test_an_expired_token_is_answered_so_that_clients_get_a_new_one(
    bearers: Bearers, key: SigningKey, clock: Standing
) -> None:
    text = token(key, expires=60)
    clock.now = NOW + 59.999
    assert checked(bearers, text) == FINE
    clock.now = NOW + 60
    assert checked(bearers, text) == (511, "token_expired")


def test_a_token_of_a_key_file_that_is_gone_is_cured_by_a_new_one_as_well(
    bearers: Bearers, tmp_path: Path
) -> None:
    other = SigningKey(tmp_path / "other.key")
    other.load()
    assert checked(bearers, token(other)) == (511, "token_expired")


def test_tokens_that_were_issued_before_a_moment_can_be_revoked(
    bearers: Bearers, key: SigningKey
) -> None:
    moment = round(NOW * 1000)
    bearers.configure(holding(app(revoke_before=moment)))
    assert checked(bearers, token(key, issued=-0.001)) == (511, "token_revoked")
    assert checked(bearers, token(key)) == FINE


@pytest.mark.parametrize(
    "withdrawn",
    [
        [app(enabled=False)],
        [app(keys=(public("k2"),))],
        [app(keys=(public("k1", "second"),))],
        [app(2)],
        [],
    ],
    ids=["off", "another key", "another key of the same id", "made anew", "gone"],
)
def test_a_token_whose_app_or_key_was_withdrawn_is_refused_from_the_next_snapshot_on(
    bearers: Bearers, key: SigningKey, withdrawn: list[OAuthApp]
) -> None:
    text = token(key)
    assert checked(bearers, text) == FINE
    bearers.configure(holding(*withdrawn))
    assert checked(bearers, text) == (401, "token_revoked")
    bearers.configure(holding(app()))
    assert checked(bearers, text) == FINE


def test_each_of_two_keys_of_an_app_is_as_good_until_it_goes(
    bearers: Bearers, key: SigningKey
) -> None:
    old, new = public("k1"), public("k2", "second")
    bearers.configure(holding(app(keys=(old, new))))
    assert {checked(bearers, token(key, of=each)) for each in (old, new)} == {FINE}
    bearers.configure(holding(app(keys=(new,))))
    assert checked(bearers, token(key, of=old)) == (401, "token_revoked")
    assert checked(bearers, token(key, of=new)) == FINE


def test_a_token_of_an_app_that_is_not_attached_is_refused(
    bearers: Bearers, key: SigningKey
) -> None:
    bearers.configure(holding(app(), app(2)))
    assert checked(bearers, token(key, app="app_2")) == (401, "invalid_token")
    assert checked(bearers, token(key, app="app_2"), asking("app_1", "app_2")) == FINE


def test_a_token_for_something_else_is_refused(bearers: Bearers, key: SigningKey) -> None:
    assert checked(bearers, token(key, scopes=("functions:write",))) == (401, "invalid_token")


def test_without_a_key_tokens_wait_and_other_sources_go_on(
    tmp_path: Path, clock: Standing, key: SigningKey
) -> None:
    (tmp_path / "bad.key").write_bytes(b"damaged")
    bearers = Bearers(SigningKey(tmp_path / "bad.key"), clock)
    with capture_logs() as logs:
        bearers.configure(holding(app()))
    assert [each["event"] for each in logs] == ["oauth.key_unusable"]
    assert checked(bearers, token(key)) == (503, "unavailable")
    assert checked(bearers, b"", asking(required=False)) == FINE


def test_where_there_is_no_app_there_is_no_key_file(tmp_path: Path, clock: Standing) -> None:
    path = tmp_path / "new.key"
    bearers = Bearers(SigningKey(path), clock)
    bearers.configure(holding())
    assert not path.exists()
    bearers.configure(holding(app()))
    assert path.exists()


def test_before_the_first_snapshot_no_token_passes(key: SigningKey, clock: Standing) -> None:
    some: Any = asking()
    assert checked(Bearers(key, clock), token(key), some) == (401, "token_revoked")
