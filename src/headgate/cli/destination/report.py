"""What an action did with events, for an author to read: nothing secret is part of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from headgate.cli.destination.serve.answers import without
from headgate.kit import Discard, Disconnect, Response, Retry
from headgate.kit.masking import MASK, is_secret_header, masked, secret_texts, without_secrets
from headgate.mapping import MappingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headgate.kit import Action
    from headgate.kit.http.request import Exchange, Headers
    from headgate.kit.trial import Trial

_OUTCOMES: Final[tuple[tuple[type, str], ...]] = (
    (Response, "delivered"),
    (Retry, "retry"),
    (Discard, "discard"),
    (Disconnect, "disconnect"),
    (MappingError, "mapping_error"),
)
_NOT_SENT = "nothing was sent, and 200 {} taken for the answer; --send sends it"

Tree: TypeAlias = Any
"""JSON, as it was read from a body: anything."""


class Result(msgspec.Struct, frozen=True):
    """What became of one event; `payload` is what the mapping made of it."""

    payload: Tree
    outcome: str
    reason: str = ""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request or an answer; `body` is a tree where it is JSON, else text."""

    headers: dict[str, str]
    body: Tree = None
    method: str = ""
    url: str = ""
    status: int = 0


class Passed(msgspec.Struct, frozen=True):
    """A request and what came of it: an answer, or an error."""

    request: Message
    response: Message | None = None
    error: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of an action. `stand_ins` are the settings that were made up for it."""

    destination: str
    action: str
    sent: bool
    stand_ins: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()
    exchanges: tuple[Passed, ...] = ()

    @property
    def is_delivered(self) -> bool:
        return all(each.outcome == "delivered" for each in self.results)


def results(trial: Trial, action: Action[Any, Any], secrets: Sequence[str]) -> tuple[Result, ...]:
    """Tell of each event what its mapping gave, and how it ended."""
    return tuple(
        _result(values, result, action, secrets)
        for values, result in zip(trial.values, trial.results, strict=True)
    )


def secrets_of(values: object, action: Action[Any, Any]) -> tuple[str, ...]:
    """Secrets that a mapping gave: values of fields that the action declares secret."""
    return secret_texts(action.payload, values)


def exchanges(made: Sequence[Exchange], secrets: Sequence[str]) -> tuple[Passed, ...]:
    return tuple(_passed(each, secrets) for each in made)


def lines(report: Report) -> Iterator[str]:
    """Write a report as lines of text."""
    yield f"{report.destination}, action {report.action}"
    if report.stand_ins:
        yield f"made up, as they were not given: {', '.join(report.stand_ins)}"
    for each in report.results:
        yield from ("", "payload", *_indented(each.payload))
    for passed in report.exchanges:
        request = passed.request
        yield from ("", f"{request.method} {request.url}", *_message(request))
        yield from ("", f"answer {_answer(passed)}")
        yield from _message(passed.response) if passed.response and report.sent else ()
    if report.exchanges and not report.sent:
        yield f"  ({_NOT_SENT})"
    yield ""
    yield from (
        f"{each.outcome}{': ' if each.reason else ''}{each.reason}" for each in report.results
    )


def _answer(passed: Passed) -> str:
    return str(passed.response.status) if passed.response else passed.error


def _message(message: Message) -> Iterator[str]:
    yield from (f"  {name}: {value}" for name, value in message.headers.items())
    if message.body not in (None, ""):
        yield from ("", *_indented(message.body))


def _indented(tree: Tree) -> Iterator[str]:
    text = tree if isinstance(tree, str) else json.dumps(tree, indent=2, ensure_ascii=False)
    yield from (f"  {line}".rstrip() for line in text.splitlines())


def _result(
    values: Tree, result: object, action: Action[Any, Any], secrets: Sequence[str]
) -> Result:
    shown = without_secrets(action.payload, values)
    outcome = next((word for kind, word in _OUTCOMES if isinstance(result, kind)), "error")
    reason = "" if isinstance(result, Response) else masked(str(result), secrets)
    return Result(without(secrets, shown), outcome, reason)


def _passed(made: Exchange, secrets: Sequence[str]) -> Passed:
    request, answer = made
    asked = Message(
        _headers(request.headers, secrets),
        _body(request.body, secrets),
        method=request.method,
        url=masked(request.url, secrets),
    )
    if not isinstance(answer, Response):
        return Passed(asked, error=masked(f"{answer.kind}: {answer}", secrets))
    told = Message(
        _headers(answer.headers, secrets), _body(answer.body, secrets), status=answer.status
    )
    return Passed(asked, told)


def _headers(headers: Headers, secrets: Sequence[str]) -> dict[str, str]:
    return {
        name: MASK if is_secret_header(name) else masked(value, secrets) for name, value in headers
    }


def _body(body: bytes, secrets: Sequence[str]) -> Tree:
    text = masked(body.decode("utf-8", "replace"), secrets)
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
