"""Events of a small shop, sent by Segment's own Python library."""

from __future__ import annotations

import itertools
import logging
import random
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from headgate.cli.failures import Failed
from headgate.events.samples import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS_A_SECOND = 250
_PIECE = 25


class Traffic:
    """Sends `count` events in the background, at a pace one can watch."""

    def __init__(self, url: str, write_key: str, count: int) -> None:
        try:
            from segment.analytics.client import Client
        except ImportError:
            raise Failed(
                "the demo sends with segment-analytics-python, which is not installed:"
                " start it with `python3 run.py demo`, or pip install 'headgate[demo]'"
            ) from None
        logging.getLogger("segment").setLevel(logging.ERROR)
        self._client = Client(
            write_key, host=url, on_error=self._failed, upload_size=_PIECE, upload_interval=0.05
        )
        self._count = count
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._over = threading.Event()
        self.sent = 0
        """Events that the SDK believes delivered."""

    def _failed(self, error: Exception, batch: list[Any]) -> None:
        logging.getLogger("segment").error("%s events were not taken: %s", len(batch), error)

    def _send(self) -> None:
        """In pieces, each flushed: so what counts as sent was acknowledged."""
        calls = itertools.islice(_calls(), self._count)
        while piece := list(itertools.islice(calls, _PIECE)):
            if self._over.is_set():
                return
            started = time.monotonic()
            for call, arguments in piece:
                getattr(self._client, call)(**arguments)
            self._client.flush()
            self.sent += len(piece)
            self._over.wait(max(0.0, _PIECE / EVENTS_A_SECOND - (time.monotonic() - started)))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)
        self._client.shutdown()


def _calls() -> Iterator[tuple[str, dict[str, Any]]]:
    """(method of the SDK, its arguments): a shop's visitors, more tracks than anything else."""
    rng = random.Random(1815)  # noqa: S311 - the same demo each time
    for number in itertools.count(1):
        call = rng.choices(
            ("track", "page", "identify", "group", "screen", "alias"), (60, 20, 10, 4, 4, 2)
        )[0]
        yield call, _arguments(call, f"u-{rng.randint(1, 99)}", number)


def _arguments(call: str, user: str, number: int) -> dict[str, Any]:
    event = sample(call)
    names = {"userId": "user_id", "groupId": "group_id", "previousId": "previous_id"}
    kept = {"event", "properties", "traits", "name", "category", *names}
    arguments = {names.get(key, key): value for key, value in event.items() if key in kept}
    arguments["user_id"] = user
    if call == "track":
        arguments["properties"]["order_id"] = f"o-{number}"
    return arguments
