"""The own password and second factor: what they ask for, and which sessions end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyotp
import pytest

from headgate.control.access import totp
from headgate.control.nouns.own_account import VERIFIED_MS
from headgate.store.errors import SecretKeyUnusable
from headgate.store.keyring import secret_box
from tests.unit.api.asking import Asking, asking
from tests.unit.api.console.signed import BEHIND_PROXY, PASSWORD, Browser, person, user_of

if TYPE_CHECKING:
    from pathlib import Path

NEW = "another correct horse"
EMAIL = "ada@example.org"


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path, console=BEHIND_PROXY)


@pytest.fixture
def ada(api: Asking) -> Browser:
    person(api, "member", email=EMAIL)
    browser = Browser(api)
    assert browser.sign_in(EMAIL).status == 200
    return browser


def elsewhere(ada: Browser, code: str | None = None) -> Browser:
    """The same user in another browser."""
    browser = Browser(ada.api, "192.0.2.77")
    assert browser.sign_in(EMAIL, code=code).status == 200
    return browser


def code(api: Asking, secret: str, steps: int = 0) -> str:
    """What an authenticator shows now, or so many half minutes later."""
    return pyotp.TOTP(secret).generate_otp(api.clock.now // totp.STEP_MS + steps)


def enrolled(ada: Browser) -> tuple[str, list[str]]:
    """The secret and the recovery codes of a second factor that is on."""
    told = ada.call("POST", "/app/api/totp", {"password": PASSWORD}).data
    confirmed = ada.call("PUT", "/app/api/totp", {"code": code(ada.api, told["secret"])}).data
    ada.api.clock.now += totp.STEP_MS
    return told["secret"], confirmed["recoveryCodes"]


def problems(answer: Any) -> list[str | None]:
    assert answer.status == 422, answer
    fields: list[str | None] = answer.fields
    return fields


def test_a_new_password_ends_every_other_session_and_the_id_of_this(ada: Browser) -> None:
    other, before = elsewhere(ada), Browser(ada.api)
    before.cookie = ada.cookie
    body = {"password": PASSWORD, "newPassword": NEW}
    assert ada.call("PUT", "/app/api/password", body).status == 200
    assert ada.me().status == 200
    assert (other.me().status, before.me().status) == (401, 401)
    assert Browser(ada.api).sign_in(EMAIL).status == 401
    assert Browser(ada.api).sign_in(EMAIL, NEW).status == 200


def test_the_old_password_is_asked_for_and_the_new_one_must_be_one(ada: Browser) -> None:
    wrong = {"password": "not the password", "newPassword": NEW}
    assert problems(ada.call("PUT", "/app/api/password", wrong)) == ["password"]
    short = {"password": PASSWORD, "newPassword": "short"}
    assert problems(ada.call("PUT", "/app/api/password", short)) == ["newPassword"]
    assert ada.me().status == 200
    assert Browser(ada.api).sign_in(EMAIL).status == 200


def test_a_password_is_not_guessed_in_a_session_either(ada: Browser) -> None:
    wrong = {"password": "not the password", "newPassword": NEW}
    statuses = [ada.call("PUT", "/app/api/password", wrong).status for _ in range(8)]
    assert statuses == [422] * 5 + [429] * 3


def test_a_second_factor_counts_from_its_first_code_on(ada: Browser) -> None:
    told = ada.call("POST", "/app/api/totp", {"password": PASSWORD}).data
    assert told["uri"].startswith("otpauth://totp/Headgate:ada%40example.org?")
    assert told["secret"] in told["uri"]
    assert Browser(ada.api).sign_in(EMAIL).status == 200, "nobody has shown a code yet"
    other, old = elsewhere(ada), ada.cookie
    assert problems(ada.call("PUT", "/app/api/totp", {"code": "000000"})) == ["code"]
    answer = ada.call("PUT", "/app/api/totp", {"code": code(ada.api, told["secret"])})
    assert len(set(answer.data["recoveryCodes"])) == totp.RECOVERY_CODES
    assert (ada.me().status, other.me().status, ada.cookie != old) == (200, 401, True)
    assert ada.me().data["user"]["hasTotp"]
    answer = Browser(ada.api).sign_in(EMAIL)
    assert (answer.status, answer.json["errors"][0]["type"]) == (401, "code-required")


def test_the_secret_is_sealed_and_told_once(ada: Browser) -> None:
    secret, codes = enrolled(ada)
    kept = str(user_of(ada.api, EMAIL))
    assert "@sealed" in kept
    for each in (secret, *codes, *(each.replace("-", "") for each in codes)):
        assert each not in kept
        assert each not in str(ada.me().json)


def test_a_lost_key_is_not_replaced_while_it_seals_a_second_factor(ada: Browser) -> None:
    key, store = ada.api.store.folder.secret_key, ada.api.store
    enrolled(ada)
    key.unlink()
    with store.read() as transaction, pytest.raises(SecretKeyUnusable):
        secret_box(transaction, store.folder, {})
    assert not key.exists()


def test_turning_it_on_asks_for_the_password_not_long_before(ada: Browser) -> None:
    wrong = {"password": "not the password"}
    assert problems(ada.call("POST", "/app/api/totp", wrong)) == ["password"]
    assert ada.call("PUT", "/app/api/totp", {"code": "000000"}).status == 409
    told = ada.call("POST", "/app/api/totp", {"password": PASSWORD}).data
    ada.api.clock.now += VERIFIED_MS + 1
    late = {"code": code(ada.api, told["secret"])}
    assert ada.call("PUT", "/app/api/totp", late).status == 403
    assert not ada.me().data["user"]["hasTotp"]


def test_one_that_is_on_is_not_replaced_unseen(ada: Browser) -> None:
    secret, _ = enrolled(ada)
    assert ada.call("POST", "/app/api/totp", {"password": PASSWORD}).status == 409
    assert ada.call("PUT", "/app/api/totp", {"code": code(ada.api, secret)}).status == 409
    elsewhere(ada, code(ada.api, secret))


def test_turning_it_off_asks_for_password_and_code(ada: Browser) -> None:
    secret, _ = enrolled(ada)
    path, right = "/app/api/totp/off", code(ada.api, secret)
    wrong = {"password": "not the password", "code": right}
    assert problems(ada.call("POST", path, wrong)) == ["password"]
    assert problems(ada.call("POST", path, {"password": PASSWORD, "code": "000000"})) == ["code"]
    other = elsewhere(ada, right)
    assert problems(ada.call("POST", path, {"password": PASSWORD, "code": right})) == ["code"]
    ada.api.clock.now += totp.STEP_MS
    now = {"password": PASSWORD, "code": code(ada.api, secret)}
    assert ada.call("POST", path, now).status == 200
    assert (ada.me().status, other.me().status) == (200, 401)
    assert ada.call("POST", path, now).status == 409
    elsewhere(ada)


def test_a_recovery_code_stands_for_a_code_once(ada: Browser) -> None:
    _, codes = enrolled(ada)
    elsewhere(ada, codes[0])
    assert Browser(ada.api).sign_in(EMAIL, code=codes[0]).status == 401
    elsewhere(ada, codes[1].replace("-", " ").upper())


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(ada: Browser, steps: int) -> None:
    secret, _ = enrolled(ada)
    ada.api.clock.now += 10 * totp.STEP_MS
    elsewhere(ada, code(ada.api, secret, steps))


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_clock_may_not_be_more_than_that_off(ada: Browser, steps: int) -> None:
    secret, _ = enrolled(ada)
    ada.api.clock.now += 10 * totp.STEP_MS
    assert Browser(ada.api).sign_in(EMAIL, code=code(ada.api, secret, steps)).status == 401


def test_what_is_done_to_an_account_is_in_the_audit_trail(ada: Browser) -> None:
    enrolled(ada)
    ada.call("PUT", "/app/api/password", {"password": PASSWORD, "newPassword": NEW})
    events = ada.api.call("GET", "/audit-events").data["events"]
    told = [each["type"] for each in events if each.get("actorEmail") == EMAIL]
    assert told == [
        "Password Changed",
        "Second Factor Turned On",
        "Second Factor Begun",
        "User Signed In",
    ]
