"""Tokens: made by chance, told once, kept as a hash."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from headgate.control.access.credentials import hashed, is_token, new_token, recognise
from headgate.control.errors import Forbidden, Invalid, Missing
from headgate.control.nouns import tokens
from headgate.store.access import Tokens
from headgate.store.ids import new_id
from tests.unit.api.asking import NOW, Asking, asking

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


def test_a_token_has_256_bits_of_chance_and_a_checksum() -> None:
    made = [new_token() for _ in range(200)]
    assert len({each.text for each in made}) == 200
    for each in made:
        assert re.fullmatch(r"hgt_[A-Za-z0-9_-]{43}[0-9a-f]{8}", each.text)
        assert is_token(each.text)
        assert (each.hash, each.last4) == (hashed(each.text), each.text[-4:])


@pytest.mark.abuse("ac_idor_uuid")
def test_ids_carry_more_than_64_bits_of_chance() -> None:
    made = {new_id("src") for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"src_[a-z0-9]{20}", each) for each in made), "36 ** 20 > 2 ** 100"


@pytest.mark.abuse("ac_sec_token_time")
def test_a_misspelt_token_is_none_and_costs_no_look_into_the_store(api: Asking) -> None:
    """A token is looked up by its hash: nothing compares its text byte by byte."""
    good = new_token().text
    for at in (4, 20, len(good) - 1):
        other = "A" if good[at] != "A" else "B"
        bad = good[:at] + other + good[at + 1 :]
        assert not is_token(bad)
        assert recognise(None, bad, NOW) is None  # type: ignore[arg-type] # it is never asked
    with api.store.read() as transaction:
        assert recognise(transaction, good, NOW) is None


@pytest.mark.abuse("ac_sec_token_db")
def test_the_store_has_only_the_hash_and_the_last_characters(api: Asking, tmp_path: Path) -> None:
    with api.control.write(api.operator()) as work:
        made = tokens.create(work, "ci", ["owner"])
    secret = made.text.removeprefix("hgt_")[:43]
    api.store.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert made.token.hash == hashed(made.text)


def test_who_used_a_token_last_is_noted_once_a_minute(api: Asking) -> None:
    with api.control.write(api.operator()) as work:
        made = tokens.create(work, "ci", ["owner"])

    def used() -> int | None:
        with api.store.read() as transaction:
            return Tokens(transaction, api.workspace.id).one(made.token.id).used_at

    assert used() is None
    for later, noted in ((0, NOW), (59_999, NOW), (60_000, NOW + 60_000)):
        api.clock.now = NOW + later
        assert api.control.recognise(made.text) is not None
        assert used() == noted


def test_what_no_token_can_have_is_refused(api: Asking) -> None:
    for name, roles, days in (
        ("", ["owner"], None),
        ("x" * 129, ["owner"], None),
        ("ci", [], None),
        ("ci", ["king"], None),
        ("ci", ["owner"], 0),
        ("ci", ["owner"], 4000),
    ):
        with pytest.raises(Invalid), api.control.write(api.operator()) as work:
            tokens.create(work, name, roles, days=days)


@pytest.mark.abuse("ac_role_owner_only")
def test_only_owners_make_see_and_revoke_tokens(api: Asking) -> None:
    actor = api.control.recognise(api.token("member"))
    assert actor is not None
    with pytest.raises(Forbidden), api.control.write(actor) as work:
        tokens.create(work, "mine", ["owner"])
    with pytest.raises(Forbidden), api.control.read(actor) as work:
        tokens.listed(work)
    with pytest.raises(Forbidden), api.control.write(actor) as work:
        tokens.revoke(work, "tok_any")


def test_a_token_of_another_workspace_cannot_be_revoked(api: Asking) -> None:
    with api.control.write(api.operator()) as work:
        made = tokens.create(work, "ci", ["owner"])
    with pytest.raises(Missing), api.control.write(api.operator(api.other.id)) as work:
        tokens.revoke(work, made.token.id)
    assert api.control.recognise(made.text) is not None


def test_who_made_and_revoked_a_token_is_on_the_trail(api: Asking) -> None:
    with api.control.write(api.operator()) as work:
        made = tokens.create(work, "ci", ["owner"])
    with api.control.write(api.operator()) as work:
        tokens.revoke(work, made.token.id)
    with api.store.read() as transaction:
        query = text("select type from audit where resource = :id order by number")
        rows = transaction.connection.execute(query, {"id": made.token.id}).scalars().all()
    assert rows == ["Token Created", "Token Revoked"]
