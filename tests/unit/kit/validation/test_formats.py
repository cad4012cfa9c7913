from __future__ import annotations

import time

import pytest

from headgate.kit.validation.formats import recogniser

ACCEPTED = {
    "date": ["2021-02-28", "2020-02-29", "0000-02-29"],
    "time": ["10:00:00", "10:00:00.123Z", "10:00:00+0100", "10:00:00+01", "23:59:60"],
    "date-time": ["2021-02-01T10:00:00", "2021-02-01 10:00:00Z", "2021-02-01t10:00:00.5+01:00"],
    "email": ["a@b.co", "a.b+c@x-y.example.com", "!#$%@a.b"],
    "hostname": ["a", "a.b", "a.b.", "1", "a-b.c", "a" * 63, ".".join(["a" * 63] * 3)],
    "ipv4": ["1.2.3.4", "01.002.3.255"],
    "ipv6": ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::ffff:1.2.3.4"],
    "uri": [
        "http://x.y/z?q#f",
        "javascript:x",
        "http://",
        "http://[::1]:80/",
        "a:/",
        "x:%20",
    ],
    "uri-reference": ["", "/a", "?q", "#f", "//[v1.a]", 'a"b', "a:b@c"],
    "uri-template": ["", "a{b}c", "{+a,b*,c:3}", "%20"],
    "uuid": [
        "01234567-89ab-CDEF-0123-456789abcdef",
        "urn:uuid:" + "-".join(["0" * 8, "0" * 4, "0" * 4, "0" * 4, "0" * 12]),
    ],
}
REFUSED = {
    "date": ["2021-02-29", "2021-13-01", "2021-00-01", "2021-01-00", "2021-1-1", "2021-01-01 "],
    "time": [
        "10:00",
        "24:00:00",
        "10:60:00",
        "10:00:60",
        "10:00:00.",
        "10:00:00+1",
        "\u0661\u0660:00:00",
    ],
    "date-time": ["2021-02-01", "2021-02-01T10:00", "2021-02-01  10:00:00", "x", ""],
    "email": ["a@b", "a", "a@b@c.d", ".a@b.c", "a..b@c.d", "a@-b.c", "a@b-.c", "a b@c.d", "é@b.co"],
    "hostname": ["", ".", "-a", "a-", "a..b", "a" * 64, ".".join(["a" * 63] * 4), "é", "a_b"],
    "ipv4": ["1.2.3", "256.1.1.1", "1.2.3.4.5", "0001.2.3.4", "1.2.3.\u0664"],
    "ipv6": [
        "",
        ":",
        ":::",
        "1",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "::1.2.3",
        "::01.2.3.4",
        "1.2.3.4::",
        "fe80::1%eth0",
        "12345::",
        "1:2:3:4:5:6:7:8::",
    ],
    "uri": ["", "x", "x:", "/a", "http://x y", "http://é", "1:a", "http://[::1", "a:%2", 'a:"'],
    "uri-reference": ["a b", "é", "%", "[", "//[::1]x", "//[1.2.3.4]", "\\"],
    "uri-template": ["{", "}", "{}", "{a", "{a:0}", "{a:12345}", "a b", "%2", '"'],
    "uuid": ["01234567-89ab-cdef-0123-456789abcde", "g1234567-89ab-cdef-0123-456789abcdef"],
}

PIECES = ["a", "1", "a.", "-", "%20", "(?:", "{a,", "\\", "T", "é", "a@", "[a-", "2021-"]
"""What hostile texts repeat."""


def examples(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in table.items() for text in texts]


@pytest.mark.parametrize(("name", "text"), examples(ACCEPTED))
def test_a_text_of_its_format_is_recognised(name: str, text: str) -> None:
    test = recogniser(name, "strict")
    assert test is not None
    assert test(text)


@pytest.mark.parametrize(("name", "text"), examples(REFUSED))
def test_any_other_text_is_not(name: str, text: str) -> None:
    test = recogniser(name, "strict")
    assert test is not None
    assert not test(text)


@pytest.mark.parametrize("name", ["text", "password"])
def test_some_formats_take_every_text(name: str) -> None:
    assert recogniser(name, "strict") is None


@pytest.mark.parametrize("mode", ["strict", "compatible"])
@pytest.mark.parametrize("name", [*ACCEPTED, "regex", "date-like"])
def test_a_text_of_32_kb_takes_no_more_than_its_length(name: str, mode: str) -> None:
    test = recogniser(name, "strict" if mode == "strict" else "compatible")
    assert test is not None
    began = time.process_time()
    for start in ("", "http://["):
        for piece in PIECES:
            test(start + piece * (32_768 // len(piece)) + "!")
    assert time.process_time() - began < len(PIECES) * 2 * 0.1, "more than 100 ms for a text"
