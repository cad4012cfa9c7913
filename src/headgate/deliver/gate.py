"""The gate of a connection: how much of it may be under way at once."""

from __future__ import annotations

SLOTS = 32


class Gate:
    """Slots shared by all lanes of one connection.

    A slot is taken with a send and given back only when the send's result is committed, so that
    a crash repeats at most as many deliveries as there are slots.
    """

    __slots__ = ("in_flight", "slots")

    def __init__(self, slots: int = SLOTS) -> None:
        self.slots = slots
        self.in_flight = 0

    @property
    def is_free(self) -> bool:
        return self.in_flight < self.slots

    def take(self) -> None:
        self.in_flight += 1

    def give_back(self) -> None:
        self.in_flight -= 1
