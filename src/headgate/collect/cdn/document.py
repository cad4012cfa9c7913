"""What the settings of a source say: the document that every browser and mobile SDK starts from.

Pure. All of it is public, so it takes nothing from a connection but what is public by its kind:
of one in cloud mode the name of its destination and the categories of consent, of one in device
mode also its filters and the settings that its plugin declares, and no browser destination may
declare a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate.collect.cdn.routing import plan, schema_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.collect.cdn.routing import Rule
    from headgate.kit import BrowserDestination
    from headgate.store.snapshot import Connection, Source

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


class Origin(NamedTuple):
    """Where clients reach this server: `https`, and `events.example.org`, also with a path."""

    scheme: str
    host: str

    @property
    def api(self) -> str:
        return f"{self.host}/v1"

    def url(self, path: str) -> str:
        return f"{self.scheme}://{self.host}{path}"


class Cloud(NamedTuple):
    """A destination that we deliver to, by its name, and what people must have consented to.

    No categories stand also for connections that differ in them: then only we can tell.
    """

    name: str
    categories: tuple[str, ...] = ()


class Plugin(NamedTuple):
    """A connection in device mode, the destination it is to, and the path of the plugin.

    `rules` are those of its filters.
    """

    connection: Connection
    destination: BrowserDestination
    path: str
    rules: Sequence[Rule] = ()

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
    def names(self) -> frozenset[str]:
        """Those that the schema of a source may have for it."""
        return frozenset({self.name, self.destination.name, self.destination.slug})

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
    source: Source,
    write_key: str,
    origin: Origin,
    cloud: Sequence[Cloud],
    plugins: Sequence[Plugin],
) -> dict[str, Any]:
    """Give the settings JSON of a source (wire cdn-settings, Settings JSON).

    `cloud` are the destinations that we deliver to. Plugins without a subscription are not for
    the page to load. What may be absent is there, as mobile SDKs want objects.
    """
    loaded = [each for each in plugins if each.subscriptions]
    bundled = [each for each in loaded if each.delivers]
    return {
        "integrations": {
            **{each.name: _unbundled("server") | _consent(each.categories) for each in cloud},
            **{each.name: _of_plugin(each) for each in loaded},
            SEGMENT: _server(write_key, origin, [each.name for each in cloud], bundled),
        },
        "plan": plan(source.schema, [(each.name, each.names) for each in loaded]),
        "middlewareSettings": {"routingRules": _routing(source, loaded)},
        "enabledMiddleware": {},
        "metrics": _metrics(origin),
        "legacyVideoPluginsEnabled": False,
        "analyticsNextEnabled": True,
        "edgeFunction": {},
        "autoInstrumentationSettings": {"sampleRate": 0},
        "consentSettings": _consents(cloud, loaded),
        "remotePlugins": [_remote(each, origin) for each in loaded],
    }


def _routing(source: Source, plugins: Sequence[Plugin]) -> list[Rule]:
    return [
        rule for each in plugins for rule in (*schema_rules(each.name, source.schema), *each.rules)
    ]


def _consent(categories: Sequence[str]) -> dict[str, Any]:
    return {"consentSettings": {"categories": list(categories)}} if categories else {}


def _consents(cloud: Sequence[Cloud], plugins: Sequence[Plugin]) -> dict[str, Any]:
    """What pages ask people about, and whether there is something they need not be asked about."""
    mapped = [each.categories for each in cloud] + [_categories(each) for each in plugins]
    return {
        "allCategories": list(dict.fromkeys(name for names in mapped for name in names)),
        "hasUnmappedDestinations": not (mapped and all(mapped)),
    }


def _categories(plugin: Plugin) -> tuple[str, ...]:
    return tuple(plugin.connection.consent)


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
    consent = _consent(_categories(plugin))
    if not plugin.delivers:
        return _unbundled() | consent
    return {"bundlingStatus": "bundled", "versionSettings": {"componentTypes": []}, **consent}


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
