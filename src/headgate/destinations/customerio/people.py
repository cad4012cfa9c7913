"""Actions that keep people up to date, and remove them."""

from __future__ import annotations

from headgate.destinations.customerio.entities import (
    Entity,
    dated,
    entity,
    of_person,
    relationship,
    without,
)
from headgate.destinations.customerio.sending import entity_action
from headgate.kit import Payload, field, path, template


class Converted(Payload):
    convert_timestamp: bool | None = field(
        "Convert dates",
        "Write ISO 8601 dates as Unix timestamps, the form that segments compare.",
        mapping=True,
    )


class Known(Payload):
    person_id: str = field(
        "Person ID",
        "Your ID of the person, their e-mail address, or `cio_` and Customer.io's own ID.",
        mapping=path("$.userId"),
    )


class Person(Converted):
    id: str | None = field(
        "Person ID",
        "Your ID of the person, their e-mail address, or `cio_` and Customer.io's own ID.",
        mapping=path("$.userId") | path("$.traits.email"),
    )
    anonymous_id: str | None = field(
        "Anonymous ID",
        "Joins what the person did before they were known.",
        mapping=path("$.anonymousId"),
    )
    email: str | None = field(
        "E-mail", "The person's e-mail address.", mapping=template("{{traits.email}}")
    )
    created_at: str | None = field(
        "Created at",
        "When the person became a customer.",
        mapping=path("$.traits.created_at") | path("$.traits.createdAt"),
    )
    group_id: str | None = field(
        "Object ID",
        "An object that the person belongs to.",
        mapping=path("$.traits.objectId"),
    )
    custom_attributes: dict[str, object] | None = field(
        "Attributes", "What else is known of the person.", mapping=path("$.traits")
    )
    relationship_attributes: dict[str, object] | None = field(
        "Relationship attributes",
        "What is known of how the person belongs to the object.",
        mapping=path("$.traits.relationshipAttributes"),
    )
    timestamp: str | None = field(
        "Timestamp", "When the person changed.", mapping=path("$.timestamp")
    )
    object_type_id: str | None = field(
        "Object type ID",
        "The type of the object; the first one unless given.",
        mapping=path("$.traits.object_type_id") | path("$.traits.objectTypeId"),
    )


_NO_ATTRIBUTES = (
    "created_at",
    "createdAt",
    "object_type_id",
    "objectTypeId",
    "relationshipAttributes",
)
"""Traits that have fields of their own."""


@entity_action(
    "Create or update person", Person, slug="createUpdatePerson", trigger='type = "identify"'
)
def create_update_person(person: Person) -> Entity:
    """Create a person or change their attributes, and put them in a relationship."""
    attributes = without(person.custom_attributes, *_NO_ATTRIBUTES)
    if person.created_at is not None:
        attributes["created_at"] = person.created_at
    if person.email is not None:
        attributes["email"] = person.email
    who = of_person(person.id, email=person.email, anonymous_id=person.anonymous_id)
    return entity(
        "person",
        "identify",
        who,
        anonymous_id=person.anonymous_id,
        timestamp=person.timestamp,
        attributes=dated(attributes, converts=person.convert_timestamp),
        cio_relationships=_belongs(person),
    )


def _belongs(person: Person) -> list[Entity] | None:
    if person.group_id is None:
        return None
    to = {"object_type_id": person.object_type_id or "1", "object_id": person.group_id}
    return [relationship(to, person.relationship_attributes)]


@entity_action("Delete person", Known, slug="deletePerson", trigger='event = "User Deleted"')
def delete_person(person: Known) -> Entity:
    """Delete a person. A later event may create them anew: suppress them to prevent that."""
    return entity("person", "delete", of_person(person.person_id))


@entity_action("Suppress person", Known, slug="suppressPerson", trigger='event = "User Suppressed"')
def suppress_person(person: Known) -> Entity:
    """Delete a person, and keep their ID from being used again."""
    return entity("person", "suppress", of_person(person.person_id))


@entity_action(
    "Unsuppress person", Known, slug="unsuppressPerson", trigger='event = "User Unsuppressed"'
)
def unsuppress_person(person: Known) -> Entity:
    """Let the ID of a suppressed person be used again; what was deleted stays deleted."""
    return entity("person", "unsuppress", of_person(person.person_id))


class Same(Payload):
    primary: str = field(
        "Primary person", "Who stays: an ID as of any person.", mapping=path("$.userId")
    )
    secondary: str = field(
        "Secondary person",
        "Who becomes part of the primary person, and is deleted.",
        mapping=path("$.previousId"),
    )


@entity_action("Merge people", Same, slug="mergePeople", trigger='type = "alias"')
def merge_people(people: Same) -> Entity:
    """Make two people one."""
    primary, secondary = of_person(people.primary), of_person(people.secondary)
    return entity("person", "merge", {}, primary=primary, secondary=secondary)
