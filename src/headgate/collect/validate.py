"""What would become of events that were sent: the same judgement, and nothing is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headgate.collect.answers import Answer
from headgate.events.parse import Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.events.parse import Accepted


def verdict(reads: Sequence[Accepted | Rejected]) -> Answer:
    """`valid` says whether all would be taken; `rejected` has the others, as a batch's answer."""
    rejected: list[dict[str, Any]] = [
        {"index": index, "code": read.code, "message": read.message}
        for index, read in enumerate(reads)
        if isinstance(read, Rejected)
    ]
    body = {
        "success": True,
        "valid": not rejected,
        "accepted": len(reads) - len(rejected),
        "rejected": rejected,
    }
    return Answer(200, msgspec.json.encode(body))


def refusal(answer: Answer) -> Answer:
    """A body that would be refused as a whole is a finding, too, and no failure of the question."""
    told = msgspec.json.decode(answer.body, type=dict[str, Any])
    whole = {"index": None, "code": told["code"], "message": told["message"]}
    body = {"success": True, "valid": False, "accepted": 0, "rejected": [whole]}
    return Answer(200, msgspec.json.encode(body))
