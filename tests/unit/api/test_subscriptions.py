"""Subscriptions over the Public API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headgate.control.declaring.apply import apply
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.export import export
from headgate.control.nouns import subscriptions
from headgate.control.nouns.destinations import entry_of
from headgate.store.records import Resource
from headgate.store.subscriptions import Subscriptions
from tests.unit.api.asking import Asking, asking
from tests.unit.api.connected import BULLETS, created, source, told, trail

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.records import SubscriptionRecord
    from tests.unit.api.asking import Answer

TRACK = 'type = "track"'
MAPPING = {"url": "http://127.0.0.1:9/", "method": "PUT"}
HOOK = "https://hooks.slack.invalid/T0/B0/abcd1234"


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


@pytest.fixture
def hook(api: Asking) -> str:
    return created(api, source(api, "website"), "webhook")


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    """For tests that change nothing."""
    return asking(tmp_path_factory.mktemp("still"))


@pytest.fixture(scope="module")
def bare(still: Asking) -> str:
    return created(still, source(still, "website"), "webhook")


@pytest.fixture(scope="module")
def one(still: Asking) -> str:
    return made(still, created(still, source(still, "app"), "webhook"))


def make(api: Asking, connection: str, **given: Any) -> Answer:
    body = {"name": "Sent", "actionId": "send", "trigger": TRACK, "enabled": True, **given}
    path = f"/destinations/{connection}/subscriptions"
    return told(api, "create_destination_subscription", "POST", path, body)


def made(api: Asking, connection: str, **given: Any) -> str:
    return str(make(api, connection, **given).data["destinationSubscription"]["id"])


def patch(api: Asking, connection: str, subscription: str, **given: Any) -> Answer:
    path = f"/destinations/{connection}/subscriptions/{subscription}"
    return told(api, "update_subscription_for_destination", "PATCH", path, {"input": given})


def kept(api: Asking, subscription: str) -> SubscriptionRecord:
    with api.control.read(api.operator()) as work:
        return Subscriptions(work.transaction, work.workspace.id).one(subscription)


def action_id(destination: str, action: str) -> str:
    entry = entry_of(destination, "cloud")
    assert entry is not None
    return entry.action_id(action)


def test_a_subscription_is_told_as_it_was_made(api: Asking, hook: str) -> None:
    answer = make(api, hook, settings=MAPPING, enabled=False)
    subscription = answer.data["destinationSubscription"]
    assert subscription == {
        "id": subscription["id"],
        "name": "Sent",
        "actionId": action_id("webhook", "send"),
        "actionSlug": "send",
        "destinationId": hook,
        "enabled": False,
        "settings": MAPPING,
        "trigger": TRACK,
    }
    path = f"/destinations/{hook}/subscriptions/{subscription['id']}"
    got = told(api, "get_subscription_from_destination", "GET", path)
    assert got.data == {"subscription": subscription}
    assert kept(api, subscription["id"]).fql == "compatible"
    assert trail(api)[-1] == (
        "Destination Subscription Created",
        "SUBSCRIPTION",
        subscription["id"],
    )


def test_an_action_is_known_by_its_id_as_well(api: Asking, hook: str) -> None:
    assert kept(api, made(api, hook, actionId=action_id("webhook", "send"))).action == "send"
    refused = make(api, hook, actionId=action_id("amplitude", "logEventV2"))
    assert (refused.status, refused.fields) == (422, ["actionId"])


def test_without_a_mapping_the_suggestion_of_the_action_stands(api: Asking, hook: str) -> None:
    entry = entry_of("webhook", "cloud")
    assert entry is not None
    suggested = entry.declared.actions["send"].payload.default_mapping()  # type: ignore[union-attr]
    assert suggested
    told_of = make(api, hook).data["destinationSubscription"]["settings"]
    assert told_of == suggested
    bare = make(api, hook, settings={}).data["destinationSubscription"]
    assert bare["settings"] == {}, "a mapping that is given is complete"
    assert not any(kept(api, bare["id"]).mapping.values())


def test_what_was_made_here_comes_back_from_a_file_unchanged(api: Asking, hook: str) -> None:
    made(api, hook, settings=MAPPING)
    made(api, hook, settings={})
    text = export(api.store, "main")
    applied = apply(api.store.folder, parse(text), head={0: 0}, environ={})
    assert applied.changes == ()


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"trigger": "nonsense ("}, ["trigger"]),
        ({"trigger": ""}, ["trigger"]),
        ({"name": ""}, ["name"]),
        ({"settings": {"data": {"@nope": 1}}}, ["settings"]),
        ({"modelId": "mod_1"}, ["modelId"]),
        ({"enabled": "yes"}, ["enabled"]),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_its_field(
    still: Asking, bare: str, given: dict[str, Any], fields: list[str]
) -> None:
    refused = make(still, bare, **given)
    assert (refused.status, refused.fields) == (422, fields)
    assert still.call("GET", f"/destinations/{bare}/subscriptions").data["subscriptions"] == []


def test_only_what_is_given_changes_and_the_id_stays(api: Asking, hook: str) -> None:
    first, second = made(api, hook), made(api, hook, settings=MAPPING)
    before = kept(api, second)
    answer = patch(api, hook, second, name="Other", trigger='type = "page"')
    assert answer.data["subscription"]["name"] == "Other"
    after = kept(api, second)
    assert (after.name, after.trigger) == ("Other", 'type = "page"')
    assert (after.mapping, after.enabled, after.ordinal) == (before.mapping, True, 1)
    assert trail(api)[-1] == ("Destination Subscription Modified", "SUBSCRIPTION", second)
    replaced = patch(api, hook, second, settings={"url": "http://127.0.0.1:8/"}, enabled=False)
    assert replaced.data["subscription"]["settings"] == {"url": "http://127.0.0.1:8/"}
    assert kept(api, second).enabled is False
    assert kept(api, first).name == "Sent"


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"trigger": "nonsense ("}, ["input.trigger"]),
        ({"settings": {"data": {"@nope": 1}}}, ["input.settings"]),
        ({"reverseETLModelId": "mod_1"}, ["input.reverseETLModelId"]),
        ({"reverseETLSchedule": {"strategy": "MANUAL"}}, ["input.reverseETLSchedule"]),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    still: Asking, one: str, given: dict[str, Any], fields: list[str]
) -> None:
    before = kept(still, one)
    refused = patch(still, before.connection, one, **given)
    assert (refused.status, refused.fields) == (422, fields)
    assert kept(still, one) == before


def test_a_suggested_trigger_can_be_taken_over_whatever_it_is_written_in(api: Asking) -> None:
    settings = {"endpoint": "https://direct.example/", "apiKey": "k" * 12}
    direct = created(api, source(api, "app"), "direct", settings=settings)
    (action,) = api.call("GET", "/catalog/destinations/direct").data["destinationMetadata"][
        "actions"
    ]
    assert action["defaultTrigger"] == "all", "which Segment's language does not have"
    given = {"actionId": action["id"], "trigger": action["defaultTrigger"]}
    assert kept(api, made(api, direct, **given)).fql == "strict"
    hook = created(api, source(api, "website"), "webhook")
    assert make(api, hook, trigger="all").fields == ["trigger"]


def test_what_was_declared_strict_is_read_strictly(api: Asking, hook: str) -> None:
    subscription, only_compatible = made(api, hook), "type = "
    with api.store.write() as transaction:
        rows = Subscriptions(transaction, api.workspace.id)
        rows.update(msgspec.structs.replace(rows.one(subscription), fql="strict"))
    assert make(api, hook, trigger=only_compatible).status == 200
    assert patch(api, hook, subscription, trigger=only_compatible).fields == ["input.trigger"]
    patch(api, hook, subscription, name="Still strict")
    assert kept(api, subscription).fql == "strict"


def test_a_secret_in_a_mapping_is_masked_and_stays(api: Asking) -> None:
    slack = created(api, source(api, "app"), "slack")
    given = {"url": HOOK, "text": "hello"}
    action = entry_of("slack", "cloud")
    assert action is not None
    slug = next(iter(action.declared.actions))
    answer = make(api, slack, actionId=slug, settings=given)
    subscription = answer.data["destinationSubscription"]
    assert subscription["settings"] == {"url": f"{BULLETS}1234", "text": "hello"}
    patch(api, slack, subscription["id"], settings={**subscription["settings"], "text": "bye"})
    assert {key: kept(api, subscription["id"]).mapping[key] for key in given} == {
        "url": HOOK,
        "text": "bye",
    }


def test_a_connection_has_so_many_subscriptions(
    api: Asking, hook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MOST_SUBSCRIPTIONS", 2)
    first, _ = made(api, hook), made(api, hook)
    assert make(api, hook).status == 422
    api.call("DELETE", f"/destinations/{hook}/subscriptions/{first}")
    assert make(api, hook).status == 200


def test_subscriptions_keep_their_order_when_one_goes(api: Asking, hook: str) -> None:
    ids = [made(api, hook) for _ in range(4)]
    path = f"/destinations/{hook}/subscriptions"
    answer = told(api, "remove_subscription_from_destination", "DELETE", f"{path}/{ids[1]}")
    assert answer.data == {"status": "SUCCESS"}
    assert trail(api)[-1] == ("Destination Subscription Deleted", "SUBSCRIPTION", ids[1])
    ids = [ids[0], ids[2], ids[3], made(api, hook)]
    page: dict[str, str] = {"pagination[count]": "2"}
    found: list[str] = []
    while page:
        data = told(api, "list_subscriptions_from_destination", "GET", path, **page).data
        assert data["pagination"]["totalEntries"] == 4
        found += [each["id"] for each in data["subscriptions"]]
        cursor = data["pagination"].get("next")
        page = {"pagination[count]": "2", "pagination[cursor]": cursor} if cursor else {}
    assert found == ids


def test_whoever_may_not_is_refused(api: Asking, hook: str) -> None:
    subscription = made(api, hook)
    path = f"/destinations/{hook}/subscriptions"
    body = {"name": "N", "actionId": "send", "trigger": TRACK, "enabled": True}
    reader = api.token("source_read_only")
    elsewhere = api.token("source_admin", resources=(Resource("SOURCE", source(api, "app")),))
    other = created(api, source(api, "third"), "webhook")
    assert api.call("GET", path, token=reader).status == 200
    for token, status in ((reader, 403), (elsewhere, 404), (api.foreign, 404)):
        assert api.call("POST", path, body, token=token).status == status
        one = f"{path}/{subscription}"
        assert api.call("PATCH", one, {"input": {"enabled": False}}, token=token).status == status
        assert api.call("DELETE", one, token=token).status == status
    assert api.call("GET", path, token=api.foreign).status == 404
    assert api.call("GET", f"/destinations/{other}/subscriptions/{subscription}").status == 404
    assert kept(api, subscription).enabled is True
