"""Access tokens: opaque to clients, and verified without asking anybody."""

from __future__ import annotations

import base64
import hmac
import re
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from headgate.collect.oauth.signing_key import Key

_VERSION = b"hg1"
_MAC_BYTES = 32
_LONGEST = 1024
_FORM = re.compile(rb"(hg1)\.([0-9a-f]{8})\.([A-Za-z0-9_-]+)")


class AccessToken(msgspec.Struct, frozen=True, array_like=True):
    """Who got it, with which of its keys, for what; times in milliseconds since 1970."""

    app: str
    """Its id: an app that is made anew under an old slug has nothing to do with old tokens."""
    key: bytes
    """The fingerprint of the public key."""
    scopes: tuple[str, ...]
    issued: int
    expires: int


class Fault(Enum):
    """Why a text is no access token of ours."""

    FORGED = auto()
    """Or meant for somebody else, or damaged."""
    OTHER_KEY = auto()
    """Signed with a key that this data folder does not have, or has no longer."""


_DECODER = msgspec.msgpack.Decoder(AccessToken)


def sign(token: AccessToken, key: Key) -> str:
    """`hg1.<name of the key>.<base64url of token and HMAC-SHA256>`."""
    content = msgspec.msgpack.encode(token)
    sealed = base64.urlsafe_b64encode(content + _mac(content, key)).rstrip(b"=")
    return b".".join((_VERSION, key.name, sealed)).decode()


@lru_cache(maxsize=4096)
def read(text: bytes, key: Key) -> AccessToken | Fault:
    """The token that this key signed, expired or not; a client sends the same one for days."""
    found = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return Fault.FORGED
    if found[2] != key.name:
        return Fault.OTHER_KEY
    sealed = found[3] + b"=" * (-len(found[3]) % 4)
    try:
        raw = base64.urlsafe_b64decode(sealed)
    except ValueError:
        return Fault.FORGED
    content, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if base64.urlsafe_b64encode(raw) != sealed or not hmac.compare_digest(mac, _mac(content, key)):
        return Fault.FORGED
    return _DECODER.decode(content)


def _mac(content: bytes, key: Key) -> bytes:
    return hmac.digest(key.secret, b"headgate access token\0" + content, "sha256")
