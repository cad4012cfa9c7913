"""Decides what applying a declaration changes, from what the store holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from headgate.clock import SystemClock
from headgate.control.catalogue import installed
from headgate.control.declaring.changes import Change, DeclaredWorkspace, Plan
from headgate.control.declaring.doubts import doubts
from headgate.control.declaring.holdings import Holdings, holdings, nothing
from headgate.control.declaring.people_held import with_people
from headgate.control.declaring.plan import plan
from headgate.control.declaring.settling import Settlement
from headgate.control.declaring.warehouse_held import with_warehouses
from headgate.control.errors import DeclarationError, Problem
from headgate.control.nouns.write_keys import over
from headgate.store.ids import new_write_key
from headgate.store.oauth_apps import OAuthApps
from headgate.store.records import WriteKeyRecord
from headgate.store.workspaces import Workspaces
from headgate.store.write_keys import WriteKeys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.clock import Clock
    from headgate.control.catalogue import Catalogue
    from headgate.control.declaring.declaration import Declaration
    from headgate.control.declaring.declared import Declared, DeclaredSource
    from headgate.store.database import Transaction
    from headgate.store.records import WorkspaceRecord
    from headgate.store.secrets import SecretBox


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to apply, and what else decides about it."""

    declaration: Declaration
    catalogue: Catalogue | None = None
    """None for this installation's."""
    prune: bool = False
    environ: Mapping[str, str] = os.environ
    clock: Clock = SystemClock()


class Decision(msgspec.Struct, frozen=True):
    held: Holdings
    plan: Plan


def decide(
    transaction: Transaction, request: Request, box: SecretBox, *, make_keys: bool
) -> Decision:
    """Compare with what this transaction sees; `make_keys` names the keys to be generated.

    Raises DeclarationError.
    """
    workspace = Workspaces(transaction).named(request.declaration.workspace)
    held = holdings(transaction, workspace.id) if workspace else nothing()
    settlement = Settlement(held, box, request.environ, request.catalogue or installed())
    wanted = settlement.settle(request.declaration.content)
    wanted = _without_ended(wanted, request.clock.now_ms())
    if make_keys:
        wanted = _with_keys(wanted, held)
    current = with_warehouses(transaction, held, with_people(transaction, held))
    decided = plan(current, wanted, prune=request.prune)
    decided = msgspec.structs.replace(decided, doubts=tuple(doubts(current, wanted)))
    _refuse_taken(transaction, wanted, held)
    return Decision(held, _with_workspace(decided, request.declaration, workspace))


def _with_workspace(
    plan: Plan, declaration: Declaration, workspace: WorkspaceRecord | None
) -> Plan:
    """Where the workspace is not there yet, or is to be called something else."""
    slug, name = declaration.workspace, declaration.content.name
    to = None if name is None else DeclaredWorkspace(name=name)
    if workspace is None:
        change = Change(verb="create", noun="workspace", name=slug, to=to)
    elif to is not None and name != workspace.name:
        was = DeclaredWorkspace(name=workspace.name)
        change = Change(verb="update", noun="workspace", name=slug, what=("name",), was=was, to=to)
    else:
        return plan
    return msgspec.structs.replace(plan, changes=(change, *plan.changes))


def _without_ended(wanted: Declared, now: int) -> Declared:
    """A key whose time is over is not made again, but for the last one of a source."""
    sources = {slug: _lasting(source, now) for slug, source in wanted.sources.items()}
    return msgspec.structs.replace(wanted, sources=sources)


def _lasting(source: DeclaredSource, now: int) -> DeclaredSource:
    keys = source.write_keys or ()
    records = [
        WriteKeyRecord(key=key, source=source.slug, ends_at=source.ends_at.get(key)) for key in keys
    ]
    ended = over(tuple(records), now)
    left = tuple(key for key in keys if key not in ended)
    return msgspec.structs.replace(source, write_keys=left) if ended else source


def _with_keys(wanted: Declared, held: Holdings) -> Declared:
    """A source that says nothing of its keys, and has none, gets one."""
    sources = {
        slug: msgspec.structs.replace(source, write_keys=(new_write_key(),))
        if source.write_keys is None and not held.write_keys.get(slug)
        else source
        for slug, source in wanted.sources.items()
    }
    return msgspec.structs.replace(wanted, sources=sources)


def _refuse_taken(transaction: Transaction, wanted: Declared, held: Holdings) -> None:
    """What names no workspace on the wire must be one workspace's alone."""
    problems = [
        *_taken_keys(transaction, wanted, held),
        *_taken_apps(transaction, wanted, held),
    ]
    if problems:
        raise DeclarationError(problems)


def _taken_keys(transaction: Transaction, wanted: Declared, held: Holdings) -> Iterator[Problem]:
    keys = WriteKeys(transaction, held.workspace)
    own = {key for each in held.write_keys.values() for key in each}
    for index, source in enumerate(wanted.sources.values()):
        for place, key in enumerate(source.write_keys or ()):
            if key not in own and keys.is_taken(key):
                path = f"sources[{index}].write_keys[{place}]"
                yield Problem(path, f"the write key {key} is in use elsewhere: choose another")


def _taken_apps(transaction: Transaction, wanted: Declared, held: Holdings) -> Iterator[Problem]:
    apps = OAuthApps(transaction, held.workspace)
    for index, slug in enumerate(wanted.oauth_apps):
        if slug not in held.oauth_apps and apps.is_taken(slug):
            yield Problem(
                f"oauth_apps[{index}].slug",
                f"another workspace has an OAuth app {slug}: choose another slug",
            )
