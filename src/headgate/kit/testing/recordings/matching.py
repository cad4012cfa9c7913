"""Whether a request is the recorded one, and where it differs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

from headgate.mapping.javascript import stringify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.kit.http.request import Request
    from headgate.kit.testing.recordings.form import RecordedExchange, RecordedRequest


def differences(
    requests: Sequence[Request], exchanges: Sequence[RecordedExchange]
) -> Iterator[str]:
    """Say where requests and recorded exchanges differ; nothing when they do not."""
    if len(requests) != len(exchanges):
        yield f"{len(requests)} requests were sent, and {len(exchanges)} are recorded"
    for number, (request, exchange) in enumerate(zip(requests, exchanges, strict=False), 1):
        for difference in _differences(request, exchange.request):
            yield f"request {number}: {difference}"


def _differences(sent: Request, recorded: RecordedRequest) -> Iterator[str]:
    for name, is_, was in (
        ("method", sent.method, recorded.method),
        ("url", sent.url, recorded.url),
    ):
        if is_ != was:
            yield f"the {name} is {is_}, recorded is {was}"
    headers = {name.lower(): value for name, value in sent.headers}
    for name, value in recorded.headers.items():
        if headers.get(name.lower()) != value:
            yield f"the header {name} is {headers.get(name.lower())!r}, recorded is {value!r}"
    if (body := _body(sent, recorded)) is not None:
        yield body


def _body(sent: Request, recorded: RecordedRequest) -> str | None:
    """Compare by meaning where the recording names a form, else byte by byte."""
    try:
        is_, was = _meaning(sent.body, recorded), _meaning(recorded.bytes(), recorded)
    except ValueError as error:
        return f"the body cannot be read: {error}"
    if is_ == was:
        return None
    return f"the body is {_shown(sent.body)}, recorded is {_shown(recorded.bytes())}"


def _meaning(body: bytes, recorded: RecordedRequest) -> object:
    if recorded.json is not msgspec.UNSET:
        return canonical(json.loads(body))
    if recorded.lines is not msgspec.UNSET:
        return [canonical(json.loads(line)) for line in body.splitlines() if line]
    if recorded.form is not msgspec.UNSET:
        return parse_qs(body.decode(), keep_blank_values=True, strict_parsing=True)
    return body


def canonical(value: Any) -> bytes:
    """One text for all JSON of the same meaning: 1.0 is 1, and the order of keys is none."""
    encoded: bytes = stringify(_sorted(value))
    return encoded


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


_LONGEST = 2000


def _shown(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
