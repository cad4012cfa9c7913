"""Delivery metrics and the delivery overview."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from headgate.api.public.calls import operation
from headgate.clock import iso
from headgate.control.errors import Invalid, Problem
from headgate.control.nouns import metrics
from headgate.control.nouns.destinations import entry_of
from headgate.control.nouns.metrics import Question
from headgate.control.observing.windows import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headgate.api.public.calls import Call, Query
    from headgate.control.nouns.metrics import Group
    from headgate.control.work import Work

_FILTER = re.compile(r"filter[.\[](\w+)\]?(?:\[\d*\]|\.\d+)?")
_FILTERS = msgspec.json.Decoder(dict[str, list[str]])


@operation("list_delivery_metrics_summary_from_destination")
def list_delivery_metrics_summary(work: Work, call: Call) -> dict[str, Any]:
    found = metrics.summary(
        work, call.path["destinationId"], required(call, "sourceId"), asked(call.query)
    )
    connection = found.connection
    entry = entry_of(connection.destination, connection.mode)
    return {
        "deliveryMetricsSummary": {
            "sourceId": found.source.id,
            "destinationMetadataId": entry.id if entry is not None else connection.destination,
            "metrics": [
                {"metricName": "successes", "total": found.delivered},
                _metric("discarded", found.discarded),
                _metric("expired", found.expired),
            ],
        }
    }


@operation("get_ingress_success_metrics_from_delivery_overview")
def get_successfully_received(work: Work, call: Call) -> dict[str, Any]:
    return _step(work, call, "received")


@operation("get_ingress_failed_metrics_from_delivery_overview")
def get_failed_on_ingest(work: Work, call: Call) -> dict[str, Any]:
    return _step(work, call, "failed_on_ingest")


@operation("get_filtered_at_source_metrics_from_delivery_overview")
def get_filtered_at_source(work: Work, call: Call) -> dict[str, Any]:
    return _step(work, call, "filtered_at_source")


@operation("get_filtered_at_destination_metrics_from_delivery_overview")
def get_filtered_at_destination(work: Work, call: Call) -> dict[str, Any]:
    return _step(work, call, "filtered_at_destination", required(call, "destinationConfigId"))


@operation("get_egress_failed_metrics_from_delivery_overview")
def get_failed_delivery(work: Work, call: Call) -> dict[str, Any]:
    return _step(work, call, "failed_delivery", required(call, "destinationConfigId"))


@operation("get_egress_success_metrics_from_delivery_overview")
def get_successful_delivery(work: Work, call: Call) -> dict[str, Any]:
    return _step(work, call, "successful_delivery", required(call, "destinationConfigId"))


def _step(work: Work, call: Call, name: str, connection: str | None = None) -> dict[str, Any]:
    group_by = listed(call.query, "groupBy")
    question = Question(
        required(call, "sourceId"), asked(call.query), group_by, _filters(call.query)
    )
    found = metrics.step(work, name, question, connection)
    after = call.page.after
    page = [each for each in found.groups if after is None or list(each.names) > after]
    shown = page[: call.page.most]
    return {
        "total": found.total,
        "dataset": [_dataset(group_by, each) for each in shown],
        "pagination": call.page.answer(shown, lambda each: each.names, len(found.groups)),
    }


def _dataset(group_by: Iterable[str], group: Group) -> dict[str, Any]:
    names = zip(group_by, group.names, strict=True)
    return {
        **{name: value for name, value in names if value},
        "total": group.total,
        "series": series(group.series),
    }


def series(told: Iterable[tuple[int, int]]) -> list[dict[str, Any]]:
    return [{"time": iso(at), "count": n} for at, n in told]


def _metric(name: str, reasons: Mapping[str, int]) -> dict[str, Any]:
    breakdown = [{"metricName": reason, "value": n} for reason, n in sorted(reasons.items())]
    return {"metricName": name, "total": sum(reasons.values()), "breakdown": breakdown}


# what clients send


def required(call: Call, name: str) -> str:
    """Raises Invalid."""
    given = call.query.one(name)
    if not given:
        raise Invalid([Problem(name, "is required")])
    return given


def asked(query: Query) -> Asked:
    return Asked(query.one("granularity"), query.one("startTime"), query.one("endTime"))


def listed(query: Query, name: str) -> tuple[str, ...]:
    """A list of words, each once: repeated, numbered, or with commas between them."""
    given = (word.strip() for text in query.many(name) for word in text.split(","))
    return tuple(dict.fromkeys(word for word in given if word))


def _filters(query: Query) -> dict[str, list[str]]:
    """Python sends one JSON text, qs a parameter for each value. Raises Invalid."""
    found: dict[str, list[str]] = {}
    if text := query.one("filter"):
        try:
            found = _FILTERS.decode(text)
        except msgspec.DecodeError:
            told = 'must be an object of lists, such as {"eventName": ["Order Completed"]}'
            raise Invalid([Problem("filter", told)]) from None
    for key, value in query.pairs:
        if given := _FILTER.fullmatch(key):
            found.setdefault(given[1], []).append(value)
    return found
