"""Rules about what becomes of an event whose request is refused, or not answered."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from headgate.kit.errors import Retry
from headgate.kit.testing.faulty import (
    FAILING,
    WAIT,
    Failing,
    each_failure,
    failing_at,
    place_name,
)
from headgate.kit.testing.recordings import Recording, Run, replay
from headgate.kit.testing.rule import Fault

if TYPE_CHECKING:
    from headgate.kit.testing.recordings import Answer
    from headgate.kit.testing.rule import Faults
    from headgate.kit.testing.subject import Subject

OVERLOADED: Final = 429


async def sorts_answers(subject: Subject) -> Faults:
    """Try every failure in every place of every recording that ends well."""
    for recording in subject.delivered():
        for place, failing in each_failure(recording):
            answers = failing_at(recording, place, failing.answer())
            run = await replay(subject.destination, recording, answers)
            at = place_name(recording, place, failing)
            if wrong := sorted({ending for ending in run.endings if ending != failing.ending}):
                wanted = f"the event must end as {failing.ending}"
                yield Fault(at, f"{wanted}, and ended as {', '.join(wrong)}")
            elif failing.status == OVERLOADED and not _waits(run):
                yield Fault(at, "the wait that the server asked for is lost: keep `after`")


def _waits(run: Run) -> bool:
    return all(isinstance(result, Retry) and result.after == WAIT for result in run.results)


async def refuses_bad_credentials(subject: Subject) -> Faults:
    """The check of credentials says no; it never breaks, and never says yes without asking."""
    if subject.destination.check_credentials is None:
        return
    recorded = [each for each in subject.recordings if each.check]
    for recording in recorded or _unrecorded(subject):
        places = [*each_failure(recording)] or [(0, failing) for failing in FAILING]
        for place, failing in places:
            answers = [*recording.answers(), failing.answer()]
            answers[place] = failing.answer()
            run = await replay(subject.destination, recording, answers)
            at = f"check/{failing.name}"
            if not run.requests:
                yield Fault(at, "nobody is asked whether the credentials are good")
            elif run.endings[0] != failing.ending:
                yield Fault(at, f"must end as {failing.ending}, and ended as {run.endings[0]}")


def _unrecorded(subject: Subject) -> list[Recording]:
    """What would be recorded, with the settings of another recording."""
    settings = next((each.settings for each in subject.recordings), None)
    return [] if settings is None else [Recording(name="check", check=True, settings=settings)]


async def forgets(subject: Subject) -> Faults:
    """A person is forgotten, or the deletion is tried again, or refused; it never breaks."""
    for recording in subject.recordings:
        if recording.forget is None or subject.destination.forget_user is None:
            continue
        for place, failing in each_failure(recording):
            answers = failing_at(recording, place, failing.answer())
            run = await replay(subject.destination, recording, answers)
            if run.endings[0] != failing.ending:
                message = f"must end as {failing.ending}, and ended as {run.endings[0]}"
                yield Fault(place_name(recording, place, failing), message)
        async for fault in _forgets_nobody(subject, recording):
            yield fault


async def _forgets_nobody(subject: Subject, recording: Recording) -> Faults:
    """Somebody whom the destination does not know is forgotten already, or refused: no trace."""
    unknown = Failing("404", "discard", 404)
    for place in range(len(recording.exchanges)):
        answers = failing_at(recording, place, unknown.answer())
        run = await replay(subject.destination, recording, answers)
        if run.endings[0] not in ("delivered", "discard"):
            message = f"must be done or refused, and ended as {run.endings[0]}"
            yield Fault(place_name(recording, place, unknown), message)


EVENTS: Final = 12
TRIES: Final = 6
_LUCK: Final = (0.5, 0.3, 0.2)
"""How often a server accepts, fails for now, and fails for good."""
_PASSING: Final = tuple(failing for failing in FAILING if failing.ending == "retry")
_FINAL: Final = tuple(failing for failing in FAILING if failing.ending == "discard")


async def loses_nothing(subject: Subject) -> Faults:
    """Under a moody server every event ends delivered, discarded with a reason, or waiting."""
    for recording in subject.delivered():
        luck = random.Random(f"{subject.seed} {recording.name}")  # noqa: S311 - no secret
        seen: set[str] = set()
        for number in range(EVENTS):
            for _ in range(TRIES):
                drawn = [_drawn(luck) for _ in recording.exchanges]
                run = await _attempt(subject, recording, number, drawn)
                if complaint := _complaint(run, recording, drawn):
                    seen.add(complaint)
                if set(run.endings) != {"retry"}:
                    break
        for complaint in sorted(seen):
            yield Fault(recording.name, f"{complaint} (seed {subject.seed})")


def _drawn(luck: random.Random) -> Failing | None:
    """What the next request meets, None for a server in a good mood."""
    (kind,) = luck.choices(((), _PASSING, _FINAL), _LUCK)
    return luck.choice(kind) if kind else None


async def _attempt(
    subject: Subject, recording: Recording, number: int, drawn: Sequence[Failing | None]
) -> Run:
    """One attempt for the event of a recording, with the identity of another."""
    delivery = recording.delivery
    key = f"{delivery.idempotency_key}-{number}"
    again = msgspec.structs.replace(
        recording, delivery=msgspec.structs.replace(delivery, idempotency_key=key)
    )
    answers: list[Answer] = [
        recorded if failing is None else failing.answer()
        for recorded, failing in zip(recording.answers(), drawn, strict=True)
    ]
    return await replay(subject.destination, again, answers)


def _complaint(run: Run, recording: Recording, drawn: Sequence[Failing | None]) -> str | None:
    """Say what is wrong with how events ended, after what their requests met."""
    met = [failing for failing in drawn[: len(run.requests)] if failing]
    is_done = len(run.requests) >= len(recording.exchanges)
    for ending, result in zip(run.endings, run.results, strict=True):
        if isinstance(result, Exception) and not str(result):
            return f"ended as {ending} without a reason"
        if wrong := _wrong(ending, met, is_done=is_done):
            return wrong
    return None


def _wrong(ending: str, met: Sequence[Failing], *, is_done: bool) -> str | None:
    if ending == "delivered" and not is_done:
        return "delivered without all of its requests: the event is lost"
    if not met:
        return None if ending == "delivered" else f"{ending}, though every request was accepted"
    kinds = {failing.ending for failing in met}
    if ending == "delivered" or (ending == "discard" and kinds == {"retry"}):
        return f"{ending} after {met[0].name}: the event is lost"
    if ending == "retry" and kinds == {"discard"}:
        return f"tried again after {met[0].name}, which is for good"
    return None
