"""The catalogue: kinds of sources, and one entry for each slug of a destination."""

from __future__ import annotations

import pytest

from headgate.control.nouns import destinations
from headgate.control.source_kinds import SOURCE_KINDS
from tests.unit.api.config.asked import ConfigApi, config_api


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> ConfigApi:
    return config_api(tmp_path_factory.mktemp("config"))


def test_every_kind_of_source_is_listed_once(config: ConfigApi) -> None:
    pages = list(config.pages("catalog/sources", "sources", 7))
    names = [each["name"] for page in pages for each in page]
    assert names == sorted(f"catalog/sources/{slug}" for slug in SOURCE_KINDS)
    assert {len(page) for page in pages[:-1]} == {7}


def test_every_destination_is_listed_once_whatever_its_modes(config: ConfigApi) -> None:
    pages = config.pages("catalog/destinations", "destinations", 10)
    names = [each["name"] for page in pages for each in page]
    slugs = {each.slug for each in destinations.installed()}
    assert names == sorted(f"catalog/destinations/{slug}" for slug in slugs)


@pytest.mark.parametrize(
    ("slug", "components"),
    [("webhook", ["CLOUD"]), ("braze", ["CLOUD", "WEB"]), ("heap", ["WEB"])],
)
def test_an_entry_tells_where_it_runs_and_what_it_asks(
    config: ConfigApi, slug: str, components: list[str]
) -> None:
    told = config.good("GET", f"catalog/destinations/{slug}")
    assert [each["type"] for each in told["components"]] == components
    asked = {
        name for each in destinations.installed() if each.slug == slug for name in each.settings()
    }
    assert {each["name"] for each in told["settings"]} == asked
    assert told["type"] == "STREAMING"


def test_a_kind_of_source_goes_by_its_slug(config: ConfigApi) -> None:
    told = config.good("GET", "catalog/sources/javascript")
    assert (told["name"], told["type"]) == ("catalog/sources/javascript", "event")


@pytest.mark.parametrize("name", ["catalog/sources/none", "catalog/destinations/none"])
def test_what_the_catalogue_has_not_is_not_there(config: ConfigApi, name: str) -> None:
    assert config.refused("GET", name) == (404, 5, f"there is no {name}")
