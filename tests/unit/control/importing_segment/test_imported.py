from __future__ import annotations

from typing import Any

import pytest

from headgate import mapping, trigger
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.declared import Reference
from headgate.control.importing_segment.report import told
from headgate.events.calls import CALLS
from tests.harness.segment import (
    WEBHOOK,
    destination,
    source,
    source_metadata,
    subscription,
)
from tests.unit.control.importing_segment.made import (
    CATALOGUE,
    connection,
    left_out,
    made,
    tree,
    webhook,
    why,
    workspace,
)

AMPLITUDE = {"id": "5f7dd6d21ad74f3842b1fc47", "name": "Amplitude (Actions)", "slug": "x"}
HUBSPOT = {
    "id": "632b1116e0cb83902f3fd717",
    "name": "HubSpot Cloud Mode (Actions)",
    "slug": "actions-hubspot-cloud",
    "actions": [{"slug": "upsertContact"}],
}


def of_amplitude(**settings: Any) -> dict[str, Any]:
    metadata = {**AMPLITUDE, "actions": [{"slug": "logEventV2"}]}
    return destination("d1", metadata=metadata, settings=settings)


def test_a_source_keeps_its_keys_its_labels_and_whether_it_is_on() -> None:
    labels = [{"key": "environment", "value": "prod", "description": "live"}]
    found = made(
        workspace(
            sources=[source("s1", "website", enabled=False, labels=labels, writeKeys=["a", "b"])]
        )
    )
    assert tree(found)["sources"] == [
        {
            "slug": "website",
            "name": "Website",
            "enabled": False,
            "write_keys": ["a", "b"],
            "answers": "compatible",
            "labels": {"environment": "prod"},
        }
    ]
    assert found.report.left_out == ()
    assert tree(found)["workspace"] == "acme"


def test_a_slug_that_cannot_be_one_is_changed_and_that_is_told() -> None:
    found = made(workspace(sources=[source("s1", "My App"), source("s2", "my.app")]))
    assert [each["slug"] for each in tree(found)["sources"]] == ["my-app", "my-app-2"]
    assert [note.why for note in found.report.changed] == [
        "it is my-app here",
        "it is my-app-2 here",
    ]


def test_sources_that_no_client_sends_to_are_left_out_with_what_they_are_joined_to() -> None:
    cloud = source_metadata(isCloudEventSource=True)
    found = made(
        workspace(
            sources=[
                source("s1", "stripe", metadata=cloud),
                source("s2", "warehouse"),
                source("s3", "keyless", writeKeys=[]),
            ],
            models=[{"id": "m1", "name": "Buyers", "sourceId": "s2"}],
            destinations=[destination(f"d{n}", f"s{n}", name=f"Hook {n}") for n in (1, 2, 3)],
        )
    )
    assert (tree(found)["sources"], tree(found)["connections"]) == ([], [])
    assert left_out(found) == [
        ("source", "Stripe"),
        ("source", "Warehouse"),
        ("source", "Keyless"),
        ("destination", "Hook 1"),
        ("destination", "Hook 2"),
        ("destination", "Hook 3"),
        ("model of reverse ETL", "Buyers"),
    ]


def test_a_write_key_that_cannot_be_one_is_left_out_alone() -> None:
    found = made(workspace(sources=[source("s1", "website", writeKeys=["good", "bad key"])]))
    assert tree(found)["sources"][0]["write_keys"] == ["good"]
    assert left_out(found) == [("write key", "bad key")]


def test_an_instance_is_a_connection_with_its_subscriptions() -> None:
    found = made(webhook(subscription("a"), subscription("b", name="Off", enabled=False)))
    assert connection(found) == {
        "slug": "website-webhook",
        "name": "Webhook (Actions)",
        "source": "website",
        "destination": "webhook",
        "enabled": True,
        "mode": "cloud",
        "settings": {"sharedSecret": {"@secret": "website-webhook.sharedSecret"}},
        "filters": [],
        "subscriptions": [
            {
                "name": name,
                "action": "send",
                "enabled": enabled,
                "fql": "compatible",
                "trigger": 'type = "track" or type = "identify"',
                "mapping": {"url": "https://example.com/", "data": {"@path": "$."}},
            }
            for name, enabled in (("Everything", True), ("Off", False))
        ],
    }
    (secret,) = found.report.secrets
    assert secret.variable == "HEADGATE_SECRET_WEBSITE_WEBHOOK_SHAREDSECRET"
    assert found.report.carried == {
        "sources": 1,
        "connections": 1,
        "subscriptions": 2,
        "filters": 0,
    }
    assert (found.report.left_out, found.report.switched_off) == ((), ())


def test_a_field_that_segment_leaves_unmapped_gets_no_value_here_although_it_is_suggested() -> None:
    found = made(webhook(subscription("a", settings={"url": "https://example.com/"})))
    (declared,) = parse(found.text, CATALOGUE).content.connections.values()
    given = declared.subscriptions[0].mapping
    assert given == {"url": "https://example.com/", "data": None}
    suggested = CATALOGUE.destination("webhook").actions["send"].mapping
    assert suggested["data"] == {"@path": "$."}, "this test has a field that would be filled"


def test_a_field_that_takes_null_for_a_value_gets_not_even_that() -> None:
    given = subscription("a", actionSlug="logEventV2", settings={"event_type": "seen"})
    found = made(workspace(destinations=[of_amplitude()], subscriptions={"d1": [given]}))
    (declared,) = connection(found)["subscriptions"]
    mapped: Any = mapping.compile(declared["mapping"], "compatible")(
        {"type": "track", "userId": "ann"}
    )
    assert {key: value for key, value in mapped.items() if value is not None} == {
        "event_type": "seen"
    }
    assert "user_id" not in mapped, "Amplitude takes null for a user id"


def test_a_value_that_is_none_is_no_value() -> None:
    nothing = mapping.compile({"a": {"@if": {"blank": True}}, "b": None}, "compatible")
    assert nothing({"type": "track"}) == {"b": None}


def test_a_mapping_that_is_computed_as_a_whole_stays_as_it_is() -> None:
    whole = {"__segment_internal_directive": {"@merge": {"objects": []}}, "url": "https://a.b/"}
    found = made(webhook(subscription("a", settings=whole)))
    assert connection(found)["subscriptions"][0]["mapping"] == whole


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"trigger": 'type = "track" and ('}, "trigger: "),
        ({"trigger": ""}, "trigger: must be text that is not empty"),
        ({"settings": {"url": {"@nope": 1}}}, "mapping: /url has an invalid directive: @nope."),
        ({"settings": {"url": 2**70}}, "mapping.url: '1180591620717411303424' cannot be written"),
        ({"actionSlug": "sendAll"}, "Webhook (Actions) has no action 'sendAll' here"),
        ({"settings": {"headers": {"X": ["••••1a2b"]}}}, "Segment masks a value in its mapping"),
        ({"modelId": "m1"}, "it sends what a model of reverse ETL finds"),
    ],
)
def test_a_subscription_that_cannot_run_here_is_left_out_alone(
    fields: dict[str, Any], expected: str
) -> None:
    found = made(webhook(subscription("a", name="Bad", **fields), subscription("b", name="Good")))
    assert [each["name"] for each in connection(found)["subscriptions"]] == ["Good"]
    assert left_out(found) == [("subscription", "Bad")]
    assert why(found, "subscription").startswith(expected)
    assert connection(found)["enabled"], "what is sent less does nobody harm"


def test_settings_that_segment_masks_empties_or_makes_up_are_no_values() -> None:
    found = made(webhook(destinations=[destination("d1", settings={"sharedSecret": ""})]))
    assert connection(found)["settings"] == {}
    assert found.report.secrets == ()
    further = {"sharedSecret": "", "dynamicAuthSettings": {"oauth": {}}, "retarget": True, "x": []}
    found = made(webhook(destinations=[destination("d1", settings=further)]))
    assert left_out(found) == [("setting", "retarget")]


def test_a_secret_that_is_needed_is_asked_for_and_a_secret_never_stands_in_the_file() -> None:
    found = made(workspace(destinations=[of_amplitude(endpoint="europe", secretKey="s3cret-0")]))
    assert connection(found)["settings"] == {
        "endpoint": "europe",
        "apiKey": {"@secret": "website-amplitude.apiKey"},
        "secretKey": {"@secret": "website-amplitude.secretKey"},
    }
    assert "s3cret-0" not in found.text
    settings = parse(found.text, CATALOGUE).content.connections["website-amplitude"].settings
    assert settings["apiKey"] == Reference("website-amplitude.apiKey")


def test_a_setting_that_the_destination_refuses_or_segment_masks_is_left_out() -> None:
    found = made(workspace(destinations=[of_amplitude(endpoint="the moon")]))
    assert "endpoint" not in connection(found)["settings"]
    assert left_out(found) == [("setting", "endpoint")]
    found = made(workspace(destinations=[of_amplitude(endpoint="••••rope")]))
    assert why(found, "setting").startswith("Segment shows it masked")


@pytest.mark.parametrize(("number", "text"), [(148_000, "148000"), (7.0, "7"), (1.5, "1.5")])
def test_a_number_in_place_of_a_text_becomes_one_as_segment_makes_it(
    number: float, text: str
) -> None:
    given = destination("d1", metadata=HUBSPOT, settings={"portalId": number})
    assert connection(made(workspace(destinations=[given])))["settings"]["portalId"] == text


def test_a_destination_that_asks_for_agreement_needs_tokens_of_its_own() -> None:
    found = made(workspace(destinations=[destination("d1", metadata=HUBSPOT, settings={})]))
    assert connection(found)["settings"] == {"oauth": {"@secret": "website-hubspot.oauth"}}
    (secret,) = found.report.secrets
    assert secret.variable == "HEADGATE_SECRET_WEBSITE_HUBSPOT_OAUTH"
    assert "client_id" in secret.how


def test_unknown_and_classic_destinations_are_left_out_each_with_what_to_do() -> None:
    classic = {"id": "547610a5db31d978f14a5c4e", "name": "Amplitude", "slug": "amplitude"}
    unknown = {"id": "x", "name": "Facebook Pixel", "slug": "facebook-pixel"}
    found = made(
        workspace(
            destinations=[
                destination("d1", metadata=classic),
                destination("d2", metadata=unknown, name="Ads"),
            ]
        )
    )
    assert tree(found)["connections"] == []
    assert left_out(found) == [("destination", "Amplitude"), ("destination", "Ads")]
    reasons = [note.why for note in found.report.left_out]
    assert "declare a connection to amplitude" in reasons[0]
    assert "no destination called 'Facebook Pixel'" in reasons[1]


def test_the_classic_webhook_sends_every_event_to_each_of_its_addresses() -> None:
    classic = {"id": "54521fdc25e721e32a72ef04", "name": "Webhooks", "slug": "webhooks"}
    headers = [{"key": "X-Team", "value": "a"}, {"key": "", "value": ""}]
    given = {
        "globalHook": "https://old.example/",
        "hooks": [{"hook": "https://a.example/", "headers": headers}, {"hook": ""}, 1],
        "sharedSecret": "••••1a2b",
    }
    found = made(workspace(destinations=[destination("d1", metadata=classic, settings=given)]))
    assert connection(found)["settings"].keys() == {"sharedSecret"}
    (only,) = connection(found)["subscriptions"]
    assert only["mapping"] == {
        "url": "https://a.example/",
        "headers": {"X-Team": "a"},
        "data": {"@path": "$."},
    }
    wanted = trigger.compile(only["trigger"], only["fql"])
    assert all(wanted.matches({"type": call}) for call in CALLS)
    assert found.report.left_out == ()
    older = {"globalHook": "https://old.example/", "hooks": [], "sharedSecret": ""}
    found = made(workspace(destinations=[destination("d1", metadata=classic, settings=older)]))
    (only,) = connection(found)["subscriptions"]
    assert only["mapping"] == {
        "url": "https://old.example/",
        "headers": None,
        "data": {"@path": "$."},
    }


@pytest.mark.parametrize(
    "metadata",
    [
        {**WEBHOOK, "name": "Renamed", "slug": "renamed"},
        {**WEBHOOK, "id": "other", "slug": "other"},
        {**WEBHOOK, "id": "other", "name": "Renamed", "slug": "actions-webhook"},
        {**WEBHOOK, "id": "o", "name": "New", "slug": "o", "previousNames": ["webhook (actions)"]},
    ],
)
def test_a_destination_is_found_by_its_id_its_names_and_its_slug(metadata: dict[str, Any]) -> None:
    found = made(workspace(destinations=[destination("d1", metadata=metadata)]))
    assert connection(found)["destination"] == "webhook"
    is_told = [note.name for note in found.report.changed] == [metadata["name"]]
    assert is_told is (metadata["name"] != "Webhook (Actions)"), "events call it by its name"


def test_two_instances_for_one_source_have_slugs_and_variables_of_their_own() -> None:
    found = made(workspace(destinations=[destination("d1"), destination("d2", name="Other")]))
    assert [each["slug"] for each in tree(found)["connections"]] == [
        "website-webhook",
        "website-webhook-2",
    ]
    assert len({secret.variable for secret in found.report.secrets}) == 2


def test_slugs_that_a_variable_cannot_tell_apart_are_numbered() -> None:
    sources = [source("s1", "a-b"), source("s2", "a_b")]
    found = made(
        workspace(sources=sources, destinations=[destination("d1"), destination("d2", "s2")])
    )
    assert [each["slug"] for each in tree(found)["connections"]] == ["a-b-webhook", "a_b-webhook-2"]
    assert len({secret.variable for secret in found.report.secrets}) == 2


def test_what_headgate_has_no_engine_for_is_listed_by_name() -> None:
    found = made(
        workspace(
            plans=[{"id": "tp_1", "name": "Main"}],
            functions=[{"id": "f", "displayName": "Enrich", "resourceType": "INSERT_SOURCE"}],
            warehouses=[
                {"id": "w", "metadata": {"name": "Snowflake"}, "settings": {"name": "Lake"}}
            ],
            models=[{"id": "m", "name": "Buyers", "sourceId": "none"}],
            transformations=[{"id": "t", "name": "Hash", "sourceId": "s1", "enabled": False}],
            schemas={"s1": {"forwardingViolationsTo": "s2"}},
        )
    )
    assert left_out(found) == [
        ("schema settings", "forwardingViolationsTo"),
        ("tracking plan", "Main"),
        ("transformation", "Hash"),
        ("insert source function", "Enrich"),
        ("warehouse", "Lake"),
        ("model of reverse ETL", "Buyers"),
    ]


def test_what_could_not_be_read_is_told_apart_from_what_is_not_there() -> None:
    unread = [
        {"what": "transformations", "of": "", "why": "403"},
        {"what": "filters", "of": "d1", "why": "404"},
    ]
    found = made(workspace(destinations=[destination("d1", name="Hook")], unread=unread))
    assert [(note.what, note.of, note.why) for note in found.report.unread] == [
        ("transformations", "", "403"),
        ("filters", "Hook", "404"),
    ]
    assert found.report.left_out == ()
    assert "look at Segment" in told(found.report, "segment.yaml")
