"""Makes a workspace hold what a declaration says: `headgate apply`."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from headgate.clock import SystemClock
from headgate.control.access.actor import operator
from headgate.control.catalogue import installed
from headgate.control.declaring.changes import Change
from headgate.control.declaring.decision import Decision, Request, decide
from headgate.control.declaring.enactment import Enactment
from headgate.control.declaring.people_enactment import PeopleEnactment
from headgate.control.noting import notes
from headgate.control.publication import check_publishable, publish_current, wait_in_force
from headgate.control.work import Premises, Work
from headgate.control.workspaces import chosen
from headgate.folder import DataFolder
from headgate.store.database import SQLITE, open_store, store_exists
from headgate.store.keyring import rehearsal_box, secret_box
from headgate.store.revision import raise_version, version
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.clock import Clock
    from headgate.control.catalogue import Catalogue
    from headgate.control.declaring.declaration import Declaration
    from headgate.store.database import Store, Transaction
    from headgate.store.secrets import SecretBox


class Applied(msgspec.Struct, frozen=True):
    """What changed, or would; the snapshot version then; what the user should know besides."""

    changes: tuple[Change, ...]
    version: int
    warnings: tuple[str, ...]


def apply(
    folder: DataFolder,
    declaration: Declaration,
    *,
    head: Mapping[int, int],
    address: str = SQLITE,
    dry_run: bool = False,
    prune: bool = False,
    environ: Mapping[str, str] = os.environ,
    catalogue: Catalogue | None = None,
    clock: Clock | None = None,
) -> Applied:
    """Apply to the store of a data folder, at its `address`; both are made if they are absent.

    `head` is the durable end of each partition of the log. Raises DeclarationError, and
    then nothing has changed, or an error of the store. `dry_run` changes nothing either.
    """
    request = Request(
        declaration=declaration,
        catalogue=catalogue,
        prune=prune,
        environ=environ,
        clock=clock or SystemClock(),
    )
    if dry_run and not store_exists(folder, address):
        return _rehearse_on_nothing(request)
    with open_store(folder, address) as store:
        return rehearse(store, request) if dry_run else apply_to(store, request, head=head)


def _rehearse_on_nothing(request: Request) -> Applied:
    with TemporaryDirectory() as empty, open_store(DataFolder(Path(empty))) as store:
        return rehearse(store, request)


def rehearse(store: Store, request: Request) -> Applied:
    """What applying would change."""
    with store.read() as transaction:
        box = rehearsal_box(transaction, store.folder, request.environ)
        plan = decide(transaction, request, box, make_keys=False).plan
        return Applied(plan.changes, version(transaction), plan.warnings)


def apply_to(
    store: Store, request: Request, *, head: Mapping[int, int], seconds: float = 2.0
) -> Applied:
    """Change the store in one transaction, then return when that is in force everywhere.

    Two at once go one after the other. It waits at most `seconds` for the running roles.
    """
    with store.write() as transaction:
        box = secret_box(transaction, store.folder, request.environ)
        decision = decide(transaction, request, box, make_keys=True)
        if decision.plan.changes:
            _enact(store, transaction, request, decision, box, head)
    in_force = publish_current(store)
    late = wait_in_force(store.folder.run, in_force, seconds)
    return Applied(decision.plan.changes, in_force, (*decision.plan.warnings, *late))


def _enact(
    store: Store,
    transaction: Transaction,
    request: Request,
    decision: Decision,
    box: SecretBox,
    head: Mapping[int, int],
) -> None:
    held, declaration = decision.held, request.declaration
    if not held.workspace:
        name = declaration.content.name or ""
        workspace = Workspaces(transaction).add(declaration.workspace, name)
        held = msgspec.structs.replace(held, workspace=workspace.id)
    now = request.clock.now_ms()
    done = Enactment(transaction, held, box, head, now).enact(decision.plan)
    work = _work(store, transaction, request, now)
    for each in notes(done):
        work.note(each.type, each.resource_type, each.resource, each.name, each.what)
    if any(each.noun == "warehouse" for each in decision.plan.changes):
        # It loads the kit.
        from headgate.control.declaring.warehouse_enactment import WarehouseEnactment

        WarehouseEnactment(work).enact(decision.plan.changes)
    PeopleEnactment(work).enact(decision.plan.changes)
    raise_version(transaction)
    check_publishable(transaction)


def _work(store: Store, transaction: Transaction, request: Request, now: int) -> Work:
    """For use cases that ask nothing of the log."""
    premises = Premises(
        store=store,
        catalogue=request.catalogue or installed(),
        clock=request.clock,
        environ=request.environ,
        heads=dict,
    )
    workspace = chosen(transaction, request.declaration.workspace)
    return Work(premises, transaction, operator(workspace.id), workspace, now)
