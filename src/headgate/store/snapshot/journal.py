"""The snapshot files: a base, then deltas, as records that can be replayed.

`<version of the base, 16 digits>.snap` holds one base record and the deltas appended to it.
A manifest gives the content digest of each thing by its id; a record carries the objects that
the manifest before it did not have. Old files stay, so that older versions can be read.
"""

from __future__ import annotations

import hashlib
import re
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

import msgspec

from headgate.store.snapshot.model import (
    Changes,
    Command,
    Connection,
    OAuthApp,
    Snapshot,
    Source,
    Thing,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

K = TypeVar("K", int, str)
T = TypeVar("T")
_KEY = itemgetter(0)

Manifest = dict[str, bytes]
"""Id of a source, connection, OAuth app or command -> digest of its content."""

_NAME = re.compile(r"\d{16}\.snap")


class Base(msgspec.Struct, frozen=True, tag="base"):
    """A whole configuration."""

    version: int
    manifest: Manifest
    objects: dict[bytes, bytes]


class Delta(msgspec.Struct, frozen=True, tag="delta", rename={"changed": "set"}):
    """What changed since the record before it."""

    version: int
    changed: Manifest
    gone: tuple[str, ...]
    objects: dict[bytes, bytes]


_RECORD: msgspec.msgpack.Decoder[Base | Delta] = msgspec.msgpack.Decoder(Base | Delta)
_THING: msgspec.msgpack.Decoder[Thing] = msgspec.msgpack.Decoder(Thing)
_ENCODER = msgspec.msgpack.Encoder()


class Replay:
    """Where a run of records leads: a manifest, and the objects met on the way."""

    def __init__(self) -> None:
        self.version = 0
        self.manifest: Manifest = {}
        self.met: dict[bytes, bytes] = {}

    def take(self, records: Iterable[Base | Delta], *, until: int | None = None) -> None:
        for record in records:
            if until is not None and record.version > until:
                return
            self._take(record)

    def forget_objects(self) -> None:
        """Keep only what the manifest says of them."""
        self.met.clear()

    def _take(self, record: Base | Delta) -> None:
        if isinstance(record, Base):
            self.manifest = dict(record.manifest)
        else:
            self.manifest |= record.changed
            for name in record.gone:
                self.manifest.pop(name, None)
        self.met |= record.objects
        self.version = record.version


def base_of(snapshot: Snapshot) -> Base:
    return Base(snapshot.version, *_encoded(_things(snapshot)))


def _encoded(things: Iterable[Thing]) -> tuple[Manifest, dict[bytes, bytes]]:
    encoded = {thing.id: _ENCODER.encode(thing) for thing in things}
    manifest = {name: _digest(content) for name, content in encoded.items()}
    return manifest, {manifest[name]: content for name, content in encoded.items()}


def delta_of(before: Manifest, base: Base) -> Delta:
    """What leads from a manifest to the configuration of `base`."""
    gone = tuple(name for name in before if name not in base.manifest)
    return _delta(before, base.version, base.manifest, base.objects, gone)


def delta_from(before: Manifest, changes: Changes) -> Delta:
    """What leads from a manifest to where the changes lead."""
    manifest, objects = _encoded(changes.things)
    gone = tuple(name for name in changes.gone if name in before)
    return _delta(before, changes.version, manifest, objects, gone)


def _delta(
    before: Manifest,
    version: int,
    manifest: Manifest,
    objects: dict[bytes, bytes],
    gone: tuple[str, ...],
) -> Delta:
    changed = {name: now for name, now in manifest.items() if before.get(name) != now}
    return Delta(version, changed, gone, {digest: objects[digest] for digest in changed.values()})


def snapshot_of(version: int, things: Iterable[Thing]) -> Snapshot:
    everything = list(things)
    sources = {thing.number: thing for thing in everything if isinstance(thing, Source)}
    connections = {thing.number: thing for thing in everything if isinstance(thing, Connection)}
    apps = {thing.id: thing for thing in everything if isinstance(thing, OAuthApp)}
    commands = [thing for thing in everything if isinstance(thing, Command)]
    return Snapshot(
        version,
        dict(sorted(sources.items())),
        dict(sorted(connections.items())),
        dict(sorted(apps.items())),
        _in_order({each.id: each for each in commands}),
    )


def patched(
    before: Snapshot, version: int, changed: Iterable[Thing], gone: Iterable[Thing]
) -> Snapshot:
    """The next snapshot, at the cost of what changed: all else is the same objects."""
    put, taken = snapshot_of(version, changed), snapshot_of(version, gone)
    return Snapshot(
        version,
        _patched(before.sources, put.sources, taken.sources),
        _patched(before.connections, put.connections, taken.connections),
        _patched(before.oauth_apps, put.oauth_apps, taken.oauth_apps),
        _in_order(_patched(before.commands, put.commands, taken.commands)),
    )


def _patched(before: dict[K, T], put: dict[K, T], taken: dict[K, T]) -> dict[K, T]:
    if not put and not taken:
        return before
    after = {**before, **put}
    for key in taken.keys() - put.keys():
        after.pop(key, None)
    return after if put.keys() <= before.keys() else dict(sorted(after.items(), key=_KEY))


def _in_order(commands: dict[str, Command]) -> dict[str, Command]:
    return {each.id: each for each in sorted(commands.values(), key=lambda each: each.number)}


def encode(record: Base | Delta) -> bytes:
    return _ENCODER.encode(record)


def decode(payload: bytes) -> Base | Delta:
    return _RECORD.decode(payload)


def decode_thing(content: bytes) -> Thing:
    return _THING.decode(content)


def path_of(folder: Path, version: int) -> Path:
    return folder / f"{version:016}.snap"


def files(folder: Path) -> list[Path]:
    """The snapshot files, oldest first."""
    return sorted(path for path in folder.glob("*.snap") if _NAME.fullmatch(path.name))


def _things(snapshot: Snapshot) -> Iterable[Thing]:
    yield from snapshot.sources.values()
    yield from snapshot.connections.values()
    yield from snapshot.oauth_apps.values()
    yield from snapshot.commands.values()


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
