"""Bodies of requests, and the headers that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import urlencode

from headgate.kit.errors import Discard
from headgate.mapping import javascript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.mapping import Json


class File(NamedTuple):
    """A part of a multipart body that is a file."""

    name: str
    content: bytes
    content_type: str = "application/octet-stream"


Form: TypeAlias = "Mapping[str, Json]"
Parts: TypeAlias = "Mapping[str, Json | File]"
Body: TypeAlias = tuple[bytes, str]
"""The bytes, and their content type, "" where there is none."""

NO_BODY: Body = (b"", "")


def of_json(value: object, encode: Callable[[object], bytes]) -> Body:
    return encode(value), "application/json"


def of_form(form: Form) -> Body:
    """Write a form: a list repeats its name, None leaves it out."""
    written = [pair for name, value in form.items() for pair in pairs(name, value)]
    return urlencode(written).encode(), "application/x-www-form-urlencoded"


def of_parts(parts: Parts) -> Body:
    """Write a multipart form; its boundary depends on the content alone, as attempts must agree."""
    digest = blake2b(digest_size=16)
    for name, part in parts.items():
        digest.update(repr((name, part)).encode())
    boundary = digest.hexdigest()
    chunks = [chunk for name, part in parts.items() for chunk in _part(boundary, name, part)]
    body = b"".join([*chunks, f"--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, name: str, part: Json | File) -> Iterator[bytes]:
    if isinstance(part, File):
        described = f'; filename="{_quoted(part.name)}"\r\nContent-Type: {_line(part.content_type)}'
        pieces = [(described, part.content)]
    else:
        pieces = [("", text.encode()) for _, text in pairs(name, part)]
    for described, content in pieces:
        yield f"--{boundary}\r\n".encode()
        yield f'Content-Disposition: form-data; name="{_quoted(name)}"{described}\r\n\r\n'.encode()
        yield content
        yield b"\r\n"


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _line(text: str) -> str:
    if not text.isprintable():
        raise Discard("The content type of a file holds a control character.")
    return text


def pairs(name: str, value: Json) -> Iterator[tuple[str, str]]:
    """Give a name with each of its values as text; None is none."""
    for item in value if isinstance(value, list) else [value]:
        if item is not None:
            yield name, javascript.string(item)
