"""Whatever a body says, reading it ends in an answer, and what is accepted can be read again."""

from __future__ import annotations

import json
import re
import secrets
from random import Random
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import pytest

from headgate.collect.answers import Answer
from headgate.collect.bodies import has_batch, key_in_body, read_batch, unpack
from headgate.collect.tally import masked
from headgate.events.calls import CALLS, MAX_DEPTH, MAX_MESSAGE_ID
from headgate.events.complete import complete
from headgate.events.parse import Accepted, Rejected, parse
from headgate.events.samples import sample
from headgate.events.times import corrected
from headgate.log.encode import decode_body, event_batch
from headgate.log.port import Record
from tests.harness.fixtures import tell
from tests.harness.mutations import LONGEST, Mutations
from tests.journeys.bad_bodies import cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.collect.bodies import Batch

    Read = Callable[[bytes, str | None], Accepted | Rejected]

NOW = 1_795_332_033_000
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
A_SECOND = 3_000
"""Mutations of the run by default: about a second's worth."""


def seeds() -> list[bytes]:
    """The bodies of the collection that are not only long, and good ones of every call."""
    known = [case.content(case.body) for case in cases() if not case.gzip]
    samples = [{**sample(call), "messageId": f"m-{call}"} for call in CALLS]
    batch = {"batch": samples, "sentAt": "2026-11-22T07:20:33Z", "context": {"app": {"build": 7}}}
    good = [msgspec.json.encode(each) for each in (*samples, batch)]
    return [body for body in known if len(body) < LONGEST // 4] + good * 30


class Wrong(Exception):
    """What was accepted is not what it must be."""


def must(is_so: object, what: str) -> None:
    if not is_so:
        raise Wrong(what)


def judge(body: bytes, encoding: bytes, call: str | None, read: Read = parse) -> int:
    """Read a body as collection does; how many events were accepted. Raises where it must not."""
    text = unpack(body, encoding)
    must(isinstance(masked(body), str), "a sample")
    if isinstance(text, Answer):
        return _refused(text)
    must(isinstance(key_in_body(text), str | None), "a write key")
    must(isinstance(has_batch(text), bool), "whether there is a batch")
    if call is not None:
        return _judge_event(text, read(text, call), None)
    batch = read_batch(text)
    if isinstance(batch, Answer):
        return _refused(batch)
    raws = [bytes(raw) for raw in batch.batch]
    return sum(_judge_event(raw, read(raw, None), batch) for raw in raws)


def _refused(answer: Answer) -> int:
    must(answer.status in {400, 413, 415}, f"status {answer.status}")
    must(msgspec.json.decode(answer.body)["code"] == answer.code, "the code")
    return 0


def _judge_event(raw: bytes, read: Accepted | Rejected, batch: Batch | None) -> int:
    if isinstance(read, Rejected):
        must(read.code and read.message.endswith("."), f"a reason: {read}")
        msgspec.json.encode(read.message)
        return 0
    must(read.type in CALLS, "the call")
    must(len(read.message_id or "") <= MAX_MESSAGE_ID, "the length of the message id")
    must(read.user_id or read.anonymous_id, "an id")
    ids = (read.message_id, read.user_id, read.anonymous_id)
    must(not any("\0" in each for each in ids if each is not None), "ids without NUL")
    record, defaults = _kept(raw, read, batch)
    _judge_complete(complete(record, defaults, "src_1"))
    return 1


def _kept(raw: bytes, read: Accepted, batch: Batch | None) -> tuple[Record, bytes | None]:
    """The event as it comes back from the log, with what its batch says for all."""
    sent = batch.sent_at() if batch is not None and read.sent_at is None else read.sent_at
    defaults = batch.defaults() if batch is not None else None
    record = Record(
        1,
        NOW,
        read.message_id or "m-given",
        read.type,
        read.user_id,
        read.anonymous_id,
        corrected(NOW, sent, read.original_timestamp),
        None,
        -1 if defaults is None else 0,
        raw,
    )
    stored = event_batch([record], b"k" * 12, () if defaults is None else (defaults,))
    body = decode_body(stored.body)
    must(list(body.records) == [record], "the record of the log")
    return record, body.defaults_of(record)


def _judge_complete(event: dict[str, Any]) -> None:
    encoded = msgspec.json.encode(event)
    must(msgspec.json.decode(encoded) == event, "the event, decoded again")
    must(json.loads(encoded, parse_constant=_no_number) == event, "the event for another reader")
    must(_depth(event) <= MAX_DEPTH + 1, "the depth")
    for name in ("timestamp", "receivedAt"):
        must(TIME.fullmatch(event[name]), f"{name}: {event[name]}")


def _no_number(word: str) -> NoReturn:
    raise Wrong(f"{word} is no number")


def _depth(value: Any) -> int:
    layer, depth = [value], 0
    while layer:
        depth += 1
        nested = [each for each in layer if isinstance(each, dict | list)]
        layer = [x for each in nested for x in (each.values() if isinstance(each, dict) else each)]
    return depth


def run(seed: int, mutations: int, read: Read = parse) -> tuple[int, int]:
    """Judge so many mutations; how many events they brought, and how many bodies had none."""
    random = Random(seed)  # noqa: S311 - a failure is run again from its seed
    made, accepted, refused = Mutations(seeds(), random), 0, 0
    for number in range(mutations):
        is_packed = random.random() < 0.05
        body = made.packed() if is_packed else made.next()
        encoding = b"gzip" if is_packed else b""
        call = None if body.startswith(b'{"batch"') else random.choice((None, "track", *CALLS))
        try:
            events = judge(body, encoding, call, read)
        except Exception as error:
            raise AssertionError(f"seed {seed}, {number}: {call}, {body[:2000]!r}") from error
        accepted, refused = accepted + events, refused + (not events)
    return accepted, refused


def fuzz(mutations: int) -> None:
    seed = secrets.randbits(32)
    accepted, refused = run(seed, mutations)
    assert accepted > mutations // 20
    assert refused > mutations // 20
    tell(f"seed {seed}: {mutations} bodies, {accepted} events accepted, {refused} refused")


def test_no_mutation_of_a_body_is_read_otherwise_than_with_an_answer() -> None:
    fuzz(A_SECOND)


@pytest.mark.full
@pytest.mark.timeout(600)
def test_no_mutation_of_a_hundred_thousand_either() -> None:
    fuzz(100_000)


def lax(raw: bytes, call: str | None) -> Accepted | Rejected:
    """A parser that takes what the one of the standard library takes, such as NaN."""
    try:
        event = json.loads(raw)
    except ValueError as error:
        return Rejected("bad_request", f"{error}.")
    if not isinstance(event, dict) or not isinstance(event.get("userId"), str):
        return Rejected("bad_request", "This is no event.")
    return Accepted(call or "track", None, event["userId"], None, None, None, None, direct=False)


def test_a_parser_that_takes_too_much_is_found_out() -> None:
    """The control of all this: the same mutations, and a reader that is not strict."""
    with pytest.raises(AssertionError, match="seed 7"):
        run(7, A_SECOND, lax)
