"""Whatever the Public API answers keeps Segment's contract: successes, errors, and what is missing.

Nothing here knows which calls Headgate has: one that answers 501 has it not, and all others must
be among the steps.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
import pytest

from headgate.cli.tokens import working
from headgate.control.nouns import users
from tests.contracts.public_api_calls import STEPS, Step
from tests.harness.fixtures import balanced, judged, tell
from tests.harness.public_api.contract import Endpoint, contract, endpoint_at
from tests.harness.public_api.examples import example
from tests.harness.public_api.judge import judge, judge_limit
from tests.harness.sending import Answer, exchange, request
from tests.harness.system import Headgate
from tests.unit.api.asking import asking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["balanced"]

NOBODY, EMAIL = "nobody-has-this", "ann@shop.example"
READING_POSTS = {"POST /destination/filters/preview"}
ENDPOINTS = contract().endpoints


class Judged(NamedTuple):
    """An answer, and what is wrong with it."""

    answer: Answer
    faults: list[str]

    @property
    def status(self) -> int:
        return self.answer.status


class Client:
    """Asks as Segment's Python client does, and has each answer judged."""

    def __init__(self, headgate: Headgate) -> None:
        self._url = headgate.ready.control
        self.headgate = headgate
        self.token = self.new_token("owner")

    def new_token(self, role: str) -> str:
        made = self.headgate.run("token", "create", f"ci-{role}", "--role", role, "--json")
        token: str = msgspec.json.decode(made)["token"]
        return token

    def ask(
        self,
        endpoint: Endpoint,
        target: str,
        body: Any = None,
        *,
        token: str | None = None,
        accept: str | None = None,
    ) -> Judged:
        vendor = f"application/vnd.segment.{endpoint.version}+json"
        headers = [("Accept", accept or vendor), ("Authorization", f"Bearer {token or self.token}")]
        sent = b"" if body is None else msgspec.json.encode(body)
        if body is not None:
            is_first = endpoint.version == "v1"
            headers.append(("Content-Type", "application/json" if is_first else vendor))
        answer = exchange(self._url, request(endpoint.method, target, headers, sent))
        kind = answer.headers.get("content-type")
        faults = judge(endpoint.method, target, answer.status, kind, answer.body, sent or None)
        return Judged(answer, faults + judge_limit(answer.status, answer.headers))

    def has(self, endpoint: Endpoint) -> bool:
        return self.ask(endpoint, filled(endpoint.path, {})).status != 501


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with judged(Headgate(tmp_path_factory.mktemp("public-api"))) as headgate:
        yield Client(headgate)


@pytest.fixture
def person(client: Client) -> None:
    """A user, whom no call of the Public API can make."""
    with working(client.headgate.data, None) as work:
        users.create(work, EMAIL, ["source_read_only"])


def filled(path: str, known: dict[str, str]) -> str:
    """A path of the contract with values for its names."""
    parts = (
        quote(known.get(part[1:-1], NOBODY), safe="") if part.startswith("{") else part
        for part in path.split("/")
    )
    return "/".join(parts)


def replaced(value: Any, known: dict[str, str]) -> Any:
    """A body or a query with what is known in place of `$name`."""
    if isinstance(value, dict):
        return {name: replaced(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [replaced(each, known) for each in value]
    if isinstance(value, str) and value[1:] in known and value.startswith("$"):
        return known[value[1:]]
    return value


def query_of(fields: dict[str, Any]) -> str:
    """Spelt as Segment's Python client does: objects are JSON, lists repeat the name."""
    spelt = {
        name: json.dumps(each) if isinstance(each, dict) else each for name, each in fields.items()
    }
    return f"?{urlencode(spelt, doseq=True)}" if spelt else ""


def at(data: Any, place: str) -> Any:
    """What stands at `sources.0.id`."""
    for step in place.split("."):
        data = data[int(step) if isinstance(data, list) else step]
    return data


def known_at_first() -> dict[str, str]:
    now = datetime.now(tz=UTC)
    return {
        "from": (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "until": (now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "day": now.strftime("%Y-%m-%d"),
        "email": EMAIL,
    }


def endpoint_of(step: Step) -> Endpoint:
    found = endpoint_at(step.method, step.path)
    assert found is not None, step.call
    return found


def perform(client: Client, step: Step, known: dict[str, str], token: str | None = None) -> Judged:
    """Make the call of a step, and keep what it says."""
    target = filled(step.path, known) + query_of(replaced(step.query, known))
    done = client.ask(endpoint_of(step), target, replaced(step.body, known), token=token)
    if done.status < 300 and token is None:
        known |= {name: at(done.answer.json["data"], place) for name, place in step.keeps.items()}
        if step.call == "GET /catalog/destinations":
            known |= webhook(done.answer.json["data"]["destinationsCatalog"])
    return done


def webhook(entries: list[Any]) -> dict[str, str]:
    (found,) = [each for each in entries if each["slug"].endswith("webhook")]
    return {"destinationMetadataId": found["id"], "actionId": found["actions"][0]["id"]}


@pytest.mark.usefixtures("person")
def test_each_call_that_there_is_succeeds_as_the_contract_says(client: Client) -> None:
    known, succeeded, faults = known_at_first(), set(), []
    for step in STEPS:
        done = perform(client, step, known)
        faults += done.faults
        assert done.status == 501 or done.status < 300, (step.call, done.answer)
        if done.status < 300:
            succeeded.add(endpoint_of(step).name)
    assert faults == []
    assert {each.name for each in ENDPOINTS if client.has(each)} == succeeded
    tell(f"{len(succeeded)} of {len(ENDPOINTS)} calls succeed")


@pytest.mark.usefixtures("person")
def test_whoever_may_only_read_is_refused_each_change_as_the_contract_says(client: Client) -> None:
    """Each step is tried so, and then made by the owner."""
    known, reader, refused = known_at_first(), client.new_token("source_read_only"), 0
    for step in STEPS:
        tried = perform(client, step, known, reader)
        assert tried.faults == []
        is_reading = step.method == "GET" or step.call in READING_POSTS
        allowed = {200, 403, 501} if is_reading else {403, 501}
        assert tried.status in allowed, (step.call, tried.answer)
        refused += tried.status == 403
        perform(client, step, known)
    assert refused > 10


def test_a_call_about_what_there_is_not_is_refused_as_the_contract_says(client: Client) -> None:
    named = [each for each in ENDPOINTS if each.parameters]
    for endpoint in named:
        body = example(endpoint.body, full=False) if endpoint.body is not None else None
        refused = client.ask(endpoint, filled(endpoint.path, {}), body, accept="application/json")
        assert refused.faults == []
        assert refused.status in {404, 422, 501}, (endpoint.name, refused.answer)


def test_a_body_that_fits_no_model_is_refused_as_the_contract_says(client: Client) -> None:
    bodied = [(each, each.body) for each in ENDPOINTS if each.body is not None]
    for endpoint, body in bodied:
        wrong: list[Any] = [[], "text", 7, {name: [[7]] for name in example(body, full=True)}]
        for each in wrong:
            refused = client.ask(endpoint, filled(endpoint.path, {}), each)
            assert refused.faults == []
            assert refused.status in {400, 404, 422, 501}, (endpoint.name, refused.answer)


@pytest.mark.parametrize(
    "query",
    [
        "pagination%5Bcount%5D=0",
        "pagination%5Bcount%5D=1001",
        "pagination%5Bcount%5D=many",
        "pagination%5Bcount%5D=1&pagination%5Bcursor%5D=no-cursor",
        "pagination=%7B%22count%22%3A0%7D",
        "pagination=%7B%22count%22%3A1.5%7D",
        "pagination=none",
    ],
)
def test_a_page_that_there_is_not_is_refused_as_the_contract_says(
    client: Client, query: str
) -> None:
    paged = [each for each in ENDPOINTS if "pagination" in each.query and not each.parameters]
    assert len(paged) > 20
    for endpoint in paged:
        refused = client.ask(endpoint, f"{endpoint.path}?{query}")
        assert refused.faults == []
        assert refused.status in {400, 422, 501}, (endpoint.name, refused.answer)


@pytest.mark.parametrize("token", ["wrong", "", "e30.e30.e30"])
def test_whoever_has_no_token_learns_nothing_but_that(client: Client, token: str) -> None:
    for endpoint in ENDPOINTS:
        refused = client.ask(endpoint, filled(endpoint.path, {}), token=token or " ")
        assert (refused.status, refused.faults) == (401, [])


def test_whoever_asks_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    api = asking(tmp_path, calls_a_minute=2)
    answers = [api.call("GET", "/sources") for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 429]
    for status, content, headers in answers:
        kind, body = headers["content-type"], msgspec.json.encode(content)
        assert judge("GET", "/sources", status, kind, body) == []
        assert judge_limit(status, headers) == []
