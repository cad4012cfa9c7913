"""Labels of the workspace, and those that a source carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import SUCCESS, operation
from headgate.control.nouns import labels
from headgate.control.nouns.labels import Label

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.work import Work


@operation("list_labels")
def list_labels(work: Work, _: Call) -> dict[str, Any]:
    return {"labels": [told(each) for each in labels.listed(work)]}


@operation("create_label")
def create_label(work: Work, call: Call) -> dict[str, Any]:
    return {"label": told(labels.create(work, _read(call.body["label"])))}


@operation("delete_label")
def delete_label(work: Work, call: Call) -> dict[str, Any]:
    labels.delete(work, call.path["key"], call.path["value"])
    return SUCCESS


@operation("add_labels_to_source")
def add_labels_to_source(work: Work, call: Call) -> dict[str, Any]:
    given = map(_read, call.body["labels"])
    return {"labels": [told(each) for each in labels.add(work, call.path["sourceId"], [*given])]}


@operation("replace_labels_in_source")
def replace_labels_in_source(work: Work, call: Call) -> dict[str, Any]:
    given = map(_read, call.body["labels"])
    put = labels.replace(work, call.path["sourceId"], [*given])
    return {"labels": [told(each) for each in put]}


def told(label: Label) -> dict[str, Any]:
    """LabelV1."""
    described = {"description": label.description} if label.description else {}
    return {"key": label.key, "value": label.value, **described}


def _read(given: dict[str, Any]) -> Label:
    return Label(given["key"], given["value"], given.get("description") or "")
