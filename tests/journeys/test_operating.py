"""What commands to lanes say to a person, and a preview that sends nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.harness.declarations import connection, declaration
from tests.harness.receiver import until
from tests.harness.sending import fresh, send
from tests.harness.system import CommandFailed, Headgate
from tests.journeys.test_commands import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.harness.receiver import Receiver

WITHOUT_SOCKETS = """
import socket, sys

def refuse(event, given):
    is_of_internet = event == "socket.__new__" and given[1] in (socket.AF_INET, socket.AF_INET6)
    if is_of_internet or event in ("socket.connect", "socket.getaddrinfo"):
        raise RuntimeError(f"a preview opened a socket: {event}")

sys.addaudithook(refuse)
from headgate.cli.main import app
from headgate.cli.failures import told

code = told(lambda: app(sys.argv[1:]))
ways_out = [name for name in sys.modules if name.startswith("headgate.deliver") or name == "pycurl"]
sys.exit(f"it loaded a way out: {ways_out}" if ways_out else code)
"""


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Headgate:
    """A data folder on which nothing runs."""
    headgate = Headgate(tmp_path_factory.mktemp("configured"))
    off = {**connection("off", "https://a.test/"), "enabled": False}
    headgate.apply(declaration(connection("hook", "https://a.test/"), off))
    return headgate


@pytest.fixture
def stocked(tmp_path: Path, receiver: Receiver) -> Iterator[Headgate]:
    """One whose log holds 30 events that were delivered."""
    headgate = Headgate(tmp_path / "headgate")
    with headgate:
        headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
        send(headgate.ready.collect, fresh(30))
        until(lambda: headgate.row("hook").delivered == 30, 30, "30 deliveries")
        headgate.stop()
        yield headgate


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("pause nobody", "there is no connection nobody; there is hook, off"),
        ("resume off", "off was never enabled, so it has no lane: enable it first"),
        ("pause hook --workspace moon", "there is no workspace moon; there is journeys"),
        ("redrive --connection hook --rate 0", "a rate of 0 cannot be kept"),
        (
            "redrive --connection hook --subscription X",
            "hook has no subscription X; there is Every",
        ),
        ("replay --connection hook", "the log holds no event of that time; it holds none at all"),
        ("replay --connection hook --type trakc", "there are no events of type 'trakc'"),
        ("replay --connection hook --filter type==", "the filter cannot be used: "),
        ("replays show rpl_1", "there is no replay rpl_1: `headgate replays list` shows"),
        ("replays cancel rpl_1", "there is no replay rpl_1: `headgate replays list` shows"),
        ("preview --connection hook --subscription no.yaml", "no.yaml cannot be read"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(configured: Headgate, words: str, said: str) -> None:
    assert said in refusal(configured, *words.split())


@pytest.mark.parametrize(
    "words",
    [
        "replay --connection hook --since yesterday",
        "replay --connection hook --since 1h --until 2h",
        "replay --connection hook --only most",
        "redrive --connection hook --until 2026-13-01",
        "replay",
    ],
)
def test_wrong_use_is_told_apart_from_failure(configured: Headgate, words: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        configured.run(*words.split())
    assert failed.value.code == 2


def test_nobody_is_told_that_something_was_done_which_was_not(configured: Headgate) -> None:
    assert "accepted; no deliver process runs" in configured.run("pause", "hook").decode()
    assert configured.run("replays", "list").decode() == "There is no replay.\n"


def previewed(headgate: Headgate, tmp_path: Path, **fields: Any) -> tuple[dict[str, Any], str]:
    """A preview as JSON and as people see it, by a program that may not open a socket."""
    file = tmp_path / "subscription.yaml"
    mapping = {"url": "https://a.test/", "data": {"@path": "$."}}
    given = {"name": "Everything", "action": "send", "trigger": "all", "mapping": mapping}
    file.write_bytes(msgspec.json.encode({**given, **fields}))
    words = ["preview", "--connection", "hook", "--subscription", str(file), "--last", "20"]
    said = []
    for options in (["--json"], []):
        command = [sys.executable, "-c", WITHOUT_SOCKETS, *words, *options]
        ended = subprocess.run(
            [*command, "--data", str(headgate.data)],
            capture_output=True,
            check=False,
            env=headgate.environ,
            timeout=60,
        )
        assert ended.returncode == 0, ended.stderr.decode()
        said.append(ended.stdout)
    return msgspec.json.decode(said[0]), said[1].decode()


def test_a_preview_compares_with_real_events_and_sends_nothing(
    stocked: Headgate, receiver: Receiver, tmp_path: Path
) -> None:
    smaller = {"url": receiver.url("/hook"), "data": {"name": {"@path": "$.event"}}}
    found, shown = previewed(stocked, tmp_path, mapping=smaller)
    assert (found["events"], found["sent_before"], found["changed"]) == (20, 20, 20)
    assert '+    "name": "Order Completed"' in shown
    found, shown = previewed(stocked, tmp_path, name="Another", trigger='event = "Nothing"')
    assert (found["replaces"], found["newly_sent"], found["sent_after"]) == (False, 0, 0)
    assert "hook > Another, which is new; nothing was sent." in shown
    found, shown = previewed(stocked, tmp_path, name="Another", mapping={"data": {}})
    assert (found["newly_sent"], found["failing"], found["newly_failing"]) == (20, 20, 20)
    assert len(receiver.received()) == 30


def test_a_program_that_opens_a_socket_would_be_told(tmp_path: Path) -> None:
    """The control: what keeps a preview from sending does keep a program from it."""
    command = [sys.executable, "-c", WITHOUT_SOCKETS, "send", "track", "--key", "k"]
    ended = subprocess.run(
        [*command, "--to", "http://127.0.0.1:9"], capture_output=True, check=False, cwd=tmp_path
    )
    assert ended.returncode == 1
    assert b"a preview opened a socket" in ended.stderr
