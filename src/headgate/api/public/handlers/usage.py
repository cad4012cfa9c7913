"""Usage: calls are events, however many of them came in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import operation
from headgate.clock import iso
from headgate.control.nouns import usage

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.nouns.usage import OfDay
    from headgate.control.work import Work


@operation("get_daily_workspace_api_calls_usage")
def get_daily_workspace_usage(work: Work, call: Call) -> dict[str, Any]:
    found = usage.daily(work, call.query.one("period"))
    return _page(call, "dailyWorkspaceAPICallsUsage", found)


@operation("get_daily_per_source_api_calls_usage")
def get_daily_per_source_usage(work: Work, call: Call) -> dict[str, Any]:
    found = usage.daily_of_sources(work, call.query.one("period"))
    return _page(call, "dailyPerSourceAPICallsUsage", found)


def _page(call: Call, name: str, found: list[OfDay]) -> dict[str, Any]:
    after = call.page.after
    shown = [each for each in found if after is None or _place(each) > after][: call.page.most]
    return {
        name: [_told(each) for each in shown],
        "pagination": call.page.answer(shown, _place, len(found)),
    }


def _place(day: OfDay) -> list[int]:
    return [day.day, day.source.number if day.source is not None else 0]


def _told(day: OfDay) -> dict[str, Any]:
    of = {} if day.source is None else {"sourceId": day.source.id}
    return {**of, "apiCalls": str(day.events), "timestamp": iso(day.day)}
