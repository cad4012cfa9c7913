"""A whole request, before anybody judged what it brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.collect.heads import Head


class Request:
    """A head, a body, and the address of the client that sent them."""

    __slots__ = ("body", "head", "peer")

    def __init__(self, head: Head, body: bytes, peer: str) -> None:
        self.head, self.body, self.peer = head, body, peer

    @property
    def method(self) -> bytes:
        return self.head.method

    @property
    def target(self) -> bytes:
        return self.head.target

    @property
    def path(self) -> bytes:
        return self.head.path

    @property
    def query(self) -> bytes:
        """What follows the first `?` of the target."""
        return self.head.query

    @property
    def authorization(self) -> bytes:
        return self.head.authorization

    @property
    def content_type(self) -> bytes:
        return self.head.content_type

    @property
    def origin(self) -> bytes:
        return self.head.origin

    @property
    def host(self) -> bytes:
        return self.head.host

    @property
    def accept_encoding(self) -> bytes:
        return self.head.accept_encoding

    @property
    def if_none_match(self) -> bytes:
        return self.head.if_none_match
