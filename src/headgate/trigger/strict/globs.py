"""Glob patterns, matched against a whole text at a cost of at most its length times theirs.

`*` is any number of characters, `?` one, `[abc]` and `[a-z]` one of these, and a backslash takes
the next character as it is. Between stars a pattern has a fixed length, so the first place where
each part fits is always good enough, and nothing is ever tried twice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class GlobError(ValueError):
    """A pattern that cannot be read; `position` counts its characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class _Part(NamedTuple):
    """What stands between two stars: `literal` when it has no wildcards."""

    length: int
    literal: str | None
    regex: re.Pattern[str]

    def starts(self, text: str, at: int) -> bool:
        if self.literal is not None:
            return text.startswith(self.literal, at)
        return self.regex.match(text, at) is not None

    def find(self, text: str, start: int, end: int) -> int:
        """The first place, or -1."""
        if self.literal is not None:
            return text.find(self.literal, start, end)
        found = self.regex.search(text, start, end)
        return found.start() if found else -1


LONGEST_WILD_PART = 128
"""Characters between two stars, where `?` or brackets are among them: these are tried everywhere,
so that long ones would be slow."""

_ELEMENT = re.compile(
    r"(?P<star>\*+)|(?P<any>\?+)|\\(?P<escaped>.)|\[(?P<set>(?:[^\]\\]|\\.)*)\]|(?P<plain>[^\\\[])",
    re.DOTALL,
)
_MEMBER = re.compile(r"(?P<first>\\.|[^\\])(?:-(?P<last>\\.|[^\\]))?", re.DOTALL)


def compile_glob(pattern: str) -> Callable[[str], bool]:
    """Compile a pattern into a test. Raises `GlobError`."""
    parts = _parts(pattern)
    if len(parts) == 1:
        return _exactly(parts[0])
    middle = tuple([part for part in parts[1:-1] if part.length])
    if any(part.literal is None and part.length > LONGEST_WILD_PART for part in middle):
        problem = f"has more than {LONGEST_WILD_PART} characters with wildcards between two stars"
        raise GlobError(f"it {problem}", 0)
    return _around_stars(parts[0], middle, parts[-1])


def literals(pattern: str) -> tuple[str, ...]:
    """What stands between the stars of a pattern; empty when it has other wildcards too."""
    found = [part.literal for part in _parts(pattern)]
    return tuple([each for each in found if each is not None]) if None not in found else ()


def _exactly(only: _Part) -> Callable[[str], bool]:
    if only.literal is not None:
        return only.literal.__eq__
    return lambda text: len(text) == only.length and only.starts(text, 0)


def _around_stars(first: _Part, middle: tuple[_Part, ...], last: _Part) -> Callable[[str], bool]:
    shortest = first.length + sum(part.length for part in middle) + last.length

    def matches(text: str) -> bool:
        end = len(text) - last.length
        if len(text) < shortest or not first.starts(text, 0) or not last.starts(text, end):
            return False
        at = first.length
        for part in middle:
            at = part.find(text, at, end)
            if at < 0:
                return False
            at += part.length
        return True

    return matches


def _parts(pattern: str) -> list[_Part]:
    groups: list[list[re.Match[str]]] = [[]]
    for element in _elements(pattern):
        if element.lastgroup == "star":
            groups.append([])
        else:
            groups[-1].append(element)
    return [_part(group) for group in groups]


def _elements(pattern: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(pattern):
        element = _ELEMENT.match(pattern, at)
        if element is None:
            problem = "`[` is never closed" if pattern[at] == "[" else "`\\` ends the pattern"
            raise GlobError(f"{problem}: to match it as it is, write a backslash before it", at)
        yield element
        at = element.end()


def _part(elements: list[re.Match[str]]) -> _Part:
    length = sum(len(each["any"] or " ") for each in elements)
    plain = [each["plain"] or each["escaped"] for each in elements]
    literal = "".join([p for p in plain if p]) if all(plain) else None
    regex = "" if literal is not None else "".join(map(_regex, elements))
    return _Part(length, literal, re.compile(regex, re.DOTALL))


def _regex(element: re.Match[str]) -> str:
    if wild := element["any"]:
        return f".{{{len(wild)}}}"
    if element["set"] is not None:
        return f"[{''.join(_members(element))}]"
    return re.escape(element["plain"] or element["escaped"])


def _members(element: re.Match[str]) -> Iterator[str]:
    inside, at = element["set"], element.start()
    if not inside:
        raise GlobError("`[]` matches nothing: write characters between the brackets", at)
    if inside[0] in "!^":
        problem = "a list of characters cannot be negated"
        raise GlobError(f"{problem}: write `\\{inside[0]}` for the character", at)
    for member in _MEMBER.finditer(inside):
        first, last = member["first"][-1], (member["last"] or member["first"])[-1]
        if first > last:
            raise GlobError(f"the range `{member[0]}` is the wrong way round", at)
        yield f"{_in_set(first)}-{_in_set(last)}"


def _in_set(character: str) -> str:
    return f"\\U{ord(character):08x}"
