"""The volume of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import operation
from headgate.api.public.handlers.metrics import asked, listed, series
from headgate.clock import iso
from headgate.control.errors import Invalid, Problem
from headgate.control.nouns.volume import volume

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.nouns.volume import Received
    from headgate.control.work import Work

_UNKEPT = ("eventName", "eventType", "appVersion")


@operation("get_events_volume_from_workspace")
def get_events_volume(work: Work, call: Call) -> dict[str, Any]:
    if refused := [each for each in _UNKEPT if call.query.many(each)]:
        told = "what is received is counted by source alone: leave it out"
        raise Invalid([Problem(each, told) for each in refused])
    group_by, sources = listed(call.query, "groupBy"), call.query.many("sourceId")
    found = volume(work, asked(call.query), group_by, sources)
    after = call.page.after
    page = [each for each in found.received if after is None or _number(each) > after]
    shown = page[: call.page.most]
    span = found.window
    return {
        "path": "/events/volume",
        "query": {
            "workspaceId": work.workspace.id,
            "granularity": span.granularity.upper(),
            "startTime": iso(span.since),
            "endTime": iso(span.until),
            **({"groupBy": list(group_by)} if group_by else {}),
            **({"sourceId": list(sources)} if sources else {}),
        },
        "result": [_told(each) for each in shown],
        "pagination": call.page.answer(shown, _number, len(found.received)),
    }


def _number(received: Received) -> int:
    return received.source.number if received.source is not None else 0


def _told(received: Received) -> dict[str, Any]:
    source = received.source
    of = {} if source is None else {"id": source.id, "name": source.name, "slug": source.slug}
    return {
        **({"source": of} if of else {}),
        "total": received.total,
        "series": series(received.series),
    }
