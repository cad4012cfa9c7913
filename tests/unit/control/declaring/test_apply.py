from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from headgate.control.declaring import apply as applying
from headgate.control.declaring.apply import apply as apply_declaration
from headgate.control.declaring.declaration import parse
from headgate.control.errors import DeclarationError
from headgate.control.publication import publish_current
from headgate.presence import Presence, RoleLock, present
from headgate.store.database import open_store
from headgate.store.revision import version
from headgate.store.snapshot import SnapshotReader
from tests.unit.control.pretend import CATALOGUE, EXAMPLE, changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headgate.control.declaring.apply import Applied
    from headgate.folder import DataFolder
    from headgate.store.snapshot import Snapshot

HOOK = ("connections", 0)
SPAWN = multiprocessing.get_context("spawn")


def lines(applied: Applied) -> list[str]:
    return [change.line for change in applied.changes]


def test_the_example_is_in_the_snapshot_when_apply_returns(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    applied = apply(EXAMPLE)
    assert lines(applied) == [
        "create workspace demo",
        "create source website",
        "create write key wk_website of source website",
        "create connection hook",
        "create subscription Everything of connection hook",
    ]
    assert applied.warnings == ()
    snapshot = published()
    assert snapshot.version == applied.version == 2
    source, connection = snapshot.sources[1], snapshot.connections[1]
    assert (source.slug, source.write_keys, source.enabled) == ("website", ("wk_website",), True)
    assert (connection.slug, connection.source, connection.enabled) == ("hook", 1, True)
    assert connection.start == {0: 1_000}
    assert connection.settings["depth"] == 2
    assert connection.settings["sharedSecret"].keys() == {"@sealed"}
    assert connection.subscriptions[0].mapping["method"] == "POST"


def test_applying_the_same_file_again_changes_nothing(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    first, before = apply(EXAMPLE), published()
    for prune in (False, True):
        again = apply(EXAMPLE, prune=prune, head={0: 9_999})
        assert (again.changes, again.version, again.warnings) == ((), first.version, ())
    assert published() == before


def test_a_dry_run_tells_what_would_change_and_writes_nothing(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    rehearsed = apply(EXAMPLE, dry_run=True)
    assert not folder.root.exists()
    assert lines(rehearsed) == lines(apply(EXAMPLE))
    before = {path: path.read_bytes() for path in folder.root.rglob("*") if path.is_file()}
    rehearsed = apply(changed(*HOOK, "enabled", to=False), dry_run=True)
    assert lines(rehearsed) == ["update connection hook: enabled"]
    assert {path: path.read_bytes() for path in before} == before


def test_a_connection_starts_where_the_log_ended_when_it_was_first_enabled(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    off = changed(*HOOK, "enabled", to=False)
    starts = []
    for text, head in ((off, 5), (EXAMPLE, 7), (off, 8), (EXAMPLE, 9)):
        apply(text, head={0: head})
        starts.append(published().connections[1].start)
    assert starts == [None, {0: 7}, {0: 7}, {0: 7}]


def test_a_connection_that_is_declared_again_after_pruning_is_a_new_one(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    apply(EXAMPLE, head={0: 5})
    apply(changed("connections", to=[]), prune=True)
    assert published().connections == {}
    apply(EXAMPLE, head={0: 8})
    (again,) = published().connections.values()
    assert (again.number, again.start) == (2, {0: 8})


def test_nothing_is_deleted_without_prune(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    apply(EXAMPLE)
    bare = "{version: 1, workspace: demo}"
    kept = apply(bare)
    assert kept.changes == ()
    assert kept.warnings == (
        "connection hook is not declared and stays",
        "source website is not declared and stays",
    )
    pruned = apply(bare, prune=True)
    assert lines(pruned) == ["delete connection hook", "delete source website"]
    assert (published().sources, published().connections) == ({}, {})


def test_a_source_without_declared_keys_gets_one_and_keeps_it(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    text = changed("sources", 0, "write_keys", drop=True)
    rehearsed = apply(text, dry_run=True)
    assert "create write key (to be generated) of source website" in lines(rehearsed)
    applied = apply(text)
    (key,) = published().sources[1].write_keys
    assert key.startswith("wk_")
    assert f"create write key {key} of source website" in lines(applied)
    assert apply(text, prune=True).changes == ()
    assert published().sources[1].write_keys == (key,)


def test_a_key_moves_between_sources_when_pruning_frees_it(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    apply(EXAMPLE)
    text = changed("sources", 1, to={"slug": "shop", "write_keys": ["wk_website"]}).replace(
        "  write_keys:\n  - wk_website\n  answers", "  write_keys: []\n  answers"
    )
    with pytest.raises(DeclarationError, match=r"sources\[1\]\.write_keys\[0\]: source website"):
        apply(text)
    apply(text, prune=True)
    keys = {source.slug: source.write_keys for source in published().sources.values()}
    assert keys == {"website": (), "shop": ("wk_website",)}


def test_subscriptions_stand_in_the_declared_order_after_every_apply(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    def stand(*names: str, prune: bool = False) -> list[str]:
        subscriptions = [{"name": name, "action": "send"} for name in names]
        apply(changed(*HOOK, "subscriptions", to=subscriptions), prune=prune)
        return [each.name for each in published().connections[1].subscriptions]

    assert stand("a", "b", "c") == ["a", "b", "c"]
    ids = {each.name: each.id for each in published().connections[1].subscriptions}
    assert stand("c", "d", "a") == ["c", "d", "a", "b"]
    assert stand("b", "b", "c", prune=True) == ["b", "b", "c"]
    assert {each.id for each in published().connections[1].subscriptions} >= {ids["b"], ids["c"]}
    assert stand(prune=True) == []


def test_a_write_key_of_another_workspace_is_refused_without_naming_it(
    apply: Callable[..., Applied],
) -> None:
    apply(EXAMPLE)
    with pytest.raises(DeclarationError) as caught:
        apply(changed("workspace", to="other"))
    assert str(caught.value) == (
        "sources[0].write_keys[0]: the write key wk_website is in use elsewhere: choose another"
    )


def test_workspaces_do_not_touch_each_other(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    apply(EXAMPLE)
    other = changed("workspace", to="other").replace("wk_website", "wk_other")
    apply(other)
    before = published()
    assert {each.number for each in before.connections.values()} == {1, 2}
    assert before.sources[1].workspace != before.sources[2].workspace
    apply("{version: 1, workspace: other}", prune=True)
    assert published().sources == {1: before.sources[1]}
    assert published().connections == {1: before.connections[1]}


def test_a_refused_declaration_leaves_everything_as_it_was(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    apply(EXAMPLE)
    before = published()
    text = changed("sources", 1, to={"slug": "shop"}).replace("source: website", "source: nowhere")
    with pytest.raises(DeclarationError, match=r"connections\[0\]\.source"):
        apply(text)
    assert published() == before


def test_a_change_that_no_role_sees_still_gets_a_version(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    first = apply(EXAMPLE)
    second = apply(changed("sources", 0, "labels", to={"environment": "prod"}))
    assert lines(second) == ["update source website: labels.environment"]
    assert published().version == second.version == first.version + 1


def _die_before_publication(folder: DataFolder) -> None:
    def die(_: object) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    declaration = parse(changed("sources", 0, "name", to="Renamed"), CATALOGUE)
    with mock.patch.object(applying, "publish_current", die):
        apply_declaration(folder, declaration, head={}, catalogue=CATALOGUE, environ={})


def test_a_crash_between_commit_and_publication_is_healed_at_the_next_start(
    apply: Callable[..., Applied], folder: DataFolder, published: Callable[[], Snapshot]
) -> None:
    apply(EXAMPLE)

    process = SPAWN.Process(target=_die_before_publication, args=(folder,))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert published().sources[1].name == "Website"
    with open_store(folder) as store:
        assert publish_current(store) == 3
        assert publish_current(store) == 3
    assert (published().version, published().sources[1].name) == (3, "Renamed")


def test_the_next_apply_heals_it_too_even_if_it_changes_nothing(
    apply: Callable[..., Applied],
    published: Callable[[], Snapshot],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def crash(_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(applying, "publish_current", crash)
        with pytest.raises(KeyboardInterrupt):
            apply(EXAMPLE)
    again = apply(EXAMPLE)
    assert (again.changes, again.version) == ((), 2)
    assert published().sources[1].name == "Website"


def test_a_store_restored_from_a_backup_overrules_newer_snapshots(
    apply: Callable[..., Applied], folder: DataFolder, published: Callable[[], Snapshot]
) -> None:
    apply(EXAMPLE)
    backup = folder.store.read_bytes()
    for number in range(3):
        apply(changed("sources", 0, "name", to=f"Website {number}"))
    assert published().version == 5
    folder.store.write_bytes(backup)
    with open_store(folder) as store:
        assert publish_current(store) == 6
    assert (published().version, published().sources[1].name) == (6, "Website")
    assert SnapshotReader(folder.snapshots).at(5).sources[1].name == "Website 2"
    assert apply(changed("sources", 0, "name", to="Later")).version == 7


def test_lost_snapshots_are_published_again(
    apply: Callable[..., Applied], folder: DataFolder, published: Callable[[], Snapshot]
) -> None:
    apply(EXAMPLE)
    before = published()
    for path in folder.snapshots.glob("*.snap"):
        path.unlink()
    with open_store(folder) as store:
        assert publish_current(store) == 2
    assert published() == before


def test_a_new_store_publishes_an_empty_snapshot(
    folder: DataFolder, published: Callable[[], Snapshot]
) -> None:
    with open_store(folder) as store:
        assert publish_current(store) == 1
    assert (published().version, published().sources) == (1, {})


def _apply_a_source(folder: DataFolder, number: int) -> None:
    text = (
        f"{{version: 1, workspace: demo, sources: [{{slug: s{number}, write_keys: [k{number}]}}]}}"
    )
    for name in ("First", "Second", "Third"):
        declaration = parse(text.replace("write_keys", f"name: {name}, write_keys"), CATALOGUE)
        apply_declaration(folder, declaration, head={}, catalogue=CATALOGUE, environ={})


def test_applies_at_once_go_one_after_the_other(
    folder: DataFolder, published: Callable[[], Snapshot]
) -> None:
    processes = [SPAWN.Process(target=_apply_a_source, args=(folder, n)) for n in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    snapshot = published()
    assert snapshot.version == 13
    assert set(snapshot.sources) == {1, 2, 3, 4}
    assert {each.slug for each in snapshot.sources.values()} == {"s0", "s1", "s2", "s3"}
    assert {each.name for each in snapshot.sources.values()} == {"Third"}
    assert len({each.workspace for each in snapshot.sources.values()}) == 1
    with open_store(folder) as store, store.read() as transaction:
        assert version(transaction) == 13


@pytest.fixture
def deliver(folder: DataFolder) -> Iterator[RoleLock]:
    lock = RoleLock(folder.run, "deliver")
    lock.say(Presence(role="deliver", index=0, pid=4711, snapshot=1))
    yield lock
    lock.release()


def test_apply_returns_when_the_running_roles_work_with_the_new_version(
    apply: Callable[..., Applied], folder: DataFolder, deliver: RoleLock
) -> None:
    def follow() -> None:
        reader = SnapshotReader(folder.snapshots)
        while reader.version < 2:
            time.sleep(0.01)
            reader.refresh()
        time.sleep(0.1)
        deliver.say(Presence(role="deliver", index=0, pid=4711, snapshot=reader.version))

    role = threading.Thread(target=follow)
    role.start()
    applied = apply(EXAMPLE)
    assert [each.snapshot for each in present(folder.run)] == [applied.version]
    assert applied.warnings == ()
    role.join()


def test_a_role_that_lags_is_a_warning_and_the_change_stands(
    apply: Callable[..., Applied], deliver: RoleLock, published: Callable[[], Snapshot]
) -> None:
    began = time.monotonic()
    applied = apply(EXAMPLE)
    assert 1.9 < time.monotonic() - began < 10
    assert applied.warnings == (f"{deliver.name} (process 4711) still works with version 1, not 2",)
    assert published().version == applied.version == 2
