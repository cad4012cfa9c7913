"""Keeping secrets out of what is recorded: in headers by their names, elsewhere by their values."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote, quote_plus, unquote

from headgate.kit.fields.declaration import declared
from headgate.kit.fields.stored import kind
from headgate.kit.http.request import Response
from headgate.mapping.javascript import string

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headgate.kit.fields import Fields
    from headgate.kit.http.request import Exchange, Headers

MASK: Final = "***"
LONGEST: Final = 4096
SHORTEST_SECRET: Final = 4
_SECRET_HEADERS = re.compile(
    r"authorization|cookie|token|secret|settings|signature|key", re.IGNORECASE
)
_HEADERS: Final = "headers"
_WEB: Final = ("http://", "https://")
_NOT_SECRET = frozenset({"idempotency-key"})
_ADDRESS = re.compile(r"https?://[^/?#]+/[^?#]+", re.IGNORECASE)
_USER = re.compile(r"(?<=://)([^/?#]*)@")
_QUERY = re.compile(r"[?#].*|(?<=\*{3})&.*", re.DOTALL)  # its beginning may be in what is masked


def masked(text: str, secrets: Sequence[str], mask: str = MASK) -> str:
    """Replace every secret that stands in a text, in any form it may be sent in, longest first.

    A whole text must be given: a secret that a cut went through could not be recognised.
    """
    long_enough = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]
    forms = {form for secret in long_enough for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, mask)
    return text


def secret_texts(fields: type[Fields], values: object) -> tuple[str, ...]:
    """Every text in the values of secret fields, also of nested ones, by their stored names.

    Checks unwrap a list of one, and write numbers as texts; so does this.
    """
    return tuple(text for value in _secret_values(fields, values) for text in _texts(value))


def secret_fields(fields: type[Fields], prefix: str = "") -> Iterator[str]:
    """The stored names of all secret fields, those of nested ones with a dot: `account.token`."""
    for key, members in _secret_fields(fields):
        if members is None:
            yield f"{prefix}{key}"
        else:
            yield from secret_fields(members, f"{prefix}{key}.")


def without_secrets(fields: type[Fields], values: Any, mask: str = MASK) -> Any:
    """A copy of values in which whatever stands in a secret field is masked.

    So is what a request would carry secretly all the same: headers by their names, the user and
    the query of the address that a field holds.
    """
    if isinstance(values, list):
        return [without_secrets(fields, each, mask) for each in values]
    if not isinstance(values, Mapping):
        return values
    shown = {key: _plain(key, value, mask) for key, value in values.items()}
    for key, members in _secret_fields(fields):
        if shown.get(key):
            shown[key] = mask if members is None else without_secrets(members, shown[key], mask)
    return shown


def _plain(key: str, value: Any, mask: str) -> Any:
    """A field's value, as far as anybody may see it."""
    if key == _HEADERS and isinstance(value, Mapping):
        return {name: mask if is_secret_header(str(name)) else of for name, of in value.items()}
    if isinstance(value, str) and value.startswith(_WEB):
        return _QUERY.sub(lambda found: f"{found[0][:1]}{mask}", _USER.sub("", value))
    return value


def sampled(
    exchanges: Sequence[Exchange], secrets: Sequence[str]
) -> tuple[bytes | None, bytes | None]:
    """(request, response) of the last exchange, masked, at most 4 KiB each; None for none."""
    if not exchanges:
        return None, None
    request, answer = exchanges[-1]
    secrets = (*secrets, *_credentials(exchanges))
    head = f"{request.method} {_address(request.url, secrets)}"
    sent = _text(head, request.headers, request.body, secrets)
    if isinstance(answer, Response):
        return sent, _text(str(answer.status), answer.headers, answer.body, secrets)
    return sent, masked(f"{answer.kind}: {answer}", secrets).encode("utf-8", "replace")[:LONGEST]


def is_secret_header(name: str) -> bool:
    """Tell by its name whether a header carries a credential or a proof of one."""
    return bool(_SECRET_HEADERS.search(name)) and name.lower() not in _NOT_SECRET


@cache
def _secret_fields(fields: type[Fields]) -> tuple[tuple[str, type[Fields] | None], ...]:
    """Stored names of the fields that are secret (None), and of those that may hold such."""
    found: list[tuple[str, type[Fields] | None]] = []
    for name, info in fields.model_fields.items():
        members = cast("type[Fields] | None", kind(info.annotation).members)
        if declared(info).options.get("secret"):
            found.append((info.alias or name, None))
        elif members is not None and _secret_fields(members):
            found.append((info.alias or name, members))
    return tuple(found)


def _secret_values(fields: type[Fields], values: object) -> Iterator[object]:
    if isinstance(values, list):
        for each in values:
            yield from _secret_values(fields, each)
    if isinstance(values, Mapping):
        for key, members in _secret_fields(fields):
            given = values.get(key)
            yield from (given,) if members is None else _secret_values(members, given)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from {str(value), string(value)}
    elif isinstance(value, list | Mapping):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _credentials(exchanges: Sequence[Exchange]) -> list[str]:
    """What may be repeated of secret headers and addresses: `Basic …`, its last word, passwords."""
    requests = [exchange.request for exchange in exchanges]
    values = [value for it in requests for name, value in it.headers if is_secret_header(name)]
    users = [found[1] for it in requests if (found := _USER.search(it.url))]
    words = (value.rpartition(" ")[2] for value in values)
    passwords = (unquote(user.partition(":")[2]) for user in users)
    return [*values, *words, *users, *passwords]


def _address(url: str, secrets: Sequence[str]) -> str:
    """An address without user and query; masked before it is cut, as a secret may hold both."""
    return _QUERY.sub("", _USER.sub("", masked(url, secrets)))


def _text(head: str, headers: Headers, body: bytes | str, secrets: Sequence[str]) -> bytes:
    shown = ((name, MASK if is_secret_header(name) else value) for name, value in headers)
    lines = [head, *(f"{name}: {value}" for name, value in shown), ""]
    content = body if isinstance(body, str) else body.decode("utf-8", "replace")
    text = "\n".join(lines) + "\n" + content
    return masked(text, secrets).encode("utf-8", "replace")[:LONGEST]


def _forms(secret: str) -> tuple[str, ...]:
    """As it is, inside JSON, in a form, in a path, in a query, and in Basic authentication.

    Of an address also what stands before its query, to which a request may add. Half of a
    surrogate pair, which JSON can hold, is taken as it is.
    """
    plain = secret.encode("utf-8", "surrogatepass")
    address = _ADDRESS.match(secret)
    return (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote_plus(plain),
        quote(plain),
        quote(plain, safe=""),
        base64.b64encode(plain).decode().rstrip("="),
        *([address[0]] if address else []),
    )
