from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.importing_segment.api import LONGEST_WAIT, TRIES, PublicApi, SegmentError
from headgate.control.importing_segment.reader import read
from headgate.control.importing_segment.workspace import Model
from headgate.kit import Http, Response
from headgate.kit.errors import TransportError
from tests.harness.segment import (
    TOKEN,
    Answer,
    Segment,
    destination,
    filter_of,
    refusal,
    source,
    subscription,
    workspace,
)
from tests.unit.control.importing_segment.made import known

if TYPE_CHECKING:
    from headgate.kit import Request, Transport

URL = "https://segment.example"


class Wire:
    """Answers with what it is given, then with 200 and `rest`; remembers what was asked."""

    def __init__(self, *answers: Response | TransportError, rest: Any = None) -> None:
        self._answers = list(answers)
        self._rest = rest if rest is not None else listed()
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if self._answers else ok(self._rest)
        if isinstance(answer, TransportError):
            raise answer
        return answer


class Api:
    """An API over a wire, and how long it waited with which words."""

    def __init__(self, wire: Transport, token: str = TOKEN) -> None:
        self.slept: list[float] = []
        self.said: list[str] = []
        http = Http(wire, idempotency_key="key")
        self.asks = PublicApi(http, URL, token, sleep=self._sleep, say=self.said.append)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def ok(body: Any) -> Response:
    return Response(200, (), body.encode() if isinstance(body, str) else json.dumps(body).encode())


def listed(*names: str, **paging: Any) -> dict[str, Any]:
    models = [{"id": name, "name": name, "sourceId": "s"} for name in names]
    return {"data": {"models": models, "pagination": {"current": "a", **paging}}}


def busy(after: str | None = None, status: int = 429) -> Response:
    return Response(status, (("Retry-After", after),) if after else (), b"{}")


async def models(wire: Wire, api: Api | None = None) -> list[str]:
    asked = api or Api(wire)
    return [each.name for each in await asked.asks.all("/models", "models", Model)]


async def test_every_page_is_asked_for_with_the_cursor_of_the_one_before() -> None:
    wire = Wire(ok(listed("a", "b", next="c1")), ok(listed("c", next="c2")), ok(listed("d")))
    assert await models(wire) == ["a", "b", "c", "d"]
    assert [request.url.partition("?")[2] for request in wire.requests] == [
        "pagination%5Bcount%5D=100",
        "pagination%5Bcount%5D=100&pagination%5Bcursor%5D=c1",
        "pagination%5Bcount%5D=100&pagination%5Bcursor%5D=c2",
    ]
    headers = {name: value for request in wire.requests for name, value in request.headers}
    assert headers["Authorization"] == f"Bearer {TOKEN}"


async def test_a_list_that_comes_round_again_is_an_error() -> None:
    wire = Wire(rest=listed("a", next="again"))
    with pytest.raises(SegmentError, match="does not end"):
        await models(wire)
    assert len(wire.requests) == 2


async def test_it_waits_as_long_as_segment_asks_for_and_says_so() -> None:
    wire = Wire(busy("7"), busy("3"), ok(listed("a")))
    api = Api(wire)
    assert await models(wire, api) == ["a"]
    assert api.slept == [7, 3]
    assert [text.rpartition(".")[0].rpartition(" in ")[2] for text in api.said] == ["7 s", "3 s"]


@pytest.mark.parametrize(
    "failure",
    [
        busy(),
        busy(status=503),
        TransportError("late", kind="timeout"),
        Response(200, (), b'{"data"', is_cut=True),
    ],
)
async def test_it_asks_again_a_few_times_with_longer_waits(
    failure: Response | TransportError,
) -> None:
    api = Api(wire := Wire(*[failure] * (TRIES - 1), ok(listed("a"))))
    assert await models(wire, api) == ["a"]
    assert api.slept == [1, 2, 4, 8, 16]
    api = Api(wire := Wire(*[failure] * TRIES))
    with pytest.raises(SegmentError, match="try again later"):
        await models(wire, api)
    assert (len(wire.requests), sum(api.slept)) == (TRIES, 31)


async def test_a_wait_that_is_too_long_ends_it() -> None:
    api = Api(wire := Wire(busy(f"{LONGEST_WAIT + 1:.0f}")))
    with pytest.raises(SegmentError, match="asked again in 121 s"):
        await models(wire, api)
    assert api.slept == []


async def test_all_waits_together_are_bounded() -> None:
    pages = [
        each for n in range(50) for each in (busy("120"), ok(listed(str(n), next=f"cursor {n}")))
    ]
    api = Api(wire := Wire(*pages))
    with pytest.raises(SegmentError, match="import again then"):
        await models(wire, api)
    assert sum(api.slept) == 840


@pytest.mark.parametrize("kind", ["blocked", "dns", "tls"])
async def test_what_another_try_does_not_change_is_not_tried_again(kind: Any) -> None:
    api = Api(wire := Wire(TransportError("blocked: it is private", kind=kind)))
    with pytest.raises(SegmentError):
        await models(wire, api)
    assert (len(wire.requests), api.slept) == (1, [])


@pytest.mark.parametrize(
    ("status", "cure"),
    [(401, "eu1.api.segmentapis.com"), (403, "workspace owner"), (404, "Is --url right?")],
)
async def test_a_refusal_says_what_to_do(status: int, cure: str) -> None:
    said = json.dumps({"errors": [{"type": "no", "message": f"not with {TOKEN}"}]}).encode()
    api = Api(wire := Wire(Response(status, (), said)))
    with pytest.raises(SegmentError, match=f"It says: 'not with .*{cure}") as refused:
        await models(wire, api)
    assert TOKEN not in str(refused.value)
    assert (refused.value.status, len(wire.requests)) == (status, 1)


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        "<html>",
        "[]",
        "null",
        "{}",
        '{"data": []}',
        '{"data": {"models": {}}}',
        '{"data": {"models": [{"id": 1}]}}',
        '{"data": {"models": null}}',
        '{"data": {"models": [], "pagination": {"next": 1}}}',
        "[" * 100_000,
    ],
)
async def test_rubbish_is_an_error_that_asks_for_the_url(rubbish: str) -> None:
    with pytest.raises(SegmentError, match="is --url right"):
        await models(Wire(ok(rubbish)))


async def test_a_token_that_comes_back_stands_in_nothing_that_is_read() -> None:
    token = 'sgp_"quoted"/and+more'  # noqa: S105 - of nobody
    api = Api(wire := Wire(ok(listed(token))), token)
    assert await models(wire, api) == ["***"]


class Pretended(Segment):
    """The workspace of the harness, without a network."""

    async def send(self, request: Request) -> Response:
        headers = dict(request.headers)
        answer = self.answer(request.url.removeprefix(URL), headers["Authorization"])
        return Response(answer.status, answer.headers, json.dumps(answer.body).encode())


async def test_a_whole_workspace_is_read() -> None:
    pretended = Pretended(
        {
            **workspace(
                sources=[source(f"s{n}", f"source-{n}") for n in range(3)],
                destinations=[
                    destination("d/1"),
                    destination("d2", metadata={"id": "x", "name": "Unheard of", "slug": "x"}),
                ],
                trackingPlans=[{"id": "tp", "name": "Main"}],
                functions=[
                    {"id": "f1", "displayName": "Enrich", "resourceType": "INSERT_DESTINATION"},
                    {"id": "f2", "displayName": "Fetch", "resourceType": "SOURCE"},
                ],
            ),
            "/destinations/d%2F1/subscriptions": [subscription("a"), subscription("b")],
            "/destination/d%2F1/filters": [filter_of("f1")],
            "/tracking-plans/tp/sources": [source("s1", "source-1")],
            "/sources/s1/settings": {"settings": {"track": {"allowUnplannedEvents": False}}},
        },
        page=1,
    )
    found = await read(Api(pretended).asks, known())
    assert (found.slug, [each.id for each in found.sources]) == ("acme", ["s0", "s1", "s2"])
    assert [each.id for each in found.subscriptions["d/1"]] == ["a", "b"]
    assert [each.id for each in found.filters["d/1"]] == ["f1"]
    assert found.subscriptions.keys() == {"d/1"}, "nothing is asked of what is unknown here"
    assert found.schemas.keys() == {"s1"}
    assert sorted(each.display_name or "" for each in found.functions) == ["Enrich", "Fetch"]
    assert found.unread == ()


async def test_what_the_plan_of_a_workspace_does_not_open_is_unread_and_the_rest_is_read() -> None:
    pretended = Pretended(
        workspace(sources=[source("s1", "website")], destinations=[destination("d1")])
    )
    pretended.first["/transformations"] = [refusal(403, "Protocols is not in your plan")]
    pretended.first["/destination/d1/filters"] = [refusal(404)]
    found = await read(Api(pretended).asks, known())
    assert {(each.what, each.of) for each in found.unread} == {
        ("transformations", ""),
        ("filters", "d1"),
    }
    assert len(found.destinations) == 1


@pytest.mark.parametrize(
    "answer", [refusal(401), Answer(200, {"data": {}}), Answer(429, {}, (("Retry-After", "999"),))]
)
@pytest.mark.parametrize("path", ["/transformations", "/sources/s1/settings"])
async def test_control_what_is_no_refusal_of_a_part_ends_the_reading(
    path: str, answer: Answer
) -> None:
    plans = {"/tracking-plans/tp/sources": [source("s1", "website")]}
    pretended = Pretended({**workspace(trackingPlans=[{"id": "tp"}]), **plans})
    pretended.first[path] = [answer]
    with pytest.raises(SegmentError, match=f"GET {path}"):
        await read(Api(pretended).asks, known())


@pytest.mark.parametrize("path", ["/", "/sources", "/destinations"])
async def test_control_without_what_everything_hangs_on_nothing_is_read(path: str) -> None:
    pretended = Pretended(workspace(sources=[source("s1", "website")]))
    pretended.first[path] = [refusal(403)]
    with pytest.raises(SegmentError, match=f"GET {path}: "):
        await read(Api(pretended).asks, known())
