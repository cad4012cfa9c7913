"""Makes a workspace hold what a declaration says: `headgate apply`."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from headgate.clock import SystemClock
from headgate.control.access.actor import operator
from headgate.control.changes import Change
from headgate.control.decision import Decision, Request, decide
from headgate.control.enactment import Enactment
from headgate.control.noting import notes, write_down
from headgate.control.publication import check_publishable, publish_current, wait_in_force
from headgate.folder import DataFolder
from headgate.store.database import SQLITE, open_store, store_exists
from headgate.store.keyring import rehearsal_box, secret_box
from headgate.store.revision import raise_version, version
from headgate.store.trail import Trail
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.control.catalogue import Catalogue
    from headgate.control.declaration import Declaration
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
) -> Applied:
    """Apply to the store of a data folder, at its `address`; both are made if they are absent.

    `head` is the durable end of each partition of the log. Raises DeclarationError, and
    then nothing has changed, or an error of the store. `dry_run` changes nothing either.
    """
    request = Request(declaration=declaration, catalogue=catalogue, prune=prune, environ=environ)
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
            _enact(transaction, request, decision, box, head)
    in_force = publish_current(store)
    late = wait_in_force(store.folder.run, in_force, seconds)
    return Applied(decision.plan.changes, in_force, (*decision.plan.warnings, *late))


def _enact(
    transaction: Transaction,
    request: Request,
    decision: Decision,
    box: SecretBox,
    head: Mapping[int, int],
) -> None:
    held = decision.held
    if not held.workspace:
        workspace = Workspaces(transaction).add(request.declaration.workspace)
        held = msgspec.structs.replace(held, workspace=workspace.id)
    now = SystemClock().now_ms()
    done = Enactment(transaction, held, box, head, now).enact(decision.plan)
    trail, actor = Trail(transaction, held.workspace), operator(held.workspace)
    for each in notes(done):
        write_down(trail, actor, now, each)
    raise_version(transaction)
    check_publishable(transaction)
