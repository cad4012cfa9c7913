"""The filters of the dialect, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from headgate.mapping.liquidjs.budget import Budget, Fault
from headgate.mapping.liquidjs.filters import (
    arithmetic,
    digests,
    encodings,
    json_text,
    lists,
    moments,
    texts,
)
from headgate.mapping.liquidjs.scope import Filter

DISABLED: Final = (
    "array_to_sentence_string",
    "concat",
    "find",
    "find_exp",
    "find_index",
    "find_index_exp",
    "group_by",
    "group_by_exp",
    "has",
    "has_exp",
    "map",
    "newline_to_br",
    "reject",
    "reject_exp",
    "reverse",
    "sort",
    "sort_natural",
    "type",
    "uniq",
    "where_exp",
)
"""Filters of the dialect that Segment does not allow."""


def _unchanged(_: Budget, value: object) -> object:
    return value


def _disabled(name: str) -> Callable[[Budget, object], object]:
    def refuse(_: Budget, _value: object) -> object:
        raise Fault(f'filter "{name}" is disabled')

    return refuse


_FUNCTIONS: dict[str, Callable[..., object]] = {
    "abs": arithmetic.absolute,
    "append": texts.append,
    "at_least": arithmetic.at_least,
    "at_most": arithmetic.at_most,
    "base64_decode": encodings.base64_decode,
    "base64_encode": encodings.base64_encode,
    "capitalize": texts.capitalize,
    "ceil": arithmetic.ceil,
    "cgi_escape": encodings.cgi_escape,
    "compact": lists.compact,
    "date": moments.date,
    "date_to_long_string": moments.date_to_long_string,
    "date_to_rfc822": moments.date_to_rfc822,
    "date_to_string": moments.date_to_string,
    "date_to_xmlschema": moments.date_to_xmlschema,
    "default": arithmetic.default,
    "divided_by": arithmetic.divided_by,
    "downcase": texts.downcase,
    "escape": encodings.escape,
    "escape_once": encodings.escape_once,
    "first": lists.first,
    "floor": arithmetic.floor,
    "hmac_sha256": digests.hmac_sha256,
    "inspect": json_text.json,
    "join": lists.join,
    "json": json_text.json,
    "jsonify": json_text.json,
    "last": lists.last,
    "lstrip": texts.lstrip,
    "minus": arithmetic.minus,
    "modulo": arithmetic.modulo,
    "normalize_whitespace": texts.normalize_whitespace,
    "number_of_words": texts.number_of_words,
    "plus": arithmetic.plus,
    "pop": lists.pop,
    "prepend": texts.prepend,
    "push": lists.push,
    "raw": _unchanged,
    "remove": texts.remove,
    "remove_first": texts.remove_first,
    "remove_last": texts.remove_last,
    "replace": texts.replace,
    "replace_first": texts.replace_first,
    "replace_last": texts.replace_last,
    "round": arithmetic.round_,
    "rstrip": texts.rstrip,
    "sample": lists.sample,
    "sha256": digests.sha256,
    "shift": lists.shift,
    "size": lists.size,
    "slice": lists.slice_,
    "slugify": encodings.slugify,
    "split": lists.split,
    "squish": texts.squish,
    "strip": texts.strip,
    "strip_html": encodings.strip_html,
    "strip_newlines": texts.strip_newlines,
    "sum": lists.sum_,
    "times": arithmetic.times,
    "to_integer": arithmetic.to_integer,
    "truncate": texts.truncate,
    "truncatewords": texts.truncatewords,
    "unshift": lists.unshift,
    "upcase": texts.upcase,
    "uri_escape": encodings.uri_escape,
    "url_decode": encodings.url_decode,
    "url_encode": encodings.url_encode,
    "where": lists.where,
    "xml_escape": encodings.escape,
}


def _filter(function: Callable[..., object]) -> Filter:
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return Filter(function, None)
    return Filter(function, len(parameters) - 2)


FILTERS: Final = MappingProxyType(
    {name: _filter(function) for name, function in _FUNCTIONS.items()}
    | {name: _filter(_disabled(name)) for name in DISABLED}
)

__all__ = ["DISABLED", "FILTERS"]
