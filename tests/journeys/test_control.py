"""People and programs at the control address: what they change is in force, and nothing leaks."""

from __future__ import annotations

import base64
import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest

from tests.harness.receiver import failing, until
from tests.harness.sending import exchange, fresh, post, request, send, track
from tests.harness.system import CommandFailed

if TYPE_CHECKING:
    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver
    from tests.harness.system import Headgate

REVOKED_SECONDS = 5.0
"""The longest that something which was taken away may still work (reliability R25)."""
CANARY = "canary-0b7e4f1d-secret-9a6c"


class Told(NamedTuple):
    status: int
    data: Any
    text: str


class Client:
    """A program with a token."""

    def __init__(self, headgate: Headgate, *roles: str) -> None:
        self._url = headgate.ready.control
        options = [word for role in roles or ("owner",) for word in ("--role", role)]
        made = msgspec.json.decode(headgate.run("token", "create", "ci", *options, "--json"))
        self.id, self.token = made["id"], made["token"]

    def __call__(self, method: str, path: str, body: Any = None) -> Told:
        headers = [("Authorization", f"Bearer {self.token}"), ("Content-Type", "application/json")]
        raw = b"" if body is None else msgspec.json.encode(body)
        answer = exchange(self._url, request(method, path, headers, raw))
        told = msgspec.json.decode(answer.body) if answer.body else {}
        return Told(answer.status, told.get("data"), answer.body.decode())


def shop(client: Client, url: str, **settings: str) -> tuple[str, str, str]:
    """A source with a webhook that gets everything: their ids, and the write key."""
    kind = client("GET", "/catalog/sources").data["sourcesCatalog"][0]["id"]
    made = client("POST", "/sources", {"slug": "shop", "enabled": True, "metadataId": kind})
    source = made.data["source"]
    found = client("GET", "/catalog/destinations?pagination[count]=1000").data
    hook = next(each for each in found["destinationsCatalog"] if each["slug"] == "webhook")
    body = {
        "sourceId": source["id"],
        "metadataId": hook["id"],
        "name": "Hook",
        "settings": settings,
    }
    destination = client("POST", "/destinations", body).data["destination"]["id"]
    subscription = {
        "name": "All",
        "actionId": hook["actions"][0]["id"],
        "trigger": 'type = "track"',
        "enabled": True,
        "settings": {"url": url, "data": {"@path": "$."}},
    }
    assert client("POST", f"/destinations/{destination}/subscriptions", subscription).status == 200
    assert client("PATCH", f"/destinations/{destination}", {"enabled": True}).status == 200
    return source["id"], destination, source["writeKeys"][0]


def test_what_is_made_through_the_api_delivers(start: Start, receiver: Receiver) -> None:
    headgate = start()
    *_, key = shop(Client(headgate), receiver.url("/shop"))
    until(lambda: is_taken(headgate, key), REVOKED_SECONDS, "the new write key")
    ids = send(headgate.ready.collect, fresh(50), key=key)
    receiver.wait(50, "/shop")
    assert {each.message_id for each in receiver.taken("/shop")} >= set(ids)


class Older:
    """The same program at the older API, where things go by their names."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __call__(self, method: str, name: str, body: Any = None) -> Any:
        answer = self._client(method, f"/v1beta/{name}", body)
        assert answer.status == 200, answer
        return msgspec.json.decode(answer.text)


def test_what_is_made_through_the_older_api_delivers(start: Start, receiver: Receiver) -> None:
    headgate = start()
    client = Client(headgate)
    ask = Older(client)
    source = f"{ask('GET', 'workspaces')['workspaces'][0]['name']}/sources/shop"
    hook = f"{source}/destinations/webhook"
    made = {"name": source, "catalog_name": "catalog/sources/http-api"}
    key = ask("POST", source.rpartition("/")[0], {"source": made})["write_keys"][0]
    assert client("GET", f"/v1beta/{source.replace('/', '%2F')}").status == 404, "no real slashes"
    destination = ask("POST", f"{source}/destinations", {"destination": {"name": hook}})
    assert destination["enabled"] is False
    dropped = {"if": 'event = "Secret"', "actions": [{"type": "drop_event"}], "enabled": True}
    ask("POST", f"{hook}/filters", {"filter": {"title": "No secrets", **dropped}})
    subscription = {
        "name": "All",
        "actionId": "send",
        "trigger": 'type = "track"',
        "enabled": True,
        "settings": {"url": receiver.url("/older"), "data": {"@path": "$."}},
    }
    path = f"/destinations/{destination['id']}/subscriptions"
    assert client("POST", path, subscription).status == 200
    until(lambda: is_taken(headgate, key), REVOKED_SECONDS, "the new write key")
    enabled = {"destination": {"enabled": True}, "update_mask": {"paths": ["destination.enabled"]}}
    assert ask("PATCH", hook, enabled)["enabled"] is True

    def arrives() -> bool:
        """Each time a secret goes first, as the destination comes into force at some moment."""
        secret, order = fresh(2)
        post(headgate.ready.collect, "/v1/track", track(secret, event="Secret"), key=key)
        post(headgate.ready.collect, "/v1/track", track(order, event="Order"), key=key)
        sent.append(order)
        return any(each.message_id in sent for each in receiver.taken("/older"))

    sent: list[str] = []
    until(arrives, 3 * REVOKED_SECONDS, "an event of the destination that is enabled")
    assert {each.message_id for each in receiver.taken("/older")} <= set(sent), "none is a secret"
    assert ask("DELETE", hook) == ask("DELETE", source) == {}
    until(lambda: is_refused(headgate, key), REVOKED_SECONDS, "the end of the source")


def is_taken(headgate: Headgate, key: str) -> bool:
    """Whether every collect process takes this write key: each connection may meet another."""
    alike = {
        post(headgate.ready.collect, "/v1/track", track(one), key=key).status for one in fresh(8)
    }
    return alike == {200}


def is_refused(headgate: Headgate, key: str) -> bool:
    alike = {
        post(headgate.ready.collect, "/v1/track", track(one), key=key).status for one in fresh(8)
    }
    return alike == {401}


@pytest.mark.abuse("ac_sec_token_revoke", "ac_sec_wk_scope")
def test_what_is_taken_away_works_nowhere_after_five_seconds(
    start: Start, receiver: Receiver
) -> None:
    headgate = start("--collect-processes=2")
    client, other = Client(headgate), Client(headgate)
    source, _, key = shop(client, receiver.url("/shop"))
    until(lambda: is_taken(headgate, key), REVOKED_SECONDS, "the first write key")
    other.token, good = key, other.token
    assert other("GET", "/sources").status == 401, "a write key opens nothing here"
    other.token = good
    assert other("GET", "/sources").status == 200
    headgate.run("token", "revoke", other.id)
    took = until(lambda: other("GET", "/sources").status == 401, REVOKED_SECONDS, "the token's end")
    assert took <= REVOKED_SECONDS
    assert client("POST", f"/sources/{source}/writekey").status == 200
    assert client("DELETE", f"/sources/{source}/writekey/{key}").status == 200
    until(lambda: is_refused(headgate, key), REVOKED_SECONDS, "the write key's end")
    assert client("GET", "/sources").status == 200, "the others stay"


@pytest.mark.abuse("ac_sec_list_secret", "ac_sec_disk_secret")
def test_a_secret_is_found_nowhere(start: Start, receiver: Receiver) -> None:
    """In no file of the data folder, no log and no answer, whatever is done with it."""
    environ = {"HEADGATE_SECRET_KEY": base64.b64encode(os.urandom(32)).decode()}
    headgate = start(environ=environ)
    client = Client(headgate)
    receiver.script("/shop", failing(400))
    source, destination, key = shop(client, receiver.url("/shop"), sharedSecret=CANARY)
    until(lambda: is_taken(headgate, key), REVOKED_SECONDS, "the write key")
    said = [
        client("GET", f"/destinations/{destination}"),
        client("GET", "/destinations"),
        client("GET", f"/sources/{source}/connected-destinations"),
        client("PATCH", f"/destinations/{destination}", {"settings": {"sharedSecret": CANARY}}),
        client("PATCH", f"/destinations/{destination}", {"settings": {"nothing": CANARY}}),
        client("PATCH", f"/destinations/{destination}", {"settings": {"sharedSecret": [CANARY]}}),
        client("POST", "/destinations", {"settings": {"sharedSecret": CANARY}}),
        client("GET", "/audit-events"),
    ]
    masked = said[0].data["destination"]["settings"]["sharedSecret"]
    assert masked.endswith(CANARY[-4:])
    assert said[3].status == 200
    headgate.kill("control")
    told = [headgate.run(*words) for words in (("export",), ("ledger", "--json"), ("attempts",))]
    headgate.run("token", "list", "--json")
    time.sleep(0.5)
    texts = [each.text for each in said] + [each.decode() for each in told] + [headgate.logs()]
    assert not [text for text in texts if CANARY in text]
    held = [path for path in headgate.data.rglob("*") if path.is_file()]
    assert len(held) > 5
    for secret in (CANARY, client.token):
        assert not [path for path in held if secret.encode() in path.read_bytes()]


def test_the_control_of_an_empty_system_says_what_to_do(start: Start) -> None:
    headgate = start()
    with pytest.raises(CommandFailed, match="there is no role 'king'"):
        headgate.run("token", "create", "ci", "--role", "king")
