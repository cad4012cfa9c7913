"""The debugger's lists: the last events of a source, and what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.console.calls import operation
from headgate.api.console.checking import Moment, Parameters
from headgate.api.console.paging import Pagination, opened, paginated
from headgate.control.nouns import debugging
from headgate.control.nouns.debugging import Refusal, Seen

if TYPE_CHECKING:
    from headgate.api.console.calls import Asked
    from headgate.control.work import Work


class OfTime(Parameters):
    since: Moment | None = None
    until: Moment | None = None


@operation(
    "GET",
    "/sources/{sourceId}/events",
    {"events": list[Seen], "pagination": Pagination},
    paged=True,
)
def list_recent_events(work: Work, asked: Asked) -> dict[str, Any]:
    """The last events of a source, the newest first; they may go on coming."""
    page = asked.page
    found = debugging.recent(work, asked.path["sourceId"], opened(page, int), page.most)
    return {
        "events": found,
        "pagination": paginated(page, found, lambda each: int(each.position)),
    }


@operation("GET", "/sources/{sourceId}/refusals", {"refusals": list[Refusal]}, query=OfTime)
def list_refusals(work: Work, asked: Asked) -> dict[str, Any]:
    """What a source refused, by minute and reason: of the last hour, or of a day at most."""
    until = work.now if asked.query.until is None else asked.query.until
    since = until - debugging.HOUR_MS if asked.query.since is None else asked.query.since
    return {"refusals": debugging.refusals(work, asked.path["sourceId"], since, until)}
