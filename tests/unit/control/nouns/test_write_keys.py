"""Write keys that give way to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.control.ended_keys import end_write_keys
from headgate.control.errors import Conflict, Forbidden, Invalid, Missing
from headgate.control.nouns import sources, write_keys
from headgate.control.nouns.write_keys import HOUR_MS, Rotated, over
from headgate.services.key_rounds import KeyRounds
from headgate.store.records import WriteKeyRecord
from headgate.store.snapshot import SnapshotReader
from headgate.store.trail import Trail
from headgate.store.write_keys import WriteKeys
from tests.harness.fixtures import rng
from tests.unit.api.asking import NOW, Asking, asking
from tests.unit.api.connected import source

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from headgate.store.records import AuditRecord

__all__ = ["rng"]


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


def rotate(api: Asking, id_: str, hours: float = 24.0) -> Rotated:
    with api.control.write(api.operator()) as work:
        return write_keys.rotate(work, id_, hours)


def ends(api: Asking) -> dict[str, int | None]:
    with api.store.read() as transaction:
        return {each.key: each.ends_at for each in WriteKeys(transaction, api.workspace.id).all()}


def taken(api: Asking) -> set[str]:
    """The keys that collection knows."""
    snapshot = SnapshotReader(api.store.folder.snapshots).refresh()
    assert snapshot is not None
    return {key for each in snapshot.sources.values() for key in each.write_keys}


def trail(api: Asking) -> list[AuditRecord]:
    with api.store.read() as transaction:
        return list(Trail(transaction, api.workspace.id).page(None, 1000))


@pytest.mark.abuse("ac_sec_wk_rotate")
def test_an_old_key_is_taken_until_its_overlap_ends(api: Asking) -> None:
    id_ = source(api, "shop", write_keys=["wk_old"])
    source(api, "other", write_keys=["wk_other"])
    rotated = rotate(api, id_, 24)
    assert (rotated.old, rotated.ends_at) == (("wk_old",), NOW + 24 * HOUR_MS)
    rounds = KeyRounds(api.store, api.clock)
    for at, keys in (
        (rotated.ends_at - 1, {"wk_old", rotated.key, "wk_other"}),
        (rotated.ends_at, {rotated.key, "wk_other"}),
    ):
        api.clock.now = at
        rounds.once()
        assert taken(api) == keys


def test_the_end_of_a_key_is_in_the_trail(api: Asking) -> None:
    id_ = source(api, "shop", write_keys=["wk_old"])
    rotate(api, id_, 1)
    assert end_write_keys(api.store, NOW + HOUR_MS) == 1
    changed, ended = trail(api)[-2:]
    assert (changed.type, changed.actor, changed.what) == (
        "Source Modified",
        "operator",
        ("write_keys",),
    )
    assert (ended.type, ended.actor, ended.resource, ended.resource_name, ended.at) == (
        "Source Modified",
        "headgate",
        id_,
        "shop",
        NOW + HOUR_MS,
    )
    with api.store.read() as transaction:
        assert Trail(transaction, api.workspace.id).broken_at() is None


def test_nothing_is_written_while_nothing_ends(api: Asking) -> None:
    id_ = source(api, "shop")
    rotate(api, id_)
    before = trail(api)
    assert end_write_keys(api.store, NOW) == 0
    assert trail(api) == before


def test_a_key_that_ends_sooner_still_ends_then(api: Asking) -> None:
    id_ = source(api, "shop", write_keys=["wk_first"])
    second = rotate(api, id_, 1).key
    third = rotate(api, id_, 2).key
    assert ends(api) == {"wk_first": NOW + HOUR_MS, second: NOW + 2 * HOUR_MS, third: None}


def test_without_an_overlap_the_old_keys_end_at_once(api: Asking) -> None:
    id_ = source(api, "shop", write_keys=["wk_a", "wk_b"])
    rotated = rotate(api, id_, 0)
    assert taken(api) == {rotated.key}
    assert ends(api) == {rotated.key: None}


def test_the_keys_of_every_workspace_end(api: Asking) -> None:
    for workspace in (api.workspace.id, api.other.id):
        with api.control.write(api.operator(workspace)) as work:
            made = sources.create(work, {"slug": "shop"}).source
            write_keys.rotate(work, made.id, 1)
    assert end_write_keys(api.store, NOW + HOUR_MS) == 2


def test_the_only_key_that_lasts_cannot_be_removed(api: Asking) -> None:
    id_ = source(api, "shop", write_keys=["wk_old"])
    new = rotate(api, id_).key
    with (
        pytest.raises(Conflict, match="no write key that lasts"),
        api.control.write(api.operator()) as work,
    ):
        write_keys.remove(work, id_, new)
    with api.control.write(api.operator()) as work:
        write_keys.remove(work, id_, "wk_old")
    assert taken(api) == {new}


@pytest.mark.parametrize("hours", [-1.0, 2161.0, float("nan"), float("inf")])
def test_an_overlap_is_at_most_ninety_days(api: Asking, hours: float) -> None:
    id_ = source(api, "shop", write_keys=["wk_old"])
    with pytest.raises(Invalid, match="hours: must be from 0 to 2160"):
        rotate(api, id_, hours)
    assert ends(api) == {"wk_old": None}


def test_who_may_not_change_the_source_does_not_rotate_its_keys(api: Asking) -> None:
    id_ = source(api, "shop", write_keys=["wk_old"])
    reader = api.control.recognise(api.token("source_read_only"))
    foreign = api.control.recognise(api.foreign)
    for actor, error in ((reader, Forbidden), (foreign, Missing)):
        assert actor is not None
        with pytest.raises(error), api.control.write(actor) as work:
            write_keys.rotate(work, id_)
    assert ends(api) == {"wk_old": None}


def test_what_could_not_be_published_is_in_the_next_round(api: Asking) -> None:
    id_ = source(api, "shop", write_keys=["wk_old"])
    new = rotate(api, id_, 1).key
    rounds, snapshots = KeyRounds(api.store, api.clock), api.store.folder.snapshots
    aside = snapshots.rename(snapshots.with_name("aside"))
    snapshots.touch()
    api.clock.now += HOUR_MS
    with pytest.raises(FileExistsError):
        rounds.once()
    snapshots.unlink()
    aside.rename(snapshots)
    assert (taken(api), ends(api)) == ({"wk_old", new}, {new: None})
    rounds.once()
    assert taken(api) == {new}


def test_a_source_always_keeps_a_key(rng: random.Random) -> None:
    for _ in range(300):
        held = tuple(
            WriteKeyRecord(key=f"wk_{n}", source="src", ends_at=rng.choice([None, 1, 2, 3, 9]))
            for n in range(rng.randint(1, 4))
        )
        ended = over(held, 3)
        left = [each for each in held if each.key not in ended]
        assert left, held
        late = [each for each in left if each.ends_at is not None and each.ends_at <= 3]
        assert late == [] or (late == left and len(left) == 1), held
        assert all((each.ends_at or 9) <= 3 for each in held if each.key in ended), held
