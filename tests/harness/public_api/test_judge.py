"""The judge praises what clients take, and finds every kind of fault where it is."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.harness.public_api.contract import endpoint_at
from tests.harness.public_api.examples import example
from tests.harness.public_api.judge import judge, judge_limit

ANSWERS = Path(__file__).with_name("answers.jsonl")
JSON = "application/json"
IN_ERROR: dict[str, Any] = {"errors": [{"type": "not-found", "message": "No such thing."}]}


class Answered(msgspec.Struct, frozen=True):
    """What a stand-in for Segment answered to Segment's Python client, version 73.2.0."""

    method: str
    target: str
    request: str
    status: int
    answer: str


def answers() -> list[Answered]:
    return msgspec.json.Decoder(Answered).decode_lines(ANSWERS.read_bytes())


def source(**changes: Any) -> dict[str, Any]:
    """A whole answer of GET /sources/{sourceId}."""
    source = example("SourceV1", full=True) | changes
    return {"data": {"source": source, "trackingPlanId": None}}


def found(content: Any, status: int = 200, content_type: str | None = JSON) -> list[str]:
    """What is wrong with that answer, without the name of the call in front."""
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return [
        each.removeprefix("GET /sources/{sourceId}: ")
        for each in judge("GET", "/sources/s-1", status, content_type, body)
    ]


def listed(count: int, page: dict[str, Any], query: str = "") -> list[str]:
    """What is wrong with a page of GET /sources."""
    entries = [example("SourceV1", full=False)] * count
    body = msgspec.json.encode({"data": {"sources": entries, "pagination": page}})
    return [
        each.removeprefix("GET /sources: ")
        for each in judge("GET", f"/sources{query}", 200, JSON, body)
    ]


def test_what_segments_client_took_is_praised_but_for_a_key_that_must_be_there() -> None:
    """Its `from_dict` reads `trackingPlanId` as null where it is missing; the contract does not."""
    said = [
        fault
        for each in answers()
        for fault in judge(
            each.method,
            each.target,
            each.status,
            JSON,
            each.answer.encode(),
            each.request.encode() or None,
        )
    ]
    assert len(answers()) == 113
    assert said == ["GET /sources/{sourceId}: data.trackingPlanId is missing"] * 2


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"id": 7}, "data.source.id is 7, which is no str"),
        ({"id": None}, "data.source.id is None, which is no str"),
        ({"enabled": 1}, "data.source.enabled is 1, which is no bool"),
        ({"enabled": "true"}, "data.source.enabled is 'true', which is no bool"),
        ({"writeKeys": "k"}, "data.source.writeKeys is 'k', which is no list"),
        ({"writeKeys": ["k", 7]}, "data.source.writeKeys[1] is 7, which is no str"),
        ({"settings": []}, "data.source.settings is [], which is no object"),
        ({"labels": [{"key": "k"}]}, "data.source.labels[0].value is missing"),
        ({"labels": ["k"]}, "data.source.labels[0] is 'k', which is no LabelV1"),
        ({"metadata": None}, "data.source.metadata is None, which is no SourceMetadataV1"),
    ],
)
def test_a_value_of_the_wrong_type_is_found_where_it_is(
    changes: dict[str, Any], fault: str
) -> None:
    assert found(source()) == []
    assert found(source(**changes)) == [fault]


def test_an_unknown_value_of_an_enumeration_is_found() -> None:
    content = source()
    content["data"]["source"]["metadata"]["status"] = "LOVELY"
    (fault,) = found(content)
    assert fault.startswith("data.source.metadata.status is 'LOVELY', which is none of DEPRECATED,")


def test_a_null_stands_for_what_is_optional_and_for_no_missing_key() -> None:
    assert found(source(name=None, settings=None)) == []
    content = source()
    del content["data"]["trackingPlanId"]
    assert found(content) == ["data.trackingPlanId is missing"]


def test_whatever_the_contract_does_not_name_is_passed_over() -> None:
    assert found(source(colour="green")) == []


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/source"), ("PUT", "/sources"), ("GET", "/sources/"), ("GET", "/v1/sources")],
)
def test_a_call_that_is_none_is_told(method: str, target: str) -> None:
    assert judge(method, target, 200, JSON, b'{"data": {}}') == [
        f"{method} {target} is no call of the Public API"
    ]


def test_the_path_that_says_more_outright_is_the_one_called() -> None:
    preview = endpoint_at("POST", "/destination/filters/preview")
    of_source = endpoint_at("GET", "/regulations/sources/r-1")
    assert (preview and preview.path) == "/destination/filters/preview"
    assert (of_source and of_source.path) == "/regulations/sources/{sourceId}"


@pytest.mark.parametrize(
    ("content", "status", "fault"),
    [
        ({}, 200, "a success without data"),
        ({"data": None}, 200, "a success without data"),
        ({"data": []}, 200, "data is [], which is no GetSourceV1Output"),
        (source() | IN_ERROR, 200, "a success with errors"),
        ([], 200, "the body is [], which is no envelope"),
        (source() | IN_ERROR, 404, "an error with data"),
        ({}, 404, "the body.errors is missing"),
        ({"errors": None}, 404, "the body.errors is None, which is no list"),
        ({"errors": []}, 404, "an error without errors, of which clients take the first"),
        ({"errors": [{}]}, 404, "the body.errors[0].type is missing"),
        ({"errors": ["no"]}, 404, "the body.errors[0] is 'no', which is no RequestError"),
        (
            {"errors": [{"type": "x", "status": "404"}]},
            404,
            "the body.errors[0].status is '404', which is no number",
        ),
        ({"detail": "Not Found"}, 501, "the body.errors is missing"),
    ],
)
def test_an_envelope_holds_data_or_errors(content: Any, status: int, fault: str) -> None:
    assert found(content, status) == [fault]


@pytest.mark.parametrize("status", [201, 202])
def test_another_success_is_found(status: int) -> None:
    assert found(source(), status) == [f"status {status} where a success is 200"]


def test_what_is_neither_success_nor_error_is_found() -> None:
    assert "status 307 is neither a success nor an error" in found(IN_ERROR, 307)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"data": NaN}', b'{"data": "\xff"}', b"{"])
def test_a_body_that_is_no_json_is_found(body: bytes) -> None:
    (fault,) = found(body)
    assert fault.startswith("the body is no JSON: ")


@pytest.mark.parametrize(
    "content_type",
    [
        JSON,
        "application/json; charset=utf-8",
        "application/vnd.segment.v1+json",
        "application/vnd.segment.v1alpha+json",
        "application/vnd.segment.v1beta+json",
    ],
)
def test_a_content_type_of_segments_json_is_praised(content_type: str) -> None:
    assert found(source(), 200, content_type) == found(IN_ERROR, 404, content_type) == []


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/html",
        "text/json",
        "application/vnd.segment.v2+json",
        "application/vnd.segment+json",
        "application/problem+json",
        "application/json; charset=latin-1",
    ],
)
def test_another_content_type_is_found(content_type: str | None) -> None:
    fault = [f"content type {content_type!r} is not that of Segment's JSON"]
    assert found(source(), 200, content_type) == found(IN_ERROR, 404, content_type) == fault


@pytest.mark.parametrize(
    ("count", "page", "query", "fault"),
    [
        (0, {}, "", "data.pagination.current is missing"),
        (0, {"current": None}, "", "data.pagination.current is None, which is no str"),
        (0, {"current": 1}, "", "data.pagination.current is 1, which is no str"),
        (1, {"current": "a", "next": 2}, "", "data.pagination.next is 2, which is no str"),
        (
            0,
            {"current": "a", "next": "b"},
            "",
            "an empty page with pagination.next: it is the last one",
        ),
        (
            1,
            {"current": "a", "next": "a"},
            "",
            "pagination.next is pagination.current: a walk would never end",
        ),
        (
            2,
            {"current": "a", "totalEntries": 1},
            "",
            "pagination.totalEntries is 1 on a page of 2 entries",
        ),
        (
            2,
            {"current": "a", "next": "b", "totalEntries": 2},
            "",
            "pagination.next behind a page of all entries: it is the last one",
        ),
        (1, {"current": "a", "totalEntries": 2}, "", "no pagination.next behind 1 of 2 entries"),
        (2, {"current": "a"}, "?pagination=%7B%22count%22%3A%201%7D", "2 entries on a page of 1"),
        (2, {"current": "a"}, "?pagination%5Bcount%5D=1", "2 entries on a page of 1"),
        (2, {"current": "a"}, "?pagination.count=1", "2 entries on a page of 1"),
    ],
)
def test_a_page_says_where_it_ends(
    count: int, page: dict[str, Any], query: str, fault: str
) -> None:
    assert listed(count, page, query) == [fault]


@pytest.mark.parametrize(
    ("count", "page", "query"),
    [
        (0, {"current": ""}, ""),
        (0, {"current": "", "next": None, "previous": None, "totalEntries": 0}, ""),
        (1, {"current": "a", "next": "b", "totalEntries": 2}, "?pagination%5Bcount%5D=1"),
        (
            1,
            {"current": "b", "previous": "a", "totalEntries": 2},
            "?pagination%5Bcount%5D=1&pagination%5Bcursor%5D=b",
        ),
        (
            1,
            {"current": "b", "next": "c", "totalEntries": 3},
            "?pagination=%7B%22cursor%22%3A%22b%22%2C%22count%22%3A1%7D",
        ),
    ],
)
def test_a_page_that_says_where_it_ends_is_praised(
    count: int, page: dict[str, Any], query: str
) -> None:
    assert listed(count, page, query) == []


@pytest.mark.parametrize(
    "query",
    [
        "pagination%5Bcount%5D=0",
        "pagination%5Bcount%5D=1001",
        "pagination%5Bcount%5D=many",
        "pagination%5Bcount%5D=1.5",
        "pagination=%7B%22count%22%3A0%7D",
        "pagination=%7B%22count%22%3A%221%22%7D",
        "pagination=%7B%22count%22%3A1.5%7D",
        "pagination=%5B%5D",
        "pagination=none",
    ],
)
def test_a_page_of_an_impossible_size_is_found(query: str) -> None:
    (fault,) = listed(0, {"current": "a"}, f"?{query}")
    assert fault.startswith("it took a pagination that it should refuse: ")


def test_a_success_that_took_what_it_should_refuse_is_found() -> None:
    taken: dict[str, Any] = {"slug": "web", "enabled": True, "metadataId": "m"}
    answer = msgspec.json.encode({"data": {"source": example("SourceV1", full=False)}})
    refusal = msgspec.json.encode(IN_ERROR)

    def said(request: Any, status: int = 201, body: bytes = answer) -> list[str]:
        raw = request if isinstance(request, bytes) else msgspec.json.encode(request)
        return judge("POST", "/sources", status, JSON, body, raw)

    lacking = copy.copy(taken)
    del lacking["metadataId"]
    assert said(taken) == []
    assert said(lacking) == [
        "POST /sources: it took what it should refuse: the request.metadataId is missing"
    ]
    assert said(lacking, 422, refusal) == []
    (fault,) = said(b"{")
    assert fault.startswith("POST /sources: it took a request that is no JSON")


def test_who_asks_too_often_is_told_when_to_come_again() -> None:
    told = dict.fromkeys(("retry-after", "x-ratelimit-limit", "x-ratelimit-remaining"), "1")
    assert judge_limit(429, told) == ["429 without x-ratelimit-reset"]
    assert judge_limit(429, told | {"x-ratelimit-reset": "1"}) == []
    assert judge_limit(200, {}) == []
