"""Whatever the console answers has the shape that its document tells; what does not fit is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.api.console.openapi import document
from tests.contracts.access.console import OPERATIONS
from tests.contracts.test_console_operations_access import DECLARED, NAMED, OPS, filled, is_stream
from tests.harness.config_api import Judge
from tests.unit.api.console.flowing import Flowing
from tests.unit.api.console.streaming import flowed

if TYPE_CHECKING:
    from tests.unit.api.asking import Answer

JUDGE = Judge(document())
PLAIN = [op for op in OPS if not is_stream(DECLARED[op])]
BODIED = [op for op in PLAIN if DECLARED[op].body is not None]


@pytest.fixture(scope="module")
def flowing(tmp_path_factory: pytest.TempPathFactory) -> Flowing:
    return Flowing(tmp_path_factory.mktemp("answers"))


def asked(flowing: Flowing, op: str, ids: dict[str, str], body: Any = None, **query: str) -> Answer:
    """The operation's own call, judged."""
    endpoint, row = DECLARED[op].endpoint, OPERATIONS[op]
    path = NAMED.sub(lambda found: ids[found[1]], endpoint.path)
    sent = row.body if body is None else body
    answer = flowing.home.browser.call(
        endpoint.method,
        path,
        b"" if sent is None else filled(sent, ids),
        **{**filled(row.query, ids), **query},
    )
    assert JUDGE.faults(endpoint.method, endpoint.path, answer.status, answer.json) == []
    return answer


@pytest.mark.parametrize("op", PLAIN)
def test_success_has_the_shape_that_is_told(op: str, flowing: Flowing) -> None:
    assert asked(flowing, op, flowing.home.ids).status == 200


@pytest.mark.parametrize("op", PLAIN)
def test_what_is_not_there_is_told_as_every_api_tells_it(op: str, flowing: Flowing) -> None:
    names = set(NAMED.findall(DECLARED[op].endpoint.path)) - {"messageId"}
    if names:
        answer = asked(flowing, op, flowing.home.ids | dict.fromkeys(names, "none"))
        assert (answer.status, answer.json["errors"][0]["type"]) == (404, "not-found")


@pytest.mark.parametrize("op", BODIED)
def test_a_body_that_does_not_fit_names_its_field(op: str, flowing: Flowing) -> None:
    good = filled(OPERATIONS[op].body, flowing.home.ids)
    wrongs: list[Any] = [[], "text", 7]
    for wrong in wrongs:
        assert asked(flowing, op, flowing.home.ids, wrong).status == 422
    more = asked(flowing, op, flowing.home.ids, {**good, "unknown": 1})
    assert (more.status, more.fields) == (422, ["unknown"])
    for name in good:
        answer = asked(flowing, op, flowing.home.ids, {**good, name: [[7]]})
        assert answer.status == 422
        assert {str(each).partition(".")[0] for each in answer.fields} == {name}


@pytest.mark.parametrize("op", PLAIN)
def test_a_query_that_nobody_knows_is_refused(op: str, flowing: Flowing) -> None:
    answer = asked(flowing, op, flowing.home.ids, unknown="1")
    assert (answer.status, answer.fields) == (422, ["unknown"])


@pytest.mark.parametrize(
    ("op", "query"),
    [
        ("list_attempts", {"since": "yesterday"}),
        ("list_attempts", {"status": "6xx"}),
        ("list_letters", {"status": "many"}),
        ("list_letters", {"redriven": "perhaps"}),
        ("list_lanes", {"ended": "perhaps"}),
        ("list_refusals", {"until": "1"}),
        ("search_workspace", {"q": ""}),
        ("search_workspace", {"q": "x" * 201}),
        ("list_recent_events", {"pagination[count]": "0"}),
    ],
)
def test_a_query_that_does_not_fit_names_its_field(
    op: str, query: dict[str, str], flowing: Flowing
) -> None:
    answer = asked(flowing, op, flowing.home.ids, **query)
    (name,) = query
    assert (answer.status, answer.fields) == (422, [name.replace("[", ".").rstrip("]")])


@pytest.mark.parametrize("op", [op for op in OPS if is_stream(DECLARED[op])])
def test_a_stream_that_cannot_begin_says_so_in_json(op: str, flowing: Flowing) -> None:
    endpoint = DECLARED[op].endpoint
    path = NAMED.sub("none", endpoint.path)
    queries: list[dict[str, Any]] = [{"unknown": "1"}, {"after": "-1"}, {"since": "never"}]
    for query in queries:
        flow = flowed(flowing.home.browser, path, **query)
        assert (flow.status, flow.headers["content-type"]) == (422, "application/json")
