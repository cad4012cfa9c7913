"""How the requests of an original destination and of ours differ in what the receiver notices."""

from __future__ import annotations

import json
import re
from email import message_from_string
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from email.message import Message

UNNOTICED = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "host", "idempotency-key"}
    | {"user-agent"}
)
"""Headers that change nothing at the receiver, or name the sender."""
PORTS = {"http": 80, "https": 443}
LONGEST = 160
"""Characters of a value in a line."""


class Request(msgspec.Struct, frozen=True):
    """One request; the names of its headers are in lower case."""

    method: str
    url: str
    headers: dict[str, str] = {}
    body: str = ""


class Found(msgspec.Struct, frozen=True):
    """What differs at one place, such as `body.events[0].time` of the first request (0).

    `case` is the id of the case that showed it, where there are several.
    """

    request: int
    path: str
    theirs: Any
    ours: Any
    case: str = ""

    def __str__(self) -> str:
        where = f"request {self.request + 1} {self.path}" if self.request else self.path
        told = f"{where}: {_shown(self.theirs)} ≠ {_shown(self.ours)}"
        return f"{self.case} {told}" if self.case else told


class Difference(msgspec.Struct, frozen=True):
    """A difference that is meant, and why; `*` in the path stands for any characters.

    `cases` names those that may show it; none means any.
    """

    path: str
    reason: str
    cases: tuple[str, ...] = ()

    def explains(self, found: Found) -> bool:
        if self.cases and found.case not in self.cases:
            return False
        pattern = ".*".join(map(re.escape, self.path.split("*")))
        return re.fullmatch(pattern, found.path, re.DOTALL) is not None


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()


def compare(theirs: Sequence[Request], ours: Sequence[Request]) -> list[Found]:
    """Compare request by request, in their order.

    Numbers are compared by value, members of objects and of forms and headers in any order.
    """
    found = []
    for at, (original, own) in enumerate(zip_longest(theirs, ours)):
        if original is None or own is None:
            found.append(Found(at, "request", _line(original), _line(own)))
        else:
            pairs = _values("", _parts(original), _parts(own))
            found += [Found(at, path, *sides) for path, *sides in pairs]
    return found


def _line(request: Request | None) -> Any:
    return ABSENT if request is None else f"{request.method} {request.url}"


def unexplained(found: Iterable[Found], allowed: Sequence[Difference]) -> list[str]:
    """Give a line for everything found that none of the allowed differences explains."""
    return [str(each) for each in found if not any(one.explains(each) for one in allowed)]


def unused(found: Iterable[Found], allowed: Sequence[Difference]) -> list[str]:
    """Give a line for each allowed difference that explains nothing in all that was found."""
    everything = list(found)
    single = [one for each in allowed for one in _case_by_case(each)]
    return [
        f"{' '.join([*one.cases, one.path])}: allowed because {one.reason!r}, but nothing differs "
        "there: remove it"
        for one in single
        if not any(one.explains(each) for each in everything)
    ]


def _case_by_case(difference: Difference) -> list[Difference]:
    if not difference.cases:
        return [difference]
    return [msgspec.structs.replace(difference, cases=(case,)) for case in difference.cases]


def _parts(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": _address(urlsplit(request.url)),
        "headers": _headers(request),
        "body": _content(request.headers.get("content-type", ""), request.body),
    }


def _address(url: SplitResult) -> dict[str, Any]:
    port = url.port or PORTS.get(url.scheme)
    host = (url.hostname or "") + ("" if port == PORTS.get(url.scheme) else f":{port}")
    path = "/".join(quote(unquote(step), safe="") for step in (url.path or "/").split("/"))
    user = {"user": f"{url.username}:{url.password}"} if url.username else {}
    return {"scheme": url.scheme, "host": host, "path": path, **user, "query": _form(url.query)}


def _headers(request: Request) -> dict[str, str]:
    """Give those that count; the type of a body says nothing where there can be none."""
    headers = request.headers.items()
    noticed = {name: value.strip() for name, value in headers if name not in UNNOTICED}
    content_type = noticed.pop("content-type", None)
    if content_type is None or (request.method == "GET" and not request.body):
        return noticed
    return {**noticed, "content-type": _media_type(content_type)}


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _content(content_type: str, body: str) -> Any:
    """Read a body as its type says: JSON, a form, parts or text. Bad JSON is text."""
    media_type = _media_type(content_type)
    if media_type == "application/json" or media_type.endswith("+json"):
        return _json(body)
    readers: dict[str, Callable[[], Any]] = {
        "application/x-www-form-urlencoded": lambda: _form(body),
        "multipart/form-data": lambda: _multipart(content_type, body),
    }
    return readers.get(media_type, lambda: body)()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _form(text: str) -> dict[str, Any]:
    """Read a form or a query; a value that is a JSON object or list is compared as such."""
    return _by_name(
        (name, _member(value)) for name, value in parse_qsl(text, keep_blank_values=True)
    )


def _member(value: str) -> Any:
    return _json(value) if value.startswith(("{", "[")) else value


def _multipart(content_type: str, body: str) -> dict[str, Any]:
    message = message_from_string(f"Content-Type: {content_type}\r\n\r\n{body}")
    parts = message.get_payload() if message.is_multipart() else []
    return _by_name(_part(part) for part in parts)  # type: ignore[arg-type] # parts of a multipart


def _part(part: Message) -> tuple[str, Any]:
    name = part.get_param("name", "", header="content-disposition")
    content = _content(part.get("Content-Type", ""), str(part.get_payload()))
    if part.get_filename() is None:
        return str(name), content
    return str(name), {"filename": part.get_filename(), "content": content}


def _by_name(members: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Put values under their names; those of one name become a list in an order of their own."""
    grouped: dict[str, list[Any]] = {}
    for name, value in members:
        grouped.setdefault(name, []).append(value)
    return {
        name: values[0] if len(values) == 1 else sorted(values, key=_shown)
        for name, values in grouped.items()
    }


def _values(path: str, theirs: Any, ours: Any) -> Iterator[tuple[str, Any, Any]]:
    """Walk two values of JSON; give where they differ and both values there."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in theirs | ours:
            yield from _values(_below(path, key), theirs.get(key, ABSENT), ours.get(key, ABSENT))
    elif isinstance(theirs, list) and isinstance(ours, list):
        for at, pair in enumerate(zip_longest(theirs, ours, fillvalue=ABSENT)):
            yield from _values(f"{path}[{at}]", *pair)
    elif not _same(theirs, ours):
        yield path, theirs, ours


def _below(path: str, key: str) -> str:
    if not re.fullmatch(r"[\w$-]+", key):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key


def _same(theirs: Any, ours: Any) -> bool:
    if isinstance(theirs, bool) or isinstance(ours, bool):
        return theirs is ours
    return bool(theirs == ours)


def _shown(value: Any) -> str:
    text = repr(value) if value is ABSENT else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
