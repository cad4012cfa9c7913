"""What Segment's Public API tells of a workspace, as far as an import looks at it."""

from __future__ import annotations

from typing import Any

import msgspec


class Said(msgspec.Struct, frozen=True, rename="camel"):
    """Names are Segment's; what it says besides is passed over."""


class Named(Said, frozen=True):
    """The workspace itself."""

    slug: str
    name: str = ""


class Identified(Said, frozen=True):
    """Whatever only its id is wanted of."""

    id: str


class Label(Said, frozen=True):
    key: str
    value: str


class SourceMetadata(Said, frozen=True):
    name: str
    slug: str
    is_cloud_event_source: bool = False


class Source(Said, frozen=True):
    id: str
    slug: str
    metadata: SourceMetadata
    enabled: bool
    write_keys: tuple[str, ...]
    name: str | None = None
    settings: dict[str, Any] | None = None
    labels: tuple[Label, ...] = ()

    @property
    def title(self) -> str:
        return self.name or self.slug


class ActionMetadata(Said, frozen=True):
    """`platform` is CLOUD, WEB or MOBILE."""

    slug: str
    platform: str = "CLOUD"


class DestinationMetadata(Said, frozen=True):
    """An entry of Segment's catalogue; a classic destination has no actions."""

    id: str
    name: str
    slug: str
    previous_names: tuple[str, ...] = ()
    actions: tuple[ActionMetadata, ...] = ()


class Destination(Said, frozen=True):
    """An instance, which is a connection here. Secret settings are masked: `••••1a2b`."""

    id: str
    enabled: bool
    metadata: DestinationMetadata
    source_id: str
    settings: dict[str, Any] | None = None
    name: str | None = None

    @property
    def title(self) -> str:
        return self.name or self.metadata.name


class Subscription(Said, frozen=True):
    """`settings` is the mapping; one with a model belongs to reverse ETL."""

    id: str
    name: str
    action_slug: str
    enabled: bool
    trigger: str
    settings: dict[str, Any] | None = None
    model_id: str | None = None


class FilterAction(Said, frozen=True):
    type: str
    fields: dict[str, Any] | None = None
    percent: float | None = None
    path: str | None = None


class Filter(msgspec.Struct, frozen=True, rename={"condition": "if"}):
    id: str
    condition: str
    actions: tuple[FilterAction, ...]
    title: str
    enabled: bool
    description: str | None = None


class TrackingPlan(Said, frozen=True):
    id: str
    name: str | None = None


class SchemaSettings(Said, frozen=True):
    """What a source does with events that are not as its tracking plan wants them."""

    track: dict[str, Any] | None = None
    identify: dict[str, Any] | None = None
    group: dict[str, Any] | None = None
    forwarding_violations_to: str | None = None
    forwarding_blocked_events_to: str | None = None


class Transformation(Said, frozen=True):
    """Of all destinations of a source, or of those of one entry of the catalogue."""

    id: str
    name: str
    source_id: str
    enabled: bool
    destination_metadata_id: str | None = None


class Function(Said, frozen=True):
    id: str | None = None
    display_name: str | None = None
    resource_type: str | None = None


class FunctionInstance(Said, frozen=True):
    """A function inserted before a destination, or behind a source: `integration_id`."""

    id: str
    integration_id: str
    enabled: bool
    name: str | None = None


class WarehouseMetadata(Said, frozen=True):
    name: str


class Warehouse(Said, frozen=True):
    id: str
    metadata: WarehouseMetadata
    settings: dict[str, Any] | None = None

    @property
    def title(self) -> str:
        return str((self.settings or {}).get("name") or self.metadata.name)


class Model(Said, frozen=True):
    """A query of reverse ETL."""

    id: str
    name: str
    source_id: str


class Unread(msgspec.Struct, frozen=True):
    """What Segment refused to tell; `of` is the id of a destination or a source, or empty."""

    what: str
    of: str
    why: str


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was read; what belongs to a source or a destination is by its id."""

    slug: str
    name: str = ""
    sources: tuple[Source, ...] = ()
    destinations: tuple[Destination, ...] = ()
    subscriptions: dict[str, tuple[Subscription, ...]] = {}
    filters: dict[str, tuple[Filter, ...]] = {}
    plans: tuple[TrackingPlan, ...] = ()
    schemas: dict[str, SchemaSettings] = {}
    transformations: tuple[Transformation, ...] = ()
    functions: tuple[Function, ...] = ()
    instances: tuple[FunctionInstance, ...] = ()
    warehouses: tuple[Warehouse, ...] = ()
    models: tuple[Model, ...] = ()
    unread: tuple[Unread, ...] = ()
