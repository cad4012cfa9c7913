"""Ties between records: added, and taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.destinations.hubspot.account import LONG, MOST, address, objects
from headgate.destinations.hubspot.batching import ask
from headgate.kit import DeliveryError, Retry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headgate.kit import Http, ItemResult


class Tie(NamedTuple):
    """Another record, and the label that ties it; `creates` it where it is not there."""

    object_type: str
    label: str
    id_name: str
    id_value: str
    creates: bool
    removes: bool = False

    @property
    def kind(self) -> tuple[str, str, bool, bool]:
        """What ties must share to be changed together."""
        return self.object_type, self.id_name, self.creates, self.removes


class End(NamedTuple):
    """A tie, and HubSpot's ID of the record that it begins at."""

    record: str
    tie: Tie


async def change(
    http: Http, object_type: str, ties: Mapping[str, Sequence[Tie]]
) -> dict[str, ItemResult]:
    """Change the ties of records, given by HubSpot's ID; give what went wrong, by the same."""
    ends = [End(record, tie) for record, each in ties.items() for tie in each]
    failed: dict[str, ItemResult] = {}
    for kind in dict.fromkeys(end.tie.kind for end in ends):
        alike = [end for end in ends if end.tie.kind == kind]
        for some in _chunks(alike):
            try:
                failed |= await _change(http, object_type, some)
            except DeliveryError as error:
                failed |= {end.record: error for end in some}
    return failed


def _chunks(ends: Sequence[End]) -> Iterator[Sequence[End]]:
    for start in range(0, len(ends), MOST):
        yield ends[start : start + MOST]


async def _change(http: Http, object_type: str, ends: Sequence[End]) -> dict[str, ItemResult]:
    first = ends[0].tie
    others = await _others(http, [end.tie for end in ends])
    inputs = [
        {
            "types": [_label(end.tie.label)],
            "from": {"id": end.record},
            "to": {"id": others[end.tie.id_value]},
        }
        for end in ends
        if end.tie.id_value in others
    ]
    if inputs:
        last = ("labels", "archive") if first.removes else ("create",)
        steps = ("associations", object_type, first.object_type, "batch", *last)
        await http.post(address("crm", "v4", *steps), json={"inputs": inputs}, max_body=LONG)
    if not first.creates:
        return {}
    lost = Retry("HubSpot did not say which record is to be associated.")
    return {end.record: lost for end in ends if end.tie.id_value not in others}


async def _others(http: Http, ties: Sequence[Tie]) -> dict[str, str]:
    """Find or create the other records; give HubSpot's IDs of them by ID value."""
    first = ties[0]
    values = list(dict.fromkeys(tie.id_value for tie in ties))
    body: dict[str, Any]
    if first.creates:
        what = "upsert"
        inputs = [
            {"idProperty": first.id_name, "id": value, "properties": {first.id_name: value}}
            for value in values
        ]
        body = {"inputs": inputs}
    else:
        what = "read"
        body = {
            "idProperty": first.id_name,
            "properties": [first.id_name],
            "inputs": [{"id": value} for value in values],
        }
    return (await ask(http, objects(first.object_type, "batch", what), body)).ids(
        first.id_name, values
    )


def _label(text: str) -> dict[str, str]:
    category, _, number = text.partition(":")
    return {"associationCategory": category, "associationTypeId": number}
