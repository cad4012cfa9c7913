"""Commands of people to lanes, each carried out once, its result in the tick of its effect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from headgate.deliver.claiming import CANCELLED, REPLAY_PAUSED, SKIPPED
from headgate.deliver.configuring import BY_OPERATOR
from headgate.deliver.expiry import ahead
from headgate.deliver.lane import Lane
from headgate.deliver.owed import Owed
from headgate.deliver.replay import Replay, Terms
from headgate.ledger.port import (
    REPLAY_LANES,
    CommandRow,
    DeadLetter,
    LaneRow,
    Letter,
    ParkedRow,
)
from headgate.ledger.queries import LetterFilter
from headgate.log.errors import LogError
from headgate.log.port import Position
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headgate.deliver.configuring import Configuring
    from headgate.deliver.parts import Parts
    from headgate.deliver.ticks import Ticks
    from headgate.ledger.port import Ledger
    from headgate.store.snapshot import Command

LETTERS_AT_ONCE = 25
WAIT_SECONDS = 0.05
LONGEST_MS = 30 * 86_400_000
"""What is sent again at a rate waits no longer than dead letters are kept."""
REDRIVEN = "redriven"
"""Why a delivery is parked that somebody asked for again."""


class Commands:
    """Carries out what the snapshot says and the ledger does not yet have as done.

    `served` is called with the gate whose lanes may have something to do then.
    """

    def __init__(
        self,
        parts: Parts,
        ticks: Ticks,
        ledger: Ledger,
        configuring: Configuring,
        served: Callable[[int], None],
    ) -> None:
        self._parts, self._ledger = parts, ledger
        self._lanes, self._ticks, self._configuring = parts.lanes, ticks, configuring
        self._done = set(ledger.done_commands())
        self._served = served
        self._given: Mapping[str, Command] = {}
        self._asked = asyncio.Event()
        self._kinds: Mapping[str, Callable[[Command, Lane], Any]] = {
            "pause": self._pause,
            "resume": self._resume,
            "redrive": self._redrive,
            "replay": self._replay,
            "cancel": self._cancel,
        }

    def follow(self, commands: Mapping[str, Command]) -> None:
        """Replays know at once what they are to do; what is new is carried out by `run`."""
        self._given = commands
        self._take_over()
        for command in commands.values():
            lane = self._lanes.live(command.connection)
            if lane is not None and command.id not in self._done and command.args.get("skip"):
                lane.is_to_skip = True
        self._asked.set()

    async def run(self) -> None:
        """Carry out every command, one after the other, whose connection has its lane here.

        Apart from the configuration: a ledger that takes no commits must not keep that back.
        """
        while True:
            await self._asked.wait()
            self._asked.clear()
            for command in sorted(self._given.values(), key=lambda each: each.number):
                lane = self._lanes.live(command.connection)
                if lane is not None and command.id not in self._done:
                    self._done.add(command.id)
                    await self._carry_out(command, lane)

    async def _carry_out(self, command: Command, lane: Lane) -> None:
        try:
            result = await self._kinds[command.kind](command, lane)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            # A command must not be what every successor dies of.
            result = {"error": f"this command cannot be carried out: {error}"}
            log.error("command.failed", command=command.id, error=str(error))
        lane.is_to_skip = False
        if result is not None:
            self._finish(command, lane, result)
        self._served(lane.row.gate)

    def _finish(self, command: Command, lane: Lane, result: dict[str, Any]) -> None:
        text = msgspec.json.encode(result).decode()
        row = CommandRow(command.id, lane.id, self._parts.clock.now_ms(), text)
        self._ticks.now.commands.append(row)
        self._ticks.dirty(lane)

    # pausing

    async def _pause(self, command: Command, live: Lane) -> dict[str, Any]:
        lane = self._meant(command, live)
        if lane is None:
            return _unknown_replay(command)
        if lane.is_live:
            lane.gate.pause(BY_OPERATOR, self._parts.clock.monotonic())
        else:
            lane.stopped = REPLAY_PAUSED
        self._say_all(live)
        return {"paused": True}

    async def _resume(self, command: Command, live: Lane) -> dict[str, Any] | None:
        """Go on, or first close what waits; then the command is done when that is."""
        lane = self._meant(command, live)
        if lane is None:
            return _unknown_replay(command)
        skipped = await self._skip(lane, command) if command.args.get("skip") else None
        if lane.is_live:
            lane.gate.resume(self._parts.clock.monotonic())
        lane.stopped, lane.is_stale = "", True
        self._say_all(live)
        if skipped is None:
            return {"resumed": True, "skipped": 0}
        result = {"resumed": True, "skipped": skipped}
        lane.skipped.append(lambda: self._finish(command, lane, result))
        return None

    async def _skip(self, lane: Lane, command: Command) -> int:
        """Close what was appended before the command as discarded(skipped); how many events.

        The place is the command's own, so that a successor skips no more.
        """
        at = (await self._parts.log.at(command.at))[0]
        end = min(at, self._parts.feed.end, lane.stop or at)
        while True:
            if not lane.is_expiring:
                break
            await asyncio.sleep(WAIT_SECONDS)
        lane.is_expiring = True
        try:
            skipped = await ahead(lane, end, self._parts.log)
        finally:
            lane.is_expiring = False
        if skipped:
            self._ticks.now.tally(lane.id, "discarded", SKIPPED, skipped)
        lane.pass_to(end)
        owed = len(lane.unfinished) + len(lane.opened)
        self._configuring.end(lane, SKIPPED, end, goes_on=True)
        return skipped + owed

    def _say_all(self, live: Lane) -> None:
        for lane in self._lanes.by_gate[live.row.gate]:
            self._configuring.say(lane, lane.row.reason)
            self._ticks.dirty(lane)

    def _meant(self, command: Command, live: Lane) -> Lane | None:
        replay = command.args.get("replay")
        if replay is None:
            return live
        lanes = self._lanes.by_gate[live.row.gate]
        return next((lane for lane in lanes if lane.row.replay_id == replay), None)

    # dead letters

    async def _redrive(self, command: Command, live: Lane) -> dict[str, Any]:
        """Dead letters are owed again, a few at a time, as fast as was asked for."""
        which = self._which(command, live.row.gate)
        rate = command.args.get("rate")
        gap = 1000 / rate if rate else 0.0
        count, began, again = 0, self._parts.clock.now_ms(), set[tuple[int, str]]()
        while page := await self._next(which, live):
            which = which._replace(after=page[-1].id)
            for letter in self._undelivered(page, which.lanes):
                place = (letter.letter.position, letter.letter.subscription)
                if place in again:  # another lane gave up the same
                    continue
                if self._reopen(letter, began + int(min(gap * count, LONGEST_MS))):
                    again.add(place)
                    count += 1
        return {"redriven": count}

    async def _next(self, which: LetterFilter, lane: Lane) -> Sequence[Letter]:
        """A few letters, once what was asked for so far is in the ledger.

        So is what retention copied for them meanwhile: else they would be parked without it.
        """
        await asyncio.sleep(0)  # others have their turn
        self._ticks.dirty(lane)
        while True:
            if self._ticks.commit_now():
                break
            await asyncio.sleep(WAIT_SECONDS)
        return self._ledger.letters(which)

    def _undelivered(self, letters: Sequence[Letter], lanes: frozenset[int]) -> list[Letter]:
        """Without those that a replay has delivered meanwhile, or is about to.

        Repetitions stand for themselves.
        """
        return [
            each
            for each in letters
            if not (self._is_owed(each.letter, lanes) or self._is_delivered(each.letter, lanes))
        ]

    def _is_owed(self, letter: DeadLetter, lanes: frozenset[int]) -> bool:
        """Another lane of the connection has the event in hand."""
        others = [self._lanes.by_number.get(each) for each in lanes - {letter.lane}]
        return any(
            letter.position in lane.unfinished or letter.position in lane.opened
            for lane in others
            if lane is not None
        )

    def _is_delivered(self, letter: DeadLetter, lanes: frozenset[int]) -> bool:
        at = letter.position
        delivered = self._ledger.delivered(lanes, 0, at, at + 1)
        return (at, letter.subscription) in delivered and not self._repeats(letter.lane)

    def _repeats(self, number: int) -> bool:
        """Whether a lane is a replay that sends again what was delivered, as far as is known."""
        lane, ended = self._lanes.by_number.get(number), self._lanes.ended.get(number)
        row = lane.row if lane is not None else ended[0] if ended is not None else None
        if row is None or row.kind == "live":
            return False
        command = self._given.get(row.replay_id)
        return command is None or bool(command.args.get("again"))

    def _which(self, command: Command, gate: int) -> LetterFilter:
        """What was given up before the command: what is given up again is left alone."""
        args = command.args
        messages, until = args.get("message_ids"), args.get("until")
        return LetterFilter(
            lanes=self._lanes.of_connection(gate),
            reason=args.get("reason"),
            status=args.get("status"),
            subscription=args.get("subscription"),
            since=args.get("since"),
            until=command.at + 1 if until is None else min(until, command.at + 1),
            message_ids=frozenset(messages) if messages else None,
            is_redriven=False,
            limit=LETTERS_AT_ONCE,
        )

    def _reopen(self, letter: Letter, due_at: int) -> bool:
        """One letter is parked, its event open again; false where there is no room for it."""
        dead = letter.letter
        lane = self._lanes.by_number.get(dead.lane) or self._risen(dead.lane)
        if lane is None or lane.ends_at is not None or lane.parked >= lane.policy.parked_most:
            return False
        owed = lane.opened.get(dead.position) or lane.unfinished.get(dead.position)
        if owed is None:
            closed = self._closed(letter)
            if closed is None:
                return False
            owed = Owed(dead.position, None, ())
            tally = (lane.id, closed.closed_class, closed.closed_reason)
            self._ticks.now.tally(*tally, -1)
        tick = self._ticks.now
        self._owe_again(owed, letter)
        now = self._parts.clock.now_ms()
        row = ParkedRow(
            *(lane.id, 0, dead.position, dead.subscription),
            order_key=owed.key,
            due_at=due_at,
            first_at=now,
            tries=0,
            last_status=dead.status,
            reason=REDRIVEN,
            record=dead.record,
        )
        lane.reopen(owed, row, tick)
        tick.redriven.append((letter.id, now))
        self._parts.retries.add(row)
        return True

    def _closed(self, letter: Letter) -> Letter | None:
        """The letter with what its event closed as, which may wait for the present tick."""
        if letter.closed_class or not self._ticks.commit_now():
            return letter if letter.closed_class else None
        place = letter.letter
        found = self._ledger.letters_at(place.lane, 0, place.position)
        return next((each for each in found if each.id == letter.id and each.closed_class), None)

    def _owe_again(self, owed: Owed, letter: Letter) -> None:
        """It will close as the letters say that are left, not as this one any more."""
        dead = letter.letter
        gone = {letter.id, *(number for number, _ in self._ticks.now.redriven)}
        others = [
            each.letter
            for each in self._ledger.letters_at(dead.lane, 0, dead.position)
            if each.redriven_at is None and each.id not in gone
        ]
        owed.done = [each for each in owed.done if each != dead.subscription]
        owed.done += [each.subscription for each in others if each.subscription not in owed.done]
        owed.left.append(dead.subscription)
        owed.worst, owed.reason = "delivered", ""
        if others:
            owed.worst, owed.reason = "dead_lettered", others[0].reason

    def _risen(self, number: int) -> Lane | None:
        """The lane of a replay that is over: what it gave up is sent through it all the same."""
        ended = self._lanes.ended.get(number)
        live = self._lanes.live(ended[0].gate) if ended is not None else None
        if ended is None or live is None or ended[0].kind == "live":
            return None
        row, place = ended[0]._replace(state="running", reason=""), ended[1]
        lane = Lane(row, place, live.gate, live.source_id, self._parts.policy)
        self._ticks.now.lanes.append(row)
        self._configuring.add(lane)
        if (command := self._given.get(row.replay_id)) is not None:
            self._equip(lane, Terms.of(command.args, command.number), live)
        prepared = self._lanes.prepared.get(row.gate)
        self._configuring.switch(lane, live.source_id, prepared, "", is_changed=False)
        return lane

    # replays

    async def _replay(self, command: Command, live: Lane) -> dict[str, Any]:
        number = REPLAY_LANES + command.number
        if number in self._lanes.by_number:
            return {"lane": str(number)}
        args, row = command.args, live.row
        try:
            terms = Terms.of(args, command.number)
            lane = await self._configuring.begin(
                LaneRow(
                    number,
                    row.gate,
                    row.workspace,
                    row.connection,
                    row.source,
                    "replay",
                    command.id,
                ),
                live.source_id,
                Position(int(args["start"])),
                int(args["stop"]),
            )
        except (LogError, ValueError) as error:
            return {"error": str(error)}
        self._equip(lane, terms, live)
        return {"lane": str(number)}

    def _equip(self, lane: Lane, terms: Terms, live: Lane) -> None:
        gate = lane.row.gate
        lanes = self._lanes.of_connection(gate)
        lane.replay = Replay(terms, self._ledger, lanes, live, lambda: self._beside(lane))
        prepared = self._lanes.prepared.get(gate)
        self._configuring.switch(lane, live.source_id, prepared, live.row.reason, is_changed=True)

    def _beside(self, lane: Lane) -> list[Lane]:
        """The other replays of its connection."""
        lanes = self._lanes.by_gate[lane.row.gate]
        return [each for each in lanes if each is not lane and not each.is_live]

    def _take_over(self) -> None:
        """Replays of an earlier process are told again what they are to do."""
        for lane in list(self._lanes.by_number.values()):
            live = self._lanes.live(lane.row.gate)
            if lane.is_live or lane.replay is not None or live is None:
                continue
            command = self._given.get(lane.row.replay_id)
            if command is None and lane.is_at_stop:
                continue
            if command is None:
                self._configuring.end(lane, CANCELLED, lane.stop or lane.frontier)
                continue
            self._equip(lane, Terms.of(command.args, command.number), live)

    async def _cancel(self, command: Command, live: Lane) -> dict[str, Any]:
        lane = self._meant(command, live)
        if lane is None or lane.is_live:
            return _unknown_replay(command)
        self._configuring.end(lane, CANCELLED, lane.stop or lane.frontier)
        return {"cancelled": True}


def _unknown_replay(command: Command) -> dict[str, Any]:
    return {
        "error": f"no replay {command.args.get('replay')!r} goes on: it has ended, or never was"
    }
