"""Each line of `upstream_faults.jsonl` against the whole program, all of them at once."""

from __future__ import annotations

import socket
import ssl
from collections import defaultdict
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from headgate.ledger.reader import FolderLedgers
from tests.faults.upstream import course as courses
from tests.faults.upstream import endpoints
from tests.faults.upstream.answers import AT_HEAD, NO_UTF8
from tests.faults.upstream.course import CALM, FIRST, REFUSED_SECONDS, ROWS, SECOND
from tests.faults.upstream.endpoints import Endpoint
from tests.faults.upstream.lines import LINES, Line
from tests.faults.upstream.upstream import Upstream
from tests.harness.checks import check_balance
from tests.harness.fixtures import judged, tell
from tests.harness.system import Headgate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.upstream.course import Course
    from tests.harness.printed import Row, Way

pytestmark = pytest.mark.alone

SCHEDULE = (2, 10, 30, 60)
"""Seconds before each next attempt, half of each at least (reliability section 5)."""
MOST_SLOTS = 64
LATE = 5.0
"""Seconds that this machine may be late when all happens at once."""
WAITS = {
    "uf_ra_5": (5, 10),
    "uf_ra_float": (0, 2),
    "uf_ra_1e9": (3600, 3600),
    "uf_ra_date": (28, 31),
    "uf_ra_past": (0, 0),
    "uf_ra_bad": (0, 0),
    "uf_ra_on503": (120, 120),
}
"""Seconds that the upstream asks for; the schedule may ask for more."""
PAUSES = {"uf_s402": "payment_required", "uf_s410": "gone"}
"""Why a single answer pauses."""
DEADLINES = {
    **dict.fromkeys(("uf_s100", "uf_s102", "uf_accept_silent", "uf_slow_1bps"), 10.0),
    **dict.fromkeys(("uf_slow_headers", "uf_slow_11s", "uf_accept_noread"), 10.0),
    **dict.fromkeys(("uf_tls_handshake_hang", "uf_dns_slow"), 5.0),
}
ONE_REQUEST_EACH = frozenset({"uf_cl_short", "uf_two_answers", "uf_huge_body", "uf_s421"})
"""Connections over which nothing more may be sent."""
UNREACHED = frozenset(
    line.id for line in LINES if line.group == "tls" and line.expect.action == "retry"
) | {"uf_refused", "uf_close_at_once", *endpoints.NOWHERE}
"""No request may come through."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Path]:
    """What came of all lines, and the data folder."""
    folder = tmp_path_factory.mktemp("upstream")
    with Upstream(folder / "upstream") as upstream:
        environ = {**upstream.environ(), **courses.ENVIRON}
        with judged(Headgate(folder / "headgate", environ=environ)) as headgate:
            course = courses.run(headgate, upstream)
            upstream.kill()
    tell(f"{len(course.rows)} connections, {sum(map(len, course.seen.values()))} things seen")
    return course, headgate.data


@pytest.fixture(scope="module")
def course(whole: tuple[Course, Path]) -> Course:
    return whole[0]


def judged_lines(*actions: str) -> list[Line]:
    groups = endpoints.GROUPS
    return [each for each in LINES if each.group in groups and each.expect.action in actions]


def lines(*actions: str) -> pytest.MarkDecorator:
    found = judged_lines(*actions)
    return pytest.mark.parametrize("line", found, ids=[line.id for line in found])


def ends(line: Line, course: Course, *, row: bool = False) -> list[Endpoint]:
    """Its endpoints that ran."""
    found = [each for each in endpoints.of(line) if each.slug in course.rows]
    assert found, f"nothing of {line.id} ran"
    return [each for each in found if (each.variant == "row") is row]


def ways(endpoint: Endpoint, course: Course) -> dict[str, Way]:
    """What became of the events that it was to be sent, by their names."""
    found = {name: course.ways[name][endpoint.slug] for name in (FIRST, SECOND, CALM)}
    return {name: way for name, way in found.items() if way.decision == "send"}


def ended(row: Row) -> dict[str, int]:
    """How the events that it was to be sent ended."""
    return {name: n for name, n in row.ended().items() if name != "filtered"}


@lines("ok", "ok or per-item")
def test_it_is_delivered(line: Line, course: Course) -> None:
    for endpoint in ends(line, course):
        for name, way in ways(endpoint, course).items():
            assert way.state == "delivered", (endpoint.slug, name, way)
            tries = [each.outcome for each in way.attempts]
            # What a kept connection that was about to close swallowed is an attempt, too.
            most = 2 if line.id == "uf_keepalive_lie" else 1
            assert tries[-1] == "delivered", (endpoint.slug, tries)
            assert len(tries) <= most, (endpoint.slug, tries)
            if line.id not in AT_HEAD:
                assert len(course.requests(endpoint.slug, name)) == 1
        row = course.rows[endpoint.slug]
        assert ended(row) == {"delivered": len(ways(endpoint, course))}, row


@lines("retry")
def test_it_is_tried_again(line: Line, course: Course, needs: Callable[[str, str], Path]) -> None:
    if line.id == "uf_tls_renego":
        needs("openssl", "apt-get install openssl")
    for endpoint in ends(line, course):
        first = course.ways[FIRST][endpoint.slug]
        assert first.state == "parked", (endpoint.slug, first)
        assert first.next_attempt, first
        assert first.attempts, first
        assert all(each.outcome != "delivered" for each in first.attempts), first
        row = course.rows[endpoint.slug]
        assert ended(row) == {}, (endpoint.slug, row)
        assert (row.pending or 0) >= 2, "kept, with what came later"
        requests = course.requests(endpoint.slug)
        if line.id in UNREACHED:
            assert not requests, (endpoint.slug, requests)
        elif line.group != "retry_after" and line.id not in AT_HEAD:
            assert_repeated_alike(endpoint, course)


def assert_repeated_alike(endpoint: Endpoint, course: Course) -> None:
    """What was sent again had the same key, and the same body."""
    requests = course.requests(endpoint.slug)
    if endpoint.fault == "uf_accept_noread":
        return  # it reads nothing
    if endpoint.fault == "uf_goaway":  # its headers are compressed
        assert len(requests) > len({each.digest for each in requests}) == 2
        return
    bodies = defaultdict(list)
    for each in requests:
        bodies[each.messages[0]].append((each.key, each.digest))
    assert len(bodies[course.traces[FIRST].messageId]) >= 2, endpoint.slug
    assert all(len(set(alike)) == 1 for alike in bodies.values()), bodies
    assert len({alike[0][0] for alike in bodies.values()}) == len(bodies), bodies
    assert all(key for alike in bodies.values() for key, _ in alike)


@lines("dlq")
def test_it_becomes_a_dead_letter(line: Line, course: Course) -> None:
    for endpoint in ends(line, course):
        for way in ways(endpoint, course).values():
            assert way.state == "dead_lettered", (endpoint.slug, way)
            assert len(way.attempts) == 1, (endpoint.slug, way)
        row = course.rows[endpoint.slug]
        assert (ended(row), row.pending) == ({"dead_lettered": 2}, 0), row
        assert len(course.requests(endpoint.slug)) == 2


def test_a_redirect_is_not_followed_and_its_aim_is_told(course: Course) -> None:
    redirects = [line for line in LINES if not line.expect.followed]
    assert redirects
    assert course.seen[endpoints.TARGET.slug] == []
    for line in redirects:
        for endpoint in ends(line, course):
            (tried,) = course.ways[FIRST][endpoint.slug].attempts
            assert "http://127.0.0.1:" in tried.reason, tried


@lines("pause")
def test_it_pauses_and_keeps_the_events(line: Line, course: Course) -> None:
    for endpoint in ends(line, course) if line.id in PAUSES else []:
        row = course.rows[endpoint.slug]
        assert (row.state, row.paused) == ("paused", PAUSES[line.id]), endpoint
        assert ended(row) == {}, row
        assert (row.pending or 0) >= 2, "kept, with what came later"
        assert len(course.requests(endpoint.slug)) == 1, "the first answer is enough"


@pytest.mark.parametrize(
    ("fault", "reason", "enough"),
    [("uf_s403", "auth_failed", 10), ("uf_s302", "redirected", 50), ("uf_s404", "not_found", 31)],
)
def test_many_in_a_row_pause(course: Course, fault: str, reason: str, enough: int) -> None:
    endpoint = Endpoint(fault, "row")
    row, sent = course.rows[endpoint.slug], len(course.requests(endpoint.slug))
    assert (row.state, row.paused) == ("paused", reason)
    assert enough <= sent <= min(enough + MOST_SLOTS, 2 * ROWS)
    assert (row.dead_lettered or 0) == (0 if reason == "auth_failed" else sent)
    assert (row.pending or 0) >= 2 * ROWS - (row.dead_lettered or 0), "kept, with what came later"


def test_a_lone_refusal_among_successes_is_the_events_fault(course: Course) -> None:
    for variant in ("plain", "tls"):
        slug = Endpoint("uf_s403", variant).slug
        states = [course.ways[name][slug].state for name in (FIRST, SECOND, CALM)]
        assert states == ["delivered", "dead_lettered", "delivered"], slug
        refused = course.ways[SECOND][slug].attempts
        assert [each.status for each in refused] == [403, 403], "it was given another chance"


@lines("refresh")
def test_refused_credentials_that_nothing_renews_wait(line: Line, course: Course) -> None:
    for endpoint in ends(line, course):
        way = course.ways[FIRST][endpoint.slug]
        assert way.state == "parked", way
        assert REFUSED_SECONDS <= waited(way) + 0.1 <= 1.5 * REFUSED_SECONDS + LATE, way


def test_a_name_that_turns_private_is_refused(course: Course) -> None:
    for variant in ("plain", "tls"):
        slug = Endpoint("uf_dns_private", variant).slug
        first, second = course.ways[FIRST][slug], course.ways[SECOND][slug]
        assert first.state == "delivered"
        assert second.state in {"parked", "pending"}, second
        assert second.attempts, second
        assert "blocked" in second.attempts[0].reason
        assert len(course.requests(slug)) == 1, "the kept connection is not used either"
        row = course.rows[slug]
        assert ended(row) == {"delivered": 1}, row
        assert (row.pending or 0) >= 1 + 2 * ROWS, "kept, with what came later"
        assert (row.state, row.paused) == ("paused", "blocked_address")


def test_a_lone_event_that_is_too_large_is_a_dead_letter(course: Course) -> None:
    for variant in ("plain", "tls"):
        slug = Endpoint("uf_early_413", variant).slug
        way = course.ways[FIRST][slug]
        assert (way.state, [each.status for each in way.attempts]) == ("dead_lettered", [413]), way


def waited(way: Way) -> float:
    """Seconds from the end of the last attempt to the next one."""
    last = way.attempts[-1]
    assert way.next_attempt
    due, at = (datetime.fromisoformat(text) for text in (way.next_attempt, last.at))
    return (due - at).total_seconds() - last.ms / 1000


@pytest.mark.parametrize("fault", WAITS)
def test_the_wait_is_the_one_that_was_asked_for(course: Course, fault: str) -> None:
    low, high = WAITS[fault]
    for variant in ("plain", "tls"):
        slug = Endpoint(fault, variant).slug
        way = course.ways[FIRST][slug]
        is_free = way.attempts[-1].status == 429
        step = SCHEDULE[0 if is_free else len(way.attempts) - 1]
        assert max(low, step / 2) - 0.1 <= waited(way) <= max(high, step) + 2, (slug, way)
        if low >= 5:
            times = [each.at for each in course.requests(slug)]
            gaps = [later - sooner for sooner, later in pairwise(times)]
            assert all(gap >= low - 0.1 for gap in gaps), ("the whole destination waits", gaps)


@pytest.mark.parametrize("fault", DEADLINES)
def test_the_deadline_is_one_for_the_whole_request(course: Course, fault: str) -> None:
    seconds = DEADLINES[fault]
    for endpoint in ends(next(line for line in LINES if line.id == fault), course):
        took = course.ways[FIRST][endpoint.slug].attempts[0].ms / 1000
        assert seconds - 0.1 <= took <= seconds + LATE, (endpoint.slug, took)


def test_nothing_more_is_sent_over_a_connection_that_lied(course: Course) -> None:
    for fault in ONE_REQUEST_EACH:
        for variant in ("plain", "tls"):
            used = [each.nth for each in course.requests(Endpoint(fault, variant).slug)]
            assert len(used) >= 2, "more than one request came"
            assert set(used) == {1}, (fault, variant, used)
    for endpoint in endpoints.HEALTHY:
        assert max(each.nth for each in course.requests(endpoint.slug)) > 1, "a sound one is kept"


def test_no_cookie_comes_back_and_no_compression_is_asked_for(course: Course) -> None:
    requests = [each for endpoint in endpoints.ALL for each in course.requests(endpoint.slug)]
    assert course.requests("uf-set-cookie-plain")
    assert course.requests("uf-set-cookie-tls")
    assert {each.cookie for each in requests} == {""}
    assert {each.encoding for each in requests if each.key} == {"identity"}


def test_peers_get_everything(course: Course) -> None:
    check_balance(list(course.rows.values()))
    events = 3 + 2 * ROWS
    for endpoint in endpoints.HEALTHY:
        row, requests = course.rows[endpoint.slug], course.requests(endpoint.slug)
        assert (ended(row), row.pending) == ({"delivered": events}, 0), row
        assert len({each.key for each in requests}) == len(requests) == events


@pytest.mark.parametrize("variant", ["plain", "tls"])
def test_a_kept_connection_that_dies_unanswered_is_an_attempt(course: Course, variant: str) -> None:
    slug = Endpoint("dying", variant).slug
    first, second = course.ways[FIRST][slug], course.ways[SECOND][slug]
    assert [each.outcome for each in first.attempts] == ["delivered"], first
    assert [each.outcome for each in second.attempts] == ["retry", "delivered"], second
    assert "reset" in second.attempts[0].reason
    swallowed, taken = course.requests(slug, SECOND)
    assert (swallowed.nth, taken.nth) == (2, 1), "the first came over the kept connection"
    assert (swallowed.key, swallowed.digest) == (taken.key, taken.digest)
    assert ended(course.rows[slug]) == {"delivered": 2}


def test_what_is_kept_of_an_answer_is_text_and_short(whole: tuple[Course, Path]) -> None:
    course, data = whole
    for response in samples(course, data, "uf-bad-utf8-body-plain"):
        text = response.decode()
        assert len(response) <= 4096
        assert "caf\N{REPLACEMENT CHARACTER}" in text
        assert len(NO_UTF8) > 4096
    (way,) = [course.ways[FIRST]["uf-xss-body-plain"]]
    assert all("<script>" not in each.reason for each in way.attempts)


def samples(course: Course, data: Path, slug: str) -> list[bytes]:
    """The answers that were kept of the first event, at least one."""
    position = int(course.traces[FIRST].copies[0].position)
    ledgers = FolderLedgers(data)
    (lane,) = [
        account.lane.lane
        for account in ledgers.accounts()
        if account.lane.connection == course.numbers[slug]
    ]
    kept = [each for _, each in ledgers.attempts(lane, position) if each.status is not None]
    found = [each.response for each in kept if each.response is not None]
    assert found
    return found


def test_control_an_upstream_that_needs_a_name_refuses_who_gives_none(tmp_path: Path) -> None:
    with Upstream(tmp_path) as upstream:
        url = urlsplit(upstream.urls["uf-tls-sni-tls"])
        context = ssl.create_default_context(cafile=upstream.opened.ca_file)
        context.check_hostname = False
        with (
            socket.create_connection(("127.0.0.1", url.port), timeout=10) as raw,
            pytest.raises(ssl.SSLError),
        ):
            context.wrap_socket(raw)
        with socket.create_connection(("127.0.0.1", url.port), timeout=10) as raw:
            context.wrap_socket(raw, server_hostname=url.hostname).close()
