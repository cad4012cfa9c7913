"""The OAuth apps of a snapshot, by what clients and tokens call them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.store.snapshot import OAuthApp, PublicKey, Snapshot


class App:
    """An app with its public keys by id, and the fingerprints that their tokens carry."""

    __slots__ = ("fingerprints", "keys", "of")

    def __init__(self, of: OAuthApp) -> None:
        self.of = of
        self.keys = {key.id: key for key in of.keys}
        self.fingerprints = frozenset(map(fingerprint, of.keys))


class Apps:
    """All apps of all workspaces; a slug is one workspace's alone."""

    def __init__(self, snapshot: Snapshot) -> None:
        apps = [App(each) for each in snapshot.oauth_apps.values()]
        self.by_slug = {app.of.slug: app for app in apps}
        self.by_id = {app.of.id: app for app in apps}


def fingerprint(key: PublicKey) -> bytes:
    """8 bytes that change with the key, also where another takes over its id."""
    return hashlib.blake2b(f"{key.id}\0{key.pem}".encode(), digest_size=8).digest()
