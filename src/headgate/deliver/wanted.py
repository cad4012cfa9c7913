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

    def is_as(self, other: Wanted) -> bool:
        """Whether a later snapshot wants the same."""
        return self.prepared is other.prepared and (
            self._replace(prepared=None, snapshot=0) == other._replace(prepared=None, snapshot=0)
        )
