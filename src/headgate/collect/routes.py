"""Which call a path stands for."""

from __future__ import annotations

from typing import Final

from headgate.events.calls import CALLS

BATCH: Final = None

ROUTES: Final[dict[bytes, str | None]] = {
    path + slash: call
    for path, call in {
        **{f"/v1/{call}".encode(): call for call in CALLS},
        b"/v1/batch": BATCH,
        b"/v1/import": BATCH,
    }.items()
    for slash in (b"", b"/")
}
"""Path -> the call it carries, or `BATCH`."""
