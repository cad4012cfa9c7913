"""What people tell lanes and replays: counted first, accepted, and written down as by commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headgate.clock import iso
from headgate.control import commands
from headgate.control.commands import Desk
from headgate.ledger.port import REPLAY_LANES, CommandRow, LaneRow, PlaceRow, Tick
from headgate.store.commands import Commands
from tests.unit.api.asking import NOW
from tests.unit.api.connected import trail
from tests.unit.api.console.flowing import Flowed, Flowing

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.records import CommandRecord


@pytest.fixture
def home(tmp_path: Path) -> Flowed:
    return Flowing(tmp_path).home


def given(home: Flowed) -> list[CommandRecord]:
    with home.all.api.store.read() as transaction:
        return [*Commands(transaction, home.workspace).all()]


def tell(home: Flowed, path: str, body: Any) -> Any:
    return home.ask("POST", path, body).data["command"]


def test_lanes_say_what_waits_since_when_and_why(home: Flowed) -> None:
    home.all.api.clock.now = NOW + 5_000
    (lane,) = home.ask("GET", "/lanes").data["lanes"]
    assert lane == {
        "id": home.connection.id,
        "kind": "live",
        "source": home.source.slug,
        "connection": home.connection.slug,
        "connection_id": home.connection.id,
        "replay": None,
        "state": "running",
        "reason": "",
        "pending": 2,
        "lag_ms": 5_000,
        "waiting": 1,
        "next_attempt": iso(NOW + 60_000),
    }


def test_a_lane_that_is_paused_has_no_next_attempt(home: Flowed) -> None:
    number = home.connection.number
    row = LaneRow(
        number, number, home.workspace, number, home.source.number, state="paused", reason="asked"
    )
    home.all.ledger.commit(Tick(lanes=[row]))
    (lane,) = home.ask("GET", "/lanes").data["lanes"]
    assert (lane["state"], lane["reason"], lane["next_attempt"]) == ("paused", "asked", None)


def test_replays_that_are_over_are_shown_on_demand(home: Flowed) -> None:
    number = REPLAY_LANES + 1
    row = LaneRow(
        number, home.connection.number, home.workspace, home.connection.number,
        home.source.number, "replay", home.ids["replayId"], "ended",
    )  # fmt: skip
    place = PlaceRow(number, 0, 0, 0, 1, 1, b"")
    home.all.ledger.commit(Tick(lanes=[row], places=[place]))
    assert len(home.ask("GET", "/lanes").data["lanes"]) == 1
    both = home.ask("GET", "/lanes", ended="true").data["lanes"]
    assert [each["id"] for each in both] == [home.connection.id, home.ids["replayId"]]
    refused = home.ask("POST", f"/replays/{home.ids['replayId']}/pause", {})
    assert (refused.status, "has ended" in str(refused.json)) == (422, True)


@pytest.mark.parametrize(
    ("verb", "kind", "args"),
    [
        ("pause", "pause", {}),
        ("resume", "resume", {"skip": False}),
        ("skip", "resume", {"skip": True}),
    ],
)
def test_a_connection_is_told_what_the_command_would_tell_it(
    home: Flowed, verb: str, kind: str, args: dict[str, Any]
) -> None:
    told = tell(home, f"/connections/{home.connection.id}/{verb}", {})
    assert (told["kind"], told["connection"]) == (kind, home.connection.slug)
    mine = given(home)[-1]
    assert (mine.id, mine.kind, mine.args) == (told["id"], kind, args)
    line = trail(home.all.api)[-1]
    by_command(home, verb)
    assert trail(home.all.api)[-1] == line
    assert given(home)[-1].args == args


def by_command(home: Flowed, verb: str) -> None:
    """As `headgate pause` and `headgate resume` do it."""
    desk = Desk(home.all.api.store, home.all.ledger, NOW, 90, "main")
    if verb == "pause":
        commands.pause(desk, home.connection.slug)
    else:
        commands.resume(desk, home.connection.slug, skip=verb == "skip")


def test_who_told_it_stands_in_the_trail(home: Flowed) -> None:
    admin = home.person("source_admin")
    user = admin.me().data["user"]["id"]
    admin.call("POST", f"/app/api/connections/{home.connection.id}/pause", {})
    newest = home.ask("GET", "/public/audit-events").data["events"][0]
    assert (newest["type"], newest["actor"]) == ("Integration Paused", user)


def test_what_the_owner_of_the_lane_answers_is_passed_on(
    home: Flowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = home.all.ledger

    def answering(result: Any) -> None:
        monkeypatch.setattr(
            ledger,
            "command",
            lambda name: CommandRow(name, 1, NOW, msgspec.json.encode(result).decode()),
        )

    answering({"deliveries": 1})
    path = f"/connections/{home.connection.id}/redrive"
    assert tell(home, path, {})["result"] == {"deliveries": 1}
    answering({"error": "the connection is off"})
    refused = home.ask("POST", path, {})
    assert refused.status == 422
    assert "the connection is off" in str(refused.json)


def test_a_redrive_is_counted_before_it_is_given(home: Flowed) -> None:
    home.bury(home.ids["subscriptionId"], [NOW + n for n in range(4)])
    path = f"/connections/{home.connection.id}/redrive"
    for body, expected in (
        ({}, 5),
        ({"status": 400}, 5),
        ({"status": 404}, 0),
        ({"since": iso(NOW + 2)}, 2),
        ({"message_ids": [home.message]}, 1),
        ({"subscription": "Orders"}, 5),
    ):
        counted = home.ask("POST", f"{path}/count", body).data["would_send"]
        assert counted["deliveries"] == expected, body
    told = tell(home, path, {"since": iso(NOW + 2), "rate": 10})
    args = next(each.args for each in given(home) if each.id == told["id"])
    assert (args["since"], args["rate"], args["status"]) == (NOW + 2, 10.0, None)
    assert home.ask("POST", path, {"subscription": "none"}).status == 422
    assert home.ask("POST", path, {"rate": 0}).status == 422


def test_a_replay_is_counted_begun_watched_and_ended(home: Flowed) -> None:
    body = {"connection": home.connection.id, "types": ["track"], "events": ["Seen 2"]}
    counted = home.ask("POST", "/replays/count", body).data["would_send"]
    assert (counted["events"], counted["deliveries"], counted["left_to_live"]) == (0, 0, 1)
    replay = tell(home, "/replays", body)["id"]
    listed = home.ask("GET", "/replays").data["replays"]
    assert [each["id"] for each in listed] == [replay, home.ids["replayId"]]
    shown = home.ask("GET", f"/replays/{replay}").data["replay"]
    assert (shown["state"], shown["events"]) == ("accepted", 4)
    for verb in ("pause", "resume", "cancel"):
        tell(home, f"/replays/{replay}/{verb}", {})
    kinds = [(each.kind, each.args.get("replay")) for each in given(home)][-3:]
    assert kinds == [("pause", replay), ("resume", replay), ("cancel", replay)]
    assert [type_ for type_, *_ in trail(home.all.api)][-4:] == [
        "Replay Started",
        "Integration Paused",
        "Integration Resumed",
        "Replay Cancelled",
    ]


def test_a_replay_of_nothing_that_was_asked_for_is_refused(home: Flowed) -> None:
    for more in (
        {"types": ["none"]},
        {"filter": "type ="},
        {"until": "2001-01-01T00:00:00Z"},
        {"rate": -1},
    ):
        body = {"connection": home.connection.id, **more}
        assert home.ask("POST", "/replays", body).status == 422, more
        assert home.ask("POST", "/replays/count", body).status == 422, more
    assert len(given(home)) == 1
