"""Makes one answer on its way wrong, so that a test can see that it is found out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tests.harness.public_api.contract import endpoint_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness.public_api.proxy import Answer


def without(field: str, method: str, path: str) -> Callable[[Answer], Answer]:
    """Take a field, such as `source.id`, out of the data of the first success of a call.

    `path` is that of the contract: `/sources/{sourceId}`.
    """
    left = [field.split(".")]

    def spoil(answer: Answer) -> Answer:
        called = endpoint_at(answer.method, answer.target.partition("?")[0])
        is_it = called is not None and (called.method, called.path) == (method, path)
        if not (left and is_it and answer.status < 300):
            return answer
        content: Any = msgspec.json.decode(answer.body)
        *above, name = left.pop()
        place = content["data"]
        for step in above:
            place = place[step]
        del place[name]
        return answer._replace(body=msgspec.json.encode(content))

    return spoil
