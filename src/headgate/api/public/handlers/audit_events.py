"""Audit events, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import operation
from headgate.clock import iso
from headgate.control.errors import Invalid, Problem
from headgate.control.nouns import audit_trail
from headgate.control.nouns.audit_trail import Search
from headgate.events.times import parse_ms

if TYPE_CHECKING:
    from headgate.api.public.calls import Call, Query
    from headgate.control.work import Work
    from headgate.store.records import AuditRecord


@operation("list_audit_events")
def list_audit_events(work: Work, call: Call) -> dict[str, Any]:
    found = audit_trail.listed(work, _search(call.query), call.page.after, call.page.most)
    return {
        "events": [told(each) for each in found.records],
        "pagination": call.page.answer(found.records, lambda each: each.number, found.total),
    }


def told(record: AuditRecord) -> dict[str, Any]:
    """AuditEventV1."""
    told = {
        "id": record.id,
        "timestamp": iso(record.at),
        "type": record.type,
        "actor": record.actor,
        "resourceId": record.resource,
        "resourceType": record.resource_type,
        "resourceName": record.resource_name,
    }
    return {**told, "actorEmail": record.email} if record.email else told


def _search(query: Query) -> Search:
    """From `startTime` on and before `endTime`. Raises Invalid."""
    given = {name: query.one(name) for name in ("startTime", "endTime")}
    times = {name: parse_ms(text) for name, text in given.items()}
    if problems := [
        Problem(name, "must be a time such as 2026-11-22T07:20:00Z")
        for name, text in given.items()
        if text is not None and times[name] is None
    ]:
        raise Invalid(problems)
    return Search(
        times["startTime"], times["endTime"], query.one("resourceId"), query.one("resourceType")
    )
