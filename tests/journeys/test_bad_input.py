"""Whatever is wrong with a request: its sender is told, it is counted, and nothing of it enters."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import os
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest

from tests.harness.declarations import declaration, source
from tests.harness.fixtures import judged, tell
from tests.harness.receiver import until
from tests.harness.sending import Answer, basic, exchange, fresh, pipelined, post, request, track
from tests.harness.system import Headgate
from tests.harness.wire import Heard, Step, converse, memory
from tests.journeys.bad_bodies import Case, cases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STRICT, MIXED, PIPED = "wk_strict", "wk_mixed", "wk_piped"
COMPATIBLE, DISABLED, LENIENT = "wk_compatible", "wk_disabled", "wk_lenient"
GROUPS = {case.group: f"wk_{case.group}" for case in cases()}
"""Groups of cases and the write keys of their sources."""
SLOWEST_SECONDS = 5.0
"""For one answer: the data asks for 1 s, on a machine that does nothing else."""
MOST_MEMORY = 64 << 20
"""Bytes that the process may hold more after all of it (reliability R20)."""
ROUNDS = 3


@pytest.fixture(scope="module")
def headgate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Headgate]:
    with judged(Headgate(tmp_path_factory.mktemp("bad-input"))) as started:
        sources = [source(slug(group), key) for group, key in GROUPS.items()]
        sources += [
            source("again", "wk_again"),
            source("strict", STRICT),
            source("mixed", MIXED),
            source("piped", PIPED),
            source("compatible", COMPATIBLE, answers="compatible"),
            source("lenient", LENIENT, answers="compatible"),
            source("disabled", DISABLED, enabled=False),
        ]
        started.apply(declaration(sources=sources))
        yield started


def slug(group: str) -> str:
    return group.replace("_", "-")


def assert_refused(answer: Answer, status: int, code: str | None, what: str) -> None:
    """Every error is the same object, whatever went wrong; HEAD has none by its nature."""
    assert answer.status == status, f"{what}: {answer}"
    assert answer.headers["content-type"] == "application/json", what
    if not answer.body:
        return
    told = answer.json
    assert told.keys() - {"rejected"} == {"success", "code", "message", "error"}, what
    assert (told["success"], told["code"]) == (False, code), f"{what}: {answer}"
    assert told["message"] == told["error"], what
    assert told["message"].endswith("."), f"{what}: {told['message']!r} is no sentence"


def assert_counted(headgate: Headgate, named: str, expected: Counter[str]) -> None:
    """`headgate log stat` counts exactly these rejections of a source, a second later."""

    def counted() -> dict[str, int]:
        return headgate.log_stat().rejected.get(named, {})

    end = time.monotonic() + 10
    while (found := counted()) != expected and time.monotonic() < end:
        time.sleep(0.2)
    assert found == expected, {name: (found.get(name), expected[name]) for name in expected}


async def answered(
    url: str, sent: Iterable[tuple[Case, bytes]], at_once: int = 8
) -> list[tuple[Case, Heard]]:
    """Send cases as the requests that they are, some at a time."""
    few = asyncio.Semaphore(at_once)

    async def one_case(case: Case, raw: bytes) -> tuple[Case, Heard]:
        async with few:
            steps, asks_head = [Step("send", raw)], case.method == "HEAD"
            return case, await converse(url, steps, expected=1, asks_head=asks_head)

    return await asyncio.gather(*(one_case(case, raw) for case, raw in sent))


def assert_statuses(heard: list[tuple[Case, Heard]], status: int | None = None) -> None:
    """Each has its one answer; a reset instead of an answer shows as none."""
    wrong = [
        f"{case.case}, {case.what}: {each}"
        for case, each in heard
        if each.statuses != [status or case.status]
    ]
    assert not wrong, "\n".join(wrong)


def assert_answered(case: Case, answer: Answer) -> None:
    what = f"{case.case}, {case.what}"
    if case.status == 200:
        assert answer.json["success"] is True, what
    else:
        assert_refused(answer, case.status, case.code, what)
    if case.rejected:
        listed = [(each["index"], each["code"]) for each in answer.json["rejected"]]
        assert listed == case.rejected, what


def test_every_bad_body_of_the_collection_is_answered_and_counted(headgate: Headgate) -> None:
    """Of 231 cases, some only look bad: their events enter, and those of no other."""
    sent = [(case, case.raw(GROUPS[case.group])) for case in cases()]
    heard = asyncio.run(answered(headgate.ready.collect, sent))
    assert_statuses(heard)
    for case, each in heard:
        assert_answered(case, each.answers[0])
    entered = Counter(line.source for line in headgate.log_cat(everything=True))
    counted: Counter[str] = Counter()
    for group in GROUPS:
        mine = cases(group)
        assert entered[slug(group)] == sum(case.accepted for case in mine), group
        codes = Counter(code for case in mine for code in case.counted())
        assert_counted(headgate, slug(group), codes)
        counted.update(codes)
    slowest = max(each.seconds for _, each in heard)
    assert slowest < SLOWEST_SECONDS
    other = sum(bool(case.wanted) for case in cases())
    tell(
        f"{len(heard)} requests, {sum(case.accepted for case in cases())} events entered,"
        f" {counted.total()} rejections counted, {other} answered otherwise than collected,"
        f" slowest {slowest:.2f} s"
    )


def test_all_of_it_again_and_again_takes_no_more_memory(headgate: Headgate) -> None:
    url, pid = headgate.ready.collect, headgate.ready.pids["collect"][0]
    sent = [(case, case.raw("wk_again")) for case in cases()]
    before, slowest = memory(pid), 0.0
    for _ in range(ROUNDS):
        heard = asyncio.run(answered(url, sent))
        assert_statuses(heard)
        slowest = max(slowest, *(each.seconds for _, each in heard))
    grown = memory(pid) - before
    assert grown <= MOST_MEMORY
    tell(f"{ROUNDS} times {len(sent)} requests, {grown >> 10} KiB more, slowest {slowest:.2f} s")


def test_what_is_measured_is_memory() -> None:
    """A control: the measure sees what a leak of the forbidden size would be."""
    before, leak = memory(os.getpid()), b"x" * (MOST_MEMORY + (8 << 20))
    assert memory(os.getpid()) - before > MOST_MEMORY
    del leak


def test_a_compatible_source_says_yes_to_what_the_others_say_no_to(headgate: Headgate) -> None:
    lenient = [case for case in cases() if case.compatible]
    sent = [(case, case.raw(LENIENT)) for case in lenient]
    heard = asyncio.run(answered(headgate.ready.collect, sent, at_once=len(sent)))
    assert_statuses(heard, 200)
    assert {each.answers[0].body for _, each in heard} == {b'{"success": true}'}
    # What was answered is counted: nothing is waited for here.
    codes = Counter(code for case in lenient for code in case.counted())
    assert headgate.log_stat().rejected["lenient"] == codes
    assert [line for line in headgate.log_cat(everything=True) if line.source == "lenient"] == []
    tell(f"{len(lenient)} requests, none of them an event, {codes.total()} rejections counted")


class Row(NamedTuple):
    """One row of the table of answers: what is sent and what must come back."""

    what: str
    status: int
    code: str
    content: Any = None
    path: str = "/v1/track"
    key: str | None = STRICT
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody changes it
    is_counted: bool = True

    def send(self, url: str) -> Answer:
        content = track("of-a-bad-request") if self.content is None else self.content
        return post(url, self.path, content, self.key, **self.headers)


def one(**fields: Any) -> dict[str, Any]:
    """A track with fields changed, or left out where they are None."""
    return {name: value for name, value in track("m", **fields).items() if value is not None}


GZIP = {"Content_Encoding": "gzip"}
ROWS = [
    Row("no key", 401, "unknown_source", key=None, is_counted=False),
    Row("an unknown key", 401, "unknown_source", key="wk_nobody", is_counted=False),
    Row("keys that differ", 401, "unknown_source", one(writeKey="wk_other"), is_counted=False),
    Row("a disabled source", 403, "source_disabled", key=DISABLED),
    Row("no JSON", 400, "bad_request", b'{"type": "track", '),
    Row("no UTF-8", 400, "bad_request", b'{"userId": "u", "event": "caf\xe9"}'),
    Row("no object", 400, "bad_request", [one()]),
    Row("a batch that is no list", 400, "bad_request", {"batch": one()}, "/v1/batch"),
    Row("a batch without events", 400, "empty_batch", {"batch": []}, "/v1/batch"),
    Row("an unknown type", 400, "type_unknown", {"batch": [one(type="trick")]}, "/v1/batch"),
    Row("no type", 400, "type_unknown", {"batch": [one(type=None)]}, "/v1/import"),
    Row("no ids", 400, "no_user_anon_id", one(userId=None)),
    Row("an id that is an object", 400, "id_not_string", one(userId={"id": 5})),
    Row("no groupId", 400, "id_required", one(), "/v1/group"),
    Row("no previousId", 400, "id_required", one(), "/v1/alias"),
    Row("no event name", 400, "event_not_defined", one(event=None)),
    Row("an event name that is a number", 400, "event_not_string", one(event=7)),
    Row("properties that are a text", 400, "properties_not_object", one(properties="a")),
    Row("traits that are a list", 400, "traits_not_object", one(traits=[]), "/v1/identify"),
    Row("a name that is a number", 400, "name_not_string", one(name=7), "/v1/page"),
    Row("a category that is a list", 400, "category_not_string", one(category=[]), "/v1/screen"),
    Row("a long messageId", 400, "message_id_too_long", one(messageId="m" * 101)),
    Row("a time that is none", 400, "bad_timestamp", one(timestamp="yesterday")),
    Row("an event of 33 KB", 413, "too_large", one(properties={"p": "x" * 33_000})),
    Row("a request of 513 KB", 413, "too_large", b" " * 513_000),
    Row("a request that inflates", 413, "too_large", gzip.compress(b" " * 513_000), headers=GZIP),
    Row("2,501 events", 413, "too_large", {"batch": [{}] * 2501}, "/v1/batch"),
    Row("an unknown encoding", 415, "unsupported_encoding", headers={"Content_Encoding": "br"}),
    Row("broken gzip", 400, "bad_request", gzip.compress(b"{}")[:-4], headers=GZIP),
    Row("an unknown path", 404, "not_found", path="/v1/trick", is_counted=False),
]


def test_every_row_of_the_table_of_answers(headgate: Headgate) -> None:
    """Without the rows of the far end: 429 and 503 have tests where they are provoked."""
    for row in ROWS:
        assert_refused(row.send(headgate.ready.collect), row.status, row.code, row.what)
    answer = exchange(headgate.ready.collect, request("GET", "/v1/track", []))
    assert_refused(answer, 405, "method_not_allowed", "GET")
    assert "POST" in answer.headers["allow"]
    kept = [line for line in headgate.log_cat(everything=True) if line.source == "strict"]
    assert kept == []
    for named, key in (("strict", STRICT), ("disabled", DISABLED)):
        codes = Counter(row.code for row in ROWS if row.key == key and row.is_counted)
        assert_counted(headgate, named, codes)
    tell(f"{len(ROWS) + 1} requests, none of them an event")


def test_what_belongs_to_no_source_is_counted_in_the_metrics(headgate: Headgate) -> None:
    name, many = 'headgate_collect_refused_total{index="0"}', 200
    before = headgate.metrics()[name]
    for _ in range(many // 2):
        assert post(headgate.ready.collect, "/v1/trick", one(), STRICT).status == 404
        assert post(headgate.ready.collect, "/v1/track", one(), None).status == 401
    until(
        lambda: headgate.metrics()[name] - before >= many,
        10,
        lambda: f"{many} more than {before:g} refusals, {headgate.metrics()[name]:g}",
    )


BAD = {
    1: ("no_user_anon_id", one(userId=None)),
    2: ("event_not_defined", one(event=None)),
    4: ("no_user_anon_id", {"type": "track"}),
    5: ("bad_request", 5),
    6: ("type_unknown", one(type="trick")),
}
"""Where in a batch of eight what stands that is no event."""


def test_a_batch_keeps_its_good_events_and_names_the_others_at_once(headgate: Headgate) -> None:
    """The answer of a strict source does not wait for the count, which is made once a second."""
    codes, began, times = [code for code, _ in BAD.values()], time.monotonic(), 6
    ids = fresh(8 * times, "good")
    for number in range(times):
        batch = [
            BAD[place][1] if place in BAD else track(ids[8 * number + place]) for place in range(8)
        ]
        answer = post(headgate.ready.collect, "/v1/batch", {"batch": batch}, MIXED)
        assert (answer.status, answer.json["success"]) == (200, True)
        listed = [(each["index"], each["code"]) for each in answer.json["rejected"]]
        assert listed == list(zip(BAD, codes, strict=True))
        assert all(each["message"].endswith(".") for each in answer.json["rejected"])
    assert time.monotonic() - began < 0.5 * times
    kept = {line.messageId for line in headgate.log_cat() if line.source == "mixed"}
    assert kept == {each for number, each in enumerate(ids) if number % 8 not in BAD}
    assert_counted(headgate, "mixed", Counter(codes * times))


def test_a_compatible_source_says_yes_and_counts(headgate: Headgate) -> None:
    good, bad = fresh(2, "compatible"), [one(userId=None), one(event=7), one(timestamp="x")]
    for event in bad:
        answer = post(headgate.ready.collect, "/v1/track", event, COMPATIBLE)
        assert (answer.status, answer.json) == (200, {"success": True})
    mixed = {"batch": [track(good[0]), *bad, track(good[1])]}
    answer = post(headgate.ready.collect, "/v1/batch", mixed, COMPATIBLE)
    assert (answer.status, answer.json) == (200, {"success": True})
    # What was answered is counted: nothing is waited for here.
    codes = Counter({"no_user_anon_id": 2, "event_not_string": 2, "bad_timestamp": 2})
    assert headgate.log_stat().rejected["compatible"] == codes
    kept = {line.messageId for line in headgate.log_cat() if line.source == "compatible"}
    assert kept == set(good)


def test_requests_after_a_refused_one_are_taken_on_the_same_connection(headgate: Headgate) -> None:
    """A refusal for what a request says is no reason to hang up on a client."""
    ids = fresh(20, "same-connection")
    pairs = itertools.chain.from_iterable((track(each), one(userId=None)) for each in ids)
    raw = b"".join(
        request("POST", "/v1/track", [("Authorization", basic(PIPED))], msgspec.json.encode(each))
        for each in pairs
    )
    statuses = pipelined(headgate.ready.collect, raw, 2 * len(ids))
    assert statuses == [200, 400] * len(ids)
    kept = {line.messageId for line in headgate.log_cat() if line.source == "piped"}
    assert kept == set(ids)
