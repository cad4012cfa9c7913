"""Filters that change texts, which check the size of a larger one before they build it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from headgate.mapping import javascript
from headgate.mapping.liquidjs.budget import RECODED, Fault
from headgate.mapping.liquidjs.conversions import (
    SPACE,
    SPACES,
    integer,
    javascript_truthy,
    stringify,
    to_number,
)
from headgate.mapping.liquidjs.units import joined, units
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from headgate.mapping.liquidjs.budget import Budget

FAST, STEADY, SLOW = 1, 4, 10
"""Units of work for a character, by what Python has to do with it."""

_NEWLINE = re.compile(r"\r?\n")
_CJK = "\u4e00-\u9fff\uf900-\ufaff\u3400-\u4dbf\u3040-\u309f\u30a0-\u30ff\uac00-\ud7af"
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_OTHER_WORD = re.compile(f"[^{_CJK}{SPACE}]+")


def text(budget: Budget, value: object, pace: int = FAST) -> str:
    """Give a value as a text and count it as handled."""
    result = stringify(budget, value)
    budget.allocate(len(result))
    budget.work(pace * len(result))
    return result


def whole(budget: Budget, source: str) -> str:
    """Put pairs of units together, which only texts beyond ASCII can have."""
    budget.work(0 if source.isascii() else RECODED * len(source))
    return joined(source)


def append(budget: Budget, value: object, *others: object) -> str:
    left, right = _pair("append", budget, value, others)
    return left + right


def prepend(budget: Budget, value: object, *others: object) -> str:
    left, right = _pair("prepend", budget, value, others)
    return right + left


def strip(budget: Budget, value: object, characters: object = UNDEFINED) -> str:
    return rstrip(budget, lstrip(budget, value, characters), characters)


def lstrip(budget: Budget, value: object, characters: object = UNDEFINED) -> str:
    if not javascript_truthy(characters):
        return text(budget, value).lstrip(javascript.WHITE_SPACE)
    source, unwanted = _and_unwanted(budget, value, characters)
    kept = next((at for at, unit in enumerate(source) if unit not in unwanted), len(source))
    return units(source[kept:])


def rstrip(budget: Budget, value: object, characters: object = UNDEFINED) -> str:
    if not javascript_truthy(characters):
        return text(budget, value).rstrip(javascript.WHITE_SPACE)
    source, unwanted = _and_unwanted(budget, value, characters)
    lost = next((at for at, unit in enumerate(source[::-1]) if unit not in unwanted), len(source))
    return units(source[: len(source) - lost])


def downcase(budget: Budget, value: object) -> str:
    return _checked(budget, units(whole(budget, text(budget, value)).lower()))


def upcase(budget: Budget, value: object) -> str:
    return _checked(budget, units(whole(budget, text(budget, value)).upper()))


def capitalize(budget: Budget, value: object) -> str:
    source = text(budget, value)
    rest = units(whole(budget, source[1:]).lower())
    return _checked(budget, source[:1].upper() + rest)


def remove(budget: Budget, value: object, pattern: object = UNDEFINED) -> str:
    source, wanted = text(budget, value), text(budget, pattern)
    return source.replace(wanted, "") if wanted else source


def remove_first(budget: Budget, value: object, pattern: object = UNDEFINED) -> str:
    return text(budget, value).replace(text(budget, pattern), "", 1)


def remove_last(budget: Budget, value: object, pattern: object = UNDEFINED) -> str:
    return _replaced_last(text(budget, value), text(budget, pattern), "")


def replace(
    budget: Budget, value: object, pattern: object = UNDEFINED, replacement: object = UNDEFINED
) -> str:
    """Replace everywhere; an empty pattern stands between any two characters."""
    source = stringify(budget, value)
    wanted, new = stringify(budget, pattern), stringify(budget, replacement)
    budget.work(len(source))
    parts = source.count(wanted) + 1 if wanted else len(source)
    size = len(source) + (parts - 1) * (len(new) - len(wanted))
    budget.allocate(size)
    budget.fits(size)
    return source.replace(wanted, new) if wanted else new.join(source)


def replace_first(
    budget: Budget, value: object, pattern: object = UNDEFINED, replacement: object = UNDEFINED
) -> str:
    source, wanted, new = (text(budget, each) for each in (value, pattern, replacement))
    budget.fits(len(source) + len(new))
    return source.replace(wanted, new, 1)


def replace_last(
    budget: Budget, value: object, pattern: object = UNDEFINED, replacement: object = UNDEFINED
) -> str:
    source, wanted, new = (text(budget, each) for each in (value, pattern, replacement))
    budget.fits(len(source) + len(new))
    return _replaced_last(source, wanted, new)


def truncate(
    budget: Budget, value: object, length: object = UNDEFINED, end: object = UNDEFINED
) -> object:
    """Cut to so many characters, those of the end included; what is short enough stays."""
    source = whole(budget, text(budget, value))
    tail = whole(budget, text(budget, "..." if end is UNDEFINED else end))
    most = rounded_up(_count(budget, length, 50))
    if len(source) <= most:
        return value
    budget.fits(len(source) + len(tail))
    return units(source[: max(0, most - len(tail))]) + units(tail)


def truncatewords(
    budget: Budget, value: object, words: object = UNDEFINED, end: object = UNDEFINED
) -> str:
    source = text(budget, value, SLOW)
    tail = text(budget, "..." if end is UNDEFINED else end)
    most = _count(budget, words, 15)
    most = 1.0 if most <= 0 else most
    found = SPACES.split(source.lstrip(javascript.WHITE_SPACE))
    budget.fits(len(source) + len(tail))
    return " ".join(found[: integer(most)]) + (tail if len(found) >= most else "")


def strip_newlines(budget: Budget, value: object) -> str:
    return _NEWLINE.sub("", text(budget, value, SLOW))


def normalize_whitespace(budget: Budget, value: object) -> str:
    return SPACES.sub(" ", text(budget, value, SLOW))


def squish(budget: Budget, value: object) -> str:
    return normalize_whitespace(budget, value).strip(javascript.WHITE_SPACE)


def number_of_words(budget: Budget, value: object, mode: object = UNDEFINED) -> int:
    """Count words; `cjk`, and `auto` where there are any, count such characters one by one."""
    source = joined(text(budget, value, SLOW)).strip(javascript.WHITE_SPACE)
    if not source:
        return 0
    if mode == "cjk" or (mode == "auto" and _CJK_CHARACTER.search(source)):
        return sum(1 for _ in _CJK_CHARACTER.finditer(source)) + sum(
            1 for _ in _OTHER_WORD.finditer(source)
        )
    return len(SPACES.split(source))


def _pair(name: str, budget: Budget, value: object, others: tuple[object, ...]) -> tuple[str, str]:
    if len(others) != 1:
        raise Fault(f"{name} expect 2 arguments")
    left, right = text(budget, value), text(budget, others[0])
    budget.fits(len(left) + len(right))
    return left, right


def rounded_up(number: float) -> int:
    """Count characters up to a number; a started one counts, and no number is none."""
    whole = integer(number)
    return max(0, whole + (number > whole)) if math.isfinite(number) else max(0, whole)


def _and_unwanted(budget: Budget, value: object, characters: object) -> tuple[str, frozenset[str]]:
    source = whole(budget, text(budget, value, SLOW))
    return source, frozenset(whole(budget, text(budget, characters, SLOW)))


def _checked(budget: Budget, result: str) -> str:
    """Check after the fact: a change of case makes a character at most three."""
    budget.fits(len(result))
    return result


def _replaced_last(source: str, wanted: str, new: str) -> str:
    """Search from the end; reversed, because Python's own search backwards can be quadratic."""
    found = source[::-1].find(wanted[::-1])
    if found < 0:
        return source
    end = len(source) - found
    return source[: end - len(wanted)] + new + source[end:]


def _count(budget: Budget, value: object, otherwise: float) -> float:
    return otherwise if value is UNDEFINED else to_number(budget, value)
