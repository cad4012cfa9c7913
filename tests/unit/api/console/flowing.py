"""Two workspaces in which events flow: with lanes, attempts, letters and a replay."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec

from headgate.control.sending import Sent
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import (
    Attempt,
    DeadLetter,
    LaneRow,
    ParkedRow,
    PlaceRow,
    SeriesKey,
    Tick,
)
from headgate.log.encode import event_batch
from headgate.log.memory import MemoryLog
from headgate.log.port import Record, Rejection, TallyBatch
from headgate.store.connections import Connections
from headgate.store.sources import Sources
from tests.unit.api.asking import NOW, Asking, asking
from tests.unit.api.console.signed import BEHIND_PROXY, signed_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headgate.control.sending import Trying
    from headgate.store.records import ConnectionRecord, SourceRecord
    from tests.unit.api.asking import Answer
    from tests.unit.api.console.signed import Browser

EMAIL = "ann@people.example"
SECRET = "whsec_c2VjcmV0LW9mLXRoZS1ob29r"  # noqa: S105 - nobody's
MAPPING = {"url": "https://hooks.example/", "data": {"@path": "$."}}
SENT = Sent("delivered", "", "delivered", "", 200, 7, None, "POST https://hooks.example/", "200")
_fresh = count()


class Flowing:
    """The first workspace, and the other one once it is asked for."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.api: Asking = asking(folder, console=BEHIND_PROXY, **more)
        self.log, self.ledger = MemoryLog(self.api.clock), MemoryLedger()
        self.sent: list[Trying] = []
        control = self.api.control
        control.premises = replace(
            control.premises, log=self.log, ledgers=self.ledger, send=self._send
        )
        self.home = Flowed(self, self.api.workspace.id, self.api.owner, "home")

    @cached_property
    def elsewhere(self) -> Flowed:
        return Flowed(self, self.api.other.id, self.api.foreign, "elsewhere")

    async def _send(self, trying: Trying) -> Sent:
        self.sent.append(trying)
        return SENT


class Flowed:
    """One workspace: `ids` are the names that paths, queries and bodies have for what is in it."""

    def __init__(self, all_: Flowing, workspace: str, owner: str, tag: str) -> None:
        self.all, self.workspace, self.tag = all_, workspace, tag
        self._owner = owner
        self.browser = signed_in(all_.api, "owner", workspace=workspace)
        self.source, self.connection, subscription = self._made()
        self.message = f"message-{tag}"
        self.positions = self._received()
        self._delivered(subscription)
        replay = self.ask("POST", "/replays", {"connection": self.connection.id}).data
        self.ids = {
            "sourceId": self.source.id,
            "connectionId": self.connection.id,
            "subscriptionId": subscription,
            "messageId": self.message,
            "replayId": replay["command"]["id"],
            "slug": self.source.slug,
            "letterId": f"{self.connection.id}.{self._letter()}",
        }

    def ask(self, method: str, path: str, body: Any = b"", **query: Any) -> Answer:
        """As the workspace's owner."""
        return self.browser.call(method, f"/app/api{path}", body, **query)

    def person(self, *roles: str) -> Browser:
        return signed_in(self.all.api, *roles, workspace=self.workspace)

    def _call(self, method: str, path: str, body: Any = b"") -> Any:
        return self.all.api.call(method, path, body, token=self._owner).data

    def _made(self) -> tuple[SourceRecord, ConnectionRecord, str]:
        body = {"slug": f"shop-{self.tag}", "enabled": True, "metadataId": "http-api"}
        source = self._call("POST", "/sources", body)["source"]["id"]
        asked = {
            "sourceId": source,
            "metadataId": "webhook",
            "name": f"Hook {self.tag}",
            "enabled": True,
            "settings": {"sharedSecret": SECRET},
        }
        connection = self._call("POST", "/destinations", asked)["destination"]["id"]
        wanted = {
            "name": "Orders",
            "actionId": "send",
            "trigger": 'type = "track"',
            "enabled": True,
            "settings": MAPPING,
        }
        path = f"/destinations/{connection}/subscriptions"
        made = self._call("POST", path, wanted)["destinationSubscription"]["id"]
        with self.all.api.store.read() as transaction:
            return (
                Sources(transaction, self.workspace).one(source),
                Connections(transaction, self.workspace).one(connection),
                made,
            )

    def _received(self) -> list[int]:
        first = self.receive({"messageId": self.message, "event": f"Order {self.tag}"})
        rest = self.receive(*({"event": f"Seen {n}"} for n in range(3)))
        self.refuse("bad_request", 2)
        return [*first, *rest]

    def receive(self, *events: dict[str, Any]) -> list[int]:
        """Their positions; each event is a message of its own, of somebody with an address."""
        return asyncio.run(self.append(*events))

    async def append(self, *events: dict[str, Any]) -> list[int]:
        named = [
            {
                "messageId": f"m-{next(_fresh)}",
                "type": "track",
                "event": "Seen",
                "userId": EMAIL,
                "properties": {"email": EMAIL, "revenue": 41.5, "is_new": True},
                "context": {"ip": "203.0.113.7", "library": {"name": "tests"}},
                **each,
            }
            for each in events
        ]
        records = [self._record(each) for each in named]
        keys = b"".join(
            self.all.log.keys().of(self.source.number, each["messageId"]) for each in named
        )
        appended = await self.all.log.append(0, event_batch(records, keys, ()))
        return [int(appended.first) + index for index in range(len(named))]

    def _record(self, event: dict[str, Any]) -> Record:
        now = self.all.api.clock.now
        return Record(
            self.source.number,
            now,
            event["messageId"],
            event["type"],
            event["userId"],
            None,
            now,
            None,
            -1,
            msgspec.json.encode(event),
        )

    def refuse(self, code: str, n: int) -> None:
        rejection = Rejection(self.source.number, code, n, ('{"type":"text of 3"}',))
        asyncio.run(self.all.log.append(0, TallyBatch((rejection,))))

    def _delivered(self, subscription: str) -> None:
        """The first event is a dead letter, the second waits, the rest is ahead."""
        number, at = self.connection.number, self.positions
        lane = LaneRow(number, number, self.workspace, number, self.source.number)
        tries = [
            Attempt(
                0, at[n], number, subscription, 0, NOW + n, 7, 400 + n, "discard", "no", 1,
                request=f"POST / {EMAIL}".encode(), response=b"400",
            )
            for n in range(2)
        ]  # fmt: skip
        letters = [self._dead(subscription, at[0], self.message, NOW)]
        parked = ParkedRow(
            number, 0, at[1], subscription, "", NOW + 60_000, NOW, 1, 503, "http_503"
        )
        key = SeriesKey(number, NOW // 60_000, "delivered", "", "track", "Seen")
        self.all.ledger.commit(
            Tick(
                lanes=[lane],
                places=[PlaceRow(number, 0, 0, 0, None, at[2], b"")],
                attempts=tries,
                dead=letters,
                parked=[parked],
                series={key: [5, *[0] * 7]},
            )
        )

    def _dead(self, subscription: str, position: int, message: str, at: int) -> DeadLetter:
        number = self.connection.number
        return DeadLetter(
            number, 0, position, subscription, message, self.source.number, b"", "http_400",
            400, 1, at,
        )  # fmt: skip

    def bury(self, subscription: str, times: Sequence[int]) -> None:
        """More dead letters, given up at these times."""
        letters = [self._dead(subscription, 10_000 + n, f"d-{n}", at) for n, at in enumerate(times)]
        self.all.ledger.commit(Tick(dead=letters))

    def _letter(self) -> int:
        rows = self.all.ledger.tables.letters.values()
        return next(row.id for row in rows if row.letter.lane == self.connection.number)
