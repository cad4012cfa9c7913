"""The bad addresses and the good ones, as files have them, and what each must come to.

`urls.txt` explains its columns itself; `names.json` says what the name server answers.
"""

from __future__ import annotations

import codecs
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.contracts.transport.scripted_nameserver import NXDOMAIN, SERVFAIL

Script = list[list[str] | int | None]
"""Answers to the first question for a name, the second, and so on, as a nameserver takes them."""
HERE = Path(__file__).parent
_ESCAPES = re.compile(r"\\[ux]")
_PUBLIC = "93.184.215.14"


class Line(NamedTuple):
    """One URL. `expected` is the word of the file; a number names it in results."""

    number: int
    url: str
    expected: str
    category: str

    @property
    def is_allowed(self) -> bool:
        return self.expected == "ALLOW"


FURTHER = (
    ("HTTP://127.0.0.1/", "BLOCK", "scheme"),
    ("hTTp://[::ffff:7f00:1]/", "BLOCK", "scheme"),
    ("http://127.0.0.1\\@example.com/", "BLOCK", "confusion"),
    ("http:\\\\127.0.0.1/", "BLOCK", "confusion"),
    ("http://metadata.google.internal/computeMetadata/v1/", "BLOCK_DNS", "metadata"),
    ("http://loop.ssrf.test/", "BLOCK_DNS", "dns"),
    ("http://127.0.0.1.nip.ssrf.test/", "BLOCK_DNS", "dns"),
    ("http://meta.ssrf.test/", "BLOCK_DNS", "dns"),
    ("http://many.ssrf.test/", "BLOCK_DNS", "dns"),
    ("http://cname.ssrf.test/", "BLOCK_DNS", "dns"),
    ("http://bigttl.ssrf.test/", "BLOCK_DNS", "dns"),
    ("http://public.ssrf.test/r/meta", "BLOCK_REDIRECT", "redirect"),
    ("http://public.ssrf.test/r/schemeless", "BLOCK_REDIRECT", "redirect"),
    ("http://public.ssrf.test/r/altsvc", "BLOCK_REDIRECT", "redirect"),
    ("https://dualstack.ssrf.test/", "ALLOW", "control"),
    ("https://deep.ssrf.test:8443/", "ALLOW", "control"),
)
"""Names and paths of `names.json` that `urls.txt` does not use, backslashes, and a high port."""

REBINDING = ("rebind", "rebind-flip", "rebind-late", "rebind-keepalive", "bigttl")
"""Names whose answer changes while they are in use."""


@cache
def lines() -> tuple[Line, ...]:
    told = (text.split("\t") for text in (HERE / "urls.txt").read_text().splitlines())
    rows = [(row[0], row[1], row[2]) for row in told if not row[0].startswith("#")]
    return tuple(
        Line(number, _unescaped(url), expected, category)
        for number, (url, expected, category) in enumerate((*rows, *FURTHER))
    )


def _unescaped(url: str) -> str:
    return codecs.decode(url, "unicode_escape") if _ESCAPES.search(url) else url


def rebinding() -> tuple[Line, ...]:
    return tuple(line for line in lines() if name_of(line) in REBINDING)


def name_of(line: Line) -> str:
    """The first label of a name that `names.json` makes do something special."""
    match = re.match(r"https?://([^./:@\[\]]+)\.ssrf\.test\b", line.url, re.IGNORECASE)
    return match[1].lower() if match else ""


@cache
def redirects() -> dict[str, list[Any]]:
    """Path -> status, Location or None, and other headers."""
    found: dict[str, list[Any]] = json.loads((HERE / "names.json").read_text())["redirects"]
    return found


def names(*, late: bool, delivered: bool) -> dict[str, Script]:
    """The answers of the name server, before and after what `names.json` waits for.

    A name that stands for another one has its addresses, as a name server that resolves gives
    them in one answer.
    """
    told = json.loads((HERE / "names.json").read_text())["names"]
    past = {"saved_and_tested": late, "first_delivery": delivered}
    found = {name: _script(told, answer, past) for name, answer in told.items()}
    return {**found, "deep.ssrf.test": [[_PUBLIC]]}


def _script(told: dict[str, Any], answer: Any, past: dict[str, bool]) -> Script:
    script: Script = answer
    match answer:
        case {"cname": other}:
            script = _script(told, told[other], past)
        case {"alternate": turns}:
            script = [turns[n % len(turns)] for n in range(1000)]
        case {"until_event": event, "before": before, "after": after}:
            script = [after if past[event] else before]
        case {"before": before, "after": after}:
            script = [before, after]
        case {"public_count": count, "then": then}:
            script = [[*(f"93.184.215.{n}" for n in range(1, count + 1)), *then]]
        case {"rcode": code}:
            script = [NXDOMAIN if code == "NXDOMAIN" else SERVFAIL]
        case {"self": _} | {"delay_s": _}:
            script = [None]
    return script
