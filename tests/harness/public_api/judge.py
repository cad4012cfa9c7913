"""Judges one answer of the Public API: what Segment's own clients would refuse, and more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qs, unquote

import msgspec

from tests.harness.public_api.contract import Endpoint, endpoint_at
from tests.harness.public_api.shapes import faults, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTENT_TYPE = re.compile(
    r"application/(vnd\.segment\.v1(alpha|beta)?\+)?json(; ?charset=utf-8)?", re.IGNORECASE
)
LIMIT_HEADERS = (
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
)


class Asked(msgspec.Struct, frozen=True):
    """The page that a request asks for."""

    cursor: str | float | None = None
    count: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None


def judge(
    method: str,
    target: str,
    status: int,
    content_type: str | None,
    body: bytes,
    request_body: bytes | None = None,
) -> list[str]:
    """Say what is wrong with an answer, a sentence for each fault; an empty list is praise.

    `target` is the path with its query, which says how many entries were asked for. Of the
    request's body it is judged that a success did not let pass what the contract forbids.
    """
    path, _, query = target.partition("?")
    endpoint = endpoint_at(method, path)
    if endpoint is None:
        return [f"{method} {path} is no call of the Public API"]
    found = [
        *status_faults(endpoint, status),
        *content_type_faults(content_type),
        *body_faults(endpoint, status, body, query),
        *request_faults(endpoint, status, request_body),
    ]
    return [f"{endpoint.name}: {each}" for each in found]


def judge_limit(status: int, headers: Mapping[str, str]) -> list[str]:
    """Say which headers an answer of 429 owes its client; their names are in lower case."""
    owed = LIMIT_HEADERS if status == 429 else ()
    return [f"429 without {name}" for name in owed if name not in headers]


def is_success(status: int) -> bool:
    return 200 <= status < 300


def status_faults(endpoint: Endpoint, status: int) -> Iterator[str]:
    if is_success(status) and status != endpoint.status:
        yield f"status {status} where a success is {endpoint.status}"
    if status < 200 or 300 <= status < 400:
        yield f"status {status} is neither a success nor an error"


def content_type_faults(content_type: str | None) -> Iterator[str]:
    if CONTENT_TYPE.fullmatch(content_type or "") is None:
        yield f"content type {content_type!r} is not that of Segment's JSON"


def body_faults(endpoint: Endpoint, status: int, body: bytes, query: str) -> Iterator[str]:
    try:
        content: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        yield f"the body is no JSON: {error}"
        return
    if not isinstance(content, dict):
        yield f"the body is {shown(content)}, which is no envelope"
    elif is_success(status):
        yield from data_faults(endpoint, content, query)
    else:
        yield from error_faults(content)


def data_faults(endpoint: Endpoint, content: dict[str, Any], query: str) -> Iterator[str]:
    if content.get("errors") is not None:
        yield "a success with errors"
    if content.get("data") is None:
        yield "a success without data"
        return
    yield from faults(content["data"], endpoint.data, "data")
    yield from page_faults(content["data"], query)


def error_faults(content: dict[str, Any]) -> Iterator[str]:
    if content.get("data") is not None:
        yield "an error with data"
    yield from faults(content, "RequestErrorEnvelope", "the body")
    if content.get("errors") == []:
        yield "an error without errors, of which clients take the first"


def page_faults(data: Any, query: str) -> Iterator[str]:
    """Judge a page by what it says of itself; its shape was judged with that of its model."""
    page = data.get("pagination") if isinstance(data, dict) else None
    if not isinstance(page, dict):
        return
    following = page.get("next")
    if following is not None and following == page.get("current"):
        yield "pagination.next is pagination.current: a walk would never end"
    lists = [each for each in data.values() if isinstance(each, list)]
    try:
        asked = asked_in(query)
    except msgspec.MsgspecError as error:
        yield f"it took a pagination that it should refuse: {error}"
        return
    if len(lists) == 1:
        yield from count_faults(len(lists[0]), page, asked)


def count_faults(entries: int, page: dict[str, Any], asked: Asked) -> Iterator[str]:
    total, goes_on = page.get("totalEntries"), page.get("next") is not None
    is_first = asked.cursor is None
    if asked.count is not None and entries > asked.count:
        yield f"{entries} entries on a page of {asked.count}"
    if goes_on and entries == 0:
        yield "an empty page with pagination.next: it is the last one"
    if not isinstance(total, int):
        return
    if total < entries:
        yield f"pagination.totalEntries is {total} on a page of {entries} entries"
    elif is_first and goes_on and total == entries:
        yield "pagination.next behind a page of all entries: it is the last one"
    elif is_first and not goes_on and total > entries:
        yield f"no pagination.next behind {entries} of {total} entries"


def asked_in(query: str) -> Asked:
    """The page that a query asks for, in any spelling: JSON, brackets or a dot.

    Raises `MsgspecError` where it asks for none that there can be.
    """
    fields = parse_qs(query)
    if "pagination" in fields:
        return msgspec.json.decode(fields["pagination"][-1], type=Asked)
    spelt = re.findall(r"pagination(?:\[|\.)(cursor|count)\]?=([^&]*)", unquote(query))
    return msgspec.convert(dict(spelt), Asked, strict=False)


def request_faults(endpoint: Endpoint, status: int, body: bytes | None) -> Iterator[str]:
    if body is None or endpoint.body is None or not is_success(status):
        return
    try:
        content: Any = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        yield f"it took a request that is no JSON: {error}"
        return
    for fault in faults(content, endpoint.body, "the request"):
        yield f"it took what it should refuse: {fault}"
