"""What a snapshot wants of a deliver process."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from headgate.deliver.prepared import Prepared


class Wanted(NamedTuple):
    """A connection that shall have a lane; `prepared` is None while it is off or refused."""

    connection: int
    workspace: str
    source: int
    source_id: str
    start: int
    snapshot: int
    prepared: Prepared | None
    reason: str = ""
