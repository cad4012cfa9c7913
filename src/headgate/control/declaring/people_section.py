"""Who may do what, as a declaration file says it: labels, users, groups and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from headgate.control.access.addresses import addresses
from headgate.control.access.roles import ROLES
from headgate.control.declaring.declared import (
    DeclaredGroup,
    DeclaredLabel,
    DeclaredRole,
    DeclaredUser,
)
from headgate.control.declaring.reading import SLUG
from headgate.control.errors import Invalid
from headgate.control.nouns.groups import LONGEST_NAME
from headgate.control.nouns.labels import LONGEST_DESCRIPTION, WORD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.control.declaring.reading import Section

_LIMITS: Final = {"sources": "SOURCE", "warehouses": "WAREHOUSE"}
"""What roles may be limited to, with the type of resource that it is to Segment."""


def read_label(section: Section) -> DeclaredLabel:
    section.allow("key", "value", "description")
    description = section.text("description") if section.has("description") else ""
    if len(description) > LONGEST_DESCRIPTION:
        section.refuse(f"has at most {LONGEST_DESCRIPTION} characters", "description")
    return DeclaredLabel(
        key=section.text("key", like=WORD),
        value=section.text("value", like=WORD),
        description=description,
    )


def read_user(section: Section) -> DeclaredUser:
    section.allow("email", "roles")
    email = section.text("email")
    return DeclaredUser(email=_address(section, email, "email"), roles=_roles(section))


def read_group(section: Section) -> DeclaredGroup:
    section.allow("name", "roles", "members")
    name = section.text("name")
    if name and (name != name.strip() or len(name) > LONGEST_NAME):
        section.refuse(f"must have 1 to {LONGEST_NAME} characters, no blanks around them", "name")
    return DeclaredGroup(name=name, roles=_roles(section), members=_members(section))


def written_label(label: DeclaredLabel) -> dict[str, Any]:
    """As `read_label` reads it."""
    told = {"description": label.description} if label.description else {}
    return {"key": label.key, "value": label.value, **told}


def written_user(user: DeclaredUser) -> dict[str, Any]:
    """As `read_user` reads it."""
    return {"email": user.email, "roles": written_roles(user.roles)}


def written_group(group: DeclaredGroup) -> dict[str, Any]:
    """As `read_group` reads it."""
    roles = written_roles(group.roles)
    return {"name": group.name, "roles": roles, "members": list(group.members)}


def written_roles(roles: Iterable[DeclaredRole]) -> list[Any]:
    return [_written_role(each) if each.is_limited else each.role for each in roles]


def _written_role(role: DeclaredRole) -> dict[str, Any]:
    labels = [{"key": key, "value": value} for key, value in role.labels]
    limits = {
        "sources": list(role.sources),
        "warehouses": list(role.warehouses),
        "labels": labels,
    }
    return {"role": role.role, **{key: value for key, value in limits.items() if value}}


def in_order(roles: Iterable[DeclaredRole]) -> tuple[DeclaredRole, ...]:
    """Each once."""
    return tuple(sorted(set(roles), key=msgspec.structs.astuple))


def _address(section: Section, text: Any, *at: str | int) -> str:
    """As it is kept; empty where it is none."""
    try:
        return addresses([text], is_list=False)[0] if isinstance(text, str) and text else ""
    except Invalid:
        section.refuse("must be an e-mail address", *at)
        return ""


def _members(section: Section) -> tuple[str, ...]:
    found = set()
    for index, item in enumerate(section.items("members")):
        if not isinstance(item, str) or not item:
            section.refuse("must be the address of a user", "members", index)
        elif email := _address(section, item, "members", index):
            found.add(email)
    return tuple(sorted(found))


def _roles(section: Section) -> tuple[DeclaredRole, ...]:
    return in_order(_role(each) for each in section.entries("roles", short="role"))


def _role(section: Section) -> DeclaredRole:
    """A role that is limited to nothing would count for everything: that must be meant."""
    section.allow("role", *_LIMITS, "labels")
    name = section.text("role")
    role = ROLES.get(name)
    if name and role is None:
        section.refuse(f"there is no role {name!r}; there is {', '.join(ROLES)}", "role")
    for key in (*_LIMITS, "labels"):
        if section.has(key) and section.any(key) == []:
            section.refuse("must name one: leave it out for the whole workspace", key)
    if role and role.limited_to is None and section.has("labels"):
        section.refuse(f"the role {name} cannot be limited to labels", "labels")
    for key, kind in _LIMITS.items():
        if role and role.limited_to != kind and section.has(key):
            section.refuse(f"the role {name} cannot be limited to {key}", key)
    return DeclaredRole(
        role=name,
        sources=slugs(section, "sources"),
        warehouses=slugs(section, "warehouses"),
        labels=_labels(section),
    )


def slugs(section: Section, key: str) -> tuple[str, ...]:
    """Of a list of them, each once, in order."""
    found = set()
    for index, slug in enumerate(section.items(key)):
        if isinstance(slug, str) and SLUG.fullmatch(slug):
            found.add(slug)
        else:
            section.refuse(f"must be the slug of a {key.removesuffix('s')}", key, index)
    return tuple(sorted(found))


def _labels(section: Section) -> tuple[tuple[str, str], ...]:
    labels = set()
    for each in section.sections("labels"):
        each.allow("key", "value")
        labels.add((each.text("key"), each.text("value")))
    return tuple(sorted(labels))
