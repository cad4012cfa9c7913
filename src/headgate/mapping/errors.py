"""What can be wrong with a mapping."""

from __future__ import annotations


class MappingError(ValueError):
    """A mapping that cannot be compiled, or that an event leads astray.

    `messages` has one sentence for each fault, each beginning with the path of the fault in the
    mapping (`/data/@path …`); the texts of refused shapes are those Segment's users know.
    """

    def __init__(self, *messages: str) -> None:
        super().__init__(" ".join(messages))
        self.messages = messages
