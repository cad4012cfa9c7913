"""What can go wrong while delivering, named by what the engine does next.

* DeliveryError
  * Retry         try again later: no answer, 408, 423, 429, 5xx
  * Discard       this event will never be accepted: other 4xx, a payload that does not fit
  * Disconnect    these credentials are refused: 401, 403; pause the connection
* TransportError  no answer came; `Http` turns it into `Retry`
* InvalidSettings what a customer typed does not fit the destination's settings
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from headgate.kit.http.request import Response

TransportKind: TypeAlias = Literal[
    "dns", "connect", "tls", "timeout", "protocol", "reset", "too_large", "blocked"
]
"""How a request failed; `blocked` is the egress guard's refusal of an address."""


class DeliveryError(Exception):
    """Base of what an action may raise; the reason is shown to the customer.

    `status` and `response` are those of the answer that caused it, if there was one. A reason
    holds no secret, so it names a host but no path, query or header.
    """

    def __init__(
        self, reason: str, *, status: int | None = None, response: Response | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.response = response


class Retry(DeliveryError):
    """The destination may accept this event later.

    `after` is the wait that it asked for, in seconds; `kind` says how the request failed when
    there was no answer.
    """

    def __init__(
        self,
        reason: str,
        *,
        after: float | None = None,
        kind: TransportKind | None = None,
        status: int | None = None,
        response: Response | None = None,
    ) -> None:
        super().__init__(reason, status=status, response=response)
        self.after = after
        self.kind = kind


class Discard(DeliveryError):
    """The destination will never accept this event."""


class Disconnect(DeliveryError):
    """The destination refuses these credentials."""


class TransportError(Exception):
    """A request that got no answer. The reason names no more of the address than the host."""

    def __init__(self, reason: str, *, kind: TransportKind) -> None:
        super().__init__(reason)
        self.kind = kind


class InvalidSettings(ValueError):
    """Settings that do not fit: one readable sentence for each fault, without any secret."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults
