"""Keeping secrets out of what is recorded: in headers by their names, elsewhere by their values."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

from headgate.kit.http.request import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.kit.http.request import Exchange, Headers

MASK: Final = "***"
LONGEST: Final = 4096
SHORTEST_SECRET: Final = 4
_SECRET_HEADERS = re.compile(
    r"authorization|cookie|token|secret|settings|signature|key", re.IGNORECASE
)
_NOT_SECRET = frozenset({"idempotency-key"})


def masked(text: str, secrets: Sequence[str], mask: str = MASK) -> str:
    """Replace every secret that stands in a text, in any form it may be sent in, longest first.

    A whole text must be given: a secret that a cut went through could not be recognised.
    """
    long_enough = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]
    forms = {form for secret in long_enough for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, mask)
    return text


def sampled(
    exchanges: Sequence[Exchange], secrets: Sequence[str]
) -> tuple[bytes | None, bytes | None]:
    """(request, response) of the last exchange, masked, at most 4 KiB each; None for none."""
    if not exchanges:
        return None, None
    request, answer = exchanges[-1]
    secrets = (*secrets, *_credentials(request.headers))
    head = f"{request.method} {request.url.partition('?')[0]}"
    sent = _text(head, request.headers, request.body, secrets)
    if isinstance(answer, Response):
        return sent, _text(str(answer.status), answer.headers, answer.body, secrets)
    return sent, masked(f"{answer.kind}: {answer}", secrets).encode()[:LONGEST]


def is_secret_header(name: str) -> bool:
    """Tell by its name whether a header carries a credential or a proof of one."""
    return bool(_SECRET_HEADERS.search(name)) and name.lower() not in _NOT_SECRET


def _credentials(headers: Headers) -> list[str]:
    """What secret headers hold, which an answer may repeat: `Basic …` and its last word alone."""
    values = [value for name, value in headers if is_secret_header(name)]
    return [*values, *(value.rpartition(" ")[2] for value in values)]


def _text(head: str, headers: Headers, body: bytes, secrets: Sequence[str]) -> bytes:
    shown = ((name, MASK if is_secret_header(name) else value) for name, value in headers)
    lines = [head, *(f"{name}: {value}" for name, value in shown), ""]
    text = "\n".join(lines) + "\n" + body.decode("utf-8", "replace")
    return masked(text, secrets).encode()[:LONGEST]


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
