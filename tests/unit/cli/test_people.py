"""The commands for people and for the audit trail, in one data folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from sqlalchemy import delete
from typer.testing import CliRunner

from headgate.cli.main import app
from headgate.control.access.passwords import is_right
from headgate.control.access.sessions import hashed
from headgate.folder import DataFolder
from headgate.store.database import open_store
from headgate.store.people import Users
from headgate.store.sessions import Links
from headgate.store.tables import audit
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(folder: Path, *words: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(app, [*words, "--data", str(folder)], input=given)


def told(folder: Path, *words: str, given: bytes = b"") -> Any:
    done = run(folder, *words, "--json", given=given)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_people_come_are_listed_and_go(folder: Path) -> None:
    words = ("user", "create", "Ada@x.org", "--role", "owner", "--name", "Ada")
    ada = told(folder, *words, "--password-stdin", given=b"correct horse\r\nnext line")
    assert (ada["email"], ada["name"], ada["roles"]) == ("ada@x.org", "Ada", ["owner"])
    assert ada["has_password"] is True
    with open_store(DataFolder(folder)) as store, store.read() as transaction:
        kept = Users(transaction).named("ada@x.org")
    assert kept is not None
    assert is_right(kept.password, "correct horse")
    told(folder, "user", "create", "bob@x.org", "--role", "member")
    bob = told(folder, "user", "create", "bob@x.org", "--role", "pii_access")
    assert (bob["roles"], bob["has_password"]) == (["member", "pii_access"], False)
    shown = run(folder, "user", "list").output
    assert "ada@x.org  owner  Ada" in shown
    assert "correct horse" not in shown
    assert run(folder, "user", "remove", "bob@x.org").output == "Removed bob@x.org.\n"
    assert [each["email"] for each in told(folder, "user", "list")] == ["ada@x.org"]


@pytest.mark.parametrize(
    ("words", "given", "why"),
    [
        (("create", "nobody", "--role", "owner"), b"", "must be an e-mail address"),
        (("create", "a@x.org"), b"", "needs a role"),
        (("create", "a@x.org", "--role", "king"), b"", "there is no role 'king'"),
        (("create", "a@x.org", "--role", "owner", "--password-stdin"), b"short\n", "password"),
        (("create", "a@x.org", "--role", "owner", "--password-stdin"), b"\xff" * 9, "UTF-8"),
        (("create", "a@x.org", "--role", "owner", "--password-stdin"), b"x" * 9999, "password"),
        (("remove", "ada@x.org"), b"", "nobody would own this workspace"),
        (("remove", "a@x.org"), b"", "there is no user a@x.org"),
    ],
)
def test_what_cannot_be_is_refused(
    folder: Path, words: tuple[str, ...], given: bytes, why: str
) -> None:
    run(folder, "user", "create", "ada@x.org", "--role", "owner")
    done = run(folder, "user", *words, given=given)
    assert done.exit_code == 1
    assert why in str(done.exception)
    assert [each["email"] for each in told(folder, "user", "list")] == ["ada@x.org"]


def test_the_roles_are_told() -> None:
    shown = CliRunner().invoke(app, ["user", "roles"]).output
    assert shown.startswith("owner ")
    assert len(shown.splitlines()) == 12


def test_a_trail_is_listed_and_verified_until_somebody_touches_it(folder: Path) -> None:
    for name in ("ada", "bob", "eve"):
        run(folder, "user", "create", f"{name}@x.org", "--role", "owner")
    listed = told(folder, "audit", "list", "--limit", "2")
    assert [each["resource_name"] for each in listed] == ["eve@x.org", "bob@x.org"]
    assert [each["number"] for each in listed] == [3, 2]
    assert told(folder, "audit", "list", "--until", "2020-01-01") == []
    whole = told(folder, "audit", "verify")
    assert whole["records"] == 3
    assert told(folder, "audit", "verify", "--known", whole["end"]) == whole
    assert run(folder, "audit", "verify").output.splitlines()[1] == whole["end"]
    for number, words, why in (
        (3, ("--known", whole["end"]), "was its end"),
        (1, (), "record 1 does not follow"),
    ):
        with open_store(DataFolder(folder)) as store, store.write() as transaction:
            transaction.connection.execute(delete(audit).where(audit.c.number == number))
        done = run(folder, "audit", "verify", *words)
        assert (done.exit_code, why in str(done.exception)) == (1, True)
    assert run(folder, "audit", "verify", "--known", "what").exit_code == 2


def test_a_user_who_forgot_the_password_gets_a_link(folder: Path) -> None:
    told(folder, "user", "create", "ada@x.org", "--role", "owner")
    shown = run(folder, "user", "reset", "ada@x.org").output.strip()
    assert shown.startswith("http://127.0.0.1:8081/app/password#")
    made = told(folder, "user", "reset", "ada@x.org")
    assert made["link"] != shown
    assert made["expires_at"].endswith("Z")
    secret = made["link"].partition("#")[2]
    with open_store(DataFolder(folder)) as store, store.read() as transaction:
        assert Links(transaction).shown(hashed(secret)) is not None
        assert Links(transaction).shown(hashed(shown.partition("#")[2])) is None
    done = run(folder, "user", "reset", "nobody@x.org")
    assert (done.exit_code, "there is no user" in str(done.exception)) == (1, True)


def test_a_lost_second_factor_is_turned_off_with_every_session(folder: Path) -> None:
    told(folder, "user", "create", "ada@x.org", "--role", "owner")
    with open_store(DataFolder(folder)) as store:
        with store.write() as transaction:
            users = Users(transaction)
            user = users.named("ada@x.org")
            assert user is not None
            users.update(replace(user, totp={"secret": {}, "is_on": True}))
        told(folder, "user", "reset", "ada@x.org")
        with store.read() as transaction:
            kept = Users(transaction).named("ada@x.org")
            assert kept is not None
            assert kept.totp is not None, "only when it is asked for"
        told(folder, "user", "reset", "ada@x.org", "--totp-off")
        with store.read() as transaction:
            kept = Users(transaction).named("ada@x.org")
            assert kept is not None
            assert kept.totp is None


def test_a_link_is_made_for_where_the_operator_says_people_come(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(folder, "user", "create", "ada@x.org", "--role", "owner")
    monkeypatch.setenv("HEADGATE_CONSOLE_URL", "https://headgate.example.org/")
    link = told(folder, "user", "reset", "ada@x.org")["link"]
    assert link.startswith("https://headgate.example.org/app/password#")


def test_what_is_refused_first_leaves_no_workspace_behind(folder: Path) -> None:
    for words in (("token", "create", "x", "--role", "king"), ("user", "create", "nobody")):
        assert run(folder, *words).exit_code == 1
        with open_store(DataFolder(folder)) as store, store.read() as transaction:
            assert Workspaces(transaction).all() == ()
    assert run(folder, "token", "create", "x", "--role", "owner").exit_code == 0
    with open_store(DataFolder(folder)) as store, store.read() as transaction:
        assert [each.slug for each in Workspaces(transaction).all()] == ["main"]
