"""Secrets at rest: sealed with AES-256-GCM, each to its own place.

An envelope is `{"@sealed": "<key id>.<base64 of nonce and ciphertext>"}`. Its place, which is
workspace, connection and field, is authenticated with it: moved elsewhere it does not open.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from typing import TYPE_CHECKING, Any, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headgate.store.errors import SecretKeyUnusable, SecretUnreadable
from headgate.store.key_file import KEY_BYTES, create_key, decoded_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headgate.folder import DataFolder
    from headgate.store.snapshot.model import Connection

VARIABLE = "HEADGATE_SECRET_KEY"
_SEALED = "@sealed"
_NONCE_BYTES = 12


class SecretBox:
    """Seals and opens values with one key. `file` is where the key came from, if from a file."""

    def __init__(self, key: bytes, *, file: Path | None = None) -> None:
        if len(key) != KEY_BYTES:
            raise SecretKeyUnusable(f"a secret key has 32 bytes, not {len(key)}")
        self.file = file
        self.key_id = hashlib.sha256(b"headgate key id" + key).hexdigest()[:8]
        self._cipher = AESGCM(key)

    @classmethod
    def load(
        cls, folder: DataFolder, environ: Mapping[str, str] = os.environ, *, create: bool = False
    ) -> Self:
        """The key of HEADGATE_SECRET_KEY, else of `secret.key`, which `create` makes if absent.

        Raises SecretKeyUnusable when there is none, or it is not 32 bytes in base64.
        """
        if text := environ.get(VARIABLE):
            return cls(decoded_key(text, VARIABLE))
        path = folder.secret_key
        if create and not path.exists():
            create_key(path)
        try:
            return cls(decoded_key(path.read_bytes(), str(path)), file=path)
        except FileNotFoundError:
            raise SecretKeyUnusable(
                f"no key opens the secrets: restore {path}, or set {VARIABLE}"
            ) from None

    @classmethod
    def ephemeral(cls) -> Self:
        """A box whose key nobody keeps, for where nothing sealed can exist."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def seal(self, value: object, aad: str) -> dict[str, str]:
        """Seal any JSON value to the place that `aad` names (see `secret_place`)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, msgspec.json.encode(value), aad.encode())
        return {_SEALED: f"{self.key_id}.{base64.b64encode(nonce + sealed).decode()}"}

    def open(self, envelope: Mapping[str, str], aad: str) -> Any:
        """The value that was sealed to this place. Raises SecretUnreadable."""
        key_id, _, body = envelope[_SEALED].partition(".")
        if key_id != self.key_id:
            raise SecretUnreadable(
                f"the secret of {aad} was sealed with key {key_id} and this is key "
                f"{self.key_id}: start with the key that belongs to this data folder"
            )
        try:
            raw = base64.b64decode(body, validate=True)
            value = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], aad.encode())
        except (InvalidTag, ValueError):
            raise SecretUnreadable(
                f"the secret of {aad} does not open: it was changed or moved; set it again"
            ) from None
        return msgspec.json.decode(value)

    def settings(self, connection: Connection) -> dict[str, Any]:
        """The settings of a connection in plain text, for a role that holds the key."""
        return {
            field: self.open(value, secret_place(connection.workspace, connection.id, field))
            if is_sealed(value)
            else value
            for field, value in connection.settings.items()
        }


def secret_place(workspace: str, connection: str, field: str) -> str:
    """The additional data of a connection's setting, from the ids and the stored field name."""
    return f"{workspace}/{connection}/{field}"


def is_sealed(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {_SEALED}
