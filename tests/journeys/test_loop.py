"""A destination that is Headgate's own collection: its events do not go round for ever."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate.events.hops import MOST
from tests.harness.declarations import KEY, connection, declaration
from tests.harness.fixtures import tell
from tests.harness.receiver import until
from tests.harness.sending import post, track

if TYPE_CHECKING:
    from tests.harness.fixtures import Start
    from tests.harness.system import Headgate

CIRCLING = Path(__file__).parent / "circling"
STRICT = {"slug": "website", "name": "Website", "write_keys": [KEY], "answers": "strict"}


def circle(headgate: Headgate, headers: dict[str, str] | None = None) -> None:
    """Send all events back to where they came in, each with a new messageId."""
    mapping: dict[str, Any] = {
        "url": f"{headgate.ready.collect}/v1/track",
        "headers": {"X-Write-Key": KEY, **(headers or {})},
        "data": {"userId": {"@path": "$.userId"}, "event": {"@path": "$.event"}},
    }
    again = {"name": "Again", "action": "send", "trigger": "all", "mapping": mapping}
    headgate.apply(declaration(connection("circle", subscriptions=[again]), sources=[STRICT]))


def traced(headgate: Headgate) -> str:
    """All that `headgate trace` says of the one event."""
    return headgate.run("trace", "m-1", "--json").decode()


def test_an_event_goes_round_three_times_and_is_then_refused(start: Start) -> None:
    headgate = start()
    circle(headgate)
    post(headgate.ready.collect, "/v1/track", track("m-1"))
    until(lambda: headgate.row("circle").dead_lettered == 1, 30, "the end of the circle")
    row = headgate.row("circle")
    assert (row.received, row.delivered, row.pending) == (1 + MOST, MOST, 0)
    tell(f"{row.received} events in the log, then refused as {row.reasons}")


def test_a_mapping_cannot_say_that_an_event_is_new(start: Start) -> None:
    headgate = start()
    circle(headgate, {"Headgate-Hops": "0"})
    post(headgate.ready.collect, "/v1/track", track("m-1"))
    until(lambda: "gave no answer (protocol)" in traced(headgate), 20, "an attempt")
    row = headgate.row("circle")
    assert (row.received, row.delivered) == (1, 0)


def test_control_without_a_limit_it_goes_round_and_round(start: Start) -> None:
    paths = [str(CIRCLING), os.environ.get("PYTHONPATH", "")]
    headgate = start(environ={"PYTHONPATH": os.pathsep.join(filter(None, paths))})
    circle(headgate)
    post(headgate.ready.collect, "/v1/track", track("m-1"))
    until(lambda: headgate.row("circle").received > 10 * MOST, 30, "a circle without an end")
    headgate.stop()


def test_a_url_of_our_own_is_refused_before_anything_is_sent(start: Start) -> None:
    """Started again it listens where it did, and its settings say so."""
    headgate = start()
    headgate.stop()
    headgate.start()
    circle(headgate)
    post(headgate.ready.collect, "/v1/track", track("m-1"))
    until(lambda: "in a circle" in traced(headgate), 20, lambda: traced(headgate))
    assert headgate.row("circle").received == 1
