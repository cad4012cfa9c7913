"""What the settings of a source say: the document that every browser and mobile SDK starts from.

Pure. All of it is public, so it takes nothing from a connection but what is public by its kind:
of one in cloud mode the name of its destination, of one in device mode the settings that its
plugin declares, and no browser destination may declare a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.kit import BrowserDestination
    from headgate.store.snapshot import Connection

SEGMENT: Final = "Segment.io"
"""The name under which every SDK looks for the server itself."""
METRICS_RATE: Final = 0.1
"""The share of pages that report on their own working."""

_HTTP: Final = {
    "rateLimitConfig": {
        "maxRetryCount": 10,
        "maxRetryInterval": 300,
        "maxRateLimitDuration": 43_200,
    },
    "backoffConfig": {
        "maxRetryCount": 10,
        "baseBackoffInterval": 0.5,
        "maxBackoffInterval": 60,
        "maxTotalBackoffDuration": 43_200,
        "jitterPercent": 10,
        "default4xxBehavior": "drop",
        "default5xxBehavior": "retry",
        "statusCodeOverrides": {"501": "drop"},
    },
}
_PLAN: Final = {
    "track": {"__default": {"enabled": True, "integrations": {}}},
    "identify": {"__default": {"enabled": True}},
    "group": {"__default": {"enabled": True}},
}


class Origin(NamedTuple):
    """Where clients reach this server: `https`, and `events.example.org`, also with a path."""

    scheme: str
    host: str

    @property
    def api(self) -> str:
        return f"{self.host}/v1"

    def url(self, path: str) -> str:
        return f"{self.scheme}://{self.host}{path}"


class Plugin(NamedTuple):
    """A connection in device mode, the destination it is to, and the path of the plugin."""

    connection: Connection
    destination: BrowserDestination
    path: str

    @property
    def subscriptions(self) -> list[dict[str, Any]]:
        """Those that the plugin shall run, in the words that its runtime reads."""
        return [
            {
                "id": each.id,
                "name": each.name,
                "enabled": True,
                "partnerAction": each.action,
                "subscribe": each.trigger,
                "mapping": each.mapping,
            }
            for each in self.connection.subscriptions
            if each.enabled and each.action in self.destination.actions
        ]

    @property
    def delivers(self) -> bool:
        """Whether events reach the destination from the page, and need not be sent again."""
        actions = self.destination.actions
        return any(
            actions[each["partnerAction"]].stage == "destination" for each in self.subscriptions
        )

    @property
    def name(self) -> str:
        return self.destination.creation_name

    @property
    def settings(self) -> dict[str, Any]:
        """What was sealed under another version of the plugin stays here, sealed or not."""
        given = self.connection.settings.items()
        return self.destination.page_settings(
            {key: value for key, value in given if not _is_sealed(value)}
        )


def _is_sealed(value: Any) -> bool:
    return isinstance(value, dict) and "@sealed" in value


def document(
    write_key: str, origin: Origin, cloud: Sequence[str], plugins: Sequence[Plugin]
) -> dict[str, Any]:
    """Give the settings JSON of a source (wire cdn-settings, Settings JSON).

    `cloud` are the names of the destinations that we deliver to. Plugins without a subscription
    are not for the page to load. What may be absent is there, as mobile SDKs want objects.
    """
    loaded = [each for each in plugins if each.subscriptions]
    return {
        "integrations": {
            **{name: _unbundled("server") for name in cloud},
            **{each.name: _of_plugin(each) for each in loaded},
            SEGMENT: _server(write_key, origin, cloud, [each for each in loaded if each.delivers]),
        },
        "plan": _PLAN,
        "middlewareSettings": {"routingRules": []},
        "enabledMiddleware": {},
        "metrics": _metrics(origin),
        "legacyVideoPluginsEnabled": False,
        "analyticsNextEnabled": True,
        "edgeFunction": {},
        "autoInstrumentationSettings": {"sampleRate": 0},
        "consentSettings": {"allCategories": [], "hasUnmappedDestinations": True},
        "remotePlugins": [_remote(each, origin) for each in loaded],
    }


def _server(
    write_key: str, origin: Origin, cloud: Sequence[str], delivering: Sequence[Plugin]
) -> dict[str, Any]:
    bundled = {each.name for each in delivering}
    return {
        "apiKey": write_key,
        "apiHost": origin.api,
        "protocol": origin.scheme,
        "addBundledMetadata": True,
        "unbundledIntegrations": [name for name in cloud if name not in bundled],
        "maybeBundledConfigIds": {each.name: [each.connection.id] for each in delivering},
        "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
        "retryQueue": True,
        "httpConfig": _HTTP,
    }


def _of_plugin(plugin: Plugin) -> dict[str, Any]:
    """Component types stay empty: with them the page looks for a classic integration."""
    if not plugin.delivers:
        return _unbundled()
    return {"bundlingStatus": "bundled", "versionSettings": {"componentTypes": []}}


def _unbundled(*components: str) -> dict[str, Any]:
    return {"bundlingStatus": "unbundled", "versionSettings": {"componentTypes": [*components]}}


def _metrics(origin: Origin) -> Mapping[str, Any]:
    """Pages send metrics by https only, whatever the protocol of the events."""
    return {"sampleRate": METRICS_RATE if origin.scheme == "https" else 0, "host": origin.api}


def _remote(plugin: Plugin, origin: Origin) -> dict[str, Any]:
    return {
        "name": plugin.destination.name,
        "creationName": plugin.name,
        "libraryName": plugin.destination.library,
        "url": origin.url(plugin.path),
        "settings": {
            **plugin.settings,
            "versionSettings": {"componentTypes": []},
            "subscriptions": plugin.subscriptions,
        },
    }
