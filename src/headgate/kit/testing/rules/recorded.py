"""Rules about recordings: everything is recorded, and happens again as it was recorded."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from headgate.kit.http.request import Response
from headgate.kit.testing.recordings import differences, replay
from headgate.kit.testing.rule import Fault
from headgate.kit.testing.shortened import shortened

if TYPE_CHECKING:
    from headgate.kit.destination import Batch
    from headgate.kit.testing.recordings import Recording
    from headgate.kit.testing.rule import Faults
    from headgate.kit.testing.subject import Subject

WIDELY: Final = 2
"""Recordings of an action from which more than the usual case can be seen."""


async def is_recorded(subject: Subject) -> Faults:
    for message in subject.unreadable:
        yield Fault("recordings", message)
    ended_well = {each.action for each in subject.delivered()}
    for slug, action in subject.destination.actions.items():
        if slug not in ended_well or not subject.of(slug):
            yield Fault(slug, f"record a delivered event in recordings/{slug}.yaml")
        if action.batched and not subject.of(slug, batches=True):
            yield Fault(slug, f"record a batch (events: …) in recordings/{slug}-batch.yaml")
    if subject.destination.forget_user and not any(each.forget for each in subject.recordings):
        yield Fault("forget", "record how a person is forgotten in recordings/forget.yaml")


async def is_recorded_widely(subject: Subject) -> Faults:
    for slug in subject.destination.actions:
        if (count := len(subject.of(slug))) < WIDELY:
            yield Fault(slug, f"has {count} recordings of single events, and needs {WIDELY}")
    for slug in _telling(subject):
        if not any(_is_mixed(each) for each in subject.of(slug, batches=True)):
            yield Fault(slug, "record a batch that fails in part")
    if subject.destination.check_credentials and not any(r.check for r in subject.recordings):
        yield Fault("check", "record it in recordings/check.yaml")


async def sends_what_was_recorded(subject: Subject) -> Faults:
    for recording in subject.recordings:
        run = await replay(subject.destination, recording)
        for difference in differences(run.requests, recording.exchanges):
            yield Fault(recording.name, difference)
        wanted = recording.endings()
        for number, result in enumerate(run.endings):
            if number < len(wanted) and result != wanted[number]:
                why = _reason(run.results[number])
                message = f"event {number + 1} ended as {result}{why}, not as {wanted[number]}"
                yield Fault(recording.name, message)


def _reason(result: object) -> str:
    return f" ({result})" if isinstance(result, Exception) else ""


async def is_deterministic(subject: Subject) -> Faults:
    for recording in subject.recordings:
        first = await replay(subject.destination, recording)
        again = await replay(subject.destination, recording)
        for number, (one, other) in enumerate(zip(first.requests, again.requests, strict=False), 1):
            if one != other:
                parts = [p for p in _PARTS if getattr(one, p) != getattr(other, p)]
                message = f"request {number} differs in {', '.join(parts)} when it is sent again"
                yield Fault(recording.name, message)
        if len(first.requests) != len(again.requests):
            yield Fault(recording.name, "the second attempt sends another number of requests")


_PARTS: Final = ("method", "url", "headers", "body", "timeout")


async def names_rejected_events(subject: Subject) -> Faults:
    """Where single events of a batch can fail, that is recorded, and each has its own end."""
    telling = _telling(subject)
    mixed = [each for slug in telling for each in subject.of(slug, batches=True) if _is_mixed(each)]
    if telling and not mixed:
        message = "tells of single events of a batch: record a batch that fails in part"
        yield Fault(telling[0], message)
    for recording in mixed:
        run = await replay(subject.destination, recording)
        reasons = [str(result) for result in run.results if isinstance(result, Exception)]
        if not all(reasons):
            yield Fault(recording.name, "an event is rejected without a reason")
        async for fault in _without_the_last(subject, recording):
            yield fault


def _telling(subject: Subject) -> list[str]:
    """The actions whose batches end differently for different events."""
    actions = subject.destination.actions.items()
    return [slug for slug, it in actions if it.batched and _answers_for_items(it.batched)]


def _is_mixed(recording: Recording) -> bool:
    return len(set(recording.endings())) > 1


def _answers_for_items(batch: Batch[Any, Any]) -> bool:
    """Whether the function promises anything but one answer for all."""
    promised = inspect.signature(batch.perform).return_annotation
    return promised not in (Response, "Response")


async def _without_the_last(subject: Subject, recording: Recording) -> Faults:
    """Where an answer lists the events, the one that it leaves out is tried again."""
    for answers in shortened(recording):
        run = await replay(subject.destination, recording, answers)
        if run.endings[-1] != "retry":
            message = f"the answer does not list the last event, which ended as {run.endings[-1]}"
            yield Fault(f"{recording.name}/missing", message)
