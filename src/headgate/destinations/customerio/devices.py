"""Actions that keep the devices that people get push notifications on."""

from __future__ import annotations

from headgate.destinations.customerio.entities import Entity, dated, entity, of_person
from headgate.destinations.customerio.people import Converted, Known
from headgate.destinations.customerio.sending import entity_action
from headgate.kit import field, path
from headgate.kit.values import present


class Token(Known):
    device_id: str = field(
        "Device ID", "The device's push token.", mapping=path("$.context.device.token")
    )


class Device(Token, Converted):
    app_version: str | None = field(
        "App version",
        "The version of the app, kept with the device's attributes.",
        mapping=path("$.context.app.version"),
    )
    platform: str = field("Platform", "`ios` or `android`.", mapping=path("$.context.device.type"))
    last_used: str | None = field(
        "Last used", "When the device was last in use.", mapping=path("$.timestamp")
    )
    attributes: dict[str, object] | None = field(
        "Attributes", "What else is known of the device.", mapping=path("$.properties")
    )


_SEEN = ("Application Installed", "Application Opened", "Device Created or Updated")


@entity_action(
    "Create or update device",
    Device,
    slug="createUpdateDevice",
    trigger=" or ".join(f'event = "{name}"' for name in _SEEN),
)
def create_update_device(device: Device) -> Entity:
    """Add a device to a person, or change what is known of it."""
    converts = device.convert_timestamp
    attributes = dated(device.attributes or {}, converts=converts)
    described = {
        "token": device.device_id,
        "platform": device.platform,
        "last_used": dated(device.last_used, converts=converts),
        "attributes": {**attributes, **present({"app_version": device.app_version})},
    }
    who = of_person(device.person_id)
    return entity("person", "add_device", who, device=present(described))


@entity_action(
    "Delete device",
    Token,
    slug="deleteDevice",
    trigger='event = "Application Uninstalled" or event = "Device Deleted"',
)
def delete_device(device: Token) -> Entity:
    """Take a device from a person."""
    who = of_person(device.person_id)
    return entity("person", "delete_device", who, device={"token": device.device_id})
