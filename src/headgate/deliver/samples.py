"""Samples of what was sent and answered, without anything secret."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from headgate.kit.http.request import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.kit.http.request import Exchange, Headers

LONGEST = 4096
MASK = "***"
_SECRET_HEADERS = re.compile(r"authorization|cookie|token|secret|signature|key", re.IGNORECASE)
_NOT_SECRET = frozenset({"idempotency-key"})
_SHORTEST_SECRET = 4


def sampled(
    exchanges: Sequence[Exchange], secrets: Sequence[str]
) -> tuple[bytes | None, bytes | None]:
    """(request, response) of the last exchange, masked, at most 4 KiB each; None for none."""
    if not exchanges:
        return None, None
    request, answer = exchanges[-1]
    head = f"{request.method} {request.url.partition('?')[0]}"
    sent = _text(head, request.headers, request.body, secrets)
    if isinstance(answer, Response):
        return sent, _text(str(answer.status), answer.headers, answer.body, secrets)
    return sent, masked(f"{answer.kind}: {answer}", secrets).encode()[:LONGEST]


def _text(head: str, headers: Headers, body: bytes, secrets: Sequence[str]) -> bytes:
    lines = [head, *(f"{name}: {_value(name, value)}" for name, value in headers), ""]
    text = "\n".join(lines) + "\n" + body.decode("utf-8", "replace")
    return masked(text, secrets).encode()[:LONGEST]


def _value(name: str, value: str) -> str:
    is_secret = _SECRET_HEADERS.search(name) and name.lower() not in _NOT_SECRET
    return MASK if is_secret else value


def masked(text: str, secrets: Sequence[str]) -> str:
    """Replace every secret that stands in a text, in any form it may be sent in, longest first.

    A whole text must be given: a secret that a cut went through could not be recognised.
    """
    long_enough = [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET]
    forms = {form for secret in long_enough for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _forms(secret: str) -> tuple[str, ...]:
    """As it is, inside JSON, in a form, in a path, in a query, and in Basic authentication."""
    return (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote_plus(secret),
        quote(secret),
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode().rstrip("="),
    )
