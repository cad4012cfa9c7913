"""Requests by chance: of the shapes that the contract says, with now and then one that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tests.harness.public_api.contract import contract

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from tests.harness.public_api.contract import Model

RIGHT = 0.97
"""How likely a value has its shape, and a required field is there."""
APT = 0.9
"""How likely a text is one that its field is for."""
THERE = 0.5
"""How likely an optional field is there."""
TEXTS = (
    "",
    " ",
    "shop",
    "Shop 2",
    "\u0000",
    "é\u202e😀",
    "x" * 2000,
    "../..",
    "2026-11-22T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "-1",
    "1e400",
    "event = 'a' and (properties.total > 1",
    "{{x}}",
    "null",
)
NUMBERS = (0, 1, -1, 0.5, 1.5, 2**31, 2**53 + 1, -(2**63), 1e300)
WRONG: tuple[Any, ...] = (None, True, 7, -0.5, "text", [], {}, [[]], {"": None}, {"@path": "$."})


class Drawing(msgspec.Struct, frozen=True):
    """Draws values; `known` are texts that mean something to the server, by names of fields.

    The models are those of the Public API unless others are given.
    """

    rng: Random
    known: Mapping[str, Sequence[str]]
    models: Mapping[str, Model] = msgspec.field(default_factory=lambda: contract().models)

    def text(self, name: str = "") -> str:
        apt = self.known.get(name)
        return self.rng.choice(apt if apt and self.rng.random() < APT else TEXTS)

    def value(self, shape: str, name: str = "", deep: int = 0) -> Any:
        """A value of this shape as a rule, for a field; it ends where it would nest too deep."""
        bare = shape.removesuffix("?")
        if self.rng.random() > RIGHT or deep > 6:
            return self.rng.choice(WRONG)
        if bare.startswith("="):
            return self.rng.choice(bare[1:].split("|"))
        if bare.startswith("["):
            count = self.rng.choice((0, 1, 1, 1, 2))
            return [self.value(bare[1:-1], name, deep + 1) for _ in range(count)]
        if bare.startswith("{"):
            count = self.rng.choice((0, 0, 1, 2))
            return {self.text(): self.value(bare[1:-1], name, deep + 1) for _ in range(count)}
        return self._plain(bare, name) if bare[0].islower() else self._model(bare, deep)

    def _plain(self, kind: str, name: str) -> Any:
        if kind == "bool":
            return self.rng.random() < 0.5
        if kind in {"int", "number"}:
            return self.rng.choice(NUMBERS)
        return self.text(name) if kind == "str" else self.rng.choice((*WRONG, *TEXTS, *NUMBERS))

    def _model(self, model_name: str, deep: int) -> Any:
        model = self.models[model_name]
        if isinstance(model, list):
            return self.value(self.rng.choice(model), deep=deep)
        drawn = {}
        for field, shape in model.items():
            if self.rng.random() < (RIGHT if field.endswith("*") else THERE):
                name = field.removesuffix("*")
                drawn[name] = self.value(shape, name, deep + 1)
        return drawn
