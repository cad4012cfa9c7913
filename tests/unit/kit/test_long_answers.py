from __future__ import annotations

from headgate.kit import Http
from headgate.kit.http.request import Limits
from tests.unit.kit.engine import Answers


async def test_a_request_may_take_a_longer_answer_than_others() -> None:
    transport = Answers()
    http = Http(transport, idempotency_key="key-1", limits=Limits(max_body=1000))
    await http.get("https://example.com/", max_body=50_000)
    await http.carrying(headers={"X": "1"}).get("https://example.com/")
    assert [request.max_body for request in transport.requests] == [50_000, 1000]
