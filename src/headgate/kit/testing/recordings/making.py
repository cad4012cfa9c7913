"""Making a recording of what a destination really does, without a secret in it.

The requests of a recording are not the real ones: the action is run a second time, with stand-ins
for all secrets and the answers of the first time. So whatever is derived from a secret is not in
the recording either.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec

from headgate.kit.errors import InvalidSettings, TransportError
from headgate.kit.masking import masked
from headgate.kit.testing.recordings.form import (
    STAND_IN,
    Ending,
    RecordedExchange,
    RecordedRequest,
    RecordedResponse,
    Recording,
)
from headgate.kit.testing.recordings.replay import Run, replay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headgate.kit.destination import Destination
    from headgate.kit.http.request import Exchange, Request, Response

_KEPT_OF_RESPONSES: Final = frozenset({"content-type", "location", "retry-after"})
_LEFT_OUT_OF_REQUESTS: Final = frozenset({"user-agent"})
_PREFIX = re.compile(r"[A-Za-z]{1,8}[_-]")


class Unredactable(ValueError):
    """What happened cannot be repeated with stand-ins for the secrets; the message says why."""


async def recorded(
    destination: Destination[Any],
    recording: Recording,
    exchanges: Sequence[Exchange],
    *,
    secrets: Iterable[str] = (),
) -> Recording:
    """Complete a recording by the exchanges that it really caused.

    `recording` holds what was given, the real settings included. `secrets` are further texts to
    keep out, such as the OAuth tokens that were used. Raises `Unredactable`.
    """
    keys, texts = _secrets(destination, recording)
    hidden = [*texts, *secrets]
    harmless = msgspec.structs.replace(
        recording,
        settings=_stood_in(destination, recording.settings, keys),
        mapping=_clean(_without_payload_secrets(destination, recording), hidden),
        event=_clean(recording.event, hidden),
        events=_clean(recording.events, hidden),
    )
    responses = [_answer(exchange.answer, hidden) for exchange in exchanges]
    answers = [each.answer() if isinstance(each, RecordedResponse) else each for each in responses]
    run = await replay(destination, harmless, answers)
    if len(run.requests) != len(responses):
        raise Unredactable(
            f"with stand-ins for its secrets the action sent {len(run.requests)} requests instead "
            f"of {len(responses)}: {', '.join(run.endings)}."
        )
    return msgspec.structs.replace(
        harmless,
        exchanges=[_exchange(*pair) for pair in zip(run.requests, responses, strict=True)],
        **_results(recording, run),
    )


def _results(recording: Recording, run: Run) -> dict[str, Any]:
    endings: list[Ending] = [_ending(each) for each in run.endings]
    if recording.events is not None and len(set(endings)) > 1:
        return {"results": endings}
    return {"result": endings[0]}


def _ending(word: str) -> Ending:
    if word in ("delivered", "retry", "discard", "disconnect"):
        return word  # type: ignore[return-value]
    raise Unredactable(f"the action was {word}")


def _secrets(destination: Destination[Any], recording: Recording) -> tuple[set[str], list[str]]:
    """The stored names of secret settings, and the texts of all secrets that were given."""
    keys = set(destination.settings.stored_secrets())
    texts = [str(recording.settings[key]) for key in keys if recording.settings.get(key)]
    if action := destination.actions.get(recording.action):
        given = (recording.mapping.get(key) for key in action.payload.stored_secrets())
        texts += [value for value in given if isinstance(value, str) and value]
    return keys, texts


def _stood_in(
    destination: Destination[Any], settings: Mapping[str, Any], keys: set[str]
) -> dict[str, Any]:
    """Settings with a stand-in for each secret that the destination accepts in its place."""
    result = dict(settings)
    for key in keys & settings.keys():
        for stand_in in stand_ins(str(settings[key])):
            trial = {**result, key: stand_in}
            if _is_accepted(destination, trial):
                result = trial
                break
        else:
            raise Unredactable(f"no stand-in for the setting {key} is accepted: record by hand.")
    return result


def stand_ins(secret: str) -> tuple[str, ...]:
    """Texts that may stand for a secret: a word, then ones that look more and more like it."""
    prefix = found[0] if (found := _PREFIX.match(secret)) else ""
    rest = secret.removeprefix(prefix)
    shape = re.sub(r"[0-9]", "0", re.sub(r"[^\W\d_]", "x", rest))
    address = f"https://{STAND_IN}.example.com/"
    return (STAND_IN, prefix + STAND_IN, address, f"{STAND_IN}@example.com", prefix + shape, shape)


def _is_accepted(destination: Destination[Any], settings: Mapping[str, Any]) -> bool:
    try:
        destination.settings.read(settings)
    except InvalidSettings:
        return False
    return True


def _without_payload_secrets(destination: Destination[Any], recording: Recording) -> dict[str, Any]:
    """The mapping, with a stand-in for each secret field that has a plain value."""
    action = destination.actions.get(recording.action)
    names = action.payload.stored_secrets() if action else frozenset()
    mapping = recording.mapping
    return {
        key: _address(value) if key in names and isinstance(value, str) else value
        for key, value in mapping.items()
    }


def _address(secret: str) -> str:
    """Keep the host of an address, which is no secret and often checked."""
    found = re.match(r"https?://[^/?#@]+/", secret)
    return f"{found[0]}{STAND_IN}" if found else STAND_IN


def _exchange(request: Request, answer: RecordedResponse | TransportError) -> RecordedExchange:
    asked = RecordedRequest(
        method=request.method,
        url=request.url,
        headers={
            name: value
            for name, value in request.headers
            if name.lower() not in _LEFT_OUT_OF_REQUESTS
        },
        **_body(request.body, dict(request.headers).get("Content-Type", "")),
    )
    if isinstance(answer, TransportError):
        return RecordedExchange(request=asked, no_answer=answer.kind)
    return RecordedExchange(request=asked, response=answer)


def _answer(
    answer: Response | TransportError, hidden: Sequence[str]
) -> RecordedResponse | TransportError:
    if isinstance(answer, TransportError):
        return answer
    kept = {name: v for name, v in answer.headers if name.lower() in _KEPT_OF_RESPONSES}
    body = masked(answer.text, hidden, STAND_IN).encode() if answer.body else b""
    described = _body(body, answer.header("content-type") or "")
    if "json" in described:
        kept = {name: v for name, v in kept.items() if name.lower() != "content-type"}
    return RecordedResponse(status=answer.status, headers=kept, **described)


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    """Write a body in the form in which people read it best, if nothing is lost."""
    if not body:
        return {}
    text = body.decode("utf-8", "replace")
    try:
        return {"json": json.loads(text)}
    except ValueError:
        pass
    if "x-www-form-urlencoded" in content_type:
        fields: dict[str, list[str]] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            fields.setdefault(name, []).append(value)
        return {"form": {name: v[0] if len(v) == 1 else v for name, v in fields.items()}}
    return {"text": text}


def _clean(value: Any, hidden: Sequence[str]) -> Any:
    if isinstance(value, str):
        return masked(value, hidden, STAND_IN)
    if isinstance(value, dict):
        return {_clean(key, hidden): _clean(each, hidden) for key, each in value.items()}
    return [_clean(each, hidden) for each in value] if isinstance(value, list) else value
