"""What the Config API takes: a resource that is to be, or what is to change of one.

Everything that is not required may be left out; null is the same as leaving it out, and unknown
fields fall away.
"""

from __future__ import annotations

from typing import Any

import msgspec

from headgate.api.config.models import Action, Mode, Model, SchemaSettings


class Mask(Model, frozen=True, kw_only=True):
    """Which fields a change is about."""

    paths: list[str] | None = None


class GivenSource(Model, frozen=True, kw_only=True):
    """A source that is to be; without a name for people it is called by its slug."""

    name: str
    catalog_name: str
    display_name: str | None = None
    enabled: bool | None = None
    labels: dict[str, str] | None = None


class NewSource(Model, frozen=True, kw_only=True):
    """The body of `POST .../sources`."""

    source: GivenSource


class SourceChange(Model, frozen=True, kw_only=True):
    """What can be changed of a source."""

    display_name: str | None = None
    enabled: bool | None = None
    labels: dict[str, str] | None = None
    update_mask: Mask | None = None


class ChangedSource(Model, frozen=True, kw_only=True):
    """The body of `PATCH .../sources/{source}`."""

    source: SourceChange = SourceChange()
    update_mask: Mask | None = None


class SchemaChange(SchemaSettings, frozen=True, kw_only=True):
    """What can be changed of the settings of a source's schema."""

    update_mask: Mask | None = None


class ChangedSchemaConfig(Model, frozen=True, kw_only=True):
    """The body of `PATCH .../sources/{source}/schema-config`."""

    schema_config: SchemaChange = SchemaChange()
    update_mask: Mask | None = None


class GivenSetting(Model, frozen=True, kw_only=True):
    """A setting by its name; without a value it is to be the usual one."""

    name: str
    value: Any = None


class GivenDestination(Model, frozen=True, kw_only=True):
    """A destination that is to be; it is disabled unless it says otherwise."""

    name: str
    display_name: str | None = None
    connection_mode: Mode | None = None
    enabled: bool | None = None
    config: list[GivenSetting] | None = None


class NewDestination(Model, frozen=True, kw_only=True):
    """The body of `POST .../destinations`."""

    destination: GivenDestination


class DestinationChange(Model, frozen=True, kw_only=True):
    """What can be changed of a destination; its mode can only be what it is."""

    display_name: str | None = None
    connection_mode: Mode | None = None
    enabled: bool | None = None
    config: list[GivenSetting] | None = None
    update_mask: Mask | None = None


class ChangedDestination(Model, frozen=True, kw_only=True):
    """The body of `PATCH .../destinations/{destination}`."""

    destination: DestinationChange = DestinationChange()
    update_mask: Mask | None = None


class GivenFilter(Model, frozen=True, kw_only=True):
    """A filter that is to be; it is disabled unless it says otherwise."""

    title: str
    condition: str = msgspec.field(name="if")
    actions: list[Action]
    description: str | None = None
    enabled: bool | None = None


class NewFilter(Model, frozen=True, kw_only=True):
    """The body of `POST .../filters`."""

    filter: GivenFilter


class FilterChange(Model, frozen=True, kw_only=True):
    """What can be changed of a filter."""

    title: str | None = None
    description: str | None = None
    condition: str | None = msgspec.field(name="if", default=None)
    actions: list[Action] | None = None
    enabled: bool | None = None
    update_mask: Mask | None = None


class ChangedFilter(Model, frozen=True, kw_only=True):
    """The body of `PATCH .../filters/{filter}`."""

    filter: FilterChange = FilterChange()
    update_mask: Mask | None = None
