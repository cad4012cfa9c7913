"""What must have become of one message between the client's hands and the destination's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.harness.receiver import Received

OF_THE_SERVER = {"originalTimestamp", "projectId", "receivedAt", "sentAt", "timestamp"}
_CLOCK_SECONDS = 0.002
"""Times have milliseconds, and each of the three in the formula was rounded."""


def bodies(taken: Iterable[Received]) -> dict[str, dict[str, Any]]:
    """The events that arrived, by message id."""
    return {each.message_id or "": msgspec.json.decode(each.body or "{}") for each in taken}


def moment(text: str) -> datetime:
    """A time as clients write it: without a zone it is UTC."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def assert_arrived(sent: Mapping[str, Any], arrived: Mapping[str, Any], *, since: datetime) -> None:
    """The event as the client made it, without its nulls, and with the times put right.

    Every event has a context and integrations, if only empty ones.
    """
    said = {name: value for name, value in sent.items() if value is not None}
    said = {"context": {}, "integrations": {}, **said}
    own = {name: value for name, value in said.items() if name not in OF_THE_SERVER}
    kept = {name: value for name, value in arrived.items() if name not in OF_THE_SERVER}
    assert kept == own, f"arrived {kept}, made {own}"
    assert_times(arrived, said.get("timestamp") or said.get("originalTimestamp"), since)


def assert_times(arrived: Mapping[str, Any], original: str | None, since: datetime) -> None:
    """`timestamp` is receivedAt - (sentAt - originalTimestamp); the latter without `sentAt`."""
    received = moment(arrived["receivedAt"])
    assert since <= received <= datetime.now(tz=UTC)
    if original is None:
        return
    assert moment(arrived["originalTimestamp"]) == moment(original)
    sent = moment(arrived["sentAt"]) if "sentAt" in arrived else received
    wrong = moment(arrived["timestamp"]) - (received - (sent - moment(original)))
    assert abs(wrong.total_seconds()) <= _CLOCK_SECONDS, f"timestamp is wrong by {wrong}"
