"""What Customer.io takes: one object for each thing that happens to a person or an object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from headgate.kit.values import epoch_seconds, is_email, present

if TYPE_CHECKING:
    from collections.abc import Mapping

Entity: TypeAlias = dict[str, Any]
Identifiers: TypeAlias = dict[str, str]

_CIO_ID = "cio_"
_DECIMAL = re.compile(r"\d+(\.\d+)?", re.ASCII)
_DATE = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"(T\d\d:\d\d(:\d\d)?(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


def entity(
    kind: Literal["person", "object"],
    action: str,
    identifiers: Identifiers,
    *,
    anonymous_id: str | None = None,
    timestamp: str | None = None,
    attributes: Mapping[str, object] | None = None,
    **members: object,
) -> Entity:
    """Give the object for one event; members that are None are left out.

    An anonymous id that does not identify anyone yet is kept as an attribute.
    """
    if anonymous_id is not None:
        attributes = {**(attributes or {}), "anonymous_id": anonymous_id}
        if "anonymous_id" in identifiers:
            del attributes["anonymous_id"]
    optional = {
        **members,
        "attributes": attributes,
        "timestamp": None if timestamp is None else seconds(timestamp),
        "identifiers": identifiers or None,
    }
    return {"type": kind, "action": action, **present(optional)}


def of_person(
    person_id: str | None, *, email: str | None = None, anonymous_id: str | None = None
) -> Identifiers:
    """Say who somebody is: by the best of the ids that are known.

    What follows `cio_` is Customer.io's own id, and an e-mail address is one.
    """
    if person_id is not None:
        if person_id.startswith(_CIO_ID):
            return {"cio_id": person_id.removeprefix(_CIO_ID)}
        return {"email" if is_email(person_id) else "id": person_id}
    if email is not None:
        return {"email": email}
    return {} if anonymous_id is None else {"anonymous_id": anonymous_id}


def of_object(object_id: str | None, type_id: str | None) -> Identifiers:
    if object_id is None:
        return {}
    return {"object_id": object_id, "object_type_id": type_id or "1"}


def relationship(to: Identifiers, attributes: Mapping[str, object] | None) -> Entity:
    return present({"identifiers": to, "relationship_attributes": attributes})


def dated(value: Any, *, converts: bool | None) -> Any:
    """Write dates as Unix seconds, in an object and the objects in it, if that is wanted."""
    if not converts:
        return value
    if isinstance(value, dict):
        return {key: dated(member, converts=True) for key, member in value.items()}
    if isinstance(value, str) and _DATE.fullmatch(value):
        found = epoch_seconds(value)
        return value if found is None else found
    return value


def seconds(timestamp: str) -> int | str:
    """Read when something happened; a number and what is no date stay as they are."""
    if _DECIMAL.fullmatch(timestamp):
        return timestamp
    found = epoch_seconds(timestamp)
    return timestamp if found is None else found


def without(attributes: Mapping[str, object] | None, *names: str) -> dict[str, object]:
    return {key: value for key, value in (attributes or {}).items() if key not in names}
