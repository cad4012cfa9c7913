"""Renewed tokens outlive the process, sealed, and give way to a new agreement."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from headgate.control.installed import InstalledCatalogue
from headgate.deliver.attempt import Attempts
from headgate.deliver.owed import Delivery
from headgate.deliver.prepared import prepare
from headgate.deliver.tokens import FileTokens
from headgate.kit import (
    Destination,
    Http,
    OAuth2,
    Payload,
    Response,
    Retry,
    Settings,
    Tokens,
    field,
)
from headgate.kit.access import read_account, secret_settings, secret_values
from headgate.kit.errors import InvalidSettings
from headgate.store.secrets import SecretBox
from headgate.store.snapshot import Connection, Subscription
from tests.simulation.world import Clock
from tests.unit.deliver.lanes import Ward, event
from tests.unit.kit.engine import Answers

CONFIGURED = Tokens("access-configured", "refresh-configured")
RENEWED = Tokens("access-renewed", "refresh-renewed")
LATER = Tokens("access-later", "refresh-later")
AGAIN = Tokens("access-again", "refresh-again")
BOX = SecretBox(bytes(range(32)))
OAUTH = {
    "client_id": "client-1",
    "client_secret": "client-canary",
    "access_token": "access-configured",
    "refresh_token": "refresh-configured",
}


def kept(folder: Path, configured: Tokens = CONFIGURED, box: SecretBox = BOX) -> FileTokens:
    return FileTokens(folder / "tokens" / "c-1.json", configured, box, "ws/c-1/tokens")


async def test_the_configured_tokens_hold_until_others_came(tmp_path: Path) -> None:
    assert await kept(tmp_path).read() == CONFIGURED
    assert await kept(tmp_path).replace(CONFIGURED, RENEWED) == RENEWED
    assert await kept(tmp_path).read() == RENEWED


async def test_who_renewed_first_wins(tmp_path: Path) -> None:
    await kept(tmp_path).replace(CONFIGURED, RENEWED)
    assert await kept(tmp_path).replace(CONFIGURED, Tokens("late", "late")) == RENEWED


async def test_a_new_agreement_makes_older_renewals_worthless(tmp_path: Path) -> None:
    await kept(tmp_path).replace(CONFIGURED, RENEWED)
    assert await kept(tmp_path, AGAIN).read() == AGAIN


async def test_what_is_kept_cannot_be_read_without_the_key(tmp_path: Path) -> None:
    await kept(tmp_path).replace(CONFIGURED, RENEWED)
    content = (tmp_path / "tokens" / "c-1.json").read_bytes()
    assert b"renewed" not in content
    assert (tmp_path / "tokens" / "c-1.json").stat().st_mode & 0o077 == 0
    other = SecretBox(bytes(32))
    assert await kept(tmp_path, box=other).read() == CONFIGURED


async def test_a_broken_file_is_no_end(tmp_path: Path) -> None:
    await kept(tmp_path).replace(CONFIGURED, RENEWED)
    (tmp_path / "tokens" / "c-1.json").write_bytes(b"{")
    assert await kept(tmp_path).read() == CONFIGURED


@pytest.mark.parametrize("content", [b"[]", b"{}", b"null", b'{"@sealed": 1}', b"\xff", b""])
async def test_a_file_of_something_else_is_no_end_either(tmp_path: Path, content: bytes) -> None:
    """`[]` was a TypeError in every attempt, so that each event was dead-lettered."""
    await kept(tmp_path).replace(CONFIGURED, RENEWED)
    (tmp_path / "tokens" / "c-1.json").write_bytes(content)
    assert await kept(tmp_path).read() == CONFIGURED
    assert await kept(tmp_path).replace(CONFIGURED, LATER) == LATER
    assert await kept(tmp_path).read() == LATER


async def test_an_attempt_from_before_a_new_agreement_does_not_replace_its_tokens(
    tmp_path: Path,
) -> None:
    """It was under way when somebody connected anew, and wiped out what was renewed since."""
    old, new = kept(tmp_path), kept(tmp_path, AGAIN)
    await new.replace(AGAIN, RENEWED)
    assert await old.replace(CONFIGURED, LATER) == LATER
    assert await old.read() == LATER
    assert await new.read() == RENEWED
    assert await kept(tmp_path, AGAIN).read() == RENEWED


async def test_a_new_agreement_replaces_what_an_older_one_wrote_last(tmp_path: Path) -> None:
    old, new = kept(tmp_path), kept(tmp_path, AGAIN)
    await old.replace(CONFIGURED, LATER)
    assert await new.replace(AGAIN, RENEWED) == RENEWED
    assert await kept(tmp_path, AGAIN).read() == RENEWED


async def test_a_full_disk_loses_no_renewed_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service may have made the old ones void, so that nobody could get in any more."""
    store = kept(tmp_path)
    with monkeypatch.context() as full:
        full.setattr("headgate.deliver.tokens.os.fsync", no_space)
        with pytest.raises(Retry, match="No space left on device"):
            await store.replace(CONFIGURED, RENEWED)
        assert await store.read() == RENEWED
        with pytest.raises(Retry, match="No space left on device"):
            await store.replace(RENEWED, LATER)
        assert await store.read() == LATER
        assert await kept(tmp_path).read() == CONFIGURED
    assert await store.read() == LATER
    assert await kept(tmp_path).read() == LATER


async def test_tokens_in_memory_give_way_to_those_that_another_process_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = kept(tmp_path)
    with monkeypatch.context() as full:
        full.setattr("headgate.deliver.tokens.os.fsync", no_space)
        with pytest.raises(Retry):
            await store.replace(CONFIGURED, RENEWED)
    await kept(tmp_path).replace(CONFIGURED, LATER)
    assert await store.read() == LATER


async def test_a_file_that_cannot_be_read_may_be_readable_later(tmp_path: Path) -> None:
    (tmp_path / "tokens" / "c-1.json").mkdir(parents=True)
    store = kept(tmp_path)
    with pytest.raises(Retry, match="rights of the data folder"):
        await store.read()
    with pytest.raises(Retry):
        await store.replace(CONFIGURED, RENEWED)
    (tmp_path / "tokens" / "c-1.json").rmdir()
    assert await store.read() == RENEWED


def no_space(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


class Portal(Settings):
    number: int = field("Number")


class Contact(Payload):
    email: str = field("Email")


def crm() -> Destination[Portal]:
    destination = Destination(
        "CRM",
        settings=Portal,
        docs="https://example.com",
        auth=OAuth2(authorize="https://api.test/authorize", token="https://api.test/token"),  # noqa: S106
    )

    @destination.action("Add")
    async def add(http: Http, contact: Contact, _: Portal) -> Response:
        """Add."""
        return await http.post("https://api.test/contacts", json={"email": contact.email})

    return destination


def test_the_access_is_one_secret_setting() -> None:
    destination = crm()
    account = read_account(destination, {"number": 5, "oauth": OAUTH})
    assert account.access is not None
    assert account.access.tokens == CONFIGURED
    assert secret_settings(destination) == {"oauth"}
    assert set(secret_values(destination, {"oauth": OAUTH})) == set(OAUTH.values()) - {"client-1"}


def test_the_access_may_come_as_text() -> None:
    text = '{"client_id":"c","client_secret":"s","access_token":"a"}'
    account = read_account(crm(), {"number": 5, "oauth": text})
    assert account.access is not None
    assert account.access.tokens == Tokens("a", "")


@pytest.mark.parametrize("oauth", [None, {}, "no json", {"client_id": "c"}])
def test_every_fault_is_told(oauth: Any) -> None:
    with pytest.raises(InvalidSettings) as caught:
        read_account(crm(), {"number": "x", "oauth": oauth})
    assert len(caught.value.faults) >= 2
    assert any(fault.startswith("In oauth: ") for fault in caught.value.faults)


def test_a_destination_without_oauth_has_no_such_setting() -> None:
    entry = InstalledCatalogue().destination("webhook")
    with pytest.raises(InvalidSettings, match="oauth is no setting"):
        entry.check_settings({"oauth": OAUTH})


async def test_an_attempt_renews_the_access_and_records_no_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = Ward().lane
    monkeypatch.setattr("headgate.catalog.destination", lambda _: crm())
    subscription = Subscription("most", "Add", "add", True, "strict", "all", {"email": "a@b.c"})  # noqa: FBT003
    connection = Connection(
        number=1,
        id="c-1",
        workspace="ws",
        slug="crm",
        name="CRM",
        source=1,
        destination="crm",
        enabled=True,
        mode="cloud",
        ordering="none",
        settings={},
        filters=[],
        consent=[],
        subscriptions=(subscription,),
        start={0: 0},
    )
    stores: list[FileTokens] = []

    def keep(_: Connection, configured: Tokens) -> FileTokens:
        stores.append(kept(tmp_path, configured))
        return stores[-1]

    prepared = prepare(connection, {"number": 5, "oauth": OAUTH}, 1, keep)
    answer = b'{"access_token":"access-renewed","refresh_token":"refresh-renewed"}'
    answers = Answers(Response(401), Response(200, (), answer), Response(400, (), b"bad"))
    result = await Attempts(answers, Clock())(Delivery(lane, event(3, "Seen"), "most"), prepared)
    assert result.outcome.status == 400
    assert await stores[0].read() == RENEWED
    record = (result.request or b"") + (result.response or b"") + repr(result).encode()
    assert b"/contacts" in record
    secrets = [*OAUTH.values(), *RENEWED]
    assert [s for s in secrets if s != "client-1" and s.encode() in record] == []
