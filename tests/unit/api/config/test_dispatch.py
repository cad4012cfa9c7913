"""Every call of the Config API, whatever it asks for: who may, how often, what is refused."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from headgate.api.config.calls import OPERATIONS
from headgate.api.config.dispatch import CALLS_A_MINUTE
from headgate.control.nouns import tokens
from tests.unit.api.config.asked import SHOP, ConfigApi, config_api

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = "workspaces/main/sources"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> ConfigApi:
    return config_api(tmp_path_factory.mktemp("config"))


@pytest.mark.parametrize("token", ["", "hgt_", "x", "hgt_" + "a" * 51])
def test_who_shows_no_token_is_unknown(config: ConfigApi, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = config.call("GET", SOURCES, token="", headers=headers)
    assert (answer.status, answer.json["code"]) == (401, 16)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_is_no_user_name_and_no_parameter(config: ConfigApi) -> None:
    basic = base64.b64encode(f"{config.api.owner}:".encode()).decode()
    for headers in ({"authorization": f"Basic {basic}"}, {"x-token": config.api.owner}):
        assert config.refused("GET", SOURCES, token="", headers=headers)[:2] == (401, 16)
    assert config.refused("GET", SOURCES, token="", access_token=config.api.owner)[:2] == (401, 16)


def test_a_token_is_worth_nothing_from_the_moment_it_is_revoked(config: ConfigApi) -> None:
    with config.api.control.write(config.api.operator()) as work:
        made = tokens.create(work, "short", ["owner"])
    assert config.call("GET", SOURCES, token=made.text).status == 200
    with config.api.control.write(config.api.operator()) as work:
        tokens.revoke(work, made.token.id)
    assert config.refused("GET", SOURCES, token=made.text)[:2] == (401, 16)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "nothing"),
        ("GET", ""),
        ("PUT", "workspaces"),
        ("PUT", SOURCES),
        ("GET", f"{SOURCES}/"),
        ("POST", "catalog/sources"),
    ],
)
def test_a_wrong_path_and_a_wrong_method_are_one(config: ConfigApi, method: str, path: str) -> None:
    assert config.refused(method, path)[:2] == (404, 5)


def test_what_is_known_and_not_there_says_so(config: ConfigApi) -> None:
    status, code, told = config.refused("POST", "workspaces/main/functions", {})
    assert (status, code) == (501, 12)
    assert "POST /v1beta/workspaces/{workspace}/functions" in told


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[1, 2", 400),
        (b"[]", 400),
        (b'"a"', 400),
        (b"", 400),
        (b"[" * 100 + b"]" * 100, 400),
        (b" " * 1_100_000, 413),
        (b"\xff\xfe", 400),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(config: ConfigApi, body: bytes, status: int) -> None:
    assert config.refused("POST", SOURCES, body)[:2] == (status, 3)


def test_a_body_is_json_whatever_is_said_of_it(tmp_path: Path) -> None:
    config = config_api(tmp_path)
    given = {"source": {"name": SHOP, "catalog_name": "catalog/sources/javascript"}}
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert config.call("POST", SOURCES, given, headers=form).status == 200


def test_too_many_calls_are_refused_until_the_minute_is_over(tmp_path: Path) -> None:
    config = config_api(tmp_path, calls_a_minute=3)
    left = [config.call("GET", SOURCES).headers["x-ratelimit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    over = config.call("GET", SOURCES)
    assert (over.status, over.json["code"]) == (429, 8)
    wait = int(over.headers["retry-after"])
    assert 1 <= wait <= 60
    assert config.api.call("GET", "/sources").status == 200, "the Public API counts by itself"
    config.api.clock.now += wait * 1000
    assert config.call("GET", SOURCES).status == 200


def test_it_is_two_hundred_calls_a_minute() -> None:
    assert CALLS_A_MINUTE == 200


def test_no_answer_may_be_kept_framed_or_read_by_other_pages(config: ConfigApi) -> None:
    for path in (SOURCES, "nothing", f"{SOURCES}/none", "openapi.json"):
        headers = config.call("GET", path, headers={"origin": "https://evil.example"}).headers
        assert headers["cache-control"] == "private, no-store"
        assert headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in headers


def test_a_denied_change_is_written_down_once_an_hour(config: ConfigApi) -> None:
    reader = config.api.token("source_read_only")
    given = {"source": {"name": f"{SHOP}-2", "catalog_name": "catalog/sources/javascript"}}
    for _ in range(3):
        assert config.refused("POST", SOURCES, given, token=reader)[:2] == (403, 7)
    denied = [each for each in config.trail() if each.type == "Access Denied"]
    assert [each.resource_name for each in denied] == [
        "POST /v1beta/workspaces/{workspace}/sources"
    ]


def test_a_fault_of_ours_tells_only_a_name(
    config: ConfigApi, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret is 4711")

    changed = OPERATIONS["list_sources"]._replace(handler=broken)  # type: ignore[arg-type]
    monkeypatch.setitem(OPERATIONS, "list_sources", changed)
    status, code, told = config.refused("GET", SOURCES)
    assert (status, code) == (500, 13)
    assert "request req_" in told
    assert "4711" not in told + "".join(capfd.readouterr())
