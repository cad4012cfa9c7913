"""The form that asks for an access token (wire/oauth)."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote_plus

from headgate.collect.oauth.refused import Refused, bad_request

GRANT = "client_credentials"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = b"application/x-www-form-urlencoded"
_LONGEST = 16 * 1024


class TokenRequest(NamedTuple):
    assertion: str
    scopes: tuple[str, ...]
    """What the token is asked for; none for all that the app may have."""


def read_token_request(body: bytes, content_type: bytes) -> TokenRequest:
    """Values may be URL-encoded or, as Segment's clients send them, not. Raises Refused."""
    if content_type and content_type.partition(b";")[0].strip().lower() != FORM:
        raise Refused(415, "invalid_request", f"Content-Type must be {FORM.decode()}")
    form = _form(body)
    if (grant := _given(form, "grant_type")) != GRANT:
        raise Refused(
            400, "unsupported_grant_type", f"grant_type must be {GRANT}, not {grant[:40]!a}"
        )
    if _given(form, "client_assertion_type") != ASSERTION:
        raise bad_request(f"client_assertion_type must be {ASSERTION}")
    scopes = tuple(dict.fromkeys(form.get("scope", "").split()))
    return TokenRequest(_given(form, "client_assertion"), scopes)


def _form(body: bytes) -> dict[str, str]:
    if len(body) > _LONGEST:
        raise bad_request(f"a request for a token has at most {_LONGEST} bytes")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise bad_request("the form is not UTF-8") from None
    form: dict[str, str] = {}
    for pair in text.strip().split("&"):
        name, _, value = pair.partition("=")
        name = unquote_plus(name)
        if name in form:
            raise bad_request("a parameter comes twice")
        form[name] = unquote_plus(value)
    return form


def _given(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        raise bad_request(f"{name} is missing")
    return form[name]
