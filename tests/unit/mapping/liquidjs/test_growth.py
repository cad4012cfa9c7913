"""Templates that try to cost much: each gives a bounded text, or a `MappingError`, soon."""

import time
from typing import Any

import pytest

from headgate.mapping.errors import MappingError
from headgate.mapping.liquidjs import compile as compile_liquid
from headgate.mapping.liquidjs.budget import LARGEST

_SIZE = 32_000
_EVENT: dict[str, Any] = {
    "a": "a" * _SIZE,
    "b": "ab" * (_SIZE // 2),
    "words": "a " * (_SIZE // 2),
    "lt": "<" * _SIZE,
    "script": "<script" * (_SIZE // 7),
    "amp": "&" * _SIZE,
    "wide": "\u0390" * (_SIZE // 2),
    "emoji": "😀" * (_SIZE // 4),
    "percent": "%41" * (_SIZE // 3),
    "dots": "a." * (_SIZE // 2),
    "brackets": "a[" * (_SIZE // 2),
    "open": "(" * _SIZE,
    "digits": "9" * _SIZE,
    "list": list(range(_SIZE // 5)),
    "objects": [{"a": 1}] * (_SIZE // 9),
    "huge": 1e300,
}


def _repeated(head: str, step: str, tail: str) -> str:
    """Fill a template with as many steps as its 1,000 characters have room for."""
    return head + step * ((1000 - len(head) - len(tail)) // len(step)) + tail


def _filters(name: str, step: str) -> str:
    return _repeated("{{ " + name, " | " + step, " }}")


_HOSTILE = [
    "{{ a | replace: 'a', a }}",
    "{{ a | replace: '', a | replace: '', a | replace: '', a }}",
    "{{ a | split: '' | join: a }}",
    "{{ (1..1000000000) }}",
    "{{ (huge..huge) | size }}{{ (0..huge) | size }}",
    "{{ 0 | date: '%999999999d' }}",
    "{{ 0 | date: '%999999999N' }}",
    "{{ 'x' | slice: 0, huge }}",
    "{% capture x %}" + "{{ a }}" * 60 + "{% endcapture %}",
    _repeated("{% assign x = a %}", "{% assign x = x | append: x %}", "{{ x }}"),
    _repeated("{% assign x = a %}", "{% capture x %}{{ x }}{{ x }}{% endcapture %}", ""),
    _repeated("{% assign x = list %}", "{% assign x = x | push: x %}", "{{ x }}"),
    _repeated("{% assign x = list %}", "{% assign x = x | push: x %}", "{{ x | json }}"),
    _repeated("{% assign x = list %}", "{% assign x = x | push: x %}", "{{ x | sum }}"),
    _repeated("{% assign x = list %}", "{% assign x = x | push: x %}", "{{ x == x }}"),
    _repeated("{% assign x = a | split: '' %}", "{% assign x = x | join: a %}", ""),
    _repeated("{{ 9", " | times: huge", " }}"),
    _repeated("", "{{ (1..131000) }}", ""),
    _repeated("", "{{ list }}", ""),
    _repeated("", "{{ list[0] }}", ""),
    _repeated("", "{{ objects | json }}", ""),
    _repeated("", "{% if a contains b %}{% endif %}", ""),
    _repeated("", "{{ digits | plus: digits }}", ""),
    _repeated("", "{{ words | date }}", ""),
    _repeated("", "{{ open | date }}", ""),
    _repeated("", "{{ 0 | date: percent }}", ""),
    _filters("amp", "escape"),
    _filters("emoji", "url_encode"),
    _filters("emoji", "cgi_escape"),
    _filters("wide", "upcase"),
    _filters("wide", "slugify: 'pretty'"),
    _filters("a", "base64_encode"),
    _filters("a", "base64_decode"),
    _filters("words", "squish"),
    _filters("emoji", "truncate: 31999"),
    _filters("emoji", "slice: 0, 31999"),
    _filters("emoji", "strip: wide"),
    _repeated("", "{{ emoji | sha256 }}", ""),
    _repeated("", "{{ emoji | hmac_sha256: emoji }}", ""),
    _repeated("", "{% cycle emoji | upcase %}", ""),
    _filters("a", "json"),
    _filters("list", "json: 10"),
    _filters("lt", "strip_html"),
    _filters("script", "strip_html"),
    _filters("percent", "url_decode"),
    _filters("a", "remove_last: b"),
    _filters("b", "replace_last: a, b"),
    _filters("a", "strip: b"),
    _filters("words", "truncatewords: 99999"),
    _filters("wide", "split: '' | join: ''"),
    _filters("objects", "where: 'a'"),
    _filters("objects", "where: dots"),
    _filters("objects", "where: brackets"),
    _filters("objects", "sum: dots"),
]


@pytest.mark.parametrize("template", _HOSTILE, ids=lambda template: template[:60])
def test_no_template_takes_more_than_half_a_second_or_a_mebibyte(template: str) -> None:
    render = compile_liquid(template)
    begin = time.process_time()
    try:
        text = render(_EVENT)
    except MappingError as error:
        text = str(error)
    assert time.process_time() - begin < 0.5, "the documented limit of a template"
    assert len(text) <= LARGEST


def test_a_limit_names_the_filter_and_the_place() -> None:
    with pytest.raises(MappingError) as raised:
        compile_liquid("\n {{ a | replace: 'a', '" + "b" * 50 + "' }}")(_EVENT)
    said = "@liquid: `replace` would give more than 1 MiB of text, line:2, col:2"
    assert raised.value.messages == (said,)


def test_segments_own_limit_of_memory_is_kept() -> None:
    with pytest.raises(MappingError, match="memory alloc limit exceeded"):
        compile_liquid("{{ 'abc' | slice: 0, 100000001 }}")({})


def test_an_ordinary_template_over_a_large_event_is_far_from_the_limits() -> None:
    template = (
        "{{ a | upcase | append: b | replace: 'A', 'x' | escape | strip | url_encode | size }}"
    )
    assert compile_liquid(template)(_EVENT) == "64000"
