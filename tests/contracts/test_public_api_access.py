"""Who may do what in the Public API: every operation, by everybody, at home and elsewhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from headgate.api.openapi import document
from headgate.api.public.calls import OPERATIONS
from headgate.api.public.contract import contract
from headgate.api.public.handlers import load
from headgate.control.access.roles import ROLES
from headgate.control.nouns import tokens
from headgate.store.people import Groups, Invites, Members, Users
from headgate.store.records import InviteRecord, Resource
from headgate.store.tables import metadata
from tests.contracts.access.table import ACCESS
from tests.unit.api.asking import NOW, Answer, Asking, asking

if TYPE_CHECKING:
    pass

load()
OPS = sorted(OPERATIONS)
NAMED = re.compile(r"\{(\w+)\}")
CATALOGUE = {"sourceMetadataId", "destinationMetadataId", "warehouseMetadataId"}
"""Ids that are everybody's."""
UNTOUCHED = {"audit", "tokens", "numbers", "revision"}
"""Tables in which a call that was refused may leave something: who was refused, and when."""


class World:
    """One workspace with one of everything, and the names under which calls know it."""

    def __init__(self, api: Asking, workspace: str, owner: str, tag: str) -> None:
        self.api, self.workspace, self.owner, self.tag = api, workspace, owner, tag
        self._fresh = count()
        self.ids = self._made()

    def _made(self) -> dict[str, str]:
        ids = {"email": f"new-{self.tag}@example.org", **self._times()}
        ids["sourceMetadataId"] = self._data("GET", "/catalog/sources")["sourcesCatalog"][0]["id"]
        hook = self._webhook()
        ids["destinationMetadataId"] = hook["id"]
        ids["warehouseMetadataId"] = "postgres"
        ids["actionId"] = hook["actions"][0]["id"]
        source = {
            "slug": f"shop-{self.tag}",
            "enabled": True,
            "metadataId": ids["sourceMetadataId"],
        }
        made = self._data("POST", "/sources", source)["source"]
        ids["sourceId"], ids["writeKey"] = made["id"], made["writeKeys"][0]
        ids |= self._connected(ids)
        ids |= self._loaded(ids)
        self._data("POST", "/labels", {"label": {"key": "environment", "value": "access"}})
        return ids | self._people() | {"key": "environment", "value": "access"}

    def _webhook(self) -> dict[str, Any]:
        found = self._data("GET", "/catalog/destinations", **{"pagination[count]": "1000"})
        return next(each for each in found["destinationsCatalog"] if each["slug"] == "webhook")

    def _connected(self, ids: dict[str, str]) -> dict[str, str]:
        body = {
            "sourceId": ids["sourceId"],
            "metadataId": ids["destinationMetadataId"],
            "name": f"Hook {self.tag}",
            "settings": {},
        }
        found = {"destinationId": self._data("POST", "/destinations", body)["destination"]["id"]}
        for op, key, name in (
            ("create_destination_subscription", "destinationSubscription", "id"),
            ("create_filter_for_destination", "filter", "filterId"),
        ):
            made = self.call(op, self.owner, {**ids, **found})
            found[name] = made.data[key]["id"]
        return found

    def _loaded(self, ids: dict[str, str]) -> dict[str, str]:
        """A warehouse with the source, and a regulation."""
        made = self.call("create_warehouse", self.owner, ids).data["warehouse"]["id"]
        found = {**ids, "warehouseId": made}
        assert self.call("add_connection_from_source_to_warehouse", self.owner, found).status == 201
        regulation = self.call("create_workspace_regulation", self.owner, ids).data["regulateId"]
        return {"warehouseId": made, "regulateId": regulation}

    def _people(self) -> dict[str, str]:
        member = f"member-{self.tag}@example.org"
        invited = f"invited-{self.tag}@example.org"
        with self.api.store.write() as transaction:
            user = Users(transaction).add(email=member, name="Mem Ber", password=None, at=NOW)
            Members(transaction, self.workspace).add(user.id, NOW)
            group = Groups(transaction, self.workspace).add(f"Group {self.tag}")
            Groups(transaction, self.workspace).join(group.id, member)
            invitation = InviteRecord(email=invited, hash=f"none-{self.tag}", expires_at=NOW * 2)
            Invites(transaction, self.workspace).put(invitation)
        return {
            "userId": user.id,
            "userGroupId": group.id,
            "member": member,
            "invited": invited,
        }

    def _times(self) -> dict[str, str]:
        now = datetime.fromtimestamp(NOW / 1000, UTC).replace(minute=0, second=0, microsecond=0)
        times = {"from": now - timedelta(hours=3), "until": now}
        return {
            **{name: f"{at:%Y-%m-%dT%H:%M:%S.000Z}" for name, at in times.items()},
            "day": f"{now:%Y-%m-%d}",
        }

    def _data(self, method: str, path: str, body: Any = b"", **query: Any) -> Any:
        return self.api.call(method, path, body, token=self.owner, **query).data

    def call(self, op: str, token: str, ids: dict[str, str] | None = None) -> Answer:
        """The operation's own call with this world's ids, by whoever has the token."""
        known = {**(self.ids if ids is None else ids), "fresh": f"fresh-{next(self._fresh)}"}
        endpoint, row = contract().endpoint(op), ACCESS[op]
        path = NAMED.sub(lambda found: known[found[1]], endpoint.path)
        body = b"" if row.body is None else filled(row.body, known)
        query: dict[str, Any] = {
            name: str(filled(value, known)) for name, value in row.query.items()
        }
        return self.api.call(endpoint.method, path, body, token=token, **query)

    def rows(self) -> dict[str, list[Any]]:
        """Everything that the store holds, but for what a refusal may leave."""
        with self.api.store.read() as transaction:
            return {
                table.name: sorted(map(str, transaction.connection.execute(select(table))))
                for table in metadata.sorted_tables
                if table.name not in UNTOUCHED
            }


def filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, known) for each in value]
    if isinstance(value, str) and value.startswith("$"):
        return known[value[1:]]
    return value


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    return asking(tmp_path_factory.mktemp("access"))


@pytest.fixture(scope="module")
def home(api: Asking) -> World:
    return World(api, api.workspace.id, api.owner, "home")


@pytest.fixture(scope="module")
def elsewhere(api: Asking) -> World:
    return World(api, api.other.id, api.foreign, "elsewhere")


def owned(op: str) -> set[str]:
    """The names of ids in a call of the operation that are of one workspace."""
    endpoint, row = contract().endpoint(op), ACCESS[op]
    told = {*NAMED.findall(endpoint.path), *re.findall(r"\$(\w+)", f"{row.body} {row.query}")}
    mine = {"sourceId", "destinationId", "id", "filterId", "writeKey", "userId", "userGroupId"}
    return told & {*mine, "warehouseId", "regulateId"}


def test_every_operation_says_who_may_use_it() -> None:
    assert sorted(ACCESS.keys() & OPERATIONS.keys()) == OPS
    assert not [op for op in ACCESS if op not in {each.op for each in contract().endpoints}]


def test_the_router_and_the_openapi_document_agree(api: Asking) -> None:
    told = {
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
    }
    assert told == {(each.method, each.path) for each in contract().endpoints}
    for endpoint in contract().endpoints:
        path = NAMED.sub("none", endpoint.path)
        status = api.call(endpoint.method, path, token="").status
        assert status == 401, (endpoint.op, status)


@pytest.mark.parametrize("op", OPS)
def test_nobody_without_a_good_token_gets_in(op: str, api: Asking, home: World) -> None:
    with api.control.write(api.operator()) as work:
        made = tokens.create(work, "gone", ["owner"])
        tokens.revoke(work, made.token.id)
    before = home.rows()
    for token in ("", made.text, home.ids["writeKey"]):
        assert home.call(op, token).status == 401
    assert home.rows() == before


@pytest.mark.abuse("ac_role_read", "ac_role_owner_only", "ac_token_ws")
@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("op", OPS)
def test_a_role_allows_what_the_table_says(op: str, role: str, api: Asking, home: World) -> None:
    row = ACCESS[op]
    token = api.token(role)
    if (row.noun, row.access) in ROLES[role].permissions:
        if row.access == "read":
            answer = home.call(op, token)
            assert answer.status not in {401, 403}, answer.json
        return
    before = home.rows()
    answer = home.call(op, token)
    may_see = (row.noun, "read") in ROLES[role].permissions
    expected = {403} if may_see or not owned(op) else {403, 404}
    assert answer.status in expected, (answer.status, answer.json)
    assert home.rows() == before


@pytest.mark.abuse(
    "ac_idor_get", "ac_idor_patch", "ac_idor_parent", "ac_idor_list", "ac_idor_count"
)
@pytest.mark.parametrize("op", OPS)
def test_nobody_reaches_into_another_workspace(op: str, home: World, elsewhere: World) -> None:
    """With the ids of one workspace, the owner of another: as if they were nobody's."""
    before = home.rows()
    answer = home.call(op, elsewhere.owner, {**elsewhere.ids, **home.ids})
    after = home.rows()
    if owned(op):
        assert answer.status in {404, 422}, (answer.status, answer.json)
        assert after == before
    told = str(answer.json)
    names = ("sourceId", "destinationId", "userId", "userGroupId", "warehouseId", "regulateId")
    shared = {home.ids[name] for name in names}
    if answer.status < 300:
        assert not [each for each in shared if each in told]


@pytest.mark.abuse("ac_idor_get")
@pytest.mark.parametrize(
    "op", [op for op in OPS if NAMED.search(contract().endpoint(op).path) and owned(op)]
)
def test_what_is_anothers_is_told_as_what_is_not_there(
    op: str, home: World, elsewhere: World
) -> None:
    names = owned(op)
    missing = dict.fromkeys(names, "none_00000000000000000000")
    foreign = home.call(op, elsewhere.owner, {**elsewhere.ids, **home.ids})
    nowhere = home.call(op, elsewhere.owner, {**elsewhere.ids, **home.ids, **missing})
    assert foreign.status == nowhere.status
    assert [each["type"] for each in foreign.json["errors"]] == [
        each["type"] for each in nowhere.json["errors"]
    ]


@pytest.mark.abuse("ac_role_member")
def test_a_role_for_one_source_opens_no_other(api: Asking, home: World) -> None:
    body = {"slug": "second", "enabled": True, "metadataId": home.ids["sourceMetadataId"]}
    second = api.call("POST", "/sources", body).data["source"]["id"]
    token = api.token("source_admin", resources=[Resource("SOURCE", second)])
    listed = api.call("GET", "/sources", token=token).data
    assert [each["id"] for each in listed["sources"]] == [second]
    assert listed["pagination"]["totalEntries"] == 1
    assert api.call("GET", f"/sources/{second}", token=token).status == 200
    before = home.rows()
    for op in OPS:
        row = ACCESS[op]
        if row.noun == "source" and owned(op):
            assert home.call(op, token).status in {403, 404, 422}, op
    assert api.call("POST", "/sources", {**body, "slug": "third"}, token=token).status == 403
    assert home.rows() == before
    assert api.call("DELETE", f"/sources/{second}", token=token).status == 200


@pytest.mark.abuse("ac_idor_count")
def test_a_cursor_of_one_workspace_is_worth_nothing_in_another(api: Asking, home: World) -> None:
    for slug in ("cursor-1", "cursor-2"):
        body = {"slug": slug, "enabled": True, "metadataId": home.ids["sourceMetadataId"]}
        api.call("POST", "/sources", body)
    one: dict[str, Any] = {"pagination[count]": "1"}
    page = api.call("GET", "/sources", **one).data["pagination"]
    asked: dict[str, Any] = {"pagination[count]": "1", "pagination[cursor]": page["next"]}
    assert api.call("GET", "/sources", **asked).status == 200
    refused = api.call("GET", "/sources", token=api.foreign, **asked)
    assert (refused.status, refused.fields) == (422, ["pagination.cursor"])
