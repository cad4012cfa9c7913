"""The lanes of one deliver process, their gates, and what each is prepared to do."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from headgate.deliver.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.deliver.lane import Lane
    from headgate.deliver.prepared import Prepared
    from headgate.ledger.port import LaneRow, PlaceRow
    from headgate.policy import DeliveryPolicy


class Lanes:
    """Lanes by number, by source and by gate; a gate and what is prepared have the connection's."""

    def __init__(self, policy: DeliveryPolicy, random: Callable[[], float]) -> None:
        self._policy, self._random = policy, random
        self.by_number: dict[int, Lane] = {}
        self.by_source: defaultdict[int, list[Lane]] = defaultdict(list)
        self.by_gate: defaultdict[int, list[Lane]] = defaultdict(list)
        self.gates: dict[int, Gate] = {}
        self.prepared: dict[int, Prepared] = {}
        self.ended: dict[int, tuple[LaneRow, PlaceRow]] = {}
        """What is over: replays among it may have dead letters that are sent again."""

    def gate(self, number: int) -> Gate:
        """The gate of a connection, made when it is first asked for."""
        if number not in self.gates:
            self.gates[number] = Gate(self._policy, self._random)
        return self.gates[number]

    def add(self, lane: Lane) -> None:
        self.by_number[lane.id] = lane
        self.by_gate[lane.row.gate].append(lane)
        self.by_source[lane.source].append(lane)

    def remove(self, lane: Lane) -> None:
        self.ended[lane.id] = (lane.row, lane.place())
        del self.by_number[lane.id]
        self.by_gate[lane.row.gate].remove(lane)
        self.by_source[lane.source].remove(lane)
        if not self.by_gate[lane.row.gate]:
            del self.by_gate[lane.row.gate]
            self.gates.pop(lane.row.gate, None)

    def of_connection(self, gate: int) -> frozenset[int]:
        """All lanes that a connection ever had here, live and replays."""
        ended = {number for number, (row, _) in self.ended.items() if row.gate == gate}
        return frozenset(ended.union(lane.id for lane in self.by_gate[gate]))

    def live(self, gate: int) -> Lane | None:
        """The live lane of a connection; its number is the connection's."""
        lane = self.by_number.get(gate)
        return lane if lane is not None and lane.is_live else None
