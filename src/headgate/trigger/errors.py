"""What can be wrong with a trigger."""

from __future__ import annotations


class TriggerError(ValueError):
    """A trigger that cannot be read, or a structure that no trigger has.

    `position` counts characters of the text from 0; the message counts them from 1, as people do.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at character {position + 1})")
        self.position = position
