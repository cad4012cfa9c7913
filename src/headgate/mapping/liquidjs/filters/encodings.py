"""Filters that write texts for HTML, addresses, base64 and JSON, and read them back."""

from __future__ import annotations

import base64
import re
import unicodedata
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from headgate.mapping.liquidjs.budget import RECODED, Fault
from headgate.mapping.liquidjs.conversions import (
    SPACES,
    javascript_truthy,
    stringify,
    to_string,
)
from headgate.mapping.liquidjs.filters.texts import SLOW, STEADY, text
from headgate.mapping.liquidjs.units import joined, units
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from headgate.mapping.liquidjs.budget import Budget

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
_CHARACTERS = {entity: character for character, entity in _ENTITIES.items()}
_ENTITY = re.compile("|".join(_CHARACTERS))
_MARKUP = (("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"), ("<", ">"))
_BASE64 = re.compile(b"[A-Za-z0-9+/]*")
_ASCII_SPACES = b" \t\n\f\r"
_PERCENT = re.compile("(?:%[0-9a-fA-F]{2})+|%")

# What stays as it is, besides letters and digits.
_COMPONENT: Final = "-_.!~*'()"
_CGI: Final = "-_.~"
_WHOLE_ADDRESS: Final = "-_.!~*'();/?:@&=+$,#[]"
_ALWAYS_SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def escape(budget: Budget, value: object) -> str:
    source = text(budget, value, STEADY)
    budget.fits(
        len(source) + sum(source.count(one) * (len(all_) - 1) for one, all_ in _ENTITIES.items())
    )
    for character, entity in _ENTITIES.items():
        source = source.replace(character, entity)
    return source


def escape_once(budget: Budget, value: object) -> str:
    plain = _ENTITY.sub(lambda match: _CHARACTERS[match[0]], text(budget, value, SLOW))
    return escape(budget, plain)


def strip_html(budget: Budget, value: object) -> str:
    """Take out scripts, styles, comments and tags, in one pass."""
    source = text(budget, value, SLOW)
    seeker = _Seeker(source)
    kept: list[str] = []
    at = 0
    while (opening := source.find("<", at)) >= 0:
        end = _markup_end(source, seeker, opening)
        kept.append(source[at : opening if end >= 0 else opening + 1])
        at = end if end >= 0 else opening + 1
    budget.work(SLOW * SLOW * len(kept))
    return "".join(kept) + source[at:]


def url_encode(budget: Budget, value: object) -> str:
    return _percent(budget, value, _COMPONENT).replace("%20", "+")


def cgi_escape(budget: Budget, value: object) -> str:
    return _percent(budget, value, _CGI).replace("%20", "+")


def uri_escape(budget: Budget, value: object) -> str:
    return _percent(budget, value, _WHOLE_ADDRESS)


def url_decode(budget: Budget, value: object) -> str:
    source = text(budget, value, SLOW)
    return units(_PERCENT.sub(_decoded, source)).replace("+", " ")


def base64_encode(budget: Budget, value: object) -> str:
    source = utf8(budget, text(budget, value))
    budget.fits((len(source) + 2) // 3 * 4)
    return base64.b64encode(source).decode()


def base64_decode(budget: Budget, value: object) -> str:
    """Read base64 as browsers do: with spaces, and with all of its padding or none."""
    source = text(budget, value, SLOW).encode("ascii", "replace").translate(None, _ASCII_SPACES)
    padding = source[-2:].count(b"=") if len(source) % 4 == 0 else 0
    digits = source[: len(source) - padding]
    if len(digits) % 4 == 1 or not _BASE64.fullmatch(digits):
        raise Fault("invalid base64 provided to base64_decode")
    padded = digits + b"=" * (-len(digits) % 4)
    return units(base64.b64decode(padded).decode("utf-8", "replace"))


def slugify(
    budget: Budget, value: object, mode: object = UNDEFINED, cased: object = UNDEFINED
) -> str:
    """Put a hyphen for each run of characters that an address should not have."""
    source = text(budget, value, SLOW)
    how = "default" if mode is UNDEFINED else to_string(budget, mode)
    slug = units(_slug(joined(source), how))
    result = slug if javascript_truthy(cased) else units(joined(slug).lower())
    budget.fits(len(result))
    return result


class _Seeker:
    """Finds the next place of a mark, and remembers that there is none behind a place."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._next: dict[str, int] = {}

    def end(self, mark: str, start: int) -> int:
        """Give the place behind the next mark, or -1."""
        found = self._next.get(mark, 0)
        if 0 <= found < start:
            found = self._source.find(mark, start)
            self._next[mark] = found if found >= 0 else -1
        elif found == 0 and start == 0:
            found = self._source.find(mark)
            self._next[mark] = found
        return found + len(mark) if found >= start else -1


def _markup_end(source: str, seeker: _Seeker, opening: int) -> int:
    for begin, mark in _MARKUP:
        if source.startswith(begin, opening):
            end = seeker.end(mark, opening + len(begin))
            if end >= 0:
                return end
    return -1


def _percent(budget: Budget, value: object, safe: str) -> str:
    source = joined(stringify(budget, value))
    budget.work(SLOW * len(source))
    try:
        encoded = source.encode()
    except UnicodeEncodeError:
        raise Fault("URI malformed") from None
    unsafe = len(encoded.translate(None, _ALWAYS_SAFE + safe.encode()))
    budget.fits(len(encoded) + 2 * unsafe)
    return quote_from_bytes(encoded, safe)


def _decoded(match: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(match[0]).decode() if len(match[0]) > 1 else _malformed()
    except UnicodeDecodeError:
        return _malformed()


def _malformed() -> str:
    raise Fault("URI malformed")


def utf8(budget: Budget, source: str) -> bytes:
    """Encode; half a pair becomes the replacement character."""
    if source.isascii():
        return source.encode()
    budget.work(RECODED * len(source))
    utf16 = source.encode("utf-16-le", "surrogatepass")
    return utf16.decode("utf-16-le", "replace").encode()


def _slug(source: str, mode: str) -> str:
    if mode == "none" or mode not in ("raw", "default", "pretty", "ascii", "latin"):
        return source
    if mode == "raw":
        slug = SPACES.sub("-", source)
    elif mode == "ascii":
        slug = _NOT_ASCII_WORD.sub("-", source)
    else:
        source = source.translate(_UNACCENTED) if mode == "latin" else source
        allowed = "._~!$&'()+,;=@" if mode == "pretty" else ""
        unwanted = {ord(c): "-" for c in set(source) if not _in_word(c) and c not in allowed}
        slug = _HYPHENS.sub("-", source.translate(unwanted))
    return slug.removeprefix("-").removesuffix("-")


def _in_word(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "ML" or category == "Nd"


_NOT_ASCII_WORD = re.compile("[^A-Za-z0-9]+")
_HYPHENS = re.compile("-+")
_UNACCENTED = str.maketrans(
    {
        accented: plain
        for plain, group in {
            "a": "àáâãäå",
            "ae": "æ",
            "c": "ç",
            "e": "èéêë",
            "i": "ìíîï",
            "d": "ð",
            "n": "ñ",
            "o": "òóôõöø",
            "u": "ùúûü",
            "y": "ýÿ",
            "ss": "ß",
            "oe": "œ",
            "th": "þ",
            "SS": "ẞ",
            "OE": "Œ",
            "TH": "Þ",
        }.items()
        for accented in group
    }
)
