"""What Segment's client of its Public API makes in a Headgate, and whether it works."""

from __future__ import annotations

from itertools import count, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.harness.receiver import SECRET, until
from tests.harness.sending import post, track

if TYPE_CHECKING:
    from tests.harness.public_api.proxy import JudgingProxy
    from tests.harness.receiver import Receiver
    from tests.harness.system import Headgate
    from tests.journeys.public_api import Sdk

SECONDS = 20.0
"""The longest that a change may take to be in force, generously."""


class Setting(NamedTuple):
    """A Headgate and a client of it, which several tests share; `proxy` stands between them."""

    headgate: Headgate
    receiver: Receiver
    proxy: JudgingProxy
    sdk: Sdk


def webhook(sdk: Sdk) -> dict[str, Any]:
    """The entry of the webhook in the catalogue of destinations."""
    entries = sdk.listed("destinationsCatalog", 100, "catalog", "getDestinationsCatalog")
    found = next(each for each in entries if each["slug"].endswith("webhook"))
    asked = sdk.call("catalog", "getDestinationMetadata", found["id"])["destinationMetadata"]
    assert asked == found
    return dict(asked)


def make_source(sdk: Sdk, slug: str) -> dict[str, Any]:
    (first, *_) = next(sdk.pages("sourcesCatalog", 1, "catalog", "getSourcesCatalog"))
    order = {"slug": slug, "enabled": True, "metadataId": first["id"]}
    made = sdk.call("sources", "createSource", order)["source"]
    assert (made["slug"], made["enabled"], made["metadata"]["id"]) == (slug, True, first["id"])
    assert sdk.call("sources", "getSource", made["id"])["source"] == made
    return dict(made)


class Line:
    """A source, a webhook behind it and a subscription, all made by the client.

    What the client changes is in force within seconds, so each judgement is asked for again until
    it is so, by other events of one user: these arrive in the order in which they were sent.
    """

    def __init__(
        self, setting: Setting, slug: str, *, source: dict[str, Any] | None = None
    ) -> None:
        self._headgate, self._receiver, _, self._sdk = setting
        self.path, self._ids = f"/{slug}", map("{}-{}".format, repeat(slug), count(1))
        self.source = source or make_source(self._sdk, slug)
        self.catalogued = webhook(self._sdk)
        self.destination = self._make_destination()
        self.id, self.source_id = self.destination["id"], self.source["id"]
        self.subscription = self._make_subscription()

    def _make_destination(self) -> dict[str, Any]:
        order = {
            "sourceId": self.source["id"],
            "metadataId": self.catalogued["id"],
            "enabled": True,
            "name": f"Hook at {self.path}",
            "settings": {"sharedSecret": SECRET},
        }
        made = self._sdk.call("destinations", "createDestination", order)["destination"]
        assert (made["sourceId"], made["enabled"]) == (self.source["id"], True)
        assert made["metadata"]["id"] == self.catalogued["id"]
        return dict(made)

    def _make_subscription(self) -> dict[str, Any]:
        (action,) = self.catalogued["actions"]
        order = {
            "name": "Orders",
            "actionId": action["id"],
            "trigger": 'type = "track"',
            "enabled": True,
            "settings": {"url": self._receiver.url(self.path), "data": {"@path": "$."}},
        }
        data = self._sdk.call("destinations", "createDestinationSubscription", self.id, order)
        made = data["destinationSubscription"]
        assert {name: made[name] for name in order} == order
        assert (made["destinationId"], made["actionSlug"]) == (self.id, action["slug"])
        return dict(made)

    def passes(self, event: str) -> None:
        """Such events arrive, signed with the secret that the client gave."""
        until(lambda: self._passes(event), SECONDS, f"the arrival of {event!r} at {self.path}")
        assert {each.signed for each in self._receiver.taken(self.path)} == {"valid"}

    def stops(self, event: str, passing: str) -> None:
        """Such events do not arrive, and others do."""
        until(lambda: self._stops(event, passing), SECONDS, f"the end of {event!r} at {self.path}")
        assert self._stops(event, passing), "it is so from then on"

    def answers(self, key: str, status: int) -> None:
        """Collection answers an event with this key so."""

        def asked() -> int:
            sent = track(next(self._ids), event="Asked", userId="u-2")
            return post(self._headgate.ready.collect, "/v1/track", sent, key).status

        until(lambda: asked() == status, SECONDS, lambda: f"{status}, not {asked()}, for {key}")

    def _passes(self, event: str) -> bool:
        return self.has_arrived(self.send(event))

    def _stops(self, event: str, passing: str) -> bool:
        stopped = self.send(event)
        self.passes(passing)
        return stopped not in self.arrived()

    def send(self, event: str) -> str:
        """Send an event until it is taken, which takes a source that collection knows; its id."""
        sent = track(next(self._ids), event=event, userId="u-1")
        (key, *_) = self.source["writeKeys"]
        url = self._headgate.ready.collect
        until(lambda: post(url, "/v1/track", sent, key).status == 200, SECONDS, f"key {key}")
        return str(sent["messageId"])

    def has_arrived(self, message_id: str, seconds: float = 3.0) -> bool:
        try:
            until(lambda: message_id in self.arrived(), seconds, message_id)
        except AssertionError:
            return False
        return True

    def arrived(self) -> set[str | None]:
        return {each.message_id for each in self._receiver.taken(self.path)}
