"""Actions that keep objects, such as companies and courses, and who belongs to them."""

from __future__ import annotations

from headgate.destinations.customerio.entities import (
    Entity,
    dated,
    entity,
    of_object,
    of_person,
    relationship,
    without,
)
from headgate.destinations.customerio.people import Converted, Known
from headgate.destinations.customerio.sending import entity_action
from headgate.kit import Payload, field, path


class Object(Converted):
    id: str = field("Object ID", "Your ID of the object.", mapping=path("$.groupId"))
    created_at: str | None = field(
        "Created at",
        "When the object came to be.",
        mapping=path("$.traits.created_at") | path("$.traits.createdAt"),
    )
    custom_attributes: dict[str, object] | None = field(
        "Attributes", "What is known of the object.", mapping=path("$.traits.objectAttributes")
    )
    relationship_attributes: dict[str, object] | None = field(
        "Relationship attributes",
        "What is known of how the person belongs to the object.",
        mapping=path("$.traits.relationshipAttributes"),
    )
    user_id: str | None = field("Person ID", "Who belongs to the object.", mapping=path("$.userId"))
    anonymous_id: str | None = field(
        "Anonymous ID",
        "Who belongs to the object, where there is no person ID.",
        mapping=path("$.anonymousId"),
    )
    object_type_id: str | None = field(
        "Object type ID",
        "The type of the object; the first one unless given.",
        mapping=path("$.traits.object_type_id") | path("$.traits.objectTypeId"),
    )


class Named(Payload):
    object_type_id: str | None = field(
        "Object type ID",
        "The type of the object; the first one unless given.",
        mapping=path("$.properties.object_type_id") | path("$.properties.objectTypeId"),
    )


class Gone(Named):
    object_id: str | None = field(
        "Object ID", "Your ID of the object.", mapping=path("$.properties.objectId")
    )


class Apart(Known, Named):
    anonymous_id: str | None = field(
        "Anonymous ID", "Kept with the object's attributes.", mapping=path("$.anonymousId")
    )
    object_id: str = field(
        "Object ID", "Your ID of the object.", mapping=path("$.properties.objectId")
    )


_NO_ATTRIBUTES = ("object_type_id", "objectTypeId", "relationshipAttributes")
"""Traits that have fields of their own."""


@entity_action(
    "Create or update object", Object, slug="createUpdateObject", trigger='type = "group"'
)
def create_update_object(it: Object) -> Entity:
    """Create an object or change its attributes, and put a person in a relationship with it."""
    member = of_person(it.user_id, anonymous_id=it.anonymous_id)
    is_anonymous = "anonymous_id" in member
    attributes = it.custom_attributes
    if attributes is not None:
        attributes = without(attributes, *_NO_ATTRIBUTES)
    about = dated(it.relationship_attributes, converts=it.convert_timestamp)
    return entity(
        "object",
        "identify_anonymous" if is_anonymous else "identify",
        of_object(it.id, it.object_type_id),
        anonymous_id=it.anonymous_id,
        attributes=dated(attributes, converts=it.convert_timestamp),
        created_at=dated(it.created_at, converts=it.convert_timestamp),
        cio_relationships=[relationship(member, about)] if member else None,
    )


@entity_action("Delete object", Gone, slug="deleteObject", trigger='event = "Object Deleted"')
def delete_object(it: Gone) -> Entity:
    """Delete an object and all its relationships."""
    return entity("object", "delete", of_object(it.object_id, it.object_type_id))


@entity_action(
    "Delete relationship",
    Apart,
    slug="deleteRelationship",
    trigger='event = "Relationship Deleted"',
)
def delete_relationship(it: Apart) -> Entity:
    """Take a person out of their relationship with an object."""
    return entity(
        "object",
        "delete_relationships",
        of_object(it.object_id, it.object_type_id),
        anonymous_id=it.anonymous_id,
        cio_relationships=[relationship(of_person(it.person_id), None)],
    )
