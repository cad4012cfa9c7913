"""What people of a simulated machine ask of its lanes, and that each is done once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from headgate.store.snapshot import Command
from tests.simulation.history import Broken

if TYPE_CHECKING:
    from collections.abc import Container

    from headgate.ledger.memory import Tables
    from headgate.ledger.port import Tick
    from headgate.store.snapshot.model import CommandKind

REDRIVE: dict[str, Any] = dict.fromkeys(
    ("reason", "status", "subscription", "since", "until", "message_ids", "rate")
)
REPLAY: dict[str, Any] = {
    "types": [],
    "events": [],
    "filter": None,
    "only": "all",
    "rate": None,
    "again": False,
}


@dataclass
class Orders:
    """All commands that were given and may still be read: they outlive every process."""

    given: dict[str, Command] = field(default_factory=dict)
    _last: int = 0

    def give(self, kind: CommandKind, connection: int, at: int, **args: Any) -> Command:
        self._last += 1
        name = f"command-{self._last}"
        command = Command(name, self._last, "ws", connection, kind, at, args)
        self.given[name] = command
        return command

    def forget(self, connection: int) -> None:
        """A connection is deleted: nobody can do what was asked of it."""
        self.given = {
            name: each for name, each in self.given.items() if each.connection != connection
        }

    def replays(self, connection: int) -> list[Command]:
        return [
            each
            for each in self.given.values()
            if each.connection == connection and each.kind == "replay"
        ]

    def agains(self, connection: int) -> list[int]:
        """Numbers of the replays that repeat what succeeded."""
        return [each.number for each in self.replays(connection) if each.args["again"]]

    def resume(self, tables: Tables, joined: Container[int], at: int) -> bool:
        """Resume every lane that is paused; whether there was any."""
        paused = [
            row
            for row in tables.lanes.values()
            if row.state == "paused" and row.connection in joined
        ]
        for row in paused:
            replay = {} if row.kind == "live" else {"replay": row.replay_id}
            self.give("resume", row.connection, at, skip=False, **replay)
        return bool(paused)

    def check_once(self, tick: Tick, tables: Tables) -> None:
        """A command is carried out in one tick, and never again unless that tick was lost."""
        for row in tick.commands:
            if row.id in tables.commands:
                raise Broken(f"{row.id} was carried out twice: {row.result}")
            if int(row.id.removeprefix("command-")) > self._last:
                raise Broken(f"{row.id} was carried out, and nobody gave it")
