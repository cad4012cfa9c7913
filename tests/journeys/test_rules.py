"""One event of each fate: what keeps it back is what the ledger counts and the trace names."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from headgate.route.sampling import share
from tests.harness.checks import check
from tests.harness.declarations import connection, declaration, source, subscription
from tests.harness.fixtures import tell
from tests.harness.receiver import OK, failing, until
from tests.harness.sending import fresh, post, track

if TYPE_CHECKING:
    from tests.harness.fixtures import Start
    from tests.harness.receiver import Received, Receiver
    from tests.harness.system import Headgate

SCHEMA = {
    "blocked_events": ["Debug"],
    "blocked_calls": ["page"],
    "omitted_traits": {"identify": ["ssn"]},
    "integrations": {"Toggled": {"Webhook": False}},
}
CARDS = {
    "type": "DROP_PROPERTIES",
    "fields": {"properties": ["card"], "properties.items": ["cost"]},
}
FILTERS = [
    {"title": "No tests", "if": "properties.test = true", "actions": [{"type": "DROP"}]},
    {"title": "No cards", "if": "all", "actions": [CARDS]},
    {
        "title": "Not cheap",
        "if": 'event = "Priced" and properties.price < 5',
        "actions": [{"type": "DROP"}],
    },
    {
        "title": "Half of the users",
        "if": 'event = "Sampled"',
        "actions": [{"type": "SAMPLE", "percent": 0.5, "path": "userId"}],
    },
]
SENT = ""
SAMPLED = 200

FATES: dict[str, tuple[dict[str, Any], str, str]] = {
    "plain": ({}, SENT, SENT),
    "card": (
        {"properties": {"card": "4111", "items": [{"sku": "a", "cost": 3}, {"cost": 4}]}},
        SENT,
        SENT,
    ),
    "test": ({"properties": {"test": True}}, "filter: No tests", SENT),
    "cheap": ({"event": "Priced", "properties": {"price": 4}}, "filter: Not cheap", SENT),
    "dear": ({"event": "Priced", "properties": {"price": 5}}, SENT, SENT),
    "unpriced": ({"event": "Priced", "properties": {}}, "filter_error", SENT),
    "blocked": ({"event": "Debug"}, "schema_blocked", "schema_blocked"),
    "page": ({"type": "page", "name": "Home"}, "schema_blocked", "schema_blocked"),
    "toggled": ({"event": "Toggled"}, "schema_integration", "schema_integration"),
    "own word": ({"event": "Toggled", "integrations": {"webhook": {"x": 1}}}, SENT, SENT),
    "not for hooks": (
        {"integrations": {"Webhooks": False}},
        "integrations_object",
        "integrations_object",
    ),
    "misspelt": (
        {"integrations": {"All": False, "webHook": True}},
        "integrations_object",
        "integrations_object",
    ),
    "sent": ({"_metadata": {"bundled": ["Webhook"]}}, "sent_client_side", "sent_client_side"),
    "consented": (
        {"context": {"consent": {"categoryPreferences": {"ads": True, "more": False}}}},
        SENT,
        SENT,
    ),
    "refused": ({"context": {"consent": {"categoryPreferences": {"ads": False}}}}, "consent", SENT),
    "unasked": ({"context": {"consent": {"categoryPreferences": {}}}}, "consent", SENT),
    "unwanted type": (
        {"type": "screen", "name": "Start", "integrations": {"All": False}},
        "no_matching_subscription",
        "no_matching_subscription",
    ),
    "identify": ({"type": "identify", "traits": {"ssn": "078", "plan": "pro"}}, SENT, SENT),
    "shapeless": ({"integrations": {"All": "no", "Webhook": None}}, SENT, SENT),
}
"""By its name the fields of an event, and its rules at a choosy and at a plain connection."""

TRIGGER = 'type = "track" or type = "identify" or type = "page"'


def declared(receiver: Receiver) -> dict[str, Any]:
    def hook(slug: str, **fields: Any) -> dict[str, Any]:
        wants = subscription(receiver.url(f"/{slug}"), trigger=TRIGGER)
        return connection(slug, subscriptions=[wants], **fields)

    return declaration(
        hook("choosy", filters=FILTERS, consent=["ads"]),
        hook("plain"),
        sources=[source(schema=SCHEMA)],
    )


def test_every_event_ends_by_the_rule_that_is_for_it(start: Start, receiver: Receiver) -> None:
    headgate = start()
    headgate.apply(declared(receiver))
    half = yaml.safe_load(headgate.export())["connections"][0]["filters"][3]
    receiver.script("/choosy", failing(503), OK)
    ids = dict(zip(FATES, fresh(len(FATES), "fate"), strict=True))
    users = dict.fromkeys(fresh(SAMPLED, "user"), True)
    kept = {user for user in users if share(half["id"], user) < 0.5}
    batch = [track(ids[name], **fields) for name, (fields, _, _) in FATES.items()]
    batch += [track(f"of-{user}", event="Sampled", userId=user) for user in users]
    assert post(headgate.ready.collect, "/v1/batch", {"batch": batch}).json == {"success": True}

    choosy = Counter(rule for _, rule, _ in FATES.values())
    choosy["filter: Half of the users"] = SAMPLED - len(kept)
    choosy[SENT] += len(kept)
    plain = Counter(rule for _, _, rule in FATES.values())
    plain[SENT] += SAMPLED
    taken = {
        name: {each.message_id: body(each) for each in receiver.wait(rules[SENT], f"/{name}", 60)}
        for name, rules in (("choosy", choosy), ("plain", plain))
    }
    until(lambda: all(row.pending == 0 for row in headgate.ledger()), 20, "an end of everything")

    rows = check(headgate, acknowledged=[*ids.values(), *(f"of-{user}" for user in users)]).rows
    for name, rules in (("choosy", choosy), ("plain", plain)):
        assert rows[name].delivered == rules[SENT] == len(taken[name])
        assert (rows[name].reasons or {})["filtered"] == {
            rule: n for rule, n in rules.items() if rule != SENT
        }
    assert taken["choosy"].keys() >= {f"of-{user}" for user in kept}
    assert_traced(headgate, ids)
    assert_private(ids, taken["choosy"], taken["plain"])
    assert len(receiver.received("/choosy")) > len(taken["choosy"]), "there was a retry"
    tell(f"{len(FATES)} fates, {len(kept)} of {SAMPLED} users in the sample")


def body(received: Received) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(received.body or "")
    return found


def assert_traced(headgate: Headgate, ids: dict[str, str]) -> None:
    for name, (_, choosy, plain) in FATES.items():
        ways = {way.connection: way for way in headgate.trace(ids[name]).deliveries}
        assert {slug: way.rule for slug, way in ways.items()} == {
            "choosy": choosy,
            "plain": plain,
        }, name
        for slug, rule in (("choosy", choosy), ("plain", plain)):
            assert ways[slug].state == ("filtered" if rule else "delivered"), name
    payload = headgate.trace(ids["card"]).deliveries[0].payload
    assert payload["data"]["properties"] == {"items": [{"sku": "a"}, {}]}
    for name, note in (
        ("unpriced", "filter 'Not cheap' cannot be told"),
        ("misspelt", "'webHook'"),
    ):
        told = msgspec.json.decode(headgate.run("trace", ids[name], "--json"))["deliveries"][0]
        assert note in told["note"]


def assert_private(
    ids: dict[str, str], choosy: dict[str | None, Any], plain: dict[str | None, Any]
) -> None:
    """What was to be taken out has not gone out, by no attempt."""
    assert choosy[ids["card"]]["properties"] == {"items": [{"sku": "a"}, {}]}
    assert plain[ids["card"]]["properties"]["card"] == "4111", "the connection beside has all"
    for taken in (choosy, plain):
        assert taken[ids["identify"]]["traits"] == {"plan": "pro"}


def test_a_filter_that_is_made_later_is_for_retries_too(start: Start, receiver: Receiver) -> None:
    headgate = start()
    url = receiver.url("/hook")
    headgate.apply(declaration(connection("hook", url)))
    receiver.script("/hook", failing(503), failing(503), OK)
    (message_id,) = fresh(1)
    event = track(message_id, properties={"card": "4111", "total": 5})
    assert post(headgate.ready.collect, "/v1/batch", {"batch": [event]}).status == 200
    until(lambda: bool(receiver.received("/hook")), 20, "a first attempt")
    headgate.apply(declaration(connection("hook", url, filters=[FILTERS[1]])))
    (last,) = receiver.wait(1, "/hook", 90)
    first, *_ = receiver.received("/hook")
    assert body(first)["properties"] == {"card": "4111", "total": 5}
    assert body(last)["properties"] == {"total": 5}
    assert first.key == last.key
