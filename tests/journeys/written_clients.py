"""Requests of clients that no recording has, written after what their public sources say."""

from __future__ import annotations

import base64
import gzip
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from tests.harness.sending import basic
from tests.journeys.replay import CALLS, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

MADE, SENT = "2026-11-22T07:20:32.663Z", "2026-11-22T07:20:40.000Z"
JSON = "application/json"
AS_JSON = {"Content-Type": JSON}
AS_TEXT = {"Content-Type": "text/plain"}
PACKED = {"Content-Encoding": "gzip"}
PAGE = {"Origin": "https://shop.example", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"}
_OWN: dict[str, dict[str, Any]] = {
    "identify": {"traits": {"email": "ünï@example.com", "nested": {"a": [1, 2.5, None]}}},
    "track": {"event": "Order 🚀", "properties": {"revenue": 12.5, "products": [{"id": 1}]}},
    "page": {"name": "Home", "category": "Docs", "properties": {"path": "/"}},
    "screen": {"name": "Main", "properties": {"build": 7}},
    "group": {"groupId": "g-7", "traits": {"employees": 12}},
    "alias": {"previousId": "a-1"},
}


def event(call: str, **fields: Any) -> dict[str, Any]:
    """One event of a call with an id of its own; a field of None is left out."""
    whole = {"userId": "u-1", "messageId": str(uuid4()), "timestamp": MADE, **_OWN[call], **fields}
    return {name: value for name, value in whole.items() if value is not None}


def six(**fields: Any) -> list[dict[str, Any]]:
    return [{"type": call, **event(call, **fields)} for call in CALLS]


def library(name: str, version: str, **context: Any) -> dict[str, Any]:
    return {"library": {"name": name, "version": version}, **context}


def authorized(key: str) -> dict[str, str]:
    return {"Authorization": basic(key)}


def post(target: str, content: Mapping[str, Any], headers: Mapping[str, str]) -> Record:
    """A request with exactly these headers; packed if they say so, its length unless chunked."""
    body = msgspec.json.encode(content)
    if headers.get("Content-Encoding") == "gzip":
        body = gzip.compress(body)
    length = {} if "Transfer-Encoding" in headers else {"Content-Length": str(len(body))}
    listed = list({"Host": "127.0.0.1", **headers, **length}.items())
    return Record("POST", target, listed, body_base64=base64.b64encode(body).decode())


def preflight(target: str, asked: str, method: str = "POST") -> Record:
    headers = {
        "Host": "127.0.0.1",
        "Accept": "*/*",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": asked,
        **PAGE,
    }
    return Record("OPTIONS", target, list(headers.items()))


def get(target: str, headers: Mapping[str, str]) -> Record:
    return Record("GET", target, [("Host", "127.0.0.1"), *headers.items()])


def servers(key: str) -> list[tuple[str, Record]]:
    """Libraries of servers: Basic says who they are, Java says it twice."""
    go = {
        "batch": six(context={"app": {"name": "shop"}}),
        "messageId": str(uuid4()),
        "sentAt": SENT,
        "context": library("analytics-go", "3.3.0", app={"name": "default"}, locale="de-DE"),
    }
    ruby = {"sentAt": SENT, "batch": six(context=library("analytics-ruby", "2.4.0"))}
    java = {
        "batch": six(anonymousId="a-1"),
        "sentAt": SENT,
        "context": library("analytics-java", "3.5.2"),
        "sequence": 3,
        "writeKey": key,
    }
    php = {"batch": six(context=library("analytics-php", "3.8.1")), "sentAt": SENT}
    says_who = {**AS_JSON, **authorized(key)}
    of_go = {"User-Agent": "analytics-go (version: 3.3.0)", **says_who, "Accept-Encoding": "gzip"}
    of_ruby = {"Accept": JSON, "User-Agent": "analytics-ruby/2.4.0", **says_who}
    of_java = {"User-Agent": "analytics-java/3.5.2", "X-Retry-Count": "1", **says_who, **PACKED}
    of_php = {"Accept": JSON, "User-Agent": "analytics-php/3.8.1", **says_who, **PACKED}
    return [
        ("Go", post("/v1/batch", go, of_go)),
        ("Ruby", post("/v1/import", ruby, {**of_ruby, "Connection": "keep-alive"})),
        ("Java", post("/v1/import/", java, of_java)),
        ("PHP", post("/v1/batch", php, of_php)),
    ]


def apps(key: str) -> list[tuple[str, Record]]:
    """Libraries of apps: the key is in the body alone."""

    def batch(name: str, version: str) -> dict[str, Any]:
        context = library(name, version, device={"id": "d-1", "type": "ios"}, traits={})
        return {"batch": six(context=context), "sentAt": SENT, "writeKey": key}

    chunked = {**PACKED, "Transfer-Encoding": "chunked"}
    of_csharp = {"Accept": "text/plain", **PACKED, "Connection": "close"}
    of_swift = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "analytics-ios/1.7.3",
        "X-Retry-Count": "2",
    }
    return [
        ("C#", post("/v1/b", batch("Analytics-CSharp", "2.5.3"), of_csharp)),
        ("Kotlin", post("/v1/b", batch("analytics-kotlin", "1.19.0"), {**AS_TEXT, **chunked})),
        ("Swift", post("/v1/b", batch("analytics-swift", "1.7.3"), of_swift)),
        ("Flutter", post("/v1/b", batch("analytics_flutter", "1.1.11"), AS_JSON)),
        (
            "Android, the older",
            post("/v1/import", batch("analytics-android", "4.11.3"), {**AS_JSON, **chunked}),
        ),
        (
            "iOS, the older",
            post("/v1/batch", batch("analytics-ios", "4.1.8"), {**AS_JSON, **PACKED}),
        ),
    ]


def pages(key: str) -> list[tuple[str, Record]]:
    """Libraries of browsers, on a page of another origin."""
    return [*classic(key), *rudderstack(key), *jitsu(key)]


def classic(key: str) -> list[tuple[str, Record]]:
    """Segment's own before analytics-next: the key in the body, and nulls."""
    said = {
        "integrations": {},
        "context": library("analytics.js", "4.1.11"),
        "category": None,
        "userId": None,
        "anonymousId": "a-1",
        "writeKey": key,
        "sentAt": SENT,
    }
    contents = [{"type": call, **event(call), **said} for call in ("identify", "track", "page")]
    contents.append({"type": "alias", **event("alias"), **said, "userId": "u-1"})
    return [
        ("analytics.js", post(f"/v1/{each['type'][0]}", each, {**AS_TEXT, **PAGE}))
        for each in contents
    ]


def rudderstack(key: str) -> list[tuple[str, Record]]:
    """Each call asks before it is sent; its beacon does not, and has the key in the address."""
    context = library("RudderLabs JavaScript SDK", "3.34.1", traits={"email": "u@example.com"})
    headers = {
        **authorized(key),
        "AnonymousId": "YS0x",
        "SentAt": SENT,
        "Content-Type": "application/json;charset=UTF-8",
        **PAGE,
    }
    found = []
    for call in ("identify", "track", "page", "group", "alias"):
        content = {"type": call, "channel": "web", "context": context, **event(call)}
        asks = preflight(f"/v1/{call}", "anonymousid,authorization,content-type,sentat")
        found += [("RudderStack", asks), ("RudderStack", post(f"/v1/{call}", content, headers))]
    beacon = {"batch": six(context=context, sentAt=SENT)}
    of_beacon = {**AS_TEXT, **PAGE, "Sec-Fetch-Mode": "no-cors", "Cookie": "rl_session=e30%3D"}
    sent = post(f"/beacon/v1/batch?writeKey={key}", beacon, of_beacon)
    return [*found, ("RudderStack's beacon", sent)]


def jitsu(key: str) -> list[tuple[str, Record]]:
    """The key is in a header of its own; that of the body hides itself."""
    said = {
        "writeKey": f"{key}:***",
        "anonymousId": "a-1",
        "sentAt": SENT,
        "context": library("@jitsu/js", "1.11.0", page={"path": "/"}),
    }
    headers = {"X-Write-Key": f"{key}:secret", **AS_JSON, **PAGE}
    found = []
    for call in ("identify", "track", "page", "group"):
        asks = preflight(f"/api/s/{call}", "content-type,x-write-key")
        content = {"type": call, **event(call), **said}
        found += [("Jitsu", asks), ("Jitsu", post(f"/api/s/{call}", content, headers))]
    return found


def calls(key: str) -> list[tuple[str, Record]]:
    """The HTTP API as people call it themselves: one call or many, the key here or there."""
    found = []
    for call in CALLS:
        here = {"direct": True, "locale": "de-DE"}
        with_key = event(call, writeKey=key, timestamp=None, context=here)
        found += [
            ("HTTP API", post(f"/v1/{call}", event(call, userId=42), authorized(key))),
            ("HTTP API", post(f"/v1/{call}/", with_key, AS_JSON)),
        ]
    batch = {
        "batch": six(context={"ip": "203.0.113.7"}, integrations={"Mixpanel": True}),
        "context": {"ip": "203.0.113.1", "device": {"type": "phone"}},
        "integrations": {"All": False, "Mixpanel": False, "Webhook": True},
        "writeKey": key,
    }
    by_item = {"batch": six(writeKey=key), "sentAt": SENT}
    return [
        *found,
        ("HTTP API", post("/v1/batch", batch, AS_JSON)),
        ("HTTP API", post("/v1/batch", by_item, AS_JSON)),
    ]
