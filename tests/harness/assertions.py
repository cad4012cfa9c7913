"""RSA keys, and the assertions that a client of an OAuth app signs with them, by hand."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RAW = f"grant_type=client_credentials&client_assertion_type={TYPE}"


class KeyPair:
    """A private key and its public half, both as PEM."""

    def __init__(self, bits: int = 2048) -> None:
        self._key = rsa.generate_private_key(65537, bits)
        self.private = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        self.public = self.written(serialization.PublicFormat.SubjectPublicKeyInfo)
        self.older_form = self.written(serialization.PublicFormat.PKCS1)

    def written(self, form: serialization.PublicFormat) -> str:
        public = self._key.public_key()
        return public.public_bytes(serialization.Encoding.PEM, form).decode()

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """A compact JWS with `alg`, `kid` and `typ`, or whatever else the header is given."""
        shown = {"alg": "RS256", "kid": "k1", "typ": "JWT", **header}
        signed = ".".join(encoded(json.dumps(each).encode()) for each in (shown, claims))
        mark = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encoded(mark)}"


_MADE: defaultdict[str, KeyPair] = defaultdict(KeyPair)


def key_pair(name: str = "first") -> KeyPair:
    """The same for the same name, as making one takes a while."""
    return _MADE[name]


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(client: str, audience: str, *, now: float | None = None, **more: Any) -> dict[str, Any]:
    """As Segment's clients make them: from 5 s ago to 55 s ahead. A None takes a claim away."""
    at = time.time() if now is None else now
    made = {
        "iss": client,
        "sub": client,
        "aud": audience,
        "iat": at - 5,
        "exp": at + 55,
        "jti": str(uuid.uuid4()),
        **more,
    }
    return {name: value for name, value in made.items() if value is not None}


def raw_form(assertion: str, scope: str = "tracking_api:write") -> bytes:
    """As Segment's clients write it: nothing is URL-encoded."""
    return f"{RAW}&client_assertion={assertion}&scope={scope}".encode()


def encoded_form(assertion: str, scope: str = "tracking_api:write") -> bytes:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": TYPE,
        "client_assertion": assertion,
        "scope": scope,
    }
    return urlencode(form).encode()
