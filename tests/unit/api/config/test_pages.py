"""Pages of the Config API: a token is good for its own list, as it was given out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.api.config.pages import MOST, USUAL, page_of
from headgate.control.errors import Invalid
from tests.unit.api.config.asked import SHOP, ConfigApi, config_api


@given(st.integers(0, 30), st.integers(1, 10))
def test_a_walk_shows_everything_once_and_ends_without_an_empty_page(total: int, size: int) -> None:
    items, token, shown, pages = list(range(total)), "", list[int](), 0
    while pages == 0 or token:
        page = page_of({"page_size": str(size), "page_token": token}, "here")
        found, token = page.of_all(items, lambda each: each)
        shown += found
        pages += 1
    assert shown == items
    assert pages == max(1, -(-total // size))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, USUAL),
        ({"page_size": "", "page_token": ""}, USUAL),
        ({"page_size": "0"}, USUAL),
        ({"page_size": "1"}, 1),
        ({"page_size": str(MOST)}, MOST),
    ],
)
def test_a_size_may_be_left_out(query: dict[str, str], shown: int) -> None:
    assert page_of(query, "here").most == shown + 1


@pytest.mark.parametrize("size", ["-1", "1001", "1e3", "x", "1.0", "٣", "9" * 5000, " 1"])
def test_a_size_is_a_number(size: str) -> None:
    with pytest.raises(Invalid, match="page_size"):
        page_of({"page_size": size}, "here")


@given(st.text(min_size=1, max_size=40))
def test_a_token_that_nobody_gave_out_is_refused(token: str) -> None:
    with pytest.raises(Invalid, match="page_token"):
        page_of({"page_token": token}, "here")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> ConfigApi:
    found = config_api(tmp_path_factory.mktemp("config"))
    for slug in ("shop", "web"):
        found.source(slug)
    return found


def token_of(config: ConfigApi, path: str) -> str:
    told = config.good("GET", path, page_size="1")["next_page_token"]
    assert told
    return str(told)


def test_a_token_of_another_list_or_workspace_is_refused(config: ConfigApi) -> None:
    mine = "workspaces/main/sources"
    token = token_of(config, mine)
    assert config.call("GET", mine, page_token=token).status == 200
    for path, shown in (
        ("catalog/sources", None),
        ("catalog/destinations", None),
        (f"{SHOP}/destinations", None),
        ("workspaces/other/sources", config.api.foreign),
    ):
        status, code, told = config.refused("GET", path, token=shown, page_token=token)
        assert (status, code) == (400, 3)
        assert told.startswith("page_token")


def test_an_altered_token_is_refused(config: ConfigApi) -> None:
    path = "workspaces/main/sources"
    token = token_of(config, path)
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        altered = token[:place] + other + token[place + 1 :]
        answer = config.call("GET", path, page_token=altered)
        assert answer.status == 400 or answer.json == config.good("GET", path, page_token=token)
    public = config.api.call("GET", "/sources", **{"pagination[count]": "1"}).data
    cursor = public["pagination"]["next"]
    assert config.refused("GET", path, page_token=cursor)[:2] == (400, 3)
