"""Secrets at rest: sealed with AES-256-GCM, each to its own place.

An envelope is `{"@sealed": "<key id>.<base64 of nonce and ciphertext>"}`. Its place, which is
workspace, connection and field, is authenticated with it: moved elsewhere it does not open.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
from typing import TYPE_CHECKING, Any, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headgate.store.errors import SecretKeyUnusable, SecretUnreadable
from headgate.store.key_file import (
    KEY_BYTES,
    create_key,
    decoded_key,
    decoded_keys,
    new_key,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from headgate.folder import DataFolder
    from headgate.store.snapshot.model import Connection

VARIABLE = "HEADGATE_SECRET_KEY"
OLD_VARIABLE = "HEADGATE_SECRET_KEY_OLD"
_SEALED = "@sealed"
_NONCE_BYTES = 12


class SecretBox:
    """Seals with the newest of its keys, and opens with any.

    `file` is where the keys came from, if from a file: one that was added there since is known as
    soon as it is needed, so that no process must be started anew when keys change.
    """

    def __init__(self, *keys: bytes, file: Path | None = None) -> None:
        self.file = file
        self._take(keys)

    def _take(self, keys: Sequence[bytes]) -> None:
        for key in keys:
            if len(key) != KEY_BYTES:
                raise SecretKeyUnusable(f"a secret key has 32 bytes, not {len(key)}")
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The newest first."""
        return tuple(self._ciphers)

    @property
    def key_id(self) -> str:
        """Of the newest, which seals."""
        return self.key_ids[0]

    @classmethod
    def load(
        cls, folder: DataFolder, environ: Mapping[str, str] = os.environ, *, create: bool = False
    ) -> Self:
        """The keys of HEADGATE_SECRET_KEY and HEADGATE_SECRET_KEY_OLD, else of `secret.key`.

        `create` makes the file if it is absent. Raises SecretKeyUnusable when there is no key, or
        one is not 32 bytes in base64.
        """
        if text := environ.get(VARIABLE):
            old = environ.get(OLD_VARIABLE, "").replace(",", " ").split()
            older = [decoded_key(each, OLD_VARIABLE) for each in old]
            return cls(decoded_key(text, VARIABLE), *older)
        path = folder.secret_key
        if create and not path.exists():
            create_key(path)
        try:
            return cls(*decoded_keys(path.read_bytes(), str(path)), file=path)
        except FileNotFoundError:
            raise SecretKeyUnusable(
                f"no key opens the secrets: restore {path}, or set {VARIABLE}"
            ) from None

    @classmethod
    def ephemeral(cls) -> Self:
        """A box whose key nobody keeps, for where nothing sealed can exist."""
        return cls(new_key())

    def seal(self, value: object, aad: str) -> dict[str, str]:
        """Seal any JSON value to the place that `aad` names (see `secret_place`)."""
        self._look_again()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = self._ciphers[self.key_id]
        sealed = cipher.encrypt(nonce, msgspec.json.encode(value), aad.encode())
        return {_SEALED: f"{self.key_id}.{base64.b64encode(nonce + sealed).decode()}"}

    def open(self, envelope: Mapping[str, str], aad: str) -> Any:
        """The value that was sealed to this place. Raises SecretUnreadable."""
        wanted, _, body = envelope[_SEALED].partition(".")
        if wanted not in self._ciphers:
            self._look_again()
        if (cipher := self._ciphers.get(wanted)) is None:
            raise SecretUnreadable(
                f"the secret of {aad} was sealed with key {wanted} and this is key "
                f"{self.key_id}: start with the key that belongs to this data folder"
            )
        try:
            raw = base64.b64decode(body, validate=True)
            value = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], aad.encode())
        except (InvalidTag, ValueError):
            raise SecretUnreadable(
                f"the secret of {aad} does not open: it was changed or moved; set it again"
            ) from None
        return msgspec.json.decode(value)

    def renewed(self, envelope: dict[str, str], aad: str) -> dict[str, str]:
        """The same value under the newest key: the envelope itself where it is. As `open`."""
        if sealed_with(envelope) == self.key_id:
            return envelope
        return self.seal(self.open(envelope, aad), aad)

    def _look_again(self) -> None:
        """Take the keys that the file has now; one that cannot be read changes nothing."""
        if self.file is not None:
            with contextlib.suppress(OSError, SecretKeyUnusable):
                self._take(decoded_keys(self.file.read_bytes(), str(self.file)))

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


def key_id(key: bytes) -> str:
    """What tells a key from others, and nothing of the key."""
    return hashlib.sha256(b"headgate key id" + key).hexdigest()[:8]


def sealed_with(envelope: Mapping[str, str]) -> str:
    """The id of the key that sealed it."""
    return envelope[_SEALED].partition(".")[0]


def is_sealed(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {_SEALED}
