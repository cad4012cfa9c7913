"""Strings that break programs are strings: they arrive as they were sent, wherever they stood."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pytest

from tests.harness.fixtures import tell
from tests.harness.sending import fresh, post
from tests.journeys.fields import assert_arrived

if TYPE_CHECKING:
    from tests.journeys.hooks import Hook, Hooks

FILE = Path(__file__).with_name("nasty_strings.jsonl")
BATCH = 200
LONGEST_MESSAGE_ID = 100


class Nasty(msgspec.Struct, frozen=True):
    """One string, `times` over; `json` is what JSON has for one that no string can be.

    `as_id` says why it identifies nobody: nothing of it can be seen, or it has a NUL.
    """

    case: str
    group: str
    text: str = ""
    times: int = 1
    json: str | None = None
    as_id: Literal["good", "blank", "nul"] = "good"

    @property
    def string(self) -> str:
        return self.text * self.times


EVERY = msgspec.json.Decoder(Nasty).decode_lines(FILE.read_bytes())
STRINGS = [nasty for nasty in EVERY if nasty.json is None]
HALVES = [nasty for nasty in EVERY if nasty.json is not None]
"""Halves of surrogate pairs, which stand for no character."""
CARRYING_HALVES = (
    b'{"userId": "u", "event": %s}',
    b'{"userId": %s, "event": "E"}',
    b'{"userId": "u", "event": "E", "properties": {"p": [%s]}}',
    b'{"userId": "u", "event": "E", "properties": {%s: 1}}',
    b'{"userId": "u", "event": "E", "context": {"c": %s}}',
)
GOOD_IDS = [nasty.string for nasty in STRINGS if nasty.as_id == "good"]


def inside(text: str) -> dict[str, Any]:
    """A text as a key and as a value, near and deep; more often, the longest would not fit."""
    return {"value": text, text: "as a key", "deep": [{"list": [text]}]}


def carrying(text: str) -> list[dict[str, Any]]:
    """Calls with a text in all the places that take any."""
    return [
        {
            "type": "track",
            "userId": "u-nasty",
            "event": text or "an empty name is none",
            "properties": inside(text),
            "context": {"page": {text: text}},
        },
        {"type": "identify", "userId": "u-nasty", "traits": inside(text)},
        {"type": "page", "userId": "u-nasty", "name": text, "category": text},
        {"type": "group", "userId": "u-nasty", "groupId": "g-nasty", "traits": inside(text)},
    ]


def identified(text: str) -> list[dict[str, Any]]:
    """Calls with a text in all the places that identify somebody."""
    return [
        {"type": "track", "userId": text, "event": "Signed Up"},
        {"type": "screen", "anonymousId": text},
        {"type": "group", "userId": "u-nasty", "groupId": text},
        {"type": "alias", "userId": "u-nasty", "previousId": text},
    ]


def sent(hook: Hook, events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The events by their ids, after a few requests that took all of them."""
    named = [
        {"messageId": message_id, **event}
        for message_id, event in zip(fresh(len(events), "nasty"), events, strict=True)
    ]
    for first in range(0, len(named), BATCH):
        answer = post(hook.url, "/v1/batch", {"batch": named[first : first + BATCH]}, hook.key)
        assert (answer.status, answer.json) == (200, {"success": True}), answer
    return {event["messageId"]: event for event in named}


def judge(hook: Hook, made: dict[str, dict[str, Any]]) -> None:
    """Exactly these are in the log and at the destination, each as it was made."""
    hook.judge(made)
    lines = {line.messageId: line for line in hook.headgate.log_cat() if line.source == hook.source}
    assert lines.keys() == made.keys()
    for message_id, event in made.items():
        assert_arrived(event, lines[message_id].event or {}, since=hook.since)


def test_nasty_strings_arrive_as_names_keys_and_values(hooks: Hooks) -> None:
    hook = hooks.new()
    made = sent(hook, [event for nasty in STRINGS for event in carrying(nasty.string)])
    judge(hook, made)
    tell(f"{len(STRINGS)} strings in {len(made)} events")


def test_nasty_strings_identify_whom_they_say_and_nobody_else(hooks: Hooks) -> None:
    """Ids that differ in any code point are those of two users: nothing is normalised."""
    hook = hooks.new()
    events = [event for text in GOOD_IDS for event in identified(text)]
    short = dict.fromkeys(text for text in GOOD_IDS if len(text) <= LONGEST_MESSAGE_ID)
    events += [
        {"type": "track", "userId": "u-nasty", "event": "E", "messageId": text} for text in short
    ]
    made = sent(hook, events)
    assert len(made) == len(events)
    judge(hook, made)
    tell(f"{len(GOOD_IDS)} strings in {len(made)} events, {len(short)} of them message ids")


def refused(hook: Hook, events: list[dict[str, Any]]) -> list[str]:
    """The codes with which all events of a batch are refused, in their order."""
    answer = post(hook.url, "/v1/batch", {"batch": events}, hook.key)
    assert answer.status == 400, answer
    rejected = answer.json["rejected"]
    assert [each["index"] for each in rejected] == list(range(len(events)))
    return [each["code"] for each in rejected]


def test_what_cannot_be_seen_or_told_apart_identifies_nobody(hooks: Hooks) -> None:
    hook = hooks.new()
    blank = [nasty.string for nasty in STRINGS if nasty.as_id == "blank"]
    codes = ["no_user_anon_id", "no_user_anon_id", "id_required", "id_required"]
    assert refused(hook, [e for text in blank for e in identified(text)]) == codes * len(blank)
    broken = [nasty.string for nasty in STRINGS if nasty.as_id == "nul"]
    events = [event for text in broken for event in identified(text)]
    events += [{"userId": "u", "event": "E", "type": "track", "messageId": t} for t in broken]
    assert refused(hook, events) == ["bad_request"] * len(events)
    # Beside an id that is one, a blank one is as good as none.
    made = sent(
        hook,
        [{"type": "screen", "userId": text, "anonymousId": "a-nasty"} for text in blank],
    )
    judge(hook, {key: {**event, "userId": None} for key, event in made.items()})
    tell(f"{len(blank)} blank strings, {len(broken)} with a NUL")


def test_half_a_character_is_refused_wherever_it_stands(hooks: Hooks) -> None:
    hook, halves = hooks.new(), [(nasty.json or "").encode() for nasty in HALVES]
    for half, event in itertools.product(halves, CARRYING_HALVES):
        answer = post(hook.url, "/v1/track", event % half, hook.key)
        assert (answer.status, answer.json["code"]) == (400, "bad_request"), event % half
    assert hook.kept() == []


def test_a_string_that_was_normalised_is_found_out() -> None:
    """The control: what judges the events tells strings apart that look the same."""
    [event, *_] = carrying("e\u0301")
    arrived = {**event, "event": "\u00e9", "receivedAt": "2026-11-22T07:20:33Z"}
    with pytest.raises(AssertionError, match="made"):
        assert_arrived(event, arrived, since=datetime.min.replace(tzinfo=UTC))
