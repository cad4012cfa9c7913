"""What commands say to a person: names in full, and what to do when something is wrong."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.harness.checks import check
from tests.harness.declarations import KEY, connection, declaration, source
from tests.harness.receiver import failing, until
from tests.harness.sending import fresh, send
from tests.harness.system import CommandFailed, Headgate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver


def refusal(headgate: Headgate, *words: str) -> str:
    """What a command says when it fails, which is one line and no traceback."""
    with pytest.raises(CommandFailed) as failed:
        headgate.run(*words)
    assert failed.value.code == 1
    lines = [line for line in str(failed.value).splitlines() if not line.startswith("{")]
    assert len(lines) == 1, str(failed.value)
    return lines[0]


@pytest.fixture
def stopped(tmp_path: Path) -> Headgate:
    return Headgate(tmp_path / "headgate")


@pytest.mark.parametrize("option", ["--collect", "--control"])
def test_an_address_that_cannot_be_listened_on_is_named(stopped: Headgate, option: str) -> None:
    """It was `bind(): port must be 0-65535` and `[Errno 98] Address already in use`."""
    others = {"--collect": "127.0.0.1:0", "--control": "127.0.0.1:0"}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        addresses = f"127.0.0.1:{taken.getsockname()[1]}", "127.0.0.1:99999"
        for address in addresses:
            words = [word for pair in ({**others, option: address}).items() for word in pair]
            assert address in refusal(stopped, "up", *words)


def test_commands_that_need_a_running_system_say_how_to_start_one(stopped: Headgate) -> None:
    assert "headgate up" in refusal(stopped, "status")
    assert "headgate up" in refusal(stopped, "send", "track")
    assert "is no data folder" in refusal(stopped, "trace", "nobody")


def test_the_ledger_shows_names_in_full_however_narrow_the_window(
    start: Start, receiver: Receiver
) -> None:
    """In 80 columns `website` and `warehouse` were both `w…`, and no number had its name."""
    headgate, slug = start(environ={"COLUMNS": "80"}), "a-connection-with-a-rather-long-name"
    receiver.script("/refusing", failing(400))
    hook = {**connection(slug, receiver.url("/hook")), "source": "web-of-the-shop"}
    refusing = {**connection("refusing", receiver.url("/refusing")), "source": "web-of-the-shop"}
    headgate.apply(declaration(hook, refusing, sources=[source("web-of-the-shop", KEY)]))
    ids = send(headgate.ready.collect, fresh(12))
    receiver.wait(12, "/hook")
    until(lambda: headgate.row("refusing").dead_lettered == 12, 10, "12 dead letters")
    check(headgate, acknowledged=ids, taken={slug: receiver.taken("/hook")})
    shown = headgate.run("ledger").decode()
    assert "…" not in shown
    header, *rows = shown.splitlines()
    for word in ("source", "connection", "received", "delivered", "dead lettered", "balance"):
        assert word in header
    assert ["web-of-the-shop", slug, "12", "12", "0", "0", "0"] in [row.split() for row in rows]
    assert "web-of-the-shop > refusing: 12 dead_lettered by http_400" in rows


def test_an_event_can_be_sent_and_traced_from_the_command_line(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    for call in ("identify", "track", "page", "screen", "group", "alias"):
        said = headgate.run("send", call, "--message-id", f"by-hand-{call}").decode()
        assert '"success": true' in said
    taken = receiver.wait(6, "/hook")
    check(headgate, taken={"hook": taken})
    assert "nobody" in refusal(headgate, "trace", "nobody")
    shown = headgate.run("trace", "by-hand-alias").decode()
    assert "hook > Everything: delivered" in shown
    (way,) = headgate.trace("by-hand-alias").deliveries
    assert [(each.n, each.status, each.outcome) for each in way.attempts] == [(1, 200, "delivered")]
