"""What the Config API gives: each resource as its clients know it (domain section 20).

Field names are those of the wire.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

Mode = Literal["UNSPECIFIED", "CLOUD", "DEVICE"]
SettingType = Literal["string", "password", "boolean", "number", "list", "mixed"]
ActionType = Literal["drop_event", "sample_event", "whitelist_fields", "blacklist_fields"]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """An object."""


class Nothing(Model, frozen=True, kw_only=True):
    """What is left of something deleted."""


class Failure(Model, frozen=True, kw_only=True):
    """An error; `code` is that of gRPC."""

    error: str
    code: int


class Workspace(Model, frozen=True, kw_only=True):
    """A workspace; when it was made is not known."""

    name: str
    display_name: str
    id: str


class Workspaces(Model, frozen=True, kw_only=True):
    """A page of workspaces: that of the token."""

    workspaces: list[Workspace]
    next_page_token: str = ""


class Logos(Model, frozen=True, kw_only=True):
    """Addresses of drawings, or empty texts."""

    logo: str = ""
    mark: str = ""


class CatalogSource(Model, frozen=True, kw_only=True):
    """A kind of source."""

    name: str
    display_name: str
    description: str
    categories: list[str]
    logos: Logos
    type: Literal["event"] = "event"


class CatalogSources(Model, frozen=True, kw_only=True):
    """A page of the catalogue of sources."""

    sources: list[CatalogSource]
    next_page_token: str = ""


class CatalogSetting(Model, frozen=True, kw_only=True):
    """A setting that a destination asks for."""

    name: str
    display_name: str
    description: str
    type: str
    required: bool
    deprecated: bool = False
    settings: list[Any] = []


class Component(Model, frozen=True, kw_only=True):
    """Where a destination can run."""

    type: Literal["CLOUD", "WEB"]


class Categories(Model, frozen=True, kw_only=True):
    """The categories of a destination, the first one apart."""

    primary: str = ""
    secondary: str = ""
    additional: list[str] = []


class Methods(Model, frozen=True, kw_only=True):
    """The calls that a destination understands."""

    alias: bool
    group: bool
    identify: bool
    page_view: bool
    track: bool


class Platforms(Model, frozen=True, kw_only=True):
    """Where the events may come from."""

    browser: bool
    mobile: bool
    server: bool


class CatalogDestination(Model, frozen=True, kw_only=True):
    """A destination, for the server, for pages, or for both."""

    name: str
    id: str
    slug: str
    display_name: str
    description: str
    website: str
    status: str
    previous_names: list[str]
    categories: Categories
    logos: Logos
    components: list[Component]
    methods: Methods
    platforms: Platforms
    browserUnbundlingSupported: bool  # noqa: N815 - two that the wire spells so
    browserUnbundlingPublic: bool  # noqa: N815
    settings: list[CatalogSetting]
    type: Literal["STREAMING"] = "STREAMING"


class CatalogDestinations(Model, frozen=True, kw_only=True):
    """A page of the catalogue of destinations."""

    destinations: list[CatalogDestination]
    next_page_token: str = ""


class LibraryConfig(Model, frozen=True, kw_only=True):
    """Settings of Segment's own libraries, of which there are none here."""

    metrics_enabled: bool = False
    retry_queue: bool = False
    cross_domain_id_enabled: bool = False
    api_host: str = ""


class Source(Model, frozen=True, kw_only=True):
    """A source; `create_time` is left out where it is not known."""

    name: str
    slug: str
    parent: str
    id: str
    display_name: str
    enabled: bool
    catalog_name: str
    write_keys: list[str]
    labels: dict[str, str]
    create_time: str | UnsetType = UNSET
    library_config: LibraryConfig = LibraryConfig()
    library_source_config: dict[str, Any] = {}
    function_config: list[Any] = []


class Sources(Model, frozen=True, kw_only=True):
    """A page of sources."""

    sources: list[Source]
    next_page_token: str = ""


class SchemaSettings(Model, frozen=True, kw_only=True):
    """What a source does with events that its tracking plan does not know."""

    allow_unplanned_track_events: bool | None = None
    allow_unplanned_track_event_properties: bool | None = None
    allow_track_event_on_violations: bool | None = None
    allow_track_properties_on_violations: bool | None = None
    common_track_event_on_violations: str | None = None
    allow_unplanned_identify_traits: bool | None = None
    allow_identify_traits_on_violations: bool | None = None
    common_identify_event_on_violations: str | None = None
    allow_unplanned_group_traits: bool | None = None
    allow_group_traits_on_violations: bool | None = None
    common_group_event_on_violations: str | None = None
    forwarding_violations_to: str | None = None
    forwarding_blocked_events_to: str | None = None


class SchemaConfig(SchemaSettings, frozen=True, kw_only=True):
    """The same, with the name and the source of it."""

    name: str
    parent: str


class Setting(Model, frozen=True, kw_only=True):
    """One setting of a destination; secrets are masked."""

    name: str
    display_name: str
    type: SettingType
    value: Any


class Destination(Model, frozen=True, kw_only=True):
    """A destination of a source: what Headgate calls a connection."""

    name: str
    slug: str
    parent: str
    id: str
    catalog_id: str
    display_name: str
    enabled: bool
    connection_mode: Mode
    config: list[Setting]
    create_time: str | UnsetType = UNSET
    update_time: str | UnsetType = UNSET


class Destinations(Model, frozen=True, kw_only=True):
    """A page of the destinations of a source."""

    destinations: list[Destination]
    next_page_token: str = ""


class Fields(Model, frozen=True, kw_only=True):
    """Names of fields."""

    fields: list[str]


class Action(Model, frozen=True, kw_only=True):
    """What a filter does with events; `fields` go by the object that they are in."""

    type: ActionType
    percent: float | UnsetType | None = UNSET
    path: str | UnsetType | None = UNSET
    fields: dict[str, Fields] | UnsetType | None = UNSET


class Filter(Model, frozen=True, kw_only=True):
    """A filter of a destination."""

    name: str
    title: str
    description: str
    condition: str = msgspec.field(name="if")
    actions: list[Action]
    enabled: bool


class Filters(Model, frozen=True, kw_only=True):
    """A page of the filters of a destination."""

    filters: list[Filter]
    next_page_token: str = ""
