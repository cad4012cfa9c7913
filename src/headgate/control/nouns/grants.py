"""Permissions: which roles somebody holds, for the whole workspace or for some of its things."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate.control.access.people import owners
from headgate.control.access.roles import ROLES
from headgate.control.errors import Conflict, Invalid, Problem
from headgate.store.access import Grants
from headgate.store.labels import Labels
from headgate.store.records import Label, Resource
from headgate.store.sources import Sources
from headgate.store.warehouses import Warehouses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headgate.control.access.roles import Role
    from headgate.control.work import Work
    from headgate.store.records import GrantRecord

MOST: Final = 200
"""How many permissions somebody may hold, and how many things one may name."""
WORKSPACE: Final = "WORKSPACE"


class There(NamedTuple):
    """What a role may be limited to in a workspace: it has no functions to name."""

    workspace: str
    resources: frozenset[Resource]
    labels: frozenset[Label]


class Holder(NamedTuple):
    """A user or a group, in the words of the audit trail."""

    type: str
    id: str
    name: str


class Wanted(NamedTuple):
    """A role, for the whole workspace where neither resources nor labels are named."""

    role: str
    resources: tuple[Resource, ...] = ()
    labels: tuple[Label, ...] = ()


def read(work: Work, given: Sequence[dict[str, Any]], path: str = "permissions") -> list[Wanted]:
    """What a client wants, in Segment's shape: `{roleId, resources, labels}`.

    The workspace as a resource stands for all that is in it, or with labels for what carries one
    of them; no resource at all stands for the workspace, too. Raises Invalid with every problem.
    """
    problems = list(_problems_of(_there(work), given, path))
    if problems:
        raise Invalid(problems)
    return [_wanted(each) for each in given]


def add(work: Work, holder: str, wanted: Sequence[Wanted]) -> None:
    """What is held already stays as it is. Raises Invalid for too many."""
    grants = Grants(work.transaction, work.workspace.id)
    held = {Wanted(each.role, each.resources, each.labels) for each in grants.of(holder)}
    new = [each for each in dict.fromkeys(wanted) if each not in held]
    if len(held) + len(new) > MOST:
        raise Invalid([Problem("permissions", f"nobody may hold more than {MOST}")])
    for each in new:
        grants.add(holder, each.role, each.resources, each.labels)


def replace(work: Work, holder: str, wanted: Sequence[Wanted]) -> None:
    """Raises Invalid for too many."""
    Grants(work.transaction, work.workspace.id).remove_all(holder)
    add(work, holder, wanted)


def of(work: Work, *holders: str) -> dict[str, list[GrantRecord]]:
    """What each holder holds itself."""
    held: dict[str, list[GrantRecord]] = {each: [] for each in holders}
    for grant in Grants(work.transaction, work.workspace.id).of(*holders):
        held[grant.holder].append(grant)
    return held


def give(work: Work, holder: Holder, given: Sequence[dict[str, Any]]) -> list[GrantRecord]:
    """To what is held; all that is then held. Raises Invalid or Forbidden."""
    add(work, holder.id, read(work, given))
    return _noted(work, "Policy Created", holder)


def give_instead(work: Work, holder: Holder, given: Sequence[dict[str, Any]]) -> list[GrantRecord]:
    """In place of what is held; all that is then held. Raises Invalid, Conflict or Forbidden."""
    with keeping_an_owner(work):
        replace(work, holder.id, read(work, given))
    return _noted(work, "Policy Deleted", holder)


def _noted(work: Work, type_: str, holder: Holder) -> list[GrantRecord]:
    work.note(type_, holder.type, holder.id, holder.name, ("permissions",))
    return of(work, holder.id)[holder.id]


@contextmanager
def keeping_an_owner(work: Work) -> Iterator[None]:
    """A workspace that a user owns is owned by one afterwards, too. Raises Conflict."""
    before = owners(work.transaction, work.workspace.id)
    yield
    if before and not owners(work.transaction, work.workspace.id):
        raise Conflict(
            "nobody would own this workspace any more: make somebody else its owner first"
        )


def _there(work: Work) -> There:
    sources = Sources(work.transaction, work.workspace.id).all()
    warehouses = Warehouses(work.transaction, work.workspace.id).all()
    known = Labels(work.transaction, work.workspace.id).all()
    carried = {Label(key, value) for each in sources for key, value in each.labels.items()}
    return There(
        work.workspace.id,
        frozenset(Resource("SOURCE", each.id) for each in sources)
        | frozenset(Resource("WAREHOUSE", each.id) for each in warehouses),
        frozenset(carried | {Label(each.key, each.value) for each in known}),
    )


def _problems_of(there: There, given: Sequence[dict[str, Any]], path: str) -> Iterator[Problem]:
    if len(given) > MOST:
        yield Problem(path, f"must be at most {MOST}")
        return
    for number, each in enumerate(given):
        where = f"{path}.{number}"
        role = ROLES.get(each["roleId"])
        if role is None:
            told = f"there is no role {each['roleId']!r:.100}; there is {', '.join(ROLES)}"
            yield Problem(f"{where}.roleId", told)
        else:
            yield from _limits(there, role, each, where)


def _limits(there: There, role: Role, given: dict[str, Any], path: str) -> Iterator[Problem]:
    resources, labels = given.get("resources") or [], _wanted(given).labels
    if len(resources) > MOST or len(labels) > MOST:
        yield Problem(path, f"may name at most {MOST} things")
        return
    if any(_is_whole(each) for each in resources) and (len(resources) > 1 or labels):
        yield Problem(f"{path}.resources", "the whole workspace goes without anything else")
    for number, each in enumerate(resources):
        yield from _resource(there, role, each, f"{path}.resources.{number}")
    if labels and role.limited_to is None:
        yield Problem(path, f"the role {role.id} cannot be limited to labels")
    for label in labels:
        if label not in there.labels:
            yield Problem(path, f"there is no label {label.key:.100}:{label.value:.100}")


def _resource(there: There, role: Role, given: dict[str, Any], path: str) -> Iterator[Problem]:
    kind, name = given["type"], given["id"]
    if kind == WORKSPACE:
        if name != there.workspace:
            yield Problem(f"{path}.id", f"this workspace is {there.workspace}")
    elif kind != role.limited_to:
        fitting = " or ".join(filter(None, (WORKSPACE, role.limited_to)))
        yield Problem(f"{path}.type", f"the role {role.id} is for a {fitting}")
    elif given.get("labels"):
        yield Problem(f"{path}.labels", f"labels go with the {WORKSPACE}")
    elif Resource(kind, name) not in there.resources:
        yield Problem(f"{path}.id", f"there is no {kind} {name:.100} in this workspace")


def _wanted(given: dict[str, Any]) -> Wanted:
    resources = given.get("resources") or []
    labelled = [given, *(each for each in resources if each["type"] == WORKSPACE)]
    labels = {Label(one["key"], one["value"]) for each in labelled for one in _labels(each)}
    named = {Resource(each["type"], each["id"]) for each in resources if each["type"] != WORKSPACE}
    by_name = sorted(named, key=lambda each: (each.type, each.id))
    return Wanted(given["roleId"], tuple(by_name), tuple(sorted(labels)))


def _is_whole(resource: dict[str, Any]) -> bool:
    return resource["type"] == WORKSPACE and not resource.get("labels")


def _labels(given: dict[str, Any]) -> Sequence[dict[str, str]]:
    return given.get("labels") or []
