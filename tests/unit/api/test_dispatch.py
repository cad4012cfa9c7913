"""Every call of the Public API, whatever it asks for: who may, how it is told, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.api.asking import Asking, asking

if TYPE_CHECKING:
    from pathlib import Path

V1 = "application/vnd.segment.v1+json"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    return asking(tmp_path_factory.mktemp("api"))


def test_the_workspace_is_the_tokens_own(api: Asking) -> None:
    for token, workspace in ((api.owner, api.workspace), (api.foreign, api.other)):
        answer = api.call("GET", "/", token=token)
        told = {"id": workspace.id, "slug": workspace.slug, "name": workspace.slug}
        assert answer.data == {"workspace": told}


@pytest.mark.parametrize("token", ["", "hgt_", "x", "hgt_" + "a" * 51, "é"])
def test_who_shows_no_token_is_unknown(api: Asking, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"} if token.isascii() and token else {}
    answer = api.call("GET", "/sources", token="", headers=headers)
    assert answer.status == 401
    assert answer.json["errors"][0]["type"] == "unauthorized"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_is_worth_nothing_from_the_moment_it_is_revoked(api: Asking) -> None:
    from headgate.control.nouns import tokens

    with api.control.write(api.operator()) as work:
        made = tokens.create(work, "short", ["owner"])
    assert api.call("GET", "/", token=made.text).status == 200
    with api.control.write(api.operator()) as work:
        tokens.revoke(work, made.token.id)
    assert api.call("GET", "/", token=made.text).status == 401


def test_a_token_ends_when_its_days_are_over(api: Asking) -> None:
    from headgate.control.nouns import tokens

    with api.control.write(api.operator()) as work:
        made = tokens.create(work, "a day", ["owner"], days=1)
    assert api.call("GET", "/", token=made.text).status == 200
    api.clock.now += tokens.DAY_MS
    try:
        assert api.call("GET", "/", token=made.text).status == 401
    finally:
        api.clock.now -= tokens.DAY_MS


@pytest.mark.parametrize(
    ("accept", "media"),
    [("application/json", "application/json"), ("*/*", "application/json"), (V1, V1)],
)
def test_the_client_is_answered_in_its_media_type(api: Asking, accept: str, media: str) -> None:
    for path, status in (("/", 200), ("/sources/src_none", 404)):
        answer = api.call("GET", path, headers={"accept": accept})
        assert (answer.status, answer.headers["content-type"]) == (status, media)


def test_people_who_come_with_a_browser_are_led_to_the_web_app(api: Asking) -> None:
    answer = api.call("GET", "/", token="", headers={"accept": "text/html,*/*"})
    assert (answer.status, answer.headers["location"]) == (302, "/app/")


@pytest.mark.abuse("ac_idor_cache")
def test_no_answer_may_be_kept_or_framed(api: Asking) -> None:
    for path in ("/", "/nothing", "/sources/src_none", "/health"):
        headers = api.call("GET", path).headers
        assert headers["cache-control"] == "private, no-store"
        assert "Authorization" in headers["vary"]
        assert headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in headers


def test_what_is_not_there_yet_says_so(api: Asking) -> None:
    answer = api.call("GET", "/spaces/spa_1/audiences")
    assert answer.status == 501
    assert "/spaces/{spaceId}/audiences" in answer.json["errors"][0]["message"]


def test_unknown_paths_and_methods_are_told_apart(api: Asking) -> None:
    assert api.call("GET", "/nothing").status == 404
    assert api.call("GET", "/sources/").status == 404, "and nobody is sent elsewhere"
    answer = api.call("PUT", "/sources")
    assert (answer.status, answer.json["errors"][0]["type"]) == (405, "method-not-allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize(
    ("body", "type_", "status"),
    [
        (b"{", "application/json", 400),
        (b"[1, 2", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'"a"', "application/json", 422),
        (b"{}", "text/plain", 415),
        (b"{}", "application/x-www-form-urlencoded", 415),
        (b"[" * 100 + b"]" * 100, "application/json", 400),
        (b" " * 1_100_000, "application/json", 413),
        (b"\xff\xfe", "application/json", 400),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    api: Asking, body: bytes, type_: str, status: int
) -> None:
    answer = api.call("POST", "/sources", body, headers={"content-type": type_})
    assert answer.status == status
    assert answer.json["errors"][0]["message"]


def test_every_field_that_does_not_fit_is_named(api: Asking) -> None:
    answer = api.call("POST", "/sources", {"slug": 7, "enabled": "yes", "settings": []})
    assert answer.status == 422
    assert answer.fields == ["slug", "enabled", "metadataId", "settings"]


def test_too_many_calls_are_refused_until_the_minute_is_over(tmp_path: Path) -> None:
    api = asking(tmp_path, calls_a_minute=3)
    left = [api.call("GET", "/").headers["x-ratelimit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    over = api.call("GET", "/")
    assert (over.status, over.json["errors"][0]["type"]) == (429, "too-many-requests")
    assert over.json["errors"][0]["data"]["consumedPoints"] == 4
    wait = int(over.headers["retry-after"])
    assert 1 <= wait <= 60
    assert api.call("GET", "/", token=api.foreign).status == 200, "others have their own"
    api.clock.now += wait * 1000
    assert api.call("GET", "/").status == 200


@pytest.mark.abuse("ac_sec_debug")
def test_a_fault_of_ours_tells_only_a_name(
    api: Asking, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from headgate.api.public.calls import OPERATIONS

    def broken(*_: object) -> dict[str, object]:
        raise RuntimeError("the secret is 4711")

    monkeypatch.setitem(OPERATIONS, "echo", OPERATIONS["echo"]._replace(handler=broken))
    answer = api.call("GET", "/echo")
    assert answer.status == 500
    assert "4711" not in str(answer.json)
    assert "4711" not in "".join(capfd.readouterr())


def test_the_echo_tells_what_came_but_not_who_sent_it(api: Asking) -> None:
    told = api.call("GET", "/echo", headers={"x-mine": "1", "cookie": "a=b"}, message="hi").data
    assert (told["method"], told["message"], told["headers"]["x-mine"]) == ("get", "hi", "1")
    assert not {"authorization", "cookie"} & told["headers"].keys()


@pytest.mark.parametrize(
    ("asked", "status", "count"),
    [
        ("triggerError", 422, 1),
        ("triggerMultipleErrors", 422, 2),
        ("triggerUnexpectedError", 500, 1),
    ],
)
def test_the_echo_fails_when_it_is_asked_to(
    api: Asking, asked: str, status: int, count: int
) -> None:
    answer = api.call("GET", "/echo", message="no", **{asked: "true"})
    assert (answer.status, len(answer.json["errors"])) == (status, count)
