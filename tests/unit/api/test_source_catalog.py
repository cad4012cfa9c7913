"""The kinds of sources over the Public API."""

from __future__ import annotations

import pytest

from headgate.control.source_kinds import SOURCE_KINDS
from headgate.store.records import Resource
from tests.unit.api.asking import Asking, asking
from tests.unit.api.connected import told


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    return asking(tmp_path_factory.mktemp("catalogue"))


def test_every_kind_is_told_once(api: Asking) -> None:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        query = {"pagination[count]": "5", **cursor}
        page = told(api, "get_sources_catalog", "GET", "/catalog/sources", **query).data
        found += [each["slug"] for each in page["sourcesCatalog"]]
        assert page["pagination"]["totalEntries"] == len(SOURCE_KINDS)
        if "next" not in page["pagination"]:
            break
        cursor = {"pagination[cursor]": page["pagination"]["next"]}
    assert found == list(SOURCE_KINDS)


def test_no_kind_has_the_name_of_another() -> None:
    names = [name for kind in SOURCE_KINDS.values() for name in {kind.id, kind.slug}]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["iUM16Md8P2", "http-api"])
def test_a_kind_is_known_by_its_id_and_its_slug(api: Asking, name: str) -> None:
    found = told(api, "get_source_metadata", "GET", f"/catalog/sources/{name}").data
    assert found["sourceMetadata"] == {
        "id": "iUM16Md8P2",
        "slug": "http-api",
        "name": "HTTP API",
        "description": "Anything that speaks HTTP.",
        "logos": {"default": ""},
        "options": [],
        "categories": ["Server"],
        "isCloudEventSource": False,
        "status": "PUBLIC",
    }


def test_there_is_no_other_kind(api: Asking) -> None:
    assert api.call("GET", "/catalog/sources/webflow").status == 404


def test_who_sees_one_source_sees_every_kind(api: Asking) -> None:
    reader = api.token("source_read_only", resources=[Resource("SOURCE", "src_one")])
    assert api.call("GET", "/catalog/sources", token=reader).status == 200
    assert api.call("GET", "/catalog/sources/go", token=reader).status == 200
