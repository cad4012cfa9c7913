"""Regulations and suppressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.api.public.calls import SUCCESS, operation
from headgate.api.public.naming import named
from headgate.clock import iso
from headgate.control.nouns import regulations
from headgate.control.nouns.regulations import Search

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.work import Work
    from headgate.store.records import RegulationRecord

_NAMES: Final = {
    "kind": "regulationType",
    "kinds": "regulationTypes",
    "subject_type": "subjectType",
    "subjects": "subjectIds",
}


@operation("create_workspace_regulation")
def create_workspace_regulation(work: Work, call: Call) -> dict[str, Any]:
    return _created(work, call)


@operation("create_source_regulation")
def create_source_regulation(work: Work, call: Call) -> dict[str, Any]:
    return _created(work, call)


@operation("list_workspace_regulations")
def list_workspace_regulations(work: Work, call: Call) -> dict[str, Any]:
    return _listed(work, call)


@operation("list_regulations_from_source")
def list_regulations_from_source(work: Work, call: Call) -> dict[str, Any]:
    return _listed(work, call)


@operation("get_regulation")
def get_regulation(work: Work, call: Call) -> dict[str, Any]:
    record = regulations.get(work, call.path["regulateId"])
    told = {
        "id": record.id,
        "workspaceId": work.workspace.id,
        "overallStatus": record.status,
        "createdAt": iso(record.created_at),
        "streamStatus": [],
    }
    return {"regulation": {**told, **_finished(record)}}


@operation("delete_regulation")
def delete_regulation(work: Work, call: Call) -> dict[str, Any]:
    regulations.withdraw(work, call.path["regulateId"])
    return SUCCESS


@operation("list_suppressions")
def list_suppressions(work: Work, call: Call) -> dict[str, Any]:
    """One entry for each: so that `count` counts them, and cursors name nobody."""
    found, total = regulations.suppressed(work, call.page.after, call.page.most)
    return {
        "suppressed": [
            {"subjectType": each.subject_type, "subjectIds": [each.subject]} for each in found
        ],
        "pagination": call.page.answer(found, lambda each: each.place, total),
    }


def _created(work: Work, call: Call) -> dict[str, Any]:
    with named(_NAMES):
        made = regulations.create(
            work,
            kind=call.body["regulationType"],
            subject_type=call.body["subjectType"],
            subjects=call.body["subjectIds"],
            source=call.path.get("sourceId"),
        )
    return {"regulateId": made.id}


def _listed(work: Work, call: Call) -> dict[str, Any]:
    search = Search(call.query.one("status"), call.query.many("regulationTypes"))
    source, page = call.path.get("sourceId"), call.page
    with named(_NAMES):
        found = regulations.listed(work, search, page.after, page.most, source=source)
    return {
        "regulations": [_entry(each) for each in found.regulations],
        "pagination": page.answer(found.regulations, lambda each: each.number, found.total),
    }


def _entry(record: RegulationRecord) -> dict[str, Any]:
    """RegulationListEntryV1."""
    told = {
        "id": record.id,
        "regulationType": record.kind,
        "subjectType": record.subject_type,
        "subjects": list(record.subjects),
        "status": record.status,
        "createdAt": iso(record.created_at),
    }
    return {**told, **_finished(record)}


def _finished(record: RegulationRecord) -> dict[str, str]:
    return {} if record.finished_at is None else {"finishedAt": iso(record.finished_at)}
