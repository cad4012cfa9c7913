"""Filters of connections over the Public API."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from headgate.clock import iso
from headgate.control.declaring.apply import apply
from headgate.control.declaring.changing import read
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.export import export
from headgate.control.declaring.filter_section import MOST_FILTERS, read_filters
from headgate.control.errors import Invalid
from headgate.route.filters import Filters
from headgate.store.connections import Connections
from headgate.store.records import Resource
from tests.unit.api.asking import NOW, Asking, asking
from tests.unit.api.connected import created, source, told, trail

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.records import ConnectionRecord
    from tests.unit.api.asking import Answer

TRACK = 'type = "track"'
DROP = [{"type": "DROP"}]
EVENT = {
    "type": "track",
    "messageId": "m1",
    "userId": "u1",
    "properties": {"card": "4111", "plan": "pro"},
}


class World:
    """A connection of a source."""

    def __init__(self, folder: Path) -> None:
        self.api: Asking = asking(folder)
        self.source = source(self.api, "website")
        self.connection = created(self.api, self.source, "webhook")
        self.path = f"/destination/{self.connection}/filters"

    def make(self, **given: Any) -> Answer:
        body = {
            "sourceId": self.source,
            "if": TRACK,
            "actions": DROP,
            "title": "No tracks",
            "enabled": True,
            **given,
        }
        return told(self.api, "create_filter_for_destination", "POST", self.path, body)

    def made(self, **given: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.make(**given).data["filter"]
        return found

    def patch(self, filter_id: str, **given: Any) -> Answer:
        path = f"{self.path}/{filter_id}"
        return told(self.api, "update_filter_for_destination", "PATCH", path, given)

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = told(
            self.api, "list_filters_from_destination", "GET", self.path
        ).data["filters"]
        return found

    def kept(self) -> ConnectionRecord:
        with self.api.control.read(self.api.operator()) as work:
            return Connections(work.transaction, work.workspace.id).one(self.connection)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> World:
    """For tests that change nothing."""
    return World(tmp_path_factory.mktemp("untouched"))


def test_a_filter_is_told_as_it_was_made(world: World) -> None:
    made = world.made(description="why", actions=[{"type": "DROP", "fields": None}])
    assert made == {
        "id": made["id"],
        "sourceId": world.source,
        "destinationId": world.connection,
        "if": TRACK,
        "actions": DROP,
        "title": "No tracks",
        "description": "why",
        "enabled": True,
        "createdAt": iso(NOW),
        "updatedAt": iso(NOW),
    }
    got = told(world.api, "get_filter_in_destination", "GET", f"{world.path}/{made['id']}")
    assert got.data == {"filter": made}
    assert Filters(world.kept().filters).judge(EVENT).rule == "filter: No tracks"
    assert trail(world.api)[-1] == (
        "Destination Filter Created",
        "DESTINATION_FILTER",
        made["id"],
    )


def test_only_what_is_given_changes_and_the_order_stays(world: World) -> None:
    first, second = world.made(), world.made(title="Second")
    world.api.clock.now += 5_000
    changed = world.patch(first["id"], enabled=False, title="First").data["filter"]
    assert changed == {
        **first,
        "enabled": False,
        "title": "First",
        "updatedAt": iso(NOW + 5_000),
    }
    assert world.listed() == [changed, second]
    assert trail(world.api)[-1] == (
        "Destination Filter Modified",
        "DESTINATION_FILTER",
        first["id"],
    )


def test_a_filter_goes(world: World) -> None:
    first, second = world.made(), world.made(title="Second")
    path = f"{world.path}/{first['id']}"
    answer = told(world.api, "remove_filter_from_destination", "DELETE", path)
    assert answer.data == {"status": "SUCCESS"}
    assert world.listed() == [second]
    assert trail(world.api)[-1] == (
        "Destination Filter Deleted",
        "DESTINATION_FILTER",
        first["id"],
    )
    for method, body in (("GET", b""), ("DELETE", b""), ("PATCH", {"enabled": True})):
        assert world.api.call(method, path, body).status == 404


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"sourceId": "src_other"}, ["sourceId"]),
        ({"if": "type = "}, ["if"]),
        ({"title": "T" * 65}, ["title"]),
        ({"title": "Taken"}, ["title"]),
        ({"actions": []}, ["actions"]),
        ({"actions": [{"type": "SAMPLE", "percent": 2}]}, ["actions[0].percent"]),
        ({"actions": [{"type": "DROP", "percent": 0.5}]}, ["actions[0].percent"]),
        ({"actions": [{"type": "DROP_PROPERTIES"}]}, ["actions[0].fields"]),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_its_field(
    world: World, given: dict[str, Any], fields: list[str]
) -> None:
    taken = world.made(title="Taken")
    refused = world.make(**given)
    assert (refused.status, refused.fields) == (422, fields)
    assert world.listed() == [taken]
    if "sourceId" not in given:
        second = world.made(title="Second")
        refused = world.patch(second["id"], **given)
        assert (refused.status, refused.fields) == (422, fields)
        assert world.listed() == [taken, second]


def test_a_connection_has_so_many_filters(world: World) -> None:
    ids = [world.made(title=f"Filter {n}")["id"] for n in range(MOST_FILTERS)]
    refused = world.make(title="One too many")
    assert (refused.status, refused.fields) == (422, ["filters"])
    answer = told(
        world.api,
        "list_filters_from_destination",
        "GET",
        world.path,
        **{"pagination[count]": "7"},
    )
    page = answer.data["pagination"]
    assert page["totalEntries"] == MOST_FILTERS
    query = {"pagination[count]": "7", "pagination[cursor]": page["next"]}
    rest = told(world.api, "list_filters_from_destination", "GET", world.path, **query).data
    found = [*answer.data["filters"], *rest["filters"]]
    assert [each["id"] for each in found] == ids
    assert "next" not in rest["pagination"]


def test_what_was_made_here_comes_back_from_a_file_unchanged(world: World) -> None:
    world.made()
    text = export(world.api.store, "main")
    assert f"createdAt: '{iso(NOW)}'" in text
    applied = apply(world.api.store.folder, parse(text), head={0: 0}, environ={})
    assert applied.changes == ()


def test_a_filter_without_times_is_as_old_as_its_connection(world: World) -> None:
    world.made()
    text = export(world.api.store, "main")
    bare = "\n".join(
        line for line in text.splitlines() if "createdAt" not in line and "updatedAt" not in line
    )
    apply(world.api.store.folder, parse(bare), head={0: 0}, environ={})
    record = world.kept()
    found = world.listed()[0]
    assert record.created_at == NOW
    assert (found["createdAt"], found["updatedAt"]) == (
        iso(record.created_at),
        iso(record.updated_at),
    )
    changed = world.patch(found["id"], enabled=False).data["filter"]
    assert (changed["createdAt"], changed["updatedAt"]) == (iso(NOW), iso(NOW))


@pytest.mark.parametrize(
    ("condition", "actions", "properties"),
    [
        ('type = "page"', DROP, EVENT["properties"]),
        (TRACK, DROP, None),
        (TRACK, [{"type": "SAMPLE", "percent": 0}], None),
        (TRACK, [{"type": "SAMPLE", "percent": 1}], EVENT["properties"]),
        (TRACK, [{"type": "DROP_PROPERTIES", "fields": {"properties": ["card"]}}], {"plan": "pro"}),
        (
            TRACK,
            [{"type": "ALLOW_PROPERTIES", "fields": {"properties": ["card"]}}],
            {"card": "4111"},
        ),
    ],
)
def test_a_preview_shows_what_the_router_would_do(
    untouched: World, condition: str, actions: list[Any], properties: Any
) -> None:
    before = untouched.listed(), trail(untouched.api)
    body = {"filter": {"if": condition, "actions": actions}, "payload": EVENT}
    path = "/destination/filters/preview"
    answer = told(untouched.api, "preview_destination_filter", "POST", path, body)
    result = None if properties is None else {**EVENT, "properties": properties}
    assert answer.data == {"inputPayload": EVENT, "result": result}
    assert (untouched.listed(), trail(untouched.api)) == before, "it changes nothing"


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"if": "type =", "actions": DROP}, ["filter.if"]),
        ({"if": TRACK, "actions": [{"type": "EAT"}]}, ["filter.actions.0.type"]),
        ({"if": TRACK, "actions": []}, ["filter.actions"]),
    ],
)
def test_a_preview_of_no_filter_is_refused(
    untouched: World, asked: dict[str, Any], fields: list[str]
) -> None:
    body = {"filter": asked, "payload": EVENT}
    refused = untouched.api.call("POST", "/destination/filters/preview", body)
    assert (refused.status, refused.fields) == (422, fields)


def test_whoever_may_not_is_refused(world: World) -> None:
    api, made = world.api, world.made()
    one, body = f"{world.path}/{made['id']}", {"enabled": False}
    reader = api.token("source_read_only")
    elsewhere = api.token("source_admin", resources=(Resource("SOURCE", source(api, "app")),))
    new = {
        "sourceId": world.source,
        "if": TRACK,
        "actions": DROP,
        "title": "New",
        "enabled": True,
    }
    assert api.call("GET", one, token=reader).status == 200
    for token, status in ((reader, 403), (elsewhere, 404), (api.foreign, 404)):
        assert api.call("POST", world.path, new, token=token).status == status
        assert api.call("PATCH", one, body, token=token).status == status
        assert api.call("DELETE", one, token=token).status == status
    for path in (one, world.path):
        assert api.call("GET", path, token=api.foreign).status == 404
    preview = {"filter": {"if": TRACK, "actions": DROP}, "payload": EVENT}
    asked = api.call(
        "POST", "/destination/filters/preview", preview, token=api.token("function_admin")
    )
    assert asked.status == 403
    assert world.listed() == [made]


def test_the_times_of_a_filter_may_stand_in_a_file() -> None:
    def declared(**times: str) -> dict[str, Any]:
        given = {"title": "T", "if": TRACK, "actions": DROP, **times}
        reading = partial(read_filters, slug="hook", mode="cloud")
        return dict(read(reading, {"filters": [given]})[0])

    assert declared(createdAt="2026-11-22T08:00:00+01:00")["createdAt"] == iso(1_795_330_800_000)
    assert not {"createdAt", "updatedAt"} & declared().keys()
    with pytest.raises(Invalid, match=r"filters\[0\]\.updatedAt: 'yesterday' is no time"):
        declared(updatedAt="yesterday")
