"""Attempts and dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from headgate.api.console.calls import operation
from headgate.api.console.checking import Moment, Parameters
from headgate.api.console.paging import Pagination, opened, paginated
from headgate.control.nouns import letters
from headgate.control.nouns.letters import FoundLetter, OpenedLetter
from headgate.control.observing.deliveries import Tried, read_statuses
from headgate.control.redrives import STATUSES
from headgate.ledger.queries import AttemptFilter, LetterFilter, LetterMark, Mark

if TYPE_CHECKING:
    from headgate.api.console.calls import Asked
    from headgate.control.work import Work

Statuses = Annotated[
    tuple[int, int],
    BeforeValidator(read_statuses),
    WithJsonSchema({"type": "string", "pattern": "^([1-5]xx|[1-5][0-9]{2})$"}),
]
"""503, or 5xx for a whole class; from the first to below the second."""


class OfAttempts(Parameters):
    """`connection` and `subscription` are ids."""

    message_id: str | None = None
    connection: str | None = None
    subscription: str | None = None
    status: Statuses | None = None
    outcome: str | None = None
    since: Moment | None = None
    until: Moment | None = None


class OfLetters(Parameters):
    """`connection` and `subscription` are ids; `redriven` tells those that were sent again."""

    message_id: str | None = None
    connection: str | None = None
    subscription: str | None = None
    reason: str | None = None
    status: Annotated[int, Field(ge=STATUSES.start, lt=STATUSES.stop)] | None = None
    redriven: bool | None = None
    since: Moment | None = None
    until: Moment | None = None


@operation(
    "GET",
    "/attempts",
    {"attempts": list[Tried], "pagination": Pagination},
    query=OfAttempts,
    paged=True,
)
def list_attempts(work: Work, asked: Asked) -> dict[str, Any]:
    """Attempts to deliver that meet everything that is given, the newest first."""
    query, page = asked.query, asked.page
    which = AttemptFilter(
        statuses=query.status,
        outcome=query.outcome,
        subscription=query.subscription,
        since=query.since,
        until=query.until,
        after=opened(page, Mark),
        limit=page.most,
    )
    found = letters.attempts(work, which, connection=query.connection, message_id=query.message_id)
    return {
        "attempts": [each.tried for each in found],
        "pagination": paginated(page, found, lambda each: each.mark),
    }


@operation(
    "GET",
    "/letters",
    {"letters": list[FoundLetter], "pagination": Pagination},
    query=OfLetters,
    paged=True,
)
def list_letters(work: Work, asked: Asked) -> dict[str, Any]:
    """Deliveries that were given up and meet everything that is given, the newest first."""
    query, page = asked.query, asked.page
    which = LetterFilter(
        frozenset(),
        reason=query.reason,
        status=query.status,
        subscription=query.subscription,
        since=query.since,
        until=query.until,
        message_ids=None if query.message_id is None else frozenset({query.message_id}),
        is_redriven=query.redriven,
        limit=page.most,
        before=opened(page, LetterMark),
    )
    found = letters.letters(work, which, connection=query.connection)
    return {
        "letters": [each.found for each in found],
        "pagination": paginated(page, found, lambda each: each.mark),
    }


@operation("GET", "/letters/{letterId}", {"letter": OpenedLetter})
def get_letter(work: Work, asked: Asked) -> dict[str, Any]:
    """A dead letter with its attempts, and the samples that were kept of them, masked."""
    return {"letter": letters.letter(work, asked.path["letterId"])}
