"""The event tester."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from headgate.api.console.calls import operation
from headgate.api.console.checking import Body
from headgate.control.nouns import testing
from headgate.control.nouns.testing import Tested

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.api.console.calls import Asked
    from headgate.control.work import Work


class Draft(Body):
    """A subscription that is not there yet; with `id` it would take the place of that one."""

    id: str | None = None
    name: str | None = None
    action: str
    fql: Literal["strict", "compatible"] = "strict"
    trigger: str | None = None
    mapping: dict[str, Any] | None = None

    def given(self) -> dict[str, Any]:
        """In the shape of the declaration file."""
        return self.model_dump(exclude_none=True)


class TestEvent(Body):
    """An event, and the subscription to try, by its id or as a draft: all that are on otherwise."""

    event: dict[str, Any]
    subscription: str | None = None
    draft: Draft | None = None


@operation("POST", "/connections/{connectionId}/test", {"test": Tested}, body=TestEvent)
def send_test_event(work: Work, asked: Asked) -> Callable[[], dict[str, Any]]:
    """Send an event through a connection, for real, and show each step."""
    send = testing.send_test(
        work,
        asked.path["connectionId"],
        asked.body.event,
        subscription=asked.body.subscription,
        draft=asked.body.draft.given() if asked.body.draft else None,
    )
    return lambda: {"test": send()}
