"""The rule that secrets stay where they belong."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import structlog.testing

from headgate.kit.destination import Tokens
from headgate.kit.errors import DeliveryError, InvalidSettings
from headgate.kit.masking import SHORTEST_SECRET, masked, sampled
from headgate.kit.testing.faulty import each_failure, failing_at, place_name
from headgate.kit.testing.recordings import Recording, Run, ending, replay
from headgate.kit.testing.rule import Fault

if TYPE_CHECKING:
    from headgate.kit.testing.rule import Faults
    from headgate.kit.testing.subject import Subject

CANARY: Final = "Canary7Qz4xW"
TOKENS: Final = Tokens("access-7Hd2kP9v", "refresh-3Jf8mT1c")


class _Prepared(NamedTuple):
    """A recording with canaries for secrets, and all that must stay hidden."""

    recording: Recording
    secrets: tuple[str, ...]


async def hides_secrets(subject: Subject) -> Faults:
    """Look for canaries in all that is shown or kept, under servers that repeat what they hear."""
    async for fault in _unguarded(subject):
        yield fault
    for recording in subject.recordings:
        prepared = await _prepared(subject, recording)
        for where in await _leaks(subject, prepared, None):
            yield Fault(recording.name, f"a secret shows in {where}")
        for place, failing in each_failure(recording):
            answers = failing_at(recording, place, failing.echo)
            for where in await _leaks(subject, prepared, answers):
                at = place_name(recording, place, failing)
                yield Fault(at, f"a secret that the server repeated shows in {where}")


async def _unguarded(subject: Subject) -> Faults:
    """Every secret setting has a value in some recording, long enough to be looked for."""
    for key in sorted(subject.destination.settings.stored_secrets()):
        values = [each.settings[key] for each in subject.recordings if each.settings.get(key)]
        if subject.recordings and not values:
            yield Fault(f"settings/{key}", "has a value in no recording: give it a stand-in")
        if any(len(str(value)) < SHORTEST_SECRET for value in values):
            yield Fault(f"settings/{key}", f"has a stand-in shorter than {SHORTEST_SECRET}")


async def _prepared(subject: Subject, recording: Recording) -> _Prepared:
    """Put a canary wherever the destination takes one as well as the recorded stand-in."""
    destination = subject.destination
    settings = dict(recording.settings)
    usual = await replay(destination, recording)
    secret = destination.settings.stored_secrets() & settings.keys()
    for number, key in enumerate(sorted(secret)):
        trial = {**settings, key: f"{CANARY}{number}"}
        if await _works(subject, recording, trial, usual):
            settings = trial
    texts = [str(settings[key]) for key in secret if settings[key]]
    canaries = msgspec.structs.replace(recording, settings=settings)
    return _Prepared(canaries, (*texts, *_fields(subject, recording, usual)))


async def _works(
    subject: Subject, recording: Recording, settings: Mapping[str, Any], usual: Run
) -> bool:
    try:
        run = await replay(subject.destination, recording, settings=settings)
    except InvalidSettings:
        return False
    return (run.endings, len(run.requests)) == (usual.endings, len(usual.requests))


def _fields(subject: Subject, recording: Recording, run: Run) -> Iterator[str]:
    """The values of secret fields of payloads."""
    action = subject.destination.actions.get(recording.action)
    secret = action.payload.stored_secrets() if action else frozenset()
    for values in run.values:
        if isinstance(values, dict):
            yield from (str(values[key]) for key in secret & values.keys() if values[key])


async def _leaks(subject: Subject, prepared: _Prepared, answers: Any) -> list[str]:
    """Name every place in which a secret can be read after a run."""
    hidden = (*prepared.secrets, *(TOKENS if subject.destination.auth else ()))
    noise = _Noise()
    with noise:
        run = await replay(subject.destination, prepared.recording, answers, tokens=TOKENS)
    texts = {**_shown(subject, prepared, run, hidden), "logs and output": noise.text()}
    return [where for where, text in texts.items() if masked(text, hidden) != text]


def _shown(
    subject: Subject, prepared: _Prepared, run: Run, hidden: tuple[str, ...]
) -> dict[str, str]:
    settings = subject.destination.settings.read(prepared.recording.settings)
    texts = {
        "the repr of its settings": repr(settings),
        "the repr of a result": repr(run.results),
        "the repr of an exchange": repr(run.exchanges),
        "an error": "\n".join(_said(result) for result in run.results),
        "a sample of an attempt": repr(sampled(run.exchanges, hidden)),
    }
    action = subject.destination.actions.get(prepared.recording.action)
    if action is not None:
        texts["the repr of its payload"] = _payloads(action.payload, run)
    return texts


def _payloads(payload: Any, run: Run) -> str:
    shown = []
    for values in run.values:
        with contextlib.suppress(DeliveryError):
            shown.append(repr(payload.read(values)))
    return "\n".join(shown)


def _said(result: object) -> str:
    """What an error says, and those behind it."""
    said = [ending(result)] if not isinstance(result, Exception) else []  # type: ignore[arg-type]
    while isinstance(result, BaseException):
        said.append(f"{result} {result!r}")
        result = result.__cause__ or (None if result.__suppress_context__ else result.__context__)
    return "\n".join(said)


class _Noise:
    """All that a destination logs or prints meanwhile."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._handler = logging.StreamHandler(self._text)
        self._open = contextlib.ExitStack()

    def __enter__(self) -> None:
        root = logging.getLogger()
        self._level = root.level
        root.addHandler(self._handler)
        root.setLevel(logging.DEBUG)
        self._structured = self._open.enter_context(structlog.testing.capture_logs())
        self._open.enter_context(contextlib.redirect_stdout(self._text))
        self._open.enter_context(contextlib.redirect_stderr(self._text))

    def __exit__(self, *_: object) -> None:
        self._open.close()
        root = logging.getLogger()
        root.removeHandler(self._handler)
        root.setLevel(self._level)

    def text(self) -> str:
        return f"{self._text.getvalue()}\n{self._structured}"
