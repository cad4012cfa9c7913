"""Records of any type by the hundred: merged, written, and tied to others."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.destinations.hubspot.account import objects
from headgate.destinations.hubspot.associations import change
from headgate.destinations.hubspot.batching import Answer, ask
from headgate.destinations.hubspot.schemas import ready
from headgate.kit import DeliveryError, Discard

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headgate.destinations.hubspot.associations import Tie
    from headgate.destinations.hubspot.values import Properties
    from headgate.kit import Http, ItemResult


class Record(NamedTuple):
    """What is to be written of one record; `places` are those of its events in the batch."""

    places: tuple[int, ...]
    object_type: str
    id_name: str
    id_value: str
    property_group: str
    properties: Properties
    sensitive: Properties
    ties: tuple[Tie, ...]

    @property
    def kind(self) -> tuple[str, str, str]:
        """What records must share to be written together."""
        return self.object_type, self.id_name, self.property_group

    def with_id(self) -> Properties:
        return {**self.properties, **self.sensitive, self.id_name: self.id_value}

    def merged(self, later: Record) -> Record:
        """Give what two events say of a record; the later one counts."""
        return self._replace(
            places=self.places + later.places,
            properties={**self.properties, **later.properties},
            sensitive={**self.sensitive, **later.sensitive},
            ties=tuple(dict.fromkeys(self.ties + later.ties)),
        )


class Written(NamedTuple):
    """What became of records: results by ID value, and HubSpot's own IDs of those written."""

    results: dict[str, ItemResult]
    ids: dict[str, str]


async def write(http: Http, records: Iterable[Record], mode: str) -> dict[int, ItemResult | None]:
    """Write records, given oldest first, and tell what became of each event by its place."""
    merged: dict[tuple[str, ...], Record] = {}
    for record in records:
        key = (*record.kind, record.id_value)
        merged[key] = merged[key].merged(record) if key in merged else record
    results: dict[int, ItemResult | None] = {}
    ordered = sorted(merged.values(), key=lambda each: each.kind)
    for _, alike in groupby(ordered, key=lambda each: each.kind):
        group = sorted(alike, key=lambda each: each.places)
        ends = await _write_alike(http, group, mode)
        results |= {place: ends.get(one.id_value) for one in group for place in one.places}
    return results


async def _write_alike(http: Http, records: Sequence[Record], mode: str) -> dict[str, ItemResult]:
    """Write records of one type; results by ID value, where HubSpot said anything."""
    refused: dict[str, ItemResult] = {}
    try:
        refused = {**await ready(http, records)}
        fitting = [record for record in records if record.id_value not in refused]
        if not fitting:
            return refused
        written = await _WRITERS[mode](http, fitting)
    except DeliveryError as error:
        return {record.id_value: refused.get(record.id_value, error) for record in records}
    ties = {
        written.ids[record.id_value]: record.ties
        for record in fitting
        if record.ties and record.id_value in written.ids
    }
    untied = await change(http, records[0].object_type, ties)
    failed = {value: untied[own] for value, own in written.ids.items() if own in untied}
    return {**written.results, **refused, **failed}


async def _upsert(http: Http, records: Sequence[Record]) -> Written:
    inputs = [
        {"idProperty": one.id_name, "id": one.id_value, "properties": one.with_id()}
        for one in records
    ]
    return _all(records, await _ask(http, records, "upsert", inputs))


async def _update(http: Http, records: Sequence[Record]) -> Written:
    known = await _known(http, records)
    changing = [one for one in records if one.id_value in known]
    absent: ItemResult = Discard("HubSpot has no such record, and the sync mode creates none.")
    results = {one.id_value: absent for one in records if one.id_value not in known}
    if not changing:
        return Written(results, {})
    inputs = [
        {
            "idProperty": one.id_name,
            "id": one.id_value,
            "properties": {**one.properties, **one.sensitive},
        }
        for one in changing
    ]
    answer = await _ask(http, records, "update", inputs)
    there = {str(each.get("id")) for each in answer.found()}
    for one in changing:
        if answer.results is None or known[one.id_value] in there:
            results[one.id_value] = answer.response
    return Written(results | answer.refused(), known)


async def _add(http: Http, records: Sequence[Record]) -> Written:
    known = await _known(http, records)
    adding = [one for one in records if one.id_value not in known]
    there: ItemResult = Discard("HubSpot has this record, and the sync mode changes none.")
    results = dict.fromkeys(known, there)
    if not adding:
        return Written(results, {})
    inputs = [{"idProperty": one.id_name, "properties": one.with_id()} for one in adding]
    written = _all(adding, await _ask(http, records, "create", inputs))
    return Written(results | written.results, written.ids)


_WRITERS = {"upsert": _upsert, "update": _update, "add": _add}


async def _ask(
    http: Http, records: Sequence[Record], what: str, inputs: list[dict[str, Any]]
) -> Answer:
    return await ask(http, objects(records[0].object_type, "batch", what), {"inputs": inputs})


async def _known(http: Http, records: Sequence[Record]) -> dict[str, str]:
    """Give HubSpot's IDs of the records that it has, by ID value."""
    first = records[0]
    body = {
        "properties": [first.id_name],
        "idProperty": first.id_name,
        "inputs": [{"id": one.id_value} for one in records],
    }
    answer = await ask(http, objects(first.object_type, "batch", "read"), body)
    return answer.ids(first.id_name, [one.id_value for one in records])


def _all(records: Sequence[Record], answer: Answer) -> Written:
    """Read an answer that should tell of all records.

    HubSpot may write a value another way (`example.com` for a whole address), so only too short
    an answer leaves records out.
    """
    values = [one.id_value for one in records]
    ids = answer.ids(records[0].id_name, values)
    refused = answer.refused()
    is_whole = answer.results is None or len(answer.found()) >= len(records)
    there = values if is_whole else list(ids)
    results: dict[str, ItemResult] = dict.fromkeys(there, answer.response)
    return Written({**results, **refused}, ids)
