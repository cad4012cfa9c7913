"""The overview, the search, and the audit trail as a table."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.nouns import audit_export
from headgate.store.trail import Trail
from headgate.store.warehouses import Warehouses, WarehouseSources
from tests.unit.api.asking import NOW
from tests.unit.api.console.flowing import Flowed, Flowing
from tests.unit.api.console.streaming import flowed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Flowed:
    return Flowing(tmp_path).home


def test_the_overview_has_what_flows_where(home: Flowed) -> None:
    graph = home.ask("GET", "/overview").data["graph"]
    kinds = [(each["kind"], each["slug"], each["received"]) for each in graph["nodes"]]
    assert kinds == [("source", "shop-home", 4), ("connection", "hook-home", None)]
    (edge,) = graph["edges"]
    assert edge == {
        "source": home.source.id,
        "target": home.connection.id,
        "delivered": 5,
        "failed": 0,
        "filtered": 0,
    }
    home.all.api.clock.now = NOW + 26 * 3_600_000
    later = home.person("owner").call("GET", "/app/api/overview").data["graph"]
    assert [each["received"] for each in later["nodes"]] == [0, None]
    assert later["edges"][0]["delivered"] == 0


def warehouse(home: Flowed) -> str:
    with home.all.api.store.write() as transaction:
        made = Warehouses(transaction, home.workspace).add(
            slug="facts", name="Facts", kind="postgresql", at=NOW
        )
        WarehouseSources(transaction, home.workspace).add(made.id, home.source.id, NOW)
    return made.id


def test_warehouses_are_in_it_for_whoever_may_see_them(home: Flowed) -> None:
    id_ = warehouse(home)
    graph = home.ask("GET", "/overview").data["graph"]
    assert ("warehouse", id_) in [(each["kind"], each["id"]) for each in graph["nodes"]]
    loads = [each for each in graph["edges"] if each["target"] == id_]
    assert [each["source"] for each in loads] == [home.source.id]
    assert [each["delivered"] for each in loads] == [None]
    assert [each["id"] for each in home.ask("GET", "/search", q="facts").data["hits"]] == [id_]
    for role, kinds in (
        ("source_read_only", {"source", "connection"}),
        ("warehouse_read_only", {"warehouse"}),
        ("tracking_plan_read_only", set()),
    ):
        person = home.person(role)
        seen = person.call("GET", "/app/api/overview").data["graph"]
        assert {each["kind"] for each in seen["nodes"]} == kinds, role
        hits = person.call("GET", "/app/api/search", q="fact").data["hits"]
        assert bool(hits) is (role == "warehouse_read_only")


@pytest.mark.parametrize("text", ["hook", "HOOK-home", "ook hom", "con_", "  Hook "])
def test_search_finds_a_part_of_a_name_a_slug_or_an_id(home: Flowed, text: str) -> None:
    hits = home.ask("GET", "/search", q=text).data["hits"]
    assert home.connection.id in [each["id"] for each in hits]


def test_search_takes_no_text_for_a_pattern(home: Flowed) -> None:
    for text in ("%", "_____", "*", "h..k"):
        assert home.ask("GET", "/search", q=text).data["hits"] == [], text


def test_search_names_people_to_whoever_may_see_them(home: Flowed) -> None:
    email = home.browser.me().data["user"]["email"]
    assert [each["slug"] for each in home.ask("GET", "/search", q=email).data["hits"]] == [email]
    viewer = home.person("source_read_only")
    assert viewer.call("GET", "/app/api/search", q=email).data["hits"] == []


# the audit trail as a table


def table(home: Flowed, **query: Any) -> list[dict[str, str]]:
    flow = flowed(home.browser, "/app/api/audit-trail.csv", **query)
    assert flow.status == 200, flow.body
    assert flow.headers["content-disposition"] == 'attachment; filename="audit-trail.csv"'
    assert flow.headers["content-type"].startswith("text/csv")
    return [*csv.DictReader(io.StringIO(flow.body.decode()))]


def test_the_trail_is_told_whole_in_parts(home: Flowed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_export, "PART", 3)
    with home.all.api.store.read() as transaction:
        kept = Trail(transaction, home.workspace).page(None, 1000)
    rows = table(home)
    assert [each["number"] for each in rows] == [str(each.number) for each in reversed(kept)]
    assert [each["type"] for each in rows] == [each.type for each in reversed(kept)]
    assert list(rows[0]) == list(audit_export.COLUMNS)


def test_a_part_of_the_trail_is_told_on_demand(home: Flowed) -> None:
    mine = table(home, resource_id=home.source.id)
    assert {each["resource_id"] for each in mine} == {home.source.id}
    assert table(home, until="2001-01-01T00:00:00Z") == []


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(home: Flowed, begin: str) -> None:
    name = f'{begin}HYPERLINK("http://evil.example","x")'
    with home.all.api.control.write(home.all.api.operator()) as work:
        work.note("Source Modified", "SOURCE", "src_1", name)
    newest = table(home)[0]
    assert newest["resource_name"] == f"'{name}"
    assert audit_export.safe("plain = text") == "plain = text"
