from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec
import pytest
from structlog.testing import capture_logs

from headgate.collect.oauth import Bearers, SigningKey, TokenEndpoint, UsedIds
from headgate.collect.oauth import endpoint as endpoint_module
from tests.harness import assertions
from tests.harness.assertions import encoded, encoded_form, key_pair, raw_form
from tests.unit.collect.oauth.setting import NOW, SCOPE, Standing, app, asking, holding, public

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.collect.answers import Response
    from headgate.collect.reply import Reply
    from headgate.collect.request import Request

HOST = "http://127.0.0.1:8080"
FORM = b"application/x-www-form-urlencoded"


class Sent(NamedTuple):
    """What the endpoint looks at of a request."""

    body: bytes
    content_type: bytes = FORM
    host: bytes = b"127.0.0.1:8080"
    peer: str = "203.0.113.7"


class Got:
    """A reply that keeps what it was given."""

    def __init__(self) -> None:
        self.response: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

    def respond(self, response: Response) -> None:
        self.response.set_result(response)


class Answered(NamedTuple):
    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def why(self) -> str:
        return str(self.body["error_description"])


class Client:
    """Asks the endpoint for tokens as the holder of the private key does."""

    def __init__(self, endpoint: TokenEndpoint) -> None:
        self.endpoint = endpoint

    async def send(self, sent: Sent) -> Answered:
        got = Got()
        self.endpoint.take(cast("Request", sent), cast("Reply", got))
        status, body, headers = await asyncio.wait_for(got.response, 10)
        shown = {name.decode().lower(): value.decode() for name, value in headers}
        assert shown["cache-control"] == "no-store"
        assert shown["content-type"] == "application/json"
        assert parsedate_to_datetime(shown["date"]).timestamp() == NOW
        assert shown["date"].endswith(" GMT"), "what python's %Z and JavaScript's Date.parse take"
        return Answered(status, shown, msgspec.json.decode(body))

    async def ask(self, **changes: Any) -> Answered:
        """With an assertion of `changes` to its claims."""
        return await self.assertion(key_pair().sign(claims(**changes)))

    async def assertion(self, text: str) -> Answered:
        return await self.send(Sent(raw_form(text)))


def claims(**changes: Any) -> dict[str, Any]:
    return assertions.claims("backend-1", HOST, now=NOW, **changes)


@pytest.fixture
def used(tmp_path: Path) -> UsedIds:
    return UsedIds(tmp_path / "assertions")


@pytest.fixture
def endpoint(key: SigningKey, used: UsedIds, clock: Standing) -> Iterator[TokenEndpoint]:
    made = TokenEndpoint(key, used, clock)
    made.configure(holding(app()))
    yield made
    made.close()


@pytest.fixture
def client(endpoint: TokenEndpoint) -> Client:
    return Client(endpoint)


async def test_an_assertion_is_exchanged_for_a_token_that_opens_the_source(
    client: Client, key: SigningKey, clock: Standing
) -> None:
    got = await client.ask()
    assert got.status == 200
    text = got.body.pop("access_token")
    assert got.body == {"token_type": "Bearer", "expires_in": 3600, "scope": SCOPE}
    bearers = Bearers(key, clock)
    bearers.configure(holding(app()))
    assert bearers.check(f"Bearer {text}".encode(), asking()) is None
    clock.now += 3600
    assert bearers.check(f"Bearer {text}".encode(), asking()) is not None


async def test_a_form_may_be_encoded_or_raw_as_segments_clients_send_it(client: Client) -> None:
    for form in (raw_form, encoded_form):
        got = await client.send(Sent(form(key_pair().sign(claims()))))
        assert got.status == 200, got
    with_charset = Sent(raw_form(key_pair().sign(claims())), FORM + b"; charset=UTF-8")
    assert (await client.send(with_charset)).status == 200


async def test_the_claims_may_be_as_every_client_writes_them(client: Client) -> None:
    variants: list[dict[str, Any]] = [
        {"iss": None},
        {"aud": HOST + "/"},
        {"aud": "https://127.0.0.1:8080"},
        {"aud": HOST + "/token"},
        {"aud": ["https://elsewhere.example", HOST]},
        {"iat": NOW - 5.37, "exp": NOW + 54.63},
        {"iat": int(NOW) - 5, "exp": int(NOW) + 55},
        {"nbf": NOW - 5, "more": {"is": ["passed", "over"]}},
    ]
    for changes in variants:
        got = await client.ask(**changes)
        assert got.status == 200, (changes, got)


async def test_clocks_may_be_apart_a_little(client: Client) -> None:
    for skew in (-60, -20, 0, 10):
        got = await client.ask(iat=NOW - 5 + skew, exp=NOW + 55 + skew)
        assert got.status == 200, (skew, got)


@pytest.mark.parametrize(
    ("changes", "status", "error", "why"),
    [
        ({"iat": NOW + 11, "exp": NOW + 71}, 400, "invalid_request", "Token used before issued"),
        ({"nbf": NOW + 11}, 400, "invalid_request", "Token used before issued"),
        ({"iat": NOW - 75, "exp": NOW - 10}, 400, "invalid_request", "Token is expired"),
        ({"exp": NOW + 71}, 400, "invalid_request", "exp must be at most 60 seconds ahead"),
        ({"exp": None}, 400, "invalid_request", "missing required field `exp`"),
        ({"iat": None}, 400, "invalid_request", "missing required field `iat`"),
        ({"jti": None}, 400, "invalid_request", "missing required field `jti`"),
        ({"jti": ""}, 400, "invalid_request", "jti is empty"),
        ({"jti": 7}, 400, "invalid_request", "Expected `str`"),
        ({"exp": "soon"}, 400, "invalid_request", "Expected `float`"),
        ({"exp": True}, 400, "invalid_request", "Expected `float`"),
        ({"sub": "nobody", "iss": None}, 401, "invalid_client", "sub names no OAuth app"),
        ({"iss": "somebody"}, 401, "invalid_client", "iss and sub"),
        ({"aud": "https://elsewhere.example"}, 401, "invalid_client", "aud must be http://127"),
        ({"aud": []}, 401, "invalid_client", "aud must be http://127"),
    ],
)
async def test_claims_that_do_not_hold_are_refused(
    client: Client, changes: dict[str, Any], status: int, error: str, why: str
) -> None:
    got = await client.ask(**changes)
    assert (got.status, got.body["error"]) == (status, error)
    assert why in got.why


async def test_the_two_descriptions_that_python_asks_again_for_are_exact(client: Client) -> None:
    early = await client.ask(iat=NOW + 100, exp=NOW + 160)
    late = await client.ask(iat=NOW - 160, exp=NOW - 100)
    assert (early.why, late.why) == ("Token used before issued", "Token is expired")


async def test_only_rs256_by_a_key_of_the_app_counts(client: Client) -> None:
    pair, other = key_pair(), key_pair("other")
    unsigned = pair.sign(claims(), alg="none").rpartition(".")[0]
    refused = {
        "none": pair.sign(claims(), alg="none"),
        "None": pair.sign(claims(), alg="None"),
        "rs256": pair.sign(claims(), alg="rs256"),
        "HS256 with the public key": hs256(pair.public),
        "RS512": pair.sign(claims(), alg="RS512"),
        "PS256": pair.sign(claims(), alg="PS256"),
        "no kid that is known": pair.sign(claims(), kid="k2"),
        "somebody else's signature": other.sign(claims()),
        "a key that it brings along": other.sign(claims(), jwk={"kty": "RSA"}, jku="http://x"),
        "crit": pair.sign(claims(), crit=["exp"]),
        "a signature of something else": swapped(pair.sign(claims()), pair.sign(claims())),
        "an empty signature": f"{pair.sign(claims()).rpartition('.')[0]}.AAAA",
    }
    for name, text in refused.items():
        got = await client.assertion(text)
        assert (got.status, got.body["error"]) == (401, "invalid_client"), name
    for text in (f"{unsigned}.", unsigned, "x", "a.b.c", f"{pair.sign(claims())}.more"):
        got = await client.assertion(text)
        assert (got.status, got.body["error"]) == (400, "invalid_request"), text
    assert (await client.assertion(pair.sign(claims()))).status == 200


def hs256(secret: str) -> str:
    """Signed with what everybody knows, for a server that lets the assertion choose how."""
    import hashlib
    import hmac
    import json

    header = encoded(json.dumps({"alg": "HS256", "kid": "k1"}).encode())
    signed = f"{header}.{encoded(json.dumps(claims()).encode())}"
    return f"{signed}.{encoded(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


def swapped(first: str, second: str) -> str:
    return f"{first.rpartition('.')[0]}.{second.rpartition('.')[2]}"


async def test_no_bit_of_an_assertion_can_be_changed(client: Client, clock: Standing) -> None:
    text = key_pair().sign(claims())
    head, dot, mark = text.rpartition(".")
    for at in range(0, len(head), 7):
        clock_is_free = f"198.51.100.{at % 250}"
        changed = head[:at] + ("A" if head[at] != "A" else "B") + head[at + 1 :] + dot + mark
        got = await client.send(Sent(raw_form(changed), peer=clock_is_free))
        assert got.status in {400, 401}, changed
    assert clock.now == NOW
    assert (await client.assertion(text)).status == 200


async def test_an_assertion_works_once(client: Client, used: UsedIds, tmp_path: Path) -> None:
    text = key_pair().sign(claims(jti="the same"))
    first, again = await client.assertion(text), await client.assertion(text)
    other_time = await client.ask(jti="the same", exp=NOW + 50)
    assert (first.status, again.status, other_time.status) == (200, 401, 401)
    assert "used before" in again.why
    assert len(list((tmp_path / "assertions").iterdir())) == 1
    assert used.take("app_1", "another")


async def test_an_assertion_that_is_refused_is_not_used_up(client: Client) -> None:
    text = key_pair().sign(claims())
    assert (await client.send(Sent(raw_form(text, "functions:write")))).status == 400
    assert (await client.assertion(text)).status == 200


async def test_two_apps_may_use_the_same_jti(endpoint: TokenEndpoint) -> None:
    endpoint.configure(holding(app(), app(2)))
    client = Client(endpoint)
    for slug in ("backend-1", "backend-2"):
        got = await client.ask(iss=slug, sub=slug, jti="the same")
        assert got.status == 200, got


@pytest.mark.parametrize("scope", ["", "  ", SCOPE, f"{SCOPE} {SCOPE}"])
async def test_no_scope_is_what_the_app_may_have(client: Client, scope: str) -> None:
    got = await client.send(Sent(raw_form(key_pair().sign(claims()), scope)))
    assert (got.status, got.body["scope"]) == (200, SCOPE)


@pytest.mark.parametrize("scope", ["functions:write", f"{SCOPE} public_api:read_write"])
async def test_a_scope_that_the_app_has_not_is_refused(client: Client, scope: str) -> None:
    got = await client.send(Sent(encoded_form(key_pair().sign(claims()), scope)))
    assert (got.status, got.body["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "invalid_request"),
        (b"\xff\xfe", "invalid_request"),
        (b"grant_type=password", "unsupported_grant_type"),
        (b'{"grant_type": "client_credentials"}', "invalid_request"),
        (raw_form("x").replace(b"jwt-bearer", b"saml2-bearer"), "invalid_request"),
        (raw_form("x" * 20_000), "invalid_request"),
        (raw_form(""), "invalid_request"),
    ],
)
async def test_what_is_no_request_for_a_token_is_refused(
    client: Client, body: bytes, error: str
) -> None:
    got = await client.send(Sent(body))
    assert (got.status, got.body["error"]) == (400, error)


@pytest.mark.parametrize("more", [b"&scope=", b"&client_assertion=x", b"&grant_type=x"])
async def test_a_parameter_that_comes_twice_is_refused(client: Client, more: bytes) -> None:
    form = raw_form(key_pair().sign(claims()))
    for body in (form + more, more[1:] + b"&" + form):
        got = await client.send(Sent(body))
        assert (got.status, got.why) == (400, "a parameter comes twice")
    assert (await client.send(Sent(form))).status == 200


async def test_only_a_form_is_a_request_for_a_token(client: Client) -> None:
    body = raw_form(key_pair().sign(claims()))
    assert (await client.send(Sent(body, b"application/json"))).status == 415
    assert (await client.send(Sent(body, b""))).status == 200


async def test_a_public_url_is_the_only_audience(
    key: SigningKey, used: UsedIds, clock: Standing
) -> None:
    """Or whoever is given an assertion for his own server could use it here."""
    endpoint = TokenEndpoint(key, used, clock, public_url="https://Events.example.com/")
    endpoint.configure(holding(app()))
    client = Client(endpoint)
    assert (await client.ask()).status == 401
    for audience in ("https://events.example.com", "https://events.example.com/token/"):
        assert (await client.ask(aud=audience)).status == 200
    endpoint.close()


async def test_an_app_that_is_off_or_gone_gets_no_token(endpoint: TokenEndpoint) -> None:
    client = Client(endpoint)
    for snapshot in (holding(app(enabled=False)), holding(), holding(app(keys=(public("k2"),)))):
        endpoint.configure(snapshot)
        assert (await client.ask()).status == 401
    endpoint.configure(holding(app()))
    assert (await client.ask()).status == 200
    assert endpoint.counters == {"tokens": 1, "token_refusals": 3}


async def test_who_asks_too_often_is_told_in_both_headers_when_to_come_back(
    client: Client, clock: Standing
) -> None:
    got = [await client.send(Sent(b"")) for _ in range(endpoint_module.ADDRESS_BURST + 1)]
    assert [each.status for each in got] == [400] * endpoint_module.ADDRESS_BURST + [429]
    assert (got[-1].headers["retry-after"], got[-1].headers["x-ratelimit-reset"]) == ("1", "1")
    assert (await client.send(Sent(b"", peer="203.0.113.8"))).status == 400
    clock.now += 1
    again = Sent(b"")
    moved = [await send_at(client, again) for _ in range(11)]
    assert moved == [400] * 10 + [429]


async def send_at(client: Client, sent: Sent) -> int:
    """The status alone: the date has moved on."""
    got = Got()
    client.endpoint.take(cast("Request", sent), cast("Reply", got))
    return (await got.response).status


async def test_an_app_is_held_back_only_by_itself(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    key: SigningKey,
    clock: Standing,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(endpoint_module, "APP_BURST", 2)
    endpoint = TokenEndpoint(key, UsedIds(tmp_path / "more"), clock)
    endpoint.configure(holding(app(), app(2)))
    client = Client(endpoint)
    forged = key_pair("other").sign(claims())
    assert [(await client.assertion(forged)).status for _ in range(4)] == [401] * 4
    assert [(await client.ask()).status for _ in range(3)] == [200, 200, 429]
    assert (await client.ask(iss="backend-2", sub="backend-2")).status == 200
    endpoint.close()


async def test_a_disk_that_takes_nothing_is_no_fault_of_the_client(
    key: SigningKey, clock: Standing, tmp_path: Path
) -> None:
    (tmp_path / "taken").touch()
    endpoint = TokenEndpoint(key, UsedIds(tmp_path / "taken"), clock)
    endpoint.configure(holding(app()))
    with capture_logs() as logs:
        got = await Client(endpoint).ask()
    assert (got.status, got.body["error"]) == (503, "temporarily_unavailable")
    assert got.headers["retry-after"] == "5"
    assert [each["event"] for each in logs] == ["oauth.token_unavailable"]
    endpoint.close()


async def test_many_at_once_are_all_answered(endpoint: TokenEndpoint) -> None:
    client = Client(endpoint)
    forms = [Sent(raw_form(key_pair().sign(claims())), peer=f"198.51.100.{n}") for n in range(60)]
    got = await asyncio.gather(*map(client.send, forms))
    assert [each.status for each in got] == [200] * 60
    assert len({each.body["access_token"] for each in got}) == 1, "nothing of chance is in one"
