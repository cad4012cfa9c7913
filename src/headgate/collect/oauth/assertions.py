"""Client assertions: JSON Web Tokens signed with RS256 and nothing else (RFC 7515, RFC 7523)."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headgate.collect.oauth.refused import bad_client, bad_request

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

LONGEST_SECONDS = 60
"""How far ahead `exp` may be (wire/oauth)."""
LEEWAY_SECONDS = 10
"""How far clocks may be apart; a client whose clock is worse goes by our Date and asks again."""

_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


class Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str
    crit: Any = msgspec.UNSET


class Claims(msgspec.Struct, frozen=True):
    """Times are seconds since 1970, and may have a fraction: Node's clients send one."""

    sub: str
    aud: str | list[str]
    iat: float
    exp: float
    jti: str
    iss: str | None = None
    nbf: float | None = None


class Assertion(NamedTuple):
    """What was said, not yet believed."""

    header: Header
    claims: Claims
    signed: bytes
    signature: bytes


_HEADER = msgspec.json.Decoder(Header)
_CLAIMS = msgspec.json.Decoder(Claims)


def read_assertion(text: str) -> Assertion:
    """Raises Refused."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise bad_request("client_assertion is no signed JSON Web Token")
    try:
        header, claims, signature = (_decoded(part) for part in found.groups())
        assertion = Assertion(
            _HEADER.decode(header),
            _CLAIMS.decode(claims),
            text.rpartition(".")[0].encode(),
            signature,
        )
    except (ValueError, RecursionError) as error:
        raise bad_request(f"client_assertion: {error}".replace('"', "'")) from None
    if assertion.header.alg != "RS256":
        raise bad_client("the assertion must be signed with RS256")
    if assertion.header.crit is not msgspec.UNSET:
        raise bad_client("the assertion has a crit header, and no extension is known")
    return assertion


def has_signature_of(assertion: Assertion, pem: str) -> bool:
    """Whether the holder of this key signed it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        _key(pem).verify(assertion.signature, assertion.signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def check_claims(claims: Claims, audiences: frozenset[str], now: float) -> None:
    """`now` in seconds since 1970. Raises Refused, for the clocks with the words clients know."""
    if claims.iss is not None and claims.iss != claims.sub:
        raise bad_client("iss and sub must both be the client id")
    said = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if audiences.isdisjoint(map(normal, said)):
        raise bad_client(f"aud must be {min(audiences, key=len)}")
    if max(claims.iat, claims.nbf or 0) > now + LEEWAY_SECONDS:
        raise bad_request("Token used before issued")
    if claims.exp <= now - LEEWAY_SECONDS:
        raise bad_request("Token is expired")
    if claims.exp > now + LONGEST_SECONDS + LEEWAY_SECONDS:
        raise bad_request(f"exp must be at most {LONGEST_SECONDS} seconds ahead")
    if not claims.jti:
        raise bad_request("jti is empty: it must be another one each time")


def normal(audience: str) -> str:
    """With and without a slash at the end is the same, and so is a host in capitals."""
    return audience.rstrip("/").lower()


@lru_cache(maxsize=256)
def _key(pem: str) -> RSAPublicKey:
    from typing import cast

    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    return cast("RSAPublicKey", load_pem_public_key(pem.encode()))


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
