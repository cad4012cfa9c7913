"""Segment's client of its Public API sets up a Headgate, and what it has set up works."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.harness.fixtures import judged, tell
from tests.harness.public_api.proxy import JudgingProxy
from tests.harness.public_api.spoiling import without
from tests.harness.receiver import SECRET, Receiver, until
from tests.harness.sending import exchange, request
from tests.harness.system import Headgate
from tests.journeys.made_by_api import SECONDS, Line, Setting, make_source
from tests.journeys.public_api import Refused, Sdk

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.node

DONE = {"status": "SUCCESS"}
NOBODY = "nobody-has-this-id"


def token(headgate: Headgate) -> str:
    made = headgate.run("token", "create", "ci", "--role", "owner", "--json")
    said: str = msgspec.json.decode(made)["token"]
    return said


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    folder = tmp_path_factory.mktemp("public-api")
    with (
        Receiver(folder / "receiver") as receiver,
        judged(Headgate(folder / "headgate")) as headgate,
        JudgingProxy(headgate.ready.control) as proxy,
        Sdk(proxy.url, token(headgate)) as sdk,
    ):
        yield Setting(headgate, receiver, proxy, sdk)


@pytest.fixture
def sdk(setting: Setting) -> Iterator[Sdk]:
    """The client; all answers that it got are judged at the end of the test."""
    begun = len(setting.proxy.seen)
    yield setting.sdk
    seen = setting.proxy.seen[begun:]
    tell(f"{len(seen)} answers judged")
    assert seen != []
    assert [fault for each in seen for fault in each.faults] == []


@pytest.fixture
def line(setting: Setting, sdk: Sdk) -> Line:  # noqa: ARG001 - its answers are judged
    return Line(setting, f"shop-{next(numbers)}")


numbers = count(1)


def test_the_workspace_and_what_is_said_come_back(sdk: Sdk) -> None:
    sdk.call("workspaces", "getWorkspace")
    echoed = sdk.call("testing", "echo", "hello, world")
    assert (echoed["method"], echoed["message"]) == ("get", "hello, world")
    for number, statuses in enumerate((range(400, 500), range(400, 500), range(500, 600))):
        triggers = [each == number for each in range(3)]
        with pytest.raises(Refused) as refused:
            sdk.call("testing", "echo", "oh no", None, *triggers)
        assert refused.value.status in statuses
        told = {each["message"] for each in refused.value.errors}
        assert ("oh no" in told) == (statuses.start == 400)


def test_what_the_client_makes_delivers_events_until_it_is_removed(sdk: Sdk, line: Line) -> None:
    """The way of whoever sets up a destination and takes it down again."""
    line.passes("Order Completed")
    got = sdk.call("destinations", "getDestination", line.id)["destination"]
    assert got == line.destination
    assert got in sdk.listed("destinations", 1, "destinations", "listDestinations")
    assert SECRET not in str(got["settings"])
    given_back = {"settings": got["settings"]}
    assert sdk.call("destinations", "updateDestination", line.id, given_back)["destination"] == got
    line.passes("Order Completed")
    renamed = sdk.call("destinations", "updateDestination", line.id, {"name": "Hook, renamed"})
    assert renamed["destination"] == {**got, "name": "Hook, renamed"}
    line.passes("Order Completed")
    disabled = sdk.call("destinations", "updateDestination", line.id, {"enabled": False})
    assert disabled["destination"]["enabled"] is False
    assert sdk.call("destinations", "deleteDestination", line.id) == DONE
    with pytest.raises(Refused, match="404"):
        sdk.call("destinations", "getDestination", line.id)
    assert sdk.call("sources", "deleteSource", line.source_id) == DONE
    with pytest.raises(Refused, match="404"):
        sdk.call("sources", "getSource", line.source_id)
    assert line.source not in sdk.listed("sources", 10, "sources", "listSources")


def test_a_disabled_destination_gets_what_came_when_it_is_enabled_again(
    sdk: Sdk, line: Line, setting: Setting
) -> None:
    """Another destination of the same source shows what there was to get."""
    other = Line(setting, f"{line.path[1:]}-too", source=line.source)
    line.passes("Order Completed")

    def switched(*, enabled: bool) -> None:
        changed = sdk.call("destinations", "updateDestination", line.id, {"enabled": enabled})
        assert changed["destination"] == {**line.destination, "enabled": enabled}

    def holds(seconds: float) -> bool:
        """Whether an event waits that comes so long after the destination was disabled."""
        switched(enabled=False)
        time.sleep(seconds)
        held = line.send("Order Completed")
        assert other.has_arrived(held, SECONDS)
        is_held = not line.has_arrived(held, 1.0)
        switched(enabled=True)
        assert line.has_arrived(held, SECONDS)
        return is_held

    assert any(holds(seconds) for seconds in (0, 1, 2, 4, 8))


def test_write_keys_open_a_source_from_when_they_are_made_until_they_are_removed(
    sdk: Sdk, line: Line
) -> None:
    (old,) = line.source["writeKeys"]
    made = sdk.call("sources", "createWriteKeyForSource", line.source_id)["source"]["writeKeys"]
    (new,) = set(made) - {old}
    line.answers(new, 200)
    line.answers(old, 200)
    assert sdk.call("sources", "removeWriteKeyFromSource", line.source_id, old) == DONE
    left = sdk.call("sources", "getSource", line.source_id)["source"]["writeKeys"]
    assert left == [new]
    line.answers(old, 401)
    line.answers(new, 200)


def test_a_disabled_source_takes_nothing(sdk: Sdk, line: Line) -> None:
    line.passes("Order Completed")
    (key,) = line.source["writeKeys"]
    for enabled, status in ((False, 403), (True, 200)):
        changed = sdk.call("sources", "updateSource", line.source_id, {"enabled": enabled})
        assert changed["source"] == {**line.source, "enabled": enabled}
        line.answers(key, status)


def test_a_subscription_is_listed_changed_and_removed(sdk: Sdk, line: Line) -> None:
    api, (of, own) = "destinations", (line.id, line.subscription["id"])
    listed = sdk.listed("subscriptions", 1, api, "listSubscriptionsFromDestination", of)
    got = sdk.call(api, "getSubscriptionFromDestination", of, own)["subscription"]
    assert listed == [got] == [line.subscription]
    narrowed = {"name": "Paid orders", "trigger": 'type = "track" and event = "Order Paid"'}
    changed = sdk.call(api, "updateSubscriptionForDestination", of, own, {"input": narrowed})
    assert changed["subscription"] == {**line.subscription, **narrowed}
    line.stops("Order Completed", "Order Paid")
    assert sdk.call(api, "removeSubscriptionFromDestination", of, own) == DONE
    assert sdk.listed("subscriptions", 1, api, "listSubscriptionsFromDestination", of) == []
    with pytest.raises(Refused, match="404"):
        sdk.call(api, "getSubscriptionFromDestination", of, own)


def test_a_filter_stops_events_until_it_is_disabled(sdk: Sdk, line: Line) -> None:
    api, condition = "destinationFilters", 'event = "Secret"'
    order = {
        "sourceId": line.source_id,
        "if": condition,
        "actions": [{"type": "DROP"}],
        "title": "No secrets",
        "enabled": True,
    }
    made = sdk.call(api, "createFilterForDestination", line.id, order)["filter"]
    assert {name: made[name] for name in order} == order
    assert sdk.listed("filters", 1, api, "listFiltersFromDestination", line.id) == [made]
    assert sdk.call(api, "getFilterInDestination", line.id, made["id"])["filter"] == made
    line.stops("Secret", "Order Completed")
    off = {"enabled": False, "title": "Secrets may pass"}
    changed = sdk.call(api, "updateFilterForDestination", line.id, made["id"], off)["filter"]
    assert {name: changed[name] for name in off} == off
    assert changed["if"] == condition
    line.passes("Secret")
    assert sdk.call(api, "removeFilterFromDestination", line.id, made["id"]) == DONE
    assert sdk.listed("filters", 1, api, "listFiltersFromDestination", line.id) == []
    line.passes("Secret")


def test_a_filter_that_drops_properties_does_in_a_preview_what_it_does_to_events(
    sdk: Sdk,
) -> None:
    payload = {"type": "track", "event": "Paid", "properties": {"card": "4111", "total": 9}}
    cases: list[tuple[list[dict[str, Any]], Any]] = [
        ([{"type": "DROP"}], None),
        (
            [{"type": "DROP_PROPERTIES", "fields": {"properties": ["card"]}}],
            {**payload, "properties": {"total": 9}},
        ),
        (
            [{"type": "ALLOW_PROPERTIES", "fields": {"properties": ["card"]}}],
            {**payload, "properties": {"card": "4111"}},
        ),
    ]
    for actions, result in cases:
        order = {"filter": {"if": 'type = "track"', "actions": actions}, "payload": payload}
        data = sdk.call("destinationFilters", "previewDestinationFilter", order)
        assert (data["inputPayload"], data["result"]) == (payload, result)


def test_lists_come_page_by_page_each_entry_once(sdk: Sdk) -> None:
    made = {make_source(sdk, f"page-{number}")["id"] for number in range(5)}
    whole = sdk.listed("sources", 1000, "sources", "listSources")
    assert made <= {each["id"] for each in whole}
    for size in (1, 2, len(whole) - 1, len(whole)):
        pages = list(sdk.pages("sources", size, "sources", "listSources"))
        sizes = [min(size, len(whole) - begin) for begin in range(0, len(whole), size)]
        assert [len(page) for page in pages] == sizes
        assert [each for page in pages for each in page] == whole


def test_delivery_metrics_count_what_arrived(sdk: Sdk, line: Line) -> None:
    for _ in range(3):
        line.passes("Order Completed")
    now = datetime.now(tz=UTC)
    times = [(now + timedelta(hours=hours)).isoformat() for hours in (-1, 1)]

    def totals() -> dict[str, float]:
        call = "listDeliveryMetricsSummaryFromDestination"
        asked = sdk.call("destinations", call, line.id, line.source_id, *times, "HOUR")
        summary = asked["deliveryMetricsSummary"]
        assert summary["sourceId"] == line.source_id
        assert summary["destinationMetadataId"] == line.catalogued["id"]
        return {each["metricName"]: each["total"] for each in summary["metrics"]}

    until(lambda: totals().get("successes") == len(line.arrived()), SECONDS, lambda: f"{totals()}")


def test_what_was_made_outlives_the_process_that_made_it(sdk: Sdk, setting: Setting) -> None:
    made = make_source(sdk, "kept")
    setting.headgate.kill("control")
    until(lambda: is_up(setting.headgate), SECONDS, "control to be there again")
    assert sdk.call("sources", "getSource", made["id"])["source"] == made


def is_up(headgate: Headgate) -> bool:
    try:
        return exchange(headgate.ready.control, request("GET", "/health", [])).status == 200
    except ConnectionError:
        return False


ABSENT: list[tuple[str, str, list[Any]]] = [
    ("sources", "getSource", [NOBODY]),
    ("sources", "updateSource", [NOBODY, {"name": "None"}]),
    ("sources", "deleteSource", [NOBODY]),
    ("destinations", "getDestination", [NOBODY]),
    ("destinations", "updateDestination", [NOBODY, {"enabled": True}]),
    ("destinations", "deleteDestination", [NOBODY]),
    ("destinations", "getSubscriptionFromDestination", [NOBODY, NOBODY]),
    ("destinations", "removeSubscriptionFromDestination", [NOBODY, NOBODY]),
    ("destinationFilters", "getFilterInDestination", [NOBODY, NOBODY]),
    ("destinationFilters", "removeFilterFromDestination", [NOBODY, NOBODY]),
    ("catalog", "getSourceMetadata", [NOBODY]),
    ("catalog", "getDestinationMetadata", [NOBODY]),
]


def test_what_there_is_not_is_refused_with_an_error_that_says_so(sdk: Sdk) -> None:
    for api, call, words in ABSENT:
        with pytest.raises(Refused) as refused:
            sdk.call(api, call, *words)
        assert refused.value.status == 404, call
        assert refused.value.errors[0]["message"] != ""


IMPOSSIBLE: list[dict[str, Any]] = [
    {"slug": "web", "enabled": True},
    {"slug": "web", "enabled": True, "metadataId": NOBODY},
    {"slug": "", "enabled": True, "metadataId": "first"},
    {"slug": 7, "enabled": True, "metadataId": "first"},
    {"slug": "web", "enabled": "yes", "metadataId": "first"},
    {"slug": "web", "enabled": True, "metadataId": None},
    {},
]
"""`first` stands for the id of a source that the catalogue has."""


def test_a_source_that_cannot_be_is_refused_and_not_made(sdk: Sdk) -> None:
    (first, *_) = next(sdk.pages("sourcesCatalog", 1, "catalog", "getSourcesCatalog"))
    before = sdk.listed("sources", 100, "sources", "listSources")
    for each in IMPOSSIBLE:
        known = {"metadataId": first["id"]} if each.get("metadataId") == "first" else {}
        order = {**each, **known}
        with pytest.raises(Refused) as refused:
            sdk.call("sources", "createSource", order)
        assert refused.value.status == 422, order
    assert sdk.listed("sources", 100, "sources", "listSources") == before


def test_a_slug_is_given_once(sdk: Sdk) -> None:
    made = make_source(sdk, "given")
    before = sdk.listed("sources", 100, "sources", "listSources")
    order = {"slug": "given", "enabled": True, "metadataId": made["metadata"]["id"]}
    with pytest.raises(Refused) as refused:
        sdk.call("sources", "createSource", order)
    assert refused.value.status in {409, 422}
    assert sdk.listed("sources", 100, "sources", "listSources") == before


@pytest.mark.parametrize("wrong", ["", "not-a-token"])
def test_without_a_token_nothing_is_answered(setting: Setting, wrong: str) -> None:
    control = setting.headgate.ready.control
    with JudgingProxy(control) as proxy, Sdk(proxy.url, wrong) as sdk:
        for api, call, *words in (
            ("workspaces", "getWorkspace"),
            ("sources", "getSource", NOBODY),
            ("sources", "createSource", {}),
        ):
            with pytest.raises(Refused) as refused:
                sdk.call(api, call, *words)
            assert refused.value.status == 401
    assert proxy.faults == []


def test_one_spoilt_answer_is_found_out(setting: Setting) -> None:
    spoil = without("source.writeKeys", "POST", "/sources")
    control = setting.headgate.ready.control
    with JudgingProxy(control, spoil) as proxy, Sdk(proxy.url, token(setting.headgate)) as sdk:
        catalogued = sdk.call("catalog", "getSourcesCatalog", {"count": 1})["sourcesCatalog"]
        for slug in ("spoilt", "whole"):
            order = {"slug": slug, "enabled": True, "metadataId": catalogued[0]["id"]}
            sdk.call("sources", "createSource", order)
    assert proxy.faults == ["POST /sources: data.source.writeKeys is missing"]
