"""What can go wrong in a use case, named by what the caller does next.

* ControlError
  * DeclarationError     correct the file: every problem names its path
  * UnknownWorkspace     name a workspace that is there
  * Refused              ask for something else: what was asked for cannot be done
    * Conflict             something else has what was asked for, or still needs it
  * Invalid              correct what was given: every problem names its field
  * Missing              there is no such thing, or none that the actor may see
  * Forbidden            ask somebody who may: the actor may not
  * Unproven             show who you are: what was shown proves nothing
    * CodeWanted           show the code of the second factor, too
  * TooSoon              wait, then try again: too much has failed
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Problem(NamedTuple):
    """What is wrong at a path such as `connections[0].subscriptions[0].trigger`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ControlError(Exception):
    """Base of every error of a use case."""


class DeclarationError(ControlError):
    """What was declared cannot be; nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Refused(ControlError):
    """What was asked for cannot be done; nothing was changed."""


class Conflict(Refused):
    """What was asked for cannot be while something else is as it is."""


class Invalid(DeclarationError):
    """What was given cannot be; the paths of its problems are fields of what was given."""


class Missing(ControlError):
    """There is no such thing here; what an actor may not see counts as none."""


class Forbidden(ControlError):
    """The actor can see it, and may not do this with it."""


class UnknownWorkspace(ControlError):
    """There is no such workspace, or none was named where there are several."""


class Unproven(ControlError):
    """Who asks is not known by what was shown; it is not told which part of it was wrong."""


class CodeWanted(Unproven):
    """The password is right, and this account wants a code besides."""


class TooSoon(ControlError):
    """Too much has failed; `wait_ms` from now on it may be tried again."""

    def __init__(self, wait_ms: int) -> None:
        self.wait_ms = wait_ms
        super().__init__(f"too many tries: wait {-(-wait_ms // 1000)} s, then try again")
