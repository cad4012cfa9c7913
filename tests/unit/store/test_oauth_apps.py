from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from sqlalchemy.exc import IntegrityError

from headgate.store.current import current_snapshot
from headgate.store.errors import NotFound
from headgate.store.oauth_apps import Attachments, OAuthApps
from headgate.store.snapshot import PublicKey, SourceOAuth
from headgate.store.sources import Sources
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.store.database import Store, Transaction
    from headgate.store.records import OAuthAppRecord, SourceRecord

KEYS = (PublicKey("k1", "first\n"), PublicKey("k2", "second\n"))


@pytest.fixture
def transaction(store: Store) -> Iterator[Transaction]:
    with store.write() as transaction:
        yield transaction


@pytest.fixture
def ours(transaction: Transaction) -> str:
    return Workspaces(transaction).add("ours").id


@pytest.fixture
def theirs(transaction: Transaction) -> str:
    return Workspaces(transaction).add("theirs").id


def add_app(transaction: Transaction, workspace: str, slug: str = "backend") -> OAuthAppRecord:
    return OAuthApps(transaction, workspace).add(
        slug=slug,
        name="Backend",
        keys=KEYS,
        scopes=("tracking_api:write",),
        token_seconds=60,
        enabled=True,
        revoke_before=1 << 40,
    )


def add_source(transaction: Transaction, workspace: str, slug: str = "web") -> SourceRecord:
    return Sources(transaction, workspace).add(
        slug=slug, name="Web", enabled=True, answers="strict", labels={}, oauth_required=True
    )


def test_an_app_comes_back_as_it_was_given(transaction: Transaction, ours: str) -> None:
    app = add_app(transaction, ours)
    assert app.id.startswith("app_")
    changed = msgspec.structs.replace(app, enabled=False, keys=KEYS[1:], revoke_before=None)
    OAuthApps(transaction, ours).update(changed)
    assert OAuthApps(transaction, ours).all() == (changed,)


def test_a_slug_is_one_workspaces_alone(transaction: Transaction, ours: str, theirs: str) -> None:
    add_app(transaction, ours)
    assert OAuthApps(transaction, theirs).is_taken("backend")
    assert not OAuthApps(transaction, theirs).is_taken("frontend")
    with pytest.raises(IntegrityError):
        add_app(transaction, theirs)


def test_another_workspace_cannot_touch_an_app(
    transaction: Transaction, ours: str, theirs: str
) -> None:
    app, foreign = add_app(transaction, ours), OAuthApps(transaction, theirs)
    assert foreign.all() == ()
    with pytest.raises(NotFound):
        foreign.update(app)
    with pytest.raises(NotFound):
        foreign.remove(app.id)
    source = add_source(transaction, theirs)
    with pytest.raises(IntegrityError):
        Attachments(transaction, theirs).replace(source.id, [app.id])


def test_what_a_source_is_attached_to_is_replaced_as_a_whole(
    transaction: Transaction, ours: str
) -> None:
    apps = [add_app(transaction, ours, slug).id for slug in ("a", "b", "c")]
    web, shop = (add_source(transaction, ours, slug).id for slug in ("web", "shop"))
    attachments = Attachments(transaction, ours)
    attachments.replace(web, apps[:2])
    attachments.replace(shop, apps[2:])
    attachments.replace(web, apps[1:])
    assert attachments.all() == {web: tuple(sorted(apps[1:])), shop: (apps[2],)}
    attachments.replace(shop, [])
    assert set(attachments.all()) == {web}


def test_an_app_goes_only_when_no_source_is_attached_and_a_source_at_any_time(
    store: Store,
) -> None:
    with store.write() as transaction:
        ours = Workspaces(transaction).add("ours").id
        app, source = add_app(transaction, ours), add_source(transaction, ours)
        Attachments(transaction, ours).replace(source.id, [app.id])
    with pytest.raises(IntegrityError), store.write() as transaction:
        OAuthApps(transaction, ours).remove(app.id)
    with store.write() as transaction:
        Sources(transaction, ours).remove(source.id)
        assert Attachments(transaction, ours).all() == {}
        OAuthApps(transaction, ours).remove(app.id)
        assert OAuthApps(transaction, ours).all() == ()


def test_the_snapshot_tells_who_may_send_with_what(transaction: Transaction, ours: str) -> None:
    app, source = add_app(transaction, ours), add_source(transaction, ours)
    Attachments(transaction, ours).replace(source.id, [app.id])
    taken = current_snapshot(transaction)
    assert taken.sources[source.number].oauth == SourceOAuth((app.id,), required=True)
    held = taken.oauth_apps[app.id]
    assert (held.workspace, held.slug, held.keys) == (ours, "backend", KEYS)
    assert (held.token_seconds, held.enabled, held.revoke_before) == (60, True, 1 << 40)
