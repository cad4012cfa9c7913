"""Another key for the secrets: whenever it is interrupted, everything can still be read."""

from __future__ import annotations

import asyncio
import base64
import os
from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.access import totp
from headgate.control.declaring.apply import apply
from headgate.control.declaring.declaration import parse
from headgate.control.errors import Refused
from headgate.control.nouns import warehouses
from headgate.deliver.tokens import file_tokens
from headgate.kit import Tokens
from headgate.presence import Presence, RoleLock
from headgate.services.key_rotation import forget, keys, rotation
from headgate.store.errors import SecretUnreadable
from headgate.store.key_file import new_key, replace_keys
from headgate.store.people import Users
from headgate.store.secrets import SecretBox, secret_place
from headgate.store.snapshot import SnapshotReader
from headgate.store.trail import Search, Trail
from headgate.store.warehouses import Warehouses
from tests.unit.api.asking import Asking, asking

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STEPS = ["key", "store", "published", "tokens"]
SECRET, PASSWORD = "whsec_Y2FuYXJ5", "canary-of-the-warehouse"
FRESH = Tokens("fresh-access", "fresh-refresh")
SECRETS = 4
"""A setting, in the store and in the snapshot, a warehouse's, a second factor's, and tokens."""
HOOK = f"""
version: 1
workspace: main
sources: [{{slug: shop}}]
connections:
  - {{slug: hook, source: shop, destination: webhook, settings: {{sharedSecret: {SECRET}}}}}
"""


class World:
    """A store with a secret of every kind, and a box that was opened at its start."""

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self.environ = dict(environ or {})
        self.api: Asking = asking(folder)
        self.store, self.folder = self.api.store, self.api.store.folder
        apply(self.folder, parse(HOOK), head={0: 0}, environ=self.environ)
        self.first = SecretBox.load(self.folder, self.environ)
        with self.store.write() as transaction:
            user = Users(transaction).add(email="a@example.org", name="A", password=None, at=1)
            kept, self.enrolment = totp.begun(user, self.first)
            Users(transaction).update(totp.given(user, kept))
        self._add_warehouse()
        self.connection = self.in_force()
        self.tokens = file_tokens(self.folder, self.first, self.connection, Tokens("a", "b"))
        asyncio.run(self.tokens.replace(Tokens("a", "b"), FRESH))

    def _add_warehouse(self) -> None:
        settings = {"hostname": "db", "database": "d", "username": "u", "password": PASSWORD}
        self.api.control.premises.environ.update(self.environ)  # type: ignore[attr-defined]
        with self.api.control.write(self.api.operator()) as work:
            self.warehouse = warehouses.create(work, kind="postgres", settings=settings).id

    def in_force(self) -> Any:
        snapshot = SnapshotReader(self.folder.snapshots).refresh()
        assert snapshot is not None
        return snapshot.connections[1]

    def rotate(self, environ: Mapping[str, str] | None = None) -> list[str]:
        given = self.environ if environ is None else environ
        return [step.name for step in rotation(self.store, given, self.api.clock)]

    def die_after(self, steps: int) -> None:
        """What was not committed is lost, as it is with the process."""
        rotated = rotation(self.store, self.environ, self.api.clock)
        for _ in range(steps):
            next(rotated)
        rotated.close()

    def is_readable(self, box: SecretBox) -> bool:
        """Whether a box opens everything; nothing of it may be another value."""
        workspace = self.api.workspace.id
        with self.store.read() as transaction:
            (record,) = Warehouses(transaction, workspace).all()
            user = Users(transaction).named("a@example.org")
        assert user is not None
        kept = totp.of(user)
        assert kept is not None
        place = secret_place(workspace, self.warehouse, "password")
        try:
            found = (
                box.settings(self.in_force())["sharedSecret"],
                box.open(record.settings["password"], place),
                box.open(kept.secret, totp.place(user)),
            )
        except SecretUnreadable:
            return False
        assert found == (SECRET, PASSWORD, self.enrolment.secret)
        tokens = file_tokens(self.folder, box, self.connection, Tokens("a", "b"))
        return asyncio.run(tokens.read()) == FRESH

    def used(self, environ: Mapping[str, str] | None = None) -> dict[str, int]:
        return dict(keys(self.store, self.environ if environ is None else environ).used)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.abuse("ac_sec_key_rotate")
@pytest.mark.parametrize("steps", range(len(STEPS) + 1))
def test_wherever_a_rotation_dies_everything_is_read_and_the_next_one_ends_it(
    world: World, steps: int
) -> None:
    old = world.first.key_id
    world.die_after(steps)
    assert world.is_readable(SecretBox.load(world.folder, {}))
    assert world.is_readable(world.first), "a process that runs knows the new key"
    assert world.rotate() == STEPS
    newest, *older = keys(world.store, {}).known
    assert world.used() == {newest: SECRETS + 1}
    assert forget(world.store, {}) == len(older) >= 1
    box = SecretBox.load(world.folder, {})
    assert (box.key_ids, old in box.key_ids) == ((newest,), False)
    assert world.is_readable(box)


def test_without_the_new_key_beside_the_old_one_a_dead_rotation_would_cost_the_secrets(
    world: World,
) -> None:
    key = base64.b64decode(world.folder.secret_key.read_bytes())
    world.die_after(2)
    replace_keys(world.folder.secret_key, [key])
    assert not world.is_readable(SecretBox.load(world.folder, {}))


def test_a_rotation_that_died_is_ended_with_the_key_that_it_made(world: World) -> None:
    world.die_after(2)
    with world.store.write() as transaction:
        user = Users(transaction).named("a@example.org")
        assert user is not None
        kept, world.enrolment = totp.begun(user, SecretBox.load(world.folder, {}))
        Users(transaction).update(totp.given(user, kept))
    before = SecretBox.load(world.folder, {}).key_ids
    world.rotate()
    assert SecretBox.load(world.folder, {}).key_ids == before


def test_each_rotation_makes_one_key_and_is_written_down(world: World) -> None:
    known = [world.first.key_id]
    for _ in range(3):
        world.rotate()
        newest = SecretBox.load(world.folder, {}).key_ids
        assert newest[1:] == tuple(known)
        known.insert(0, newest[0])
    with world.store.read() as transaction:
        rows = Trail(transaction, world.api.workspace.id).found(Search(), None, 3)
        assert [(each.type, each.what) for each in rows] == [
            ("Workspace Modified", ("secret_key",))
        ] * 3
        assert Trail(transaction, world.api.workspace.id).broken_at() is None
    assert forget(world.store, {}) == 3


def test_an_older_key_stays_while_something_needs_it(world: World) -> None:
    world.die_after(1)
    with pytest.raises(Refused, match=f"{world.first.key_id} sealed what is still there"):
        forget(world.store, {})
    world.rotate()
    lock = RoleLock(world.folder.run, "deliver")
    lock.say(Presence("deliver", 0, os.getpid(), ready=True, snapshot=1))
    with pytest.raises(Refused, match=r"deliver-0 .* still works with version 1"):
        forget(world.store, {}, seconds=0)
    lock.release()
    assert world.first.key_id in SecretBox.load(world.folder, {}).key_ids
    assert forget(world.store, {}) == 1


def test_a_secret_that_no_key_opens_stops_a_rotation_and_nothing_has_changed(world: World) -> None:
    before = world.used()
    replace_keys(world.folder.secret_key, [new_key()])
    with pytest.raises(SecretUnreadable, match=f"sealed with key {world.first.key_id}"):
        world.rotate()
    assert world.used() == before


def test_tokens_that_a_running_process_renews_go_with_the_new_key(world: World) -> None:
    world.rotate()
    forget(world.store, {})
    renewed = Tokens("newer", "newest")
    assert asyncio.run(world.tokens.replace(FRESH, renewed)) == renewed
    box = SecretBox.load(world.folder, {})
    tokens = file_tokens(world.folder, box, world.connection, Tokens("a", "b"))
    assert asyncio.run(tokens.read()) == renewed
    assert set(world.used()) == {box.key_id}


def text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_a_key_from_outside_takes_the_place_of_the_one_before_it(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    before = {"HEADGATE_SECRET_KEY": text(old)}
    both = {"HEADGATE_SECRET_KEY": text(new), "HEADGATE_SECRET_KEY_OLD": text(old)}
    after = {"HEADGATE_SECRET_KEY": text(new)}
    world = World(tmp_path, before)
    with pytest.raises(SecretUnreadable):
        world.rotate(after)
    assert world.is_readable(SecretBox.load(world.folder, both))
    assert not world.is_readable(SecretBox.load(world.folder, after))
    for _ in range(2):
        assert world.rotate(both) == STEPS
        assert world.used(both) == {SecretBox(new).key_id: SECRETS + 1}
    assert world.is_readable(SecretBox.load(world.folder, after))
    with pytest.raises(Refused, match="start without HEADGATE_SECRET_KEY_OLD"):
        forget(world.store, both)
    assert not world.folder.secret_key.exists()


def test_a_key_in_the_folder_gives_way_to_one_from_outside(world: World) -> None:
    old, new = world.folder.secret_key.read_text(), text(new_key())
    both = {"HEADGATE_SECRET_KEY": new, "HEADGATE_SECRET_KEY_OLD": f"{old},{text(new_key())}"}
    world.rotate(both)
    world.folder.secret_key.unlink()
    assert world.is_readable(SecretBox.load(world.folder, {"HEADGATE_SECRET_KEY": new}))
