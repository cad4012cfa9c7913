"""Regular expressions, as `new RegExp(text)` of Node.js 20 takes them (no flags, Annex B)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from headgate.mapping.javascript import units

_ESCAPED_UNIT = r"\\u(?:[0-9A-Fa-f]{4}|\{0*+[0-9A-Fa-f]{1,6}\})"
_NAME = rf"<(?:[^>\\]|{_ESCAPED_UNIT})++>"
_TOKEN = re.compile(
    rf"(?P<reference>\\k<(?:[\w$\u200c\u200d\ud800-\udfff]|{_ESCAPED_UNIT})++>)"
    r"|(?P<assertion>\\[bB]|[\^$|])"
    r"|(?P<escape>\\.)"
    r"|(?P<class>\[(?:[^\]\\]|\\.)*+\])"
    rf"|(?P<open>\((?:\?(?::|[=!]|<[=!]|{_NAME})|(?!\?)))"
    r"|(?P<close>\))"
    r"|(?P<quantifier>[*+?]|\{[0-9]++(?:,[0-9]*+)?\})"
    r"|(?P<literal>[^\\\[(){*+?^$|]++|[^\\\[(])",
    re.DOTALL,
)
_MEMBER = re.compile(
    r"\\(?:(?P<set>[dDsSwW])|c(?P<control>[A-Za-z0-9_])|x(?P<hex>[0-9A-Fa-f]{2})"
    r"|u(?P<unit>[0-9A-Fa-f]{4})|(?P<octal>[0-3][0-7]{0,2}|[4-7][0-7]?)"
    r"|(?P<identity>[^c]))|(?P<literal>.)",
    re.DOTALL,
)
_CONTROLS = {"b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_UNIT = re.compile(r"\\u\{?([0-9A-Fa-f]+)\}?")
_Z_ANCHOR = re.compile(r"[^\\]\\Z", re.DOTALL)
_MOST_CAPTURES = 32_767
_LARGEST_COUNT = 2**31 - 1  # of repetitions; larger ones are cut to it
_LARGEST_UNIT = 0x10FFFF
_JOINERS = "\u200c\u200d"


def is_pattern(text: str) -> bool:
    r"""Tell a regular expression; `\Z`, which other languages have, is refused after anything."""
    return not _Z_ANCHOR.search(text) and _Pattern().reads("".join(units(text)))


class _Pattern:
    """One reading of a pattern, from left to right."""

    def __init__(self) -> None:
        self.open: list[str] = []  # groups that are not closed yet
        self.names: set[str] = set()
        self.references: set[str] = set()
        self.captures = 0
        self.has_bare_k = False  # `\k` without a name, an error once there are names
        self.repeatable = False  # whether a quantifier may follow

    def reads(self, text: str) -> bool:
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None or not self._takes(token.lastgroup or "", token[0]):
                return False
            at = token.end()
            if token.lastgroup == "quantifier" and text[at : at + 1] == "?":
                at += 1
        return not self.open and self.captures <= _MOST_CAPTURES and self._names_fit()

    def _takes(self, kind: str, text: str) -> bool:
        match kind:
            case "open":
                return self._opens(text)
            case "close":
                return self._closes()
            case "quantifier":
                return self._repeats(text)
            case "reference":
                self.references.add(_name(text[3:-1]))
            case "escape":
                self.has_bare_k |= text == r"\k"
            case "class":
                self.has_bare_k |= r"\k" in re.findall(r"\\.", text, re.DOTALL)
        self.repeatable = kind != "assertion"
        return kind != "class" or _is_ordered(text[1:-1].removeprefix("^"))

    def _opens(self, text: str) -> bool:
        self.open.append(text)
        self.repeatable = False
        self.captures += text == "(" or text.endswith(">")
        if not text.endswith(">"):
            return True
        name = _name(text[3:-1])
        is_new = name not in self.names
        self.names.add(name)
        return is_new and _is_identifier(name)

    def _closes(self) -> bool:
        if not self.open:
            return False
        self.repeatable = self.open.pop() not in ("(?<=", "(?<!")
        return True

    def _repeats(self, text: str) -> bool:
        possible, self.repeatable = self.repeatable, False
        least, _, most = text.strip("{}").partition(",")
        return possible and (not most or _count(least) <= _count(most))

    def _names_fit(self) -> bool:
        return not self.names or (not self.has_bare_k and self.references <= self.names)


def _count(digits: str) -> int:
    significant = digits.lstrip("0")
    too_long = len(significant) > len(str(_LARGEST_COUNT))
    return _LARGEST_COUNT if too_long else min(int(significant or 0), _LARGEST_COUNT)


def _is_ordered(members: str) -> bool:
    """Tell whether every range of a class goes upwards."""
    values = list(_values(members))
    at = 0
    while at + 2 < len(values):
        if values[at + 1] != _HYPHEN:
            at += 1
            continue
        first, last = values[at], values[at + 2]
        if first is not None and last is not None and abs(first) > abs(last):
            return False
        at += 3
    return True


_HYPHEN = -ord("-")  # negative, as an escaped hyphen makes no range


def _values(members: str) -> Iterator[int | None]:
    r"""Give the code unit of each member, or None for a set such as `\d`."""
    for member in _MEMBER.finditer(members):
        text = member[member.lastgroup or 0]
        match member.lastgroup:
            case "set":
                yield None
            case "control":
                yield ord(text) % 32
            case "hex" | "unit":
                yield int(text, 16)
            case "octal":
                yield int(text, 8)
            case "identity":
                yield _CONTROLS.get(text, ord(text))
            case _:
                yield _HYPHEN if text == "-" else ord(text)


def _name(text: str) -> str:
    """Decode the name of a group."""
    decoded = _UNIT.sub(lambda unit: _character(int(unit[1], 16)), text)
    return decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _character(code: int) -> str:
    return chr(code) if code <= _LARGEST_UNIT else " "  # which no name may hold


def _is_identifier(name: str) -> bool:
    plain = name.translate(dict.fromkeys(map(ord, f"${_JOINERS}"), "_"))
    return name[0] not in _JOINERS and plain.isidentifier()
