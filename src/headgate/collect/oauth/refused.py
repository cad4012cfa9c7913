"""How the token endpoint refuses (RFC 6749 section 5.2): clients go by status and description."""

from __future__ import annotations


class Refused(Exception):
    """No token: 400, 401 and 415 are final for clients, other statuses they try again.

    `retry_after` is in seconds, 0 for none.
    """

    def __init__(self, status: int, error: str, description: str, retry_after: int = 0) -> None:
        super().__init__(description)
        self.status, self.error, self.description = status, error, description
        self.retry_after = retry_after


def bad_request(description: str) -> Refused:
    return Refused(400, "invalid_request", description)


def bad_client(description: str) -> Refused:
    return Refused(401, "invalid_client", description)
