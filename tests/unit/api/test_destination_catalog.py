"""The catalogue of destinations over the Public API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec
import pytest

from headgate import catalog
from headgate.api.public.checking import checked
from headgate.api.public.handlers.destination_catalog import logo, metadata
from headgate.control.catalogue import installed
from headgate.control.declaring.changing import read
from headgate.control.declaring.connection_section import read_subscription
from headgate.control.importing_segment.known import IDS
from headgate.control.nouns import destinations
from tests.unit.api.asking import Asking, asking
from tests.unit.api.connected import told

if TYPE_CHECKING:
    from headgate.control.nouns.destinations import Entry

ENTRIES = destinations.installed()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    return asking(tmp_path_factory.mktemp("api"))


def test_nothing_that_can_be_connected_is_left_out() -> None:
    assert {each.slug for each in ENTRIES if each.mode == "cloud"} == set(catalog.slugs())
    assert {each.slug for each in ENTRIES if each.mode == "device"} == set(catalog.browser_slugs())
    assert len(ENTRIES) >= 13


@pytest.mark.parametrize("entry", ENTRIES, ids=destinations.place)
def test_every_destination_fits_the_contract(entry: Entry) -> None:
    shaped = metadata(entry)
    checked("DestinationMetadataV1", shaped)
    assert msgspec.json.decode(msgspec.json.encode(shaped)) == shaped
    assert [each["slug"] for each in shaped["actions"]] == list(entry.declared.actions)
    actions = {each["id"] for each in shaped["actions"]}
    assert all(each["actionId"] in actions for each in shaped["presets"])
    assert {each["name"] for each in shaped["options"]} == set(entry.settings())


def test_no_two_things_of_the_catalogue_share_an_id() -> None:
    ids = [
        each
        for shaped in map(metadata, ENTRIES)
        for each in (
            shaped["id"],
            *(action["id"] for action in shaped["actions"]),
            *(field["id"] for action in shaped["actions"] for field in action["fields"]),
        )
    ]
    assert len(ids) == len(set(ids))


def test_ids_never_change() -> None:
    entry = destinations.found("webhook")
    assert entry is not None
    assert entry.id == "dst_1eecab2c6675575fd4c6"
    assert entry.action_id("send") == "act_e26049bac51feac1ba93"
    assert entry.field_id("send", "url") == "fld_22f9e18a7977b48e3f20"


def test_a_destination_is_told_as_it_is_declared(api: Asking) -> None:
    path = "/catalog/destinations/amplitude"
    shaped = told(api, "get_destination_metadata", "GET", path).data["destinationMetadata"]
    declared = catalog.destination("amplitude")
    assert (shaped["name"], shaped["slug"]) == ("Amplitude", "amplitude")
    assert shaped["status"] == declared.listing.status
    assert shaped["previousNames"] == ["Amplitude (Actions)", "Actions Amplitude"]
    assert shaped["categories"] == ["Analytics"]
    assert shaped["components"] == [{"type": "SERVER", "code": ""}]
    assert shaped["supportedFeatures"] == {
        "cloudModeInstances": "MULTIPLE",
        "deviceModeInstances": "NONE",
        "replay": True,
    }
    assert shaped["supportedMethods"] == dict.fromkeys(
        ("pageview", "identify", "alias", "track", "group"), True
    )
    assert shaped["supportedPlatforms"] == {
        "browser": True,
        "server": True,
        "mobile": True,
        "warehouse": False,
    }
    assert shaped["options"][0] == {
        "name": "apiKey",
        "type": "password",
        "required": True,
        "label": "API key",
        "description": "The key of the project, from its settings.",
    }
    presets = [(each["name"], each["trigger"]) for each in shaped["presets"]]
    assert presets == [(each.name, each.trigger) for each in declared.presets]
    fields = shaped["actions"][0]["fields"]
    assert [each["sortOrder"] for each in fields] == list(range(len(fields)))


def test_a_plugin_is_for_pages_only() -> None:
    plugin = destinations.entry_of("braze", "device")
    assert plugin is not None
    shaped = metadata(plugin)
    assert shaped["components"] == [{"type": "BROWSER", "code": ""}]
    assert [name for name, is_so in shaped["supportedPlatforms"].items() if is_so] == ["browser"]
    assert shaped["supportedFeatures"]["deviceModeInstances"] == "SINGLE"
    assert {each["platform"] for each in shaped["actions"]} == {"WEB"}


@pytest.mark.parametrize("entry", ENTRIES, ids=destinations.place)
def test_what_is_offered_can_be_made_a_subscription(entry: Entry) -> None:
    declared = installed().destination(entry.slug, entry.mode)
    actions = [
        {
            "name": slug,
            "action": slug,
            "fql": entry.language(slug, action.trigger),
            "trigger": action.trigger,
        }
        for slug, action in entry.declared.actions.items()
        if action.trigger is not None
    ]
    for given in [*entry.presets(), *actions]:
        made = read(lambda section: read_subscription(section, declared, installed()), given)
        assert (made.action, made.trigger) == (given["action"], given["trigger"])
        complete = {**made.mapping, **entry.unmapped(made.action)}
        assert complete.keys() == made.mapping.keys(), "nothing more is ever filled in"


def test_presets_for_product_events_are_not_offered() -> None:
    klaviyo = destinations.found("klaviyo")
    assert klaviyo is not None
    assert catalog.destination("klaviyo").presets
    assert metadata(klaviyo)["presets"] == []


def test_what_oauth_gives_is_asked_for() -> None:
    hubspot = destinations.found("hubspot")
    assert hubspot is not None
    options = {each["name"]: each for each in metadata(hubspot)["options"]}
    assert options["oauth"]["required"] is True


def test_a_destination_is_found_by_each_of_its_names(api: Asking) -> None:
    for entry in ENTRIES:
        assert destinations.found(entry.id) == entry
        by_slug = destinations.found(entry.slug)
        assert by_slug is not None
        assert by_slug.slug == entry.slug
    braze = destinations.found("braze")
    assert braze is not None
    assert braze.mode == "cloud", "the one for the server comes first"
    for segments, slug in IDS.items():
        data = api.call("GET", f"/catalog/destinations/{segments}").data
        assert data["destinationMetadata"]["slug"] == slug
    assert api.call("GET", "/catalog/destinations/none").status == 404


def test_the_catalogue_is_listed_page_by_page(api: Asking) -> None:
    page: dict[str, str] = {"pagination[count]": "15"}
    found: list[str] = []
    while page:
        data = told(api, "get_destinations_catalog", "GET", "/catalog/destinations", **page).data
        assert data["pagination"]["totalEntries"] == len(ENTRIES)
        found += [each["id"] for each in data["destinationsCatalog"]]
        cursor = data["pagination"].get("next")
        page = {"pagination[count]": "15", "pagination[cursor]": cursor} if cursor else {}
    assert found == [each.id for each in ENTRIES]


def test_a_package_that_cannot_be_loaded_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(slug: str) -> object:
        if slug == "slack":
            raise catalog.BrokenDestination("broken on purpose")
        return real(slug)

    real = catalog.destination
    monkeypatch.setattr(catalog, "destination", load)
    left = destinations.installed.__wrapped__()
    assert {each.id for each in ENTRIES} - {each.id for each in left} == {
        each.id for each in ENTRIES if each.slug == "slack"
    }


def test_a_logo_is_drawn_of_letters() -> None:
    drawn = unquote(logo("Amplitude", ("A", "#1e61f0")))
    assert drawn.startswith("data:image/svg+xml,<svg ")
    assert ">A</text>" in drawn
    assert "#1e61f0" in drawn
    assert ">P</text>" in unquote(logo("posthog", None))
    assert "&lt;</text>" in unquote(logo("<x>", None))


def test_everybody_in_a_workspace_sees_the_catalogue(api: Asking) -> None:
    for token in (api.token("function_read_only"), api.foreign):
        assert api.call("GET", "/catalog/destinations", token=token).status == 200
