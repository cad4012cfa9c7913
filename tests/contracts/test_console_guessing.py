"""What strangers try in order to get in, or to learn who could."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from msgspec.structs import replace

from headgate.api.console.ways import WAYS
from headgate.control.access import passwords, totp
from headgate.store.people import Users
from tests.unit.api.asking import Asking, asking
from tests.unit.api.console.signed import (
    BEHIND_PROXY,
    KEPT,
    PASSWORD,
    Browser,
    person,
    signed_in,
)

if TYPE_CHECKING:
    from pathlib import Path

HOUR_MS = 3_600_000
NEW = "another correct horse"


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path, console=BEHIND_PROXY)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Against what passwords were compared, as often as that was computed."""
    against: list[str] = []
    verified = passwords._verified

    def counting(kept: str, raw: bytes) -> bool:
        against.append(kept)
        return verified(kept, raw)

    monkeypatch.setattr(passwords, "_verified", counting)
    return against


@pytest.mark.abuse("ac_web_enum_login")
def test_an_account_that_is_not_there_answers_as_one_that_is(
    api: Asking, computed: list[str]
) -> None:
    """The same words, and the same computing: one argon2id each, with the same parameters."""
    user, without = person(api, "owner"), person(api, "member")
    with api.store.write() as transaction:
        Users(transaction).update(replace(without, password=None))
    answers = {
        email: Browser(api, f"192.0.2.{number}").sign_in(email, "not the password")
        for number, email in enumerate((user.email, "nobody@example.org", without.email, "x", ""))
    }
    told = {(each.status, str(each.json), str(sorted(each.headers))) for each in answers.values()}
    assert len(told) == 1, told
    assert next(iter(told))[0] == 401
    assert len(computed) == len(answers)
    assert len({each.rpartition("$")[0].rpartition("$")[0] for each in computed}) == 1
    assert Browser(api).sign_in(user.email).status == 200, "the control"


@pytest.mark.abuse("ac_web_enum_login")
def test_an_account_that_is_not_there_makes_wait_as_one_that_is(api: Asking) -> None:
    user = person(api, "owner")
    told = []
    for number, email in enumerate((user.email, "nobody@example.org")):
        browser = Browser(api, f"192.0.2.{number}")
        answers = [browser.sign_in(email, "not the password") for _ in range(7)]
        told.append(
            [(each.status, str(each.json), each.headers.get("retry-after")) for each in answers]
        )
    assert told[0] == told[1]
    assert [status for status, *_ in told[0]] == [401] * 5 + [429] * 2


@pytest.mark.abuse("ac_web_enum_reset")
def test_a_new_password_tells_nothing_of_who_is_there(api: Asking) -> None:
    """No stranger can ask for one at all: links are made by owners, for members they see.

    So what an owner is told of a user of another workspace is what is told of nobody's id, and
    whoever shows a secret is told the same of one that never was, was used, or is another's.
    """
    assert not [each for each in WAYS if each.needs == "nobody" and "link" not in each.path][1:]
    owner, foreign = signed_in(api, "owner"), person(api, "owner", workspace=api.other.id)
    gone = "usr_aaaaaaaaaaaaaaaaaaaa"
    told = {
        str(owner.call("POST", f"/app/api/users/{each}/password-link").json).replace(each, "")
        for each in (foreign.id, gone)
    }
    assert len(told) == 1
    used = _password_link(owner, person(api, "member").id)
    path, body = "/app/api/links/password", {"secret": used, "password": NEW}
    assert Browser(api).call("POST", path, body).status == 200
    answers = [
        Browser(api).call("POST", path, {**body, "secret": each})
        for each in (used, "never-was", "", "x" * 1000)
    ]
    assert {each.status for each in answers} == {404}
    assert len({str(each.json) for each in answers}) == 1


@pytest.mark.abuse("ac_web_reset_host")
def test_a_link_begins_with_what_the_operator_said(tmp_path: Path) -> None:
    api = asking(tmp_path, console=BEHIND_PROXY)
    owner, user = signed_in(api, "owner"), person(api, "member")
    path = f"/app/api/users/{user.id}/password-link"
    evil = {"host": "evil.example", "origin": "http://evil.example"}
    assert owner.call("POST", path, headers=evil).status == 421
    named = {"host": "localhost:8081", "origin": "http://localhost:8081"}
    forwarded = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    for headers in (named, {**named, **forwarded}):
        answer = owner.call("POST", path, headers=headers)
        assert answer.data["link"].startswith("http://127.0.0.1:8081/app/password#")


@pytest.mark.abuse("ac_web_totp_replay")
def test_a_code_works_once(api: Asking) -> None:
    user, secret = _with_totp(api)
    code = _code(api, secret)
    assert Browser(api).sign_in(user, code=code).status == 200
    assert Browser(api).sign_in(user, code=code).status == 401
    before = pyotp.TOTP(secret).generate_otp(api.clock.now // totp.STEP_MS - 1)
    assert Browser(api).sign_in(user, code=before).status == 401, "nor an earlier one"
    api.clock.now += totp.STEP_MS
    assert Browser(api).sign_in(user, code=_code(api, secret)).status == 200, "the control"


@pytest.mark.abuse("ac_web_totp_replay")
def test_of_many_who_show_one_code_at_once_one_gets_in(api: Asking) -> None:
    user, secret = _with_totp(api)
    code = _code(api, secret)
    browsers = [Browser(api, f"192.0.2.{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda each: each.sign_in(user, code=code).status, browsers))
    assert sorted(statuses) == [200, 401, 401, 401]


@pytest.mark.abuse("ac_web_totp_replay")
def test_codes_are_guessed_so_slowly_that_it_does_not_pay(
    api: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day of guesses, from ever new addresses, by somebody who has the password."""
    monkeypatch.setattr(passwords, "_verified", lambda kept, _: kept == KEPT)
    user, _ = _with_totp(api)
    end, tried, number = api.clock.now + 24 * HOUR_MS, 0, 0
    while api.clock.now < end:
        number += 1
        browser = Browser(api, f"198.51.{number // 200}.{number % 200}")
        answer = browser.sign_in(user, code="000000")
        if answer.status == 429:
            api.clock.now += int(answer.headers["retry-after"]) * 1000
        else:
            assert answer.status == 401
            tried += 1
    assert 5 < tried < 120, tried


@pytest.mark.abuse("ac_web_pw_long")
def test_a_password_that_is_too_long_is_refused_before_it_costs(
    api: Asking, computed: list[str]
) -> None:
    user = person(api, "owner")
    for length, status in ((1_000_000, 400), (2_000_000, 413), (4097, 400)):
        assert Browser(api).sign_in(user.email, "x" * length).status == status
    assert Browser(api).sign_in(user.email, "\N{GRINNING FACE}" * 1025).status == 401
    assert computed == []
    owner, longest = signed_in(api, "owner"), "x" * 4096
    body = {"secret": _password_link(owner, user.id), "password": longest}
    assert Browser(api).call("POST", "/app/api/links/password", body).status == 200
    assert Browser(api).sign_in(user.email, longest).status == 200, "the control"


@pytest.mark.abuse("ac_web_pw_nul")
@pytest.mark.parametrize(
    "chosen",
    ["nul\0in the middle", "\N{GRINNING FACE}" * 9, "y" * 100, "  spaces  around  ", "Ä" * 8],
)
def test_every_character_of_a_password_counts(api: Asking, chosen: str) -> None:
    user = person(api, "owner")
    body = {"secret": _password_link(signed_in(api, "owner"), user.id), "password": chosen}
    assert Browser(api).call("POST", "/app/api/links/password", body).status == 200
    assert Browser(api).sign_in(user.email, chosen).status == 200
    for wrong in (chosen[:-1], chosen.partition("\0")[0] + " ", chosen.strip() + "!", chosen * 2):
        assert Browser(api).sign_in(user.email, wrong).status == 401


def _password_link(owner: Browser, user: str) -> str:
    answer = owner.call("POST", f"/app/api/users/{user}/password-link")
    return str(answer.data["link"].partition("#")[2])


def _with_totp(api: Asking) -> tuple[str, str]:
    """The address and the secret of somebody whose second factor is on."""
    user = person(api, "owner")
    browser = Browser(api, "203.0.113.9")
    browser.sign_in(user.email)
    told: Any = browser.call("POST", "/app/api/totp", {"password": PASSWORD}).data
    answer = browser.call("PUT", "/app/api/totp", {"code": _code(api, told["secret"])})
    assert answer.status == 200
    api.clock.now += totp.STEP_MS
    return user.email, str(told["secret"])


def _code(api: Asking, secret: str) -> str:
    return pyotp.TOTP(secret).generate_otp(api.clock.now // totp.STEP_MS)
