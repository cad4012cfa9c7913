"""Declared fields compiled into the function that checks each payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.kit.validation.correct import correct
from headgate.kit.validation.problems import Problems
from headgate.kit.validation.removal import removal
from headgate.kit.validation.schema import schema
from headgate.kit.validation.values import checker

if TYPE_CHECKING:
    from headgate.kit.validation.definition import Fields
    from headgate.kit.validation.sentences import Problem
    from headgate.mapping import Mode

_EXEMPT = "dynamicAuthSettings"
"""What Segment hands to actions as it came, declared or not."""


class Result(NamedTuple):
    """The values of the fields as the action gets them, and what is wrong with them."""

    payload: dict[str, Any]
    problems: tuple[Problem, ...]

    @property
    def is_valid(self) -> bool:
        return not self.problems


class Check:
    """Checks payloads against the fields of one action.

    What it returns may be the payload itself or share parts with it: read it, never change it.
    """

    def __init__(self, fields: Fields, mode: Mode = "strict") -> None:
        derived = schema(fields, mode)
        self._mode = mode
        self._is_correct = correct(derived, mode)
        self._remove = removal(derived, mode)
        self._check = checker(derived, mode)
        self._lists = [k for k, of in derived["properties"].items() if "array" in of["type"]]

    def __call__(self, payload: dict[str, Any], *, in_batch: bool = False) -> Result:
        """Check one payload; `in_batch` if it is to be sent with others, where Segment is laxer."""
        if self._is_correct(payload):
            return Result(payload, ())
        present = self._present(payload, in_batch=in_batch)
        problems = Problems()
        checked = self._check(present, None, problems)
        if self._mode == "compatible" and _EXEMPT in present:
            checked[_EXEMPT] = present[_EXEMPT]
        return Result(checked, problems.noted())

    def _present(self, payload: dict[str, Any], *, in_batch: bool) -> dict[str, Any]:
        """Leave out what is empty, and make lists of what should be some."""
        present: dict[str, Any] = self._remove(payload)
        if self._mode == "strict" or not in_batch:
            present = {key: value for key, value in present.items() if value != ""}
        for key in self._lists:
            value = present.get(key)
            if value is not None and type(value) is not list:
                present[key] = [value]
        return present


def compile(fields: Fields, mode: Mode = "strict") -> Check:  # noqa: A001 - as in `re.compile`
    """Compile declared fields, once for each action."""
    return Check(fields, mode)
