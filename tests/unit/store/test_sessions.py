"""Who is signed in, and links that work once: rows of users, found by a hash or by the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.store.people import Users
from headgate.store.records import LinkRecord, SessionRecord
from headgate.store.sessions import Links, Sessions
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from headgate.store.database import Store, Transaction

DAY = 86_400_000


def people(transaction: Transaction) -> tuple[str, str]:
    """The ids of two users."""
    users = Users(transaction)
    ada, bob = (
        users.add(email=f"{name}@x.org", name=name, password=None, at=1) for name in ("ada", "bob")
    )
    return ada.id, bob.id


def session(user: str, workspace: str, name: str, at: int = 1) -> SessionRecord:
    return SessionRecord(
        id=f"ses_{name}",
        hash=f"hash of {name}",
        user=user,
        workspace=workspace,
        address="2001:db8::1",
        agent="Tests",
        created_at=at,
        seen_at=at,
        verified_at=at,
        expires_at=at + DAY,
    )


def test_a_session_comes_back_as_it_was_given(store: Store) -> None:
    with store.write() as transaction:
        ada, _ = people(transaction)
        first, second = (Workspaces(transaction).add(slug).id for slug in ("one", "two"))
        given = Sessions(transaction).add(session(ada, first, "a"))
        assert Sessions(transaction).shown(given.hash) == given
        assert Sessions(transaction).shown("hash of none") is None
        Sessions(transaction).seen(given.id, 5)
        Sessions(transaction).verified(given.id, 6)
        Sessions(transaction).move(given.id, second)
    with store.read() as transaction:
        found = Sessions(transaction).shown(given.hash)
    assert found is not None
    assert (found.seen_at, found.verified_at, found.workspace) == (5, 6, second)
    assert (found.created_at, found.expires_at) == (given.created_at, given.expires_at)


def test_sessions_end_by_user_by_workspace_and_by_name(store: Store) -> None:
    with store.write() as transaction:
        ada, bob = people(transaction)
        one, two = (Workspaces(transaction).add(slug).id for slug in ("one", "two"))
        sessions = Sessions(transaction)
        for user, workspace, name in (
            (ada, one, "a"),
            (ada, two, "b"),
            (ada, two, "c"),
            (bob, two, "d"),
        ):
            sessions.add(session(user, workspace, name, at=ord(name)))
        assert [each.id for each in sessions.of(ada)] == ["ses_c", "ses_b", "ses_a"]
        assert sessions.end_all(ada, workspace=one) == 1
        assert sessions.end_all(ada, but="ses_c") == 1
        assert [each.id for each in sessions.of(ada)] == ["ses_c"]
        sessions.end("ses_c")
        sessions.end("ses_c")
        assert (len(sessions.of(ada)), len(sessions.of(bob))) == (0, 1)


def test_what_is_over_or_idle_is_forgotten(store: Store) -> None:
    with store.write() as transaction:
        ada, _ = people(transaction)
        one, sessions = Workspaces(transaction).add("one").id, Sessions(transaction)
        for name, at in (("a", 0), ("b", 10), ("c", 20)):
            sessions.add(session(ada, one, name, at=at))
        sessions.seen("ses_a", 1000)
        sessions.forget_over(DAY, seen_before=9)
        assert [each.id for each in sessions.of(ada)] == ["ses_c", "ses_b"], "one has expired"
        sessions.forget_over(DAY, seen_before=10)
        assert [each.id for each in sessions.of(ada)] == ["ses_c"], "one was idle"


def test_a_link_takes_the_place_of_the_users_own_earlier_one_alone(store: Store) -> None:
    with store.write() as transaction:
        ada, bob = people(transaction)
        links = Links(transaction)
        for digest, user in (("1", ada), ("2", bob), ("3", ada)):
            links.put(LinkRecord(hash=digest, purpose="password", user=user, expires_at=9))
        for digest in ("4", "5"):
            links.put(LinkRecord(hash=digest, purpose="owner", user=None, expires_at=9))
        assert [bool(links.shown(each)) for each in "12345"] == [False, True, True, False, True]
        links.forget("password", bob)
        assert [bool(links.shown(each)) for each in "235"] == [False, True, True]
        links.forget("owner")
        assert links.shown("5") is None
