"""What a relay does with a request, and who decides it: a seeded script of troubles."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random


class Deed(NamedTuple):
    """How much of a request goes on to the server, and what comes back to its client.

    `forwards` says how much of it. `beside` is sent to the server at the same time on another
    connection: the same once more, or the messages with other ids. With a `status` the client
    gets that instead of the server's answer; `ends` breaks the connection instead of answering,
    politely or by a reset. All of it happens `seconds` late.
    """

    name: str
    forwards: Literal["all", "half", "none"] = "all"
    beside: Literal["", "the same", "other ids"] = ""
    status: int | None = None
    ends: Literal["", "close", "reset"] = ""
    seconds: float = 0.0


PASS = Deed("passed")
LATE = Deed("late", seconds=0.3)
TWICE = Deed("twice at once", beside="the same")
"""As Chromium does when the connection that it sends on dies."""
UNREAD = Deed("reset unread", forwards="none", ends="reset")
HALF = Deed("reset half-way", forwards="half", ends="reset")
LOST = Deed("stored, answer lost", ends="close")
LOST_BY_RESET = Deed("stored, answer lost by a reset", ends="reset")
LIMITED = Deed("429", forwards="none", status=429)
REFUSED = Deed("503", forwards="none", status=503)
STORED_AND_REFUSED = Deed("stored, 503", status=503)
ANSWERED = (PASS, LATE, TWICE)
"""After these the client rightly believes its messages delivered; after the next ones it does not
know."""
TROUBLES = (
    LATE,
    TWICE,
    UNREAD,
    HALF,
    LOST,
    LOST_BY_RESET,
    LIMITED,
    REFUSED,
    STORED_AND_REFUSED,
)

SWALLOWED = Deed("swallowed", forwards="none", status=200)
DOUBLED = Deed("doubled", beside="other ids")
"""The two that nobody can forgive, for controls: the client is lied to, or its messages are made
twice."""


class Script(Protocol):
    """Decides about requests one by one; `message_ids` is what the next one carries."""

    def __call__(self, message_ids: Sequence[str]) -> Deed: ...


class InTurn:
    """The n-th request that carries messages gets the n-th deed; then all pass."""

    def __init__(self, *deeds: Deed) -> None:
        self._left = list(deeds)

    def __call__(self, message_ids: Sequence[str]) -> Deed:
        return self._left.pop(0) if message_ids and self._left else PASS


class Drawn:
    """Deeds as from a pack of cards: every trouble comes up before any comes up again.

    There are `passes` of every request for each trouble, and no message meets more than `most` in
    a row: a client that tries once more than that loses nothing. What carries no message passes.
    """

    def __init__(
        self, rng: Random, *, troubles: Iterable[Deed] = TROUBLES, passes: int = 1, most: int = 2
    ) -> None:
        self._rng, self._most = rng, most
        self._cards = [card for trouble in troubles for card in (trouble, *[PASS] * passes)]
        self._pack: list[Deed] = []
        self._met: Counter[str] = Counter()

    def __call__(self, message_ids: Sequence[str]) -> Deed:
        if not message_ids:
            return PASS
        is_due = max(self._met[each] for each in message_ids) < self._most
        deed = self._draw() if is_due else PASS
        for each in message_ids:
            self._met[each] = 0 if deed in ANSWERED else self._met[each] + 1
        return deed

    def _draw(self) -> Deed:
        if not self._pack:
            self._pack = self._rng.sample(self._cards, len(self._cards))
        return self._pack.pop()
