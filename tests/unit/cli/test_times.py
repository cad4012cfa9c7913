from __future__ import annotations

import pytest
import typer

from headgate.cli.times import moment, span

NOW = 1_795_374_000_000
DAY = 86_400_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01", 0),
        ("1970-01-02", DAY),
        ("1970-01-01T00:00:01Z", 1_000),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1970-01-01T00:00:00.250", 250),
        ("90s", NOW - 90_000),
        ("1.5h", NOW - 5_400_000),
        ("24h", NOW - DAY),
        ("7d", NOW - 7 * DAY),
        ("2w", NOW - 14 * DAY),
        ("900000d", 0),
    ],
)
def test_a_time_is_a_date_a_moment_or_how_long_ago(text: str, expected: int) -> None:
    assert moment(text, NOW, "--since") == expected


@pytest.mark.parametrize("text", ["", "yesterday", "24", "-1h", "2026-13-40", "h", "1 h"])
def test_what_is_no_time_is_wrong_use_and_says_what_is_one(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"--until .* is no time: give .*24h"):
        moment(text, NOW, "--until")


def test_a_span_may_be_open_on_both_sides() -> None:
    assert span(None, None, now_ms=NOW) == (None, None)
    assert span("24h", None, now_ms=NOW) == (NOW - DAY, None)
    assert span(None, "24h", now_ms=NOW) == (None, NOW - DAY)


@pytest.mark.parametrize(("since", "until"), [("1h", "2h"), ("1h", "1h")])
def test_a_span_that_holds_nothing_is_wrong_use(since: str, until: str) -> None:
    with pytest.raises(typer.BadParameter, match="is not before"):
        span(since, until, now_ms=NOW)
