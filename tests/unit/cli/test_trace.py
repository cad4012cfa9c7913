"""What `headgate trace` tells people."""

from __future__ import annotations

import time
from typing import Any

from headgate.cli.trace import MOST_LINES, _lines, _missing
from headgate.clock import iso
from headgate.control.observing.traces import Absent, Copy, Trace, Try, Way

COPY = Copy("77", "website", "2026-11-22T07:20:32.663Z", "live")


def way(**changes: Any) -> Way:
    given: dict[str, Any] = {
        "connection": "hook",
        "subscription": "Orders",
        "decision": "send",
        "rule": "",
        "state": "delivered",
        "payload": None,
        "attempts": [],
        "next_attempt": None,
        "reason": "",
        "replay": None,
        "position": "77",
        "snapshot": 1,
        "redriven_at": None,
        "note": None,
    }
    return Way(**{**given, **changes})


def shown(*ways: Way, copies: tuple[Copy, ...] = (COPY,), absent: tuple[Absent, ...] = ()) -> str:
    return "\n".join(_lines(Trace("m-1", [*copies], [*ways], [*absent])))


def test_attempts_stand_below_where_the_delivery_stands() -> None:
    tries = [
        Try(1, "2026-11-22T07:20:33.000Z", 14, None, "retry", "transport_timeout", "3fe1ab22cd"),
        Try(2, "2026-11-22T07:20:35.000Z", 9, 200, "delivered", ""),
    ]
    assert shown(way(attempts=tries, redriven_at="2026-11-22T07:20:34.000Z")) == (
        "2026-11-22T07:20:32.663Z  website  live  at 77\n"
        "\n"
        "hook > Orders: delivered\n"
        "  sent again on request at 2026-11-22T07:20:34.000Z\n"
        "  1. 2026-11-22T07:20:33.000Z  -  14 ms  in batch 3fe1ab22  retry: transport_timeout\n"
        "  2. 2026-11-22T07:20:35.000Z  200  9 ms  delivered"
    )


def test_a_state_is_told_in_words_with_its_reason() -> None:
    assert "hook > Orders: pending, it has not been taken up yet" in shown(
        way(state="pending", reason="ahead")
    )
    assert "hook > Orders: dead_lettered, http_400" in shown(
        way(state="dead_lettered", reason="http_400")
    )
    rule = {"subscription": None, "decision": "filtered", "rule": "consent"}
    assert "hook (rpl_1): filtered by consent" in shown(
        way(**rule, state="filtered", replay="rpl_1")
    )
    assert "hook: would be filtered by consent" in shown(way(**rule, state="pending"))


def test_the_next_attempt_says_how_soon() -> None:
    now = int(time.time() * 1000)
    assert ", in 5" in shown(way(state="parked", reason="http_503", next_attempt=iso(now + 57_000)))
    assert ", now" in shown(way(state="parked", reason="http_503", next_attempt=iso(now - 1)))


def test_a_long_payload_is_cut_and_says_so() -> None:
    text = shown(way(payload={f"key-{n}": n for n in range(MOST_LINES)}))
    assert "  payload, as it would be:\n    {\n" in text
    assert text.endswith("\n    and 2 lines more, which --json shows")
    assert len(text.splitlines()) == 4 + MOST_LINES + 1


def test_of_one_message_in_two_sources_each_way_names_its_own() -> None:
    other = Copy("78", "app", "2026-11-22T07:20:32.663Z", "live")
    text = shown(way(), way(position="78"), copies=(COPY, other))
    assert "website > hook > Orders: delivered" in text
    assert "app > hook > Orders: delivered" in text


def test_connections_to_which_it_never_came_are_named() -> None:
    text = shown(absent=(Absent("later", "connected_later"), Absent("off", "never_enabled")))
    assert "later was connected after this event; `headgate replay` can send it" in text
    assert "off was never enabled" in text
    assert "no connection had anything to do with it" in shown()


def test_a_message_that_is_not_there_is_told_with_what_is_known() -> None:
    assert "'m-1' is in the log: it has not arrived" in _missing("m-1", 0)
    assert "in the log, which goes back to 2026-11-22T07:20:32.000Z" in _missing(
        "m-1", 1_795_332_032 << 30
    )
