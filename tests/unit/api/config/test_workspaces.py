"""The workspace of a token, and that no other one is there for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.api.config.asked import ConfigApi, config_api

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> ConfigApi:
    found = config_api(tmp_path_factory.mktemp("config"))
    found.source()
    return found


def test_a_token_sees_its_own_workspace(config: ConfigApi) -> None:
    told = {"name": "workspaces/main", "display_name": "main", "id": config.api.workspace.id}
    assert config.good("GET", "workspaces/main") == told
    assert config.good("GET", "workspaces") == {"workspaces": [told], "next_page_token": ""}


@pytest.mark.abuse("ac_idor_slug")
@pytest.mark.parametrize(
    "slug",
    [
        "other",
        "Main",
        "MAIN",
        "main.",
        "main%2F",
        "main%2f",
        "%6dain%2F",
        "main%20",
        "main%00",
        "-",
    ],
)
@pytest.mark.parametrize("below", ["", "/sources", "/sources/shop", "/sources/shop/destinations"])
def test_no_other_spelling_of_a_slug_finds_a_workspace(
    config: ConfigApi, slug: str, below: str
) -> None:
    assert config.refused("GET", f"workspaces/{slug}{below}")[:2] == (404, 5)


@pytest.mark.abuse("ac_idor_slug")
@pytest.mark.parametrize(
    "path",
    [
        "workspaces/main%2Fsources",
        "workspaces/main/sources%2fshop",
        "workspaces/main/sources/shop%2Fdestinations",
        "workspaces/other%2F..%2Fmain",
        "workspaces/other/../main",
        "workspaces/main/",
        "workspaces//main",
    ],
)
def test_only_a_path_that_is_spelt_out_leads_anywhere(config: ConfigApi, path: str) -> None:
    assert config.refused("GET", path)[:2] == (404, 5)


@pytest.mark.abuse("ac_idor_slug")
def test_what_is_elsewhere_is_told_as_what_is_nowhere(config: ConfigApi) -> None:
    told = {
        config.refused("GET", f"workspaces/{slug}/sources/shop", token=config.api.foreign)[:2]
        for slug in ("main", "nowhere", "other")
    }
    assert told == {(404, 5)}


def test_the_same_slug_is_two_sources_in_two_workspaces(tmp_path: Path) -> None:
    config = config_api(tmp_path)
    mine = config.source()
    name = "workspaces/other/sources/shop"
    given = {"name": name, "catalog_name": "catalog/sources/python"}
    body, foreign = {"source": given}, config.api.foreign
    theirs = config.good("POST", "workspaces/other/sources", body, token=foreign)
    assert theirs["id"] != mine["id"]
    assert config.good("GET", name, token=foreign) == theirs
    config.good("DELETE", name, token=foreign)
    assert config.good("GET", mine["name"]) == mine
