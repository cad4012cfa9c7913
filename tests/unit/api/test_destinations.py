"""Connections over the Public API, which calls them destinations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.errors import Refused
from headgate.control.nouns import connection_settings, connections
from headgate.control.nouns.destinations import entry_of
from headgate.store.connections import Connections
from headgate.store.records import Resource
from headgate.store.secrets import is_sealed
from headgate.store.snapshot import SnapshotReader
from tests.unit.api.asking import Asking, asking
from tests.unit.api.connected import (
    AMPLITUDE,
    API_KEY,
    BULLETS,
    SECRET_KEY,
    create,
    created,
    source,
    told,
    trail,
)

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.records import ConnectionRecord

MASKED = {"apiKey": f"{BULLETS}e5f6", "secretKey": f"{BULLETS}9876"}


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


@pytest.fixture
def website(api: Asking) -> str:
    return source(api, "website")


def kept(api: Asking, connection: str) -> ConnectionRecord:
    with api.control.read(api.operator()) as work:
        return Connections(work.transaction, work.workspace.id).one(connection)


def plain(api: Asking, connection: str, setting: str) -> Any:
    with api.control.read(api.operator()) as work:
        record = connections.get(work, connection)
        assert is_sealed(record.settings[setting])
        return connection_settings.opened(work, record, setting)


def patch(api: Asking, connection: str, **body: Any) -> Any:
    return told(api, "update_destination", "PATCH", f"/destinations/{connection}", body)


def test_a_new_connection_is_off_and_shows_no_secret(api: Asking, website: str) -> None:
    answer = create(api, website, settings={**AMPLITUDE, "endpoint": "europe"})
    destination = answer.data["destination"]
    assert destination["enabled"] is False
    assert destination["name"] == "Amplitude"
    assert destination["sourceId"] == website
    assert destination["settings"] == {**MASKED, "endpoint": "europe"}
    entry = entry_of("amplitude", "cloud")
    assert entry is not None
    assert destination["metadata"]["id"] == entry.id
    got = told(api, "get_destination", "GET", f"/destinations/{destination['id']}")
    assert got.data["destination"] == destination
    assert API_KEY not in str(got.json)
    assert plain(api, destination["id"], "apiKey") == API_KEY
    assert trail(api)[-1] == ("Integration Created", "DESTINATION", destination["id"])


def test_presets_of_the_destination_become_subscriptions(api: Asking, website: str) -> None:
    connection = created(api, website)
    found = api.call("GET", f"/destinations/{connection}/subscriptions").data["subscriptions"]
    presets = create(api, website).data["destination"]["metadata"]["presets"]
    assert [(each["name"], each["actionId"], each["trigger"]) for each in found] == [
        (each["name"], each["actionId"], each["trigger"]) for each in presets
    ]
    assert [each["settings"] for each in found] == [each["fields"] for each in presets]
    assert all(each["enabled"] for each in found)
    assert len(found) == 5
    assert created(api, website, "webhook"), "a destination without presets"


def test_a_connection_starts_where_the_log_ends_when_it_is_enabled(
    api: Asking, website: str
) -> None:
    api.heads = {0: 700}
    off, on = created(api, website), created(api, website, enabled=True)
    assert (kept(api, off).start, kept(api, on).start) == (None, {0: 700})
    api.heads[0] = 900
    assert patch(api, off, enabled=True).data["destination"]["enabled"] is True
    assert trail(api)[-1] == ("Integration Enabled", "DESTINATION", off)
    patch(api, on, enabled=False)
    assert trail(api)[-1] == ("Integration Disabled", "DESTINATION", on)
    assert (kept(api, off).start, kept(api, on).start) == ({0: 900}, {0: 700})


def test_what_was_changed_is_in_force(api: Asking, website: str) -> None:
    connection = created(api, website, enabled=True)
    snapshot = SnapshotReader(api.store.folder.snapshots).refresh()
    assert snapshot is not None
    assert [(each.id, each.enabled) for each in snapshot.connections.values()] == [
        (connection, True)
    ]


def test_names_and_slugs_stay_apart(api: Asking, website: str) -> None:
    names = [create(api, website).data["destination"]["name"] for _ in range(2)]
    assert names == ["Amplitude", "Amplitude 2"]
    named = created(api, website, name="Größe & Co")
    assert kept(api, named).slug == "gr-e-co"
    again = create(api, website, name="Größe & Co")
    assert (again.status, again.json["errors"][0]["type"]) == (409, "conflict")
    elsewhere = created(api, source(api, "app"), name="Größe & Co")
    assert kept(api, elsewhere).slug == "gr-e-co-2"
    assert patch(api, elsewhere, name="Größe & Co").status == 200, "its own name"
    assert patch(api, named, name="Amplitude").status == 409
    assert patch(api, named, name="").fields == ["name"]


def test_a_source_has_so_many_connections_to_a_destination(
    api: Asking, website: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_INSTANCES", 2)
    first, _ = created(api, website), created(api, website)
    refused = create(api, website)
    assert (refused.status, refused.fields) == (422, ["metadataId"])
    assert created(api, website, "webhook")
    assert created(api, source(api, "app"))
    told(api, "delete_destination", "DELETE", f"/destinations/{first}")
    assert created(api, website)


def test_pages_load_a_plugin_once(api: Asking, website: str) -> None:
    plugin = entry_of("logrocket", "device")
    assert plugin is not None
    settings = {"appID": "x/y", "networkSanitization": True, "inputSanitization": True}
    connection = created(api, website, plugin.id, settings=settings, enabled=True)
    assert (kept(api, connection).mode, kept(api, connection).start) == ("device", None)
    refused = create(api, website, plugin.slug, settings=settings)
    assert (refused.status, refused.fields) == (422, ["metadataId"])


def test_only_what_is_given_changes(api: Asking, website: str) -> None:
    connection = created(api, website)
    before = kept(api, connection)
    changed = patch(api, connection, settings={"endpoint": "europe"}).data["destination"]
    assert changed["settings"] == {**MASKED, "endpoint": "europe"}
    after = kept(api, connection)
    assert after.settings == {**before.settings, "endpoint": "europe"}
    assert trail(api)[-1] == ("Integration Modified", "DESTINATION", connection)
    patch(api, connection, settings={"endpoint": None})
    assert kept(api, connection).settings == before.settings
    patch(api, connection, name="Numbers")
    assert kept(api, connection).name == "Numbers"
    assert kept(api, connection).slug == before.slug, "the slug stays"


def test_a_secret_that_comes_back_masked_stays(api: Asking, website: str) -> None:
    connection = created(api, website)
    sealed = kept(api, connection).settings
    given = {"apiKey": f"{BULLETS}e5f6", "secretKey": "new-secret-1"}
    shown = patch(api, connection, settings=given).data["destination"]["settings"]
    assert shown == {"apiKey": f"{BULLETS}e5f6", "secretKey": f"{BULLETS}et-1"}
    assert kept(api, connection).settings["apiKey"] == sealed["apiKey"]
    assert plain(api, connection, "secretKey") == "new-secret-1"
    patch(api, connection, settings={"apiKey": f"{BULLETS}0000"})
    assert plain(api, connection, "apiKey") == f"{BULLETS}0000", "nobody was shown that"


def test_nothing_is_shown_of_a_short_secret(api: Asking, website: str) -> None:
    answer = create(api, website, settings={"apiKey": "1234567", "secretKey": "12345678"})
    shown = answer.data["destination"]["settings"]
    assert shown == {"apiKey": BULLETS, "secretKey": f"{BULLETS}5678"}
    connection = answer.data["destination"]["id"]
    patch(api, connection, settings=shown)
    assert plain(api, connection, "apiKey") == "1234567"


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({**AMPLITUDE, "colour": "red", "size": 1}, ["settings.colour", "settings.size"]),
        ({"secretKey": SECRET_KEY}, ["settings"]),
        ({**AMPLITUDE, "endpoint": "mars"}, ["settings"]),
        ({**AMPLITUDE, "apiKey": {"@secret": "amplitude.apiKey"}}, ["settings.apiKey"]),
        ({**AMPLITUDE, "apiKey": {"@sealed": "x.y"}}, ["settings.apiKey"]),
    ],
)
def test_settings_that_the_destination_cannot_use_are_refused(
    api: Asking, website: str, settings: Any, fields: list[str]
) -> None:
    refused = create(api, website, settings=settings)
    assert (refused.status, refused.fields) == (422, fields)
    assert api.call("GET", "/destinations").data["destinations"] == []
    connection = created(api, website)
    given = {"apiKey": None, **settings}
    refused = patch(api, connection, settings=given)
    assert (refused.status, refused.fields) == (422, fields)


def test_what_is_not_there_cannot_be_connected(api: Asking, website: str) -> None:
    refused = create(api, website, "no_such_tool")
    assert (refused.status, refused.fields) == (422, ["metadataId"])
    assert create(api, "src_none").status == 404


def test_connections_are_listed_page_by_page(api: Asking, website: str) -> None:
    ids = [created(api, website) for _ in range(3)]
    page: dict[str, str] = {"pagination[count]": "2"}
    found: list[str] = []
    while page:
        data = told(api, "list_destinations", "GET", "/destinations", **page).data
        assert data["pagination"]["totalEntries"] == 3
        found += [each["id"] for each in data["destinations"]]
        cursor = data["pagination"].get("next")
        page = {"pagination[count]": "2", "pagination[cursor]": cursor} if cursor else {}
    assert found == ids


def test_a_connection_goes_with_its_subscriptions(api: Asking, website: str) -> None:
    gone, stays = created(api, website), created(api, website)
    answer = told(api, "delete_destination", "DELETE", f"/destinations/{gone}")
    assert answer.data == {"status": "SUCCESS"}
    assert trail(api)[-1] == ("Integration Deleted", "DESTINATION", gone)
    for path in ("", "/subscriptions"):
        assert api.call("GET", f"/destinations/{gone}{path}").status == 404
        assert api.call("GET", f"/destinations/{stays}{path}").status == 200
    assert api.call("DELETE", f"/destinations/{gone}").status == 404


def test_roles_of_one_source_see_only_its_connections(api: Asking, website: str) -> None:
    app = source(api, "app")
    mine, other = created(api, website), created(api, app)
    reader = api.token("source_read_only", resources=(Resource("SOURCE", website),))
    admin = api.token("source_admin", resources=(Resource("SOURCE", website),))
    for token in (reader, admin):
        data = api.call("GET", "/destinations", token=token).data
        assert [each["id"] for each in data["destinations"]] == [mine]
        assert data["pagination"]["totalEntries"] == 1
        assert api.call("GET", f"/destinations/{other}", token=token).status == 404
    path, body = f"/destinations/{mine}", {"enabled": True}
    assert api.call("PATCH", path, body, token=reader).status == 403
    assert api.call("DELETE", path, token=reader).status == 403
    new = {"sourceId": website, "metadataId": "webhook", "settings": {}}
    assert api.call("POST", "/destinations", new, token=reader).status == 403
    assert api.call("PATCH", path, body, token=admin).status == 200
    assert api.call("POST", "/destinations", new, token=admin).status == 200
    foreign = {**new, "sourceId": app}
    assert api.call("POST", "/destinations", foreign, token=admin).status == 404
    nobody = api.token("function_admin")
    assert api.call("GET", "/destinations", token=nobody).status == 403


def test_another_workspace_knows_nothing_of_it(api: Asking, website: str) -> None:
    connection = created(api, website)
    path, token = f"/destinations/{connection}", api.foreign
    absent = api.call("GET", "/destinations/con_none", token=token).json
    found = api.call("GET", path, token=token)
    assert found.status == 404
    assert str(found.json).replace(connection, "con_none") == str(absent)
    assert api.call("PATCH", path, {"enabled": True}, token=token).status == 404
    assert api.call("DELETE", path, token=token).status == 404
    assert api.call("GET", "/destinations", token=token).data["destinations"] == []
    body = {"sourceId": website, "metadataId": "webhook", "settings": {}}
    assert api.call("POST", "/destinations", body, token=token).status == 404


def test_settings_are_copied_with_their_secrets(api: Asking, website: str) -> None:
    given = {"apiKey": "another-key", "secretKey": "another-secret", "endpoint": "europe"}
    of, to = created(api, website, settings=given), created(api, website)
    with api.control.write(api.operator()) as work:
        connections.copy_settings(work, to, of)
    assert {key: plain(api, to, key) for key in AMPLITUDE} == {key: given[key] for key in AMPLITUDE}
    assert kept(api, to).settings["endpoint"] == "europe"
    assert kept(api, to).settings["apiKey"] != kept(api, of).settings["apiKey"], "sealed anew"
    assert trail(api)[-1] == ("Integration Modified", "DESTINATION", to)
    hook = created(api, website, "webhook")
    with (
        pytest.raises(Refused, match="same destination"),
        api.control.write(api.operator()) as work,
    ):
        connections.copy_settings(work, to, hook)


def test_a_connection_whose_package_is_gone_can_be_seen_and_switched_off(
    api: Asking, website: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from headgate.control.nouns import destinations

    connection = created(api, website, enabled=True)
    others = tuple(each for each in destinations.installed() if each.slug != "amplitude")
    monkeypatch.setattr(destinations, "installed", lambda: others)
    got = told(api, "get_destination", "GET", f"/destinations/{connection}").data["destination"]
    assert (got["metadata"]["slug"], got["metadata"]["status"]) == ("amplitude", "UNAVAILABLE")
    assert got["settings"] == MASKED
    assert patch(api, connection, enabled=False).status == 200
    assert patch(api, connection, enabled=True).status == 422
    assert patch(api, connection, settings={"endpoint": "europe"}).status == 422
    path = f"/destinations/{connection}/subscriptions"
    found = told(api, "list_subscriptions_from_destination", "GET", path)
    assert len(found.data["subscriptions"]) == 5
    assert api.call("DELETE", f"/destinations/{connection}").status == 200


def test_a_secret_that_this_key_does_not_open_is_shown_as_bullets(
    api: Asking, website: str
) -> None:
    connection = created(api, website)
    (api.store.folder.root / "secret.key").unlink()
    path = f"/destinations/{connection}"
    assert api.call("GET", path).data["destination"]["settings"] == dict.fromkeys(
        AMPLITUDE, BULLETS
    )


def test_an_empty_secret_is_no_secret(api: Asking, website: str) -> None:
    hook = created(api, website, "webhook", settings={"sharedSecret": ""})
    shown = api.call("GET", f"/destinations/{hook}").data["destination"]["settings"]
    assert shown == {"sharedSecret": ""}
    assert patch(api, hook, settings=shown).data["destination"]["settings"] == shown


@pytest.mark.parametrize("value", [7, 1.5, True])
def test_a_number_is_no_text_of_a_setting(api: Asking, value: object) -> None:
    shop = source(api, "shop")
    answer = create(api, shop, "webhook", settings={"sharedSecret": value})
    assert (answer.status, answer.fields) == (422, ["settings.sharedSecret"])
    made = created(api, shop, "webhook")
    answer = api.call("PATCH", f"/destinations/{made}", {"settings": {"sharedSecret": value}})
    assert (answer.status, answer.fields) == (422, ["settings.sharedSecret"])
