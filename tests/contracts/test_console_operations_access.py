"""Who may do what in the console beside the Public API, at home and elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from sqlalchemy import select
from starlette.routing import Mount, Route

from headgate.api.console.openapi import declared_operations, document
from headgate.api.console.ways import WAYS
from headgate.api.public.contract import contract
from headgate.control.access.roles import ROLES
from headgate.store.access import Grants
from headgate.store.records import Resource
from headgate.store.tables import metadata
from tests.contracts.access.console import CONSOLE, OPERATIONS
from tests.contracts.test_workspace_in_every_query import watched
from tests.unit.api.console.flowing import EMAIL, SECRET, Flowed, Flowing
from tests.unit.api.console.signed import Browser, person
from tests.unit.api.console.streaming import Flow, flowed

if TYPE_CHECKING:
    from headgate.api.console.calls import Declared
    from headgate.store.records import UserRecord

NAMED = re.compile(r"\{(\w+)\}")
DECLARED = {each.endpoint.op: each for each in declared_operations()}
OPS = sorted(DECLARED)
WRITING = [op for op in OPS if OPERATIONS[op].needs[1] == "write"]
UNTOUCHED = {"audit", "sessions", "numbers", "revision", "marks"}
"""Tables in which a call that was refused may leave something: who was refused, and when."""


class Answered(NamedTuple):
    status: int
    text: str


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(each, ids) for name, each in value.items()}
    return ids.get(value[1:], value) if isinstance(value, str) and value[:1] == "$" else value


def owned(op: str) -> set[str]:
    """The names in a call that are somebody's."""
    row, path = OPERATIONS[op], DECLARED[op].endpoint.path
    told = f"{row.body} {row.query}"
    return {*NAMED.findall(path), *re.findall(r"\$(\w+Id)", told)}


def called(browser: Browser, op: str, ids: dict[str, str], **headers: str | None) -> Answered:
    """The operation's own call with these ids."""
    declared, row = DECLARED[op], OPERATIONS[op]
    path = NAMED.sub(lambda found: ids[found[1]], declared.endpoint.path)
    query = filled(row.query, ids)
    if is_stream(declared):
        flow = flowed(browser, path, enough, **query)
        return Answered(flow.status, flow.body.decode())
    body = b"" if row.body is None else filled(row.body, ids)
    answer = browser.call(declared.endpoint.method, path, body, headers, **query)
    return Answered(answer.status, str(answer.json))


def is_stream(declared: Declared) -> bool:
    return declared.media != "application/json"


async def enough(flow: Flow) -> None:
    """The beginning tells who was let in."""
    if flow.status >= 300:
        await flow.until(lambda so_far: so_far.is_over)


def rows(flowing: Flowing) -> dict[str, list[Any]]:
    """All that the store holds, but for what tells of calls."""
    with flowing.api.store.read() as transaction:
        return {
            table.name: [*transaction.connection.execute(select(table))]
            for table in metadata.sorted_tables
            if table.name not in UNTOUCHED
        }


@pytest.fixture(scope="module")
def flowing(tmp_path_factory: pytest.TempPathFactory) -> Flowing:
    return Flowing(tmp_path_factory.mktemp("operations"))


@pytest.fixture(scope="module")
def home(flowing: Flowing) -> Flowed:
    return flowing.home


@pytest.fixture(scope="module")
def elsewhere(flowing: Flowing) -> Flowed:
    return flowing.elsewhere


def limited(home: Flowed, source: str) -> Browser:
    """Somebody who may change one source, by its id, and nothing else."""
    user: UserRecord = person(home.all.api, "source_admin")
    with home.all.api.store.write() as transaction:
        grants = Grants(transaction, home.workspace)
        grants.remove_all(user.id)
        grants.add(user.id, "source_admin", [Resource("SOURCE", source)], [])
    browser = Browser(home.all.api)
    assert browser.sign_in(user.email).status == 200
    return browser


# the router, the document and the table


def routed(flowing: Flowing) -> set[tuple[str, str]]:
    found = set()
    for route in flowing.api.app._app.router.routes:  # type: ignore[attr-defined]
        if isinstance(route, Mount) and route.path.startswith("/app/api"):
            inner = [each for each in route.routes if isinstance(each, Route)]
            found |= {(m, f"{route.path}{each.path}") for each in inner for m in each.methods or ()}
        elif isinstance(route, Route) and route.path.startswith("/app/api"):
            found |= {(method, route.path) for method in route.methods or ()}
    return {(method, path.replace(":path}", "}")) for method, path in found if method != "HEAD"}


def test_router_document_and_table_agree(flowing: Flowing) -> None:
    paths = document()["paths"]
    told = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert routed(flowing) - {("GET", "/app/api/openapi.json")} == told
    ways = {(each.method, each.path) for each in WAYS}
    own = {(each.endpoint.method, each.endpoint.path) for each in DECLARED.values()}
    public = {(each.method, f"/app/api/public{each.path}") for each in contract().endpoints}
    assert told == ways | own | public
    assert CONSOLE.keys() == {each.op for each in WAYS} | DECLARED.keys()


def test_each_operation_has_a_name_and_a_schema_of_its_own() -> None:
    names = [
        each["operationId"]
        for path, methods in document()["paths"].items()
        for each in methods.values()
        if not path.startswith("/app/api/public")
    ]
    assert len(names) == len(set(names))
    public = set(contract().models)
    bodies = [each.body.__name__ for each in DECLARED.values() if each.body is not None]
    answers = document()["components"]["schemas"].keys()
    assert public.isdisjoint(bodies)
    assert set(bodies) < set(answers)
    assert not [name for name in answers if "." in name or name.startswith("headgate")]


# who


def test_nobody_without_a_session_gets_in(flowing: Flowing, home: Flowed) -> None:
    before = rows(flowing)
    for op in OPS:
        assert called(Browser(flowing.api), op, home.ids).status == 401, op
    assert rows(flowing) == before


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_allows_what_the_table_says(role: str, flowing: Flowing, home: Flowed) -> None:
    """What is allowed and changes nothing for good is tried; the owner does the rest elsewhere."""
    browser, before, sent = home.person(role), rows(flowing), len(flowing.sent)
    for op in OPS:
        permission = OPERATIONS[op].needs
        if permission in ROLES[role].permissions:
            if permission[1] == "read":
                answer = called(browser, op, home.ids)
                assert answer.status == 200, (op, answer)
            continue
        may_see = (permission[0], "read") in ROLES[role].permissions
        expected = {403} if may_see or not owned(op) else {403, 404}
        assert called(browser, op, home.ids).status in expected, op
    after = rows(flowing)
    assert {name: each for name, each in after.items() if each != before[name]} == {}
    assert len(flowing.sent) == sent


@pytest.mark.parametrize("op", WRITING)
def test_no_change_goes_without_the_token_of_its_page(
    op: str, flowing: Flowing, home: Flowed
) -> None:
    before, sent = rows(flowing), len(flowing.sent)
    answer = called(home.browser, op, home.ids, **{"x-csrf-token": None})
    assert answer.status == 403
    assert rows(flowing) == before
    assert len(flowing.sent) == sent


# where


@pytest.mark.abuse("ac_idor_search", "ac_idor_export", "ac_idor_ws", "ac_idor_graph")
@pytest.mark.parametrize("op", OPS)
def test_nobody_reaches_into_another_workspace(
    op: str, flowing: Flowing, home: Flowed, elsewhere: Flowed
) -> None:
    """With the names of one workspace, the owner of another: as if they were nobody's."""
    before, sent = rows(flowing), len(flowing.sent)
    answer = called(elsewhere.browser, op, home.ids)
    secrets = {home.ids[name] for name in ("sourceId", "connectionId", "replayId", "slug")}
    if owned(op) - {"messageId"}:
        assert answer.status in {404, 422}, answer
    else:
        assert answer.status == 200, answer
        assert not [each for each in secrets if each in answer.text]
        assert "Order home" not in answer.text
    assert rows(flowing) == before
    assert len(flowing.sent) == sent
    assert called(home.browser, "list_lanes", home.ids).text.count(home.ids["connectionId"])


@pytest.mark.parametrize("op", [op for op in OPS if owned(op) - {"messageId"}])
def test_what_is_anothers_is_told_as_what_is_not_there(
    op: str, home: Flowed, elsewhere: Flowed
) -> None:
    missing = dict.fromkeys(owned(op), "none_00000000000000000000")
    foreign = called(elsewhere.browser, op, {**elsewhere.ids, **home.ids})
    nowhere = called(elsewhere.browser, op, {**elsewhere.ids, **home.ids, **missing})
    shown = [foreign.text.replace(home.ids[name], missing[name]) for name in owned(op)]
    assert (foreign.status, shown) == (nowhere.status, [nowhere.text] * len(shown))


def test_a_message_of_another_workspace_has_no_copies(home: Flowed, elsewhere: Flowed) -> None:
    path = f"/trace/{home.message}"
    assert elsewhere.ask("GET", path).data["trace"]["copies"] == []
    assert len(home.ask("GET", path).data["trace"]["copies"]) == 1, "the control"
    for name in ("attempts", "letters"):
        asked = {"message_id": home.message}
        assert elsewhere.ask("GET", f"/{name}", **asked).data[name] == []
        assert len(home.ask("GET", f"/{name}", **asked).data[name]) == 1, "the control"


@pytest.mark.abuse("ac_idor_search")
def test_search_finds_what_may_be_seen_and_no_more(home: Flowed, elsewhere: Flowed) -> None:
    for text in (home.ids["sourceId"], home.ids["slug"], "SHOP", "hook", "e"):
        theirs = elsewhere.ask("GET", "/search", q=text).data["hits"]
        assert not [each for each in theirs if "home" in each["slug"]], text
    found = home.ask("GET", "/search", q="SHOP").data["hits"]
    assert [each["slug"] for each in found] == ["shop-home"], "the control"
    viewer = home.person("tracking_plan_read_only")
    assert viewer.call("GET", "/app/api/search", q="shop").data["hits"] == []


def test_a_role_for_one_source_sees_its_lanes_and_no_others(home: Flowed) -> None:
    body = {"slug": "second", "enabled": True, "metadataId": "http-api"}
    second = home.all.api.call("POST", "/sources", body).data["source"]["id"]
    browser = limited(home, second)
    for op in OPS:
        if owned(op) - {"messageId"}:
            assert called(browser, op, home.ids).status in {403, 404}, op
    shown = {
        op: called(browser, op, home.ids).text
        for op in ("list_lanes", "list_replays", "get_overview", "search_workspace")
    }
    assert not [op for op, text in shown.items() if home.ids["connectionId"] in text]
    assert second in shown["get_overview"], "the control"
    assert browser.call("GET", f"/app/api/trace/{home.message}").data["trace"]["copies"] == []


def test_a_cursor_of_one_workspace_is_worth_nothing_in_another(
    home: Flowed, elsewhere: Flowed
) -> None:
    one = {"pagination[count]": "1"}
    for name in ("attempts",):
        page = home.ask("GET", f"/{name}", **one).data["pagination"]
        asked = {**one, "pagination[cursor]": page["next"]}
        assert home.ask("GET", f"/{name}", **asked).status == 200
        refused = elsewhere.ask("GET", f"/{name}", **asked)
        assert (refused.status, refused.fields) == (422, ["pagination.cursor"])


def test_every_query_names_its_workspace(tmp_path_factory: pytest.TempPathFactory) -> None:
    flowing = Flowing(tmp_path_factory.mktemp("watched"))
    with watched() as faults:
        for op in OPS:
            assert called(flowing.home.browser, op, flowing.home.ids).status in {200, 422}, op
    assert faults == []


def test_no_secret_and_no_person_is_in_what_roles_without_the_right_see(home: Flowed) -> None:
    member, owner = home.person("member"), home.person("owner")
    told = {
        op: called(member, op, home.ids).text for op in OPS if OPERATIONS[op].needs[1] == "read"
    }
    seen = {op: called(owner, op, home.ids).text for op in told}
    assert not [op for op, text in told.items() if EMAIL in text]
    assert {op for op, text in seen.items() if EMAIL in text} >= {
        "list_recent_events",
        "trace_message",
        "list_attempts",
        "get_letter",
        "preview_subscription",
    }, "the control"
    assert not [op for op, text in (told | seen).items() if SECRET in text]
