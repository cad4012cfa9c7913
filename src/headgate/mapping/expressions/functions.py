"""The expressions that change, choose and combine values."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from headgate.mapping.expressions.expression import Call, stored

if TYPE_CHECKING:
    from headgate.mapping.expressions.expression import Mapped
    from headgate.mapping.values import Json


class When(Call, frozen=True):
    """One value where another exists, else a third: `when(path("$.a"), "has a", "has none")`."""

    function: ClassVar = "when"
    exists: Mapped
    then: Mapped
    otherwise: Mapped = None

    def directive(self) -> dict[str, Json]:
        return _if("exists", self.exists, self.then, self.otherwise)


class WhenFilled(Call, frozen=True):
    """As `when`, though "", 0, false and empty lists count as missing, too."""

    function: ClassVar = "when_filled"
    value: Mapped
    then: Mapped
    otherwise: Mapped = None

    def directive(self) -> dict[str, Json]:
        return _if("blank", self.value, self.then, self.otherwise)


def _if(test: str, value: Mapped, then: Mapped, otherwise: Mapped) -> dict[str, Json]:
    chosen = {test: stored(value), "then": stored(then)}
    return {"@if": chosen if otherwise is None else {**chosen, "else": stored(otherwise)}}


class Each(Call, frozen=True):
    """A list from a place of the event, each element shaped: `each("$.items", {"id": path("id")})`.

    Places in the shape are those of the element. A single object counts as a list of one.
    """

    function: ClassVar = "each"
    place: Mapped
    shape: Mapped = None

    def directive(self) -> dict[str, Json]:
        shape = [] if self.shape is None else [stored(self.shape)]
        return {"@arrayPath": [stored(self.place), *shape]}


class Lower(Call, frozen=True):
    """A text in lower case."""

    function: ClassVar = "lower"
    value: Mapped

    def directive(self) -> dict[str, Json]:
        return {"@case": {"operator": "lower", "value": stored(self.value)}}


class Upper(Call, frozen=True):
    """A text in upper case."""

    function: ClassVar = "upper"
    value: Mapped

    def directive(self) -> dict[str, Json]:
        return {"@case": {"operator": "upper", "value": stored(self.value)}}


class Replace(Call, frozen=True):
    """A text in which a pattern of 1 to 10 characters is replaced, everywhere unless said."""

    function: ClassVar = "replace"
    value: Mapped
    pattern: str
    replacement: str = ""
    ignore_case: bool = False
    everywhere: bool = True

    def directive(self) -> dict[str, Json]:
        argument: dict[str, Json] = {"pattern": self.pattern, "value": stored(self.value)}
        if self.replacement:
            argument["replacement"] = self.replacement
        if self.ignore_case:
            argument["ignorecase"] = True
        if not self.everywhere:
            argument["global"] = False
        return {"@replace": argument}


class Flatten(Call, frozen=True):
    """An object on one level, its keys joined by a separator."""

    function: ClassVar = "flatten"
    value: Mapped
    separator: str
    keep_lists: bool = False

    def directive(self) -> dict[str, Json]:
        argument: dict[str, Json] = {"value": stored(self.value), "separator": self.separator}
        return {"@flatten": {**argument, "omitArrays": True} if self.keep_lists else argument}


class ToJson(Call, frozen=True):
    """A value written as JSON."""

    function: ClassVar = "to_json"
    value: Mapped

    def directive(self) -> dict[str, Json]:
        return {"@json": {"mode": "encode", "value": stored(self.value)}}


class FromJson(Call, frozen=True):
    """A text read as JSON; what is none stays as it is."""

    function: ClassVar = "from_json"
    value: Mapped

    def directive(self) -> dict[str, Json]:
        return {"@json": {"mode": "decode", "value": stored(self.value)}}


class Merge(Call, frozen=True):
    """The members of several objects; of equal keys the last counts, or the first."""

    function: ClassVar = "merge"
    objects: list[Mapped]
    first_wins: bool = False

    def directive(self) -> dict[str, Json]:
        direction = "left" if self.first_wins else "right"
        return {"@merge": {"objects": stored(self.objects), "direction": direction}}


class Transform(Call, frozen=True):
    """A mapping of what another mapping gives: `transform(apply={…}, mapping={…})`."""

    function: ClassVar = "transform"
    apply: Mapped
    mapping: Mapped

    def directive(self) -> dict[str, Json]:
        return {"@transform": {"apply": stored(self.apply), "mapping": stored(self.mapping)}}


when, when_filled, each, lower, upper = When, WhenFilled, Each, Lower, Upper
replace, flatten, to_json, from_json = Replace, Flatten, ToJson, FromJson
merge, transform = Merge, Transform
