from __future__ import annotations

import json
from typing import Any

import pytest

from headgate.cli.destination.serve.customer import Customers, from_environment
from headgate.cli.destination.serve.routes import Answer, Routes
from headgate.kit import OAuth2, Response
from tests.unit.cli.destination.serve.acme import API, made
from tests.unit.kit.engine import Answers

KEY = "key-canary-77"
SETTINGS = {"apiKey": KEY}
EVENT = {"type": "identify", "traits": {"email": "ada@example.com", "name": "Ada"}}
OAUTH = OAuth2(authorize=f"{API}/authorize", token=f"{API}/token")


class Rig:
    """A server over a destination; `sent` is what would have left the machine."""

    def __init__(self, *answers: Response, auth: OAuth2 | None = None, bare: bool = False) -> None:
        self.network = Answers(*answers)
        self.opened = 0
        self.customers = Customers(made(auth, bare=bare), SETTINGS, self.open)
        self.routes = Routes(self.customers)

    def open(self) -> Answers:
        self.opened += 1
        return self.network

    @property
    def sent(self) -> list[str]:
        return [f"{each.method} {each.url}" for each in self.network.requests]

    async def post(self, path: str, **body: Any) -> Answer:
        return await self.routes.answer("POST", path, json.dumps(body).encode())


async def test_the_manifest_holds_the_definition_by_stored_names() -> None:
    status, manifest = await Rig().routes.answer("GET", "/manifest", b"")
    assert status == 200
    assert manifest["authentication"]["scheme"] == "custom"
    assert manifest["authentication"]["fields"]["apiKey"]["type"] == "password"
    save = manifest["actions"]["save"]
    assert save["defaultSubscription"] == 'type = "identify"'
    assert save["hasPerformBatch"]
    assert save["syncMode"]["default"] == "upsert"
    assert save["dynamicFields"] == ["list_id"]
    assert list(save["hooks"]["onMappingSave"]["outputTypes"]) == ["listId"]
    assert manifest["presets"][0]["partnerAction"] == "save"
    assert manifest["presets"][0]["subscribe"] == 'type = "identify"'
    assert manifest["audienceConfig"]["mode"]["type"] == "synced"


async def test_without_being_told_nothing_is_sent_and_the_request_is_answered() -> None:
    rig = Rig()
    status, (exchange,) = await rig.post("/save", payload=EVENT)
    assert status == 200
    assert exchange["request"]["url"] == f"{API}/Ada"
    assert json.loads(exchange["request"]["body"])["email"] == "ada@example.com"
    assert exchange["response"]["statusCode"] == 200
    assert (rig.sent, rig.opened) == ([], 0)


async def test_a_request_that_says_so_is_sent() -> None:
    rig = Rig(Response(201, (("X-Token", "t"), ("A", "b")), b'{"id": 1}'))
    _, (exchange,) = await rig.post("/save", payload=EVENT, send=True)
    await rig.post("/save", payload=EVENT, send=True)
    assert (rig.sent, rig.opened) == ([f"POST {API}/Ada"] * 2, 1)
    assert exchange["response"] == {
        "statusCode": 201,
        "statusMessage": "Created",
        "headers": {"X-Token": "***", "A": "b"},
        "body": '{"id": 1}',
    }


async def test_a_server_that_sends_can_be_told_not_to() -> None:
    rig = Rig()
    rig.customers.sends = True
    await rig.post("/save", payload=EVENT, send=False)
    assert rig.sent == []
    await rig.post("/save", payload=EVENT)
    assert rig.sent == [f"POST {API}/Ada"]


async def test_a_mapping_is_completed_by_the_suggested_one() -> None:
    _, (exchange,) = await Rig().post("/save", payload=EVENT, mapping={"name": "Grace"})
    assert exchange["request"]["url"] == f"{API}/Grace"
    assert "ada@example.com" in exchange["request"]["body"]


async def test_a_list_is_a_batch_and_an_event_that_fails_ends_alone() -> None:
    broken = {"type": "identify", "traits": {"email": "none"}}
    _, (exchange, failure) = await Rig().post("/save", payload=[EVENT, broken])
    assert exchange["request"]["url"] == f"{API}/batch"
    assert exchange["request"]["body"] == '["ada@example.com"]'
    assert failure["statusCode"] == 400
    assert list(failure["fields"]) == ["$.email"]


@pytest.mark.parametrize(
    ("payload", "status", "message"),
    [
        ({"type": "identify"}, 400, "'email'"),
        ({**EVENT, "traits": {**EVENT["traits"], "name": "Unwanted"}}, 400, "no such contact"),  # type: ignore[dict-item]
        ({**EVENT, "traits": {**EVENT["traits"], "name": "Nobody"}}, 500, "nobody"),  # type: ignore[dict-item]
        ("text", 500, "must be an event"),
    ],
)
async def test_failures_are_answers(payload: Any, status: int, message: str) -> None:
    code, (failure,) = await Rig().post("/save", payload=payload)
    assert code == 200
    assert failure["statusCode"] == status
    assert message in failure["message"]
    assert failure["requestError"] is True


async def test_what_the_destination_refuses_has_its_status() -> None:
    _, (failure,) = await Rig(Response(429)).post("/save", payload=EVENT, send=True)
    assert failure["statusCode"] == 429
    assert failure["message"] == "api.test answered 429 Too Many Requests."


async def test_settings_that_do_not_fit_are_told() -> None:
    _, (failure,) = await Rig().post("/save", payload=EVENT, settings={"apiKey": "", "zone": 1})
    assert failure["statusCode"] == 400
    assert "apiKey" in failure["message"]


async def test_choices_are_asked_for_with_their_place() -> None:
    rig = Rig()
    context = {"query": "vip"}
    _, found = await rig.post("/save/list_id.[3]", dynamicFieldContext=context, send=True)
    assert found["choices"] == [{"value": "vip-3", "label": "Found", "description": ""}]
    assert found["nextPage"] == "2"
    assert rig.sent == [f"GET {API}/lists"]


async def test_a_field_without_choices_is_named() -> None:
    status, found = await Rig().post("/save/email")
    assert status == 200
    assert found["choices"] == []
    assert found["error"]["code"] == "404"
    assert "email" in found["error"]["message"]


async def test_choices_that_fail_are_a_500() -> None:
    status, (failure,) = await Rig(Response(403)).post("/save/list_id", send=True)
    assert status == 500
    assert failure["statusCode"] == 403


async def test_hooks_run_and_have_choices_of_their_own() -> None:
    rig = Rig()
    saved = await rig.post("/save/hooks/onMappingSave", hookInputs={"title": "VIP"})
    assert saved == (200, {"savedData": {"listId": "l-1"}})
    _, found = await rig.post("/save/hooks/onMappingSave/dynamic/group")
    assert found["choices"][0]["label"] == "Found"
    status, (failure,) = await rig.post("/save/hooks/onMappingSave", hookInputs={})
    assert status == 500
    assert "'title'" in failure["message"]
    status, (failure,) = await rig.post("/save/hooks/retlOnMappingSave")
    assert status == 500
    assert "no hook" in failure["message"]


@pytest.mark.parametrize("route", ["/authenticate", "/authentication"])
async def test_credentials_are_checked_with_settings_at_the_top(route: str) -> None:
    rig = Rig(Response(200), Response(401))
    assert await rig.post(route, apiKey="other-key", send=True) == (200, {"ok": True})
    assert rig.network.requests[0].headers[-1] == ("X-Api-Key", "other-key")
    _, refused = await rig.post(route, send=True)
    assert (refused["ok"], refused["fields"]) == (False, {})
    assert "401" in refused["error"]
    _, incomplete = await rig.post(route, apiKey="")
    assert list(incomplete["fields"]) == ["$.apiKey"] or "apiKey" in incomplete["error"]


async def test_tokens_are_renewed_and_not_shown() -> None:
    fresh = Response(200, (), b'{"access_token": "fresh-canary", "refresh_token": "r-canary"}')
    rig = Rig(fresh, auth=OAUTH)
    body = {"refreshToken": "old-canary", "clientId": "c", "clientSecret": "cs-canary"}
    status, answer = await rig.post("/refreshAccessToken", **body, send=True)
    assert status == 200
    assert answer == {"ok": True, "data": {"accessToken": "***", "refreshToken": "***"}}
    assert b"old-canary" in rig.network.requests[0].body
    refused = Rig(Response(400), auth=OAUTH)
    status, answer = await refused.post("/refreshAccessToken", **body, send=True)
    assert (status, answer["ok"]) == (400, False)
    assert (await Rig().post("/refreshAccessToken")).status == 400


async def test_a_refused_token_is_renewed_once() -> None:
    fresh = Response(200, (), b'{"access_token": "fresh-canary"}')
    rig = Rig(Response(401), fresh, Response(200, (), b"fresh-canary"), auth=OAUTH)
    auth = {"accessToken": "stale-canary", "refreshToken": "r-canary", "clientId": "c"}
    _, exchanges = await rig.post("/save", payload=EVENT, auth=auth, send=True)
    assert [each["response"]["statusCode"] for each in exchanges] == [401, 200]
    assert rig.sent == [f"POST {API}/Ada", "POST https://api.test/token", f"POST {API}/Ada"]
    assert "canary" not in json.dumps(exchanges)


async def test_audiences_are_made_and_found() -> None:
    rig = Rig()
    assert await rig.post("/createAudience", audienceName="vip") == (
        200,
        {"externalId": "made-vip"},
    )
    assert await rig.post("/getAudience", externalId="7") == (200, {"externalId": "found-7"})
    status, answer = await rig.post("/createAudience", audienceSettings={"odd": 1})
    assert (status, answer["ok"]) == (400, False)


async def test_a_person_is_deleted() -> None:
    status, (exchange,) = await Rig().post("/delete", payload={"userId": "u-1"})
    assert status == 200
    assert exchange["request"]["url"] == f"{API}/people/u-1"
    _, (failure,) = await Rig(Response(500)).post("/delete", payload={"userId": "u"}, send=True)
    assert failure["statusCode"] == 500


@pytest.mark.parametrize(
    "path", ["/createAudience", "/getAudience", "/delete", "/none", "/save/a/b", "/-/try/none", "/"]
)
async def test_what_is_not_there_is_a_404_that_says_so(path: str) -> None:
    status, answer = await Rig(bare=True).post(path)
    assert (status, answer["ok"]) == (404, False)
    assert answer["error"]


async def test_a_page_that_is_not_there_and_a_body_that_is_none() -> None:
    routes = Rig().routes
    assert (await routes.answer("GET", "/nothing", b"")).status == 404
    assert (await routes.answer("POST", "/save", b"{")).status == 400


@pytest.mark.parametrize("path", ["/save", "/-/try/save", "/authenticate", "/save/list_id"])
@pytest.mark.parametrize("status", [200, 401, 500])
async def test_no_answer_holds_a_secret(path: str, status: int) -> None:
    echoed = f'{{"key": "{KEY}", "pin": "pin-canary-1"}}'.encode()
    rig = Rig(Response(status, (("X-Echo", KEY),), echoed))
    mapping = {"name": KEY, "email": "a@example.com", "pin": "pin-canary-1"}
    answer = await rig.post(path, payload=EVENT, mapping=mapping, send=True)
    assert rig.sent
    shown = json.dumps(answer.value)
    assert KEY not in shown
    assert "pin-canary-1" not in shown


async def test_the_state_of_the_page_masks_the_settings_of_the_file() -> None:
    rig = Rig()
    _, state = await rig.routes.answer("GET", "/-/state", b"")
    assert state["settings"] == {"apiKey": "***", "region": "eu"}
    await rig.post("/save", payload=EVENT, settings=state["settings"], send=True)
    assert ("X-Api-Key", KEY) in rig.network.requests[0].headers


def test_the_environment_gives_settings_and_tokens() -> None:
    environ = {"HEADGATE_SETTING_APIKEY": "k", "HEADGATE_SETTING_ACCESS_TOKEN": "t"}
    assert from_environment(made(), environ) == {"apiKey": "k"}
    assert from_environment(made(OAUTH), environ) == {"apiKey": "k", "access_token": "t"}


@pytest.mark.parametrize(
    "tokens", [{"access_token": "token-canary"}, {"oauth": {"access_token": "token-canary"}}]
)
async def test_tokens_of_the_file_are_no_settings_and_go_out(tokens: dict[str, Any]) -> None:
    rig = Rig(auth=OAUTH)
    kept = {**SETTINGS, **tokens}
    rig.routes = Routes(Customers(made(OAUTH), kept, rig.open))
    await rig.post("/save", payload=EVENT, send=True)
    assert ("Authorization", "Bearer token-canary") in rig.network.requests[0].headers
