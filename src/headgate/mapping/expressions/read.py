"""Reading stored JSON as expressions, the way back from `stored`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from headgate.mapping.expressions import functions
from headgate.mapping.expressions.expression import (
    Directive,
    Expression,
    Liquid,
    Literal,
    Path,
    Template,
    WithoutNulls,
)
from headgate.mapping.values import is_directive_like, same_json

if TYPE_CHECKING:
    from headgate.mapping.expressions.expression import Mapped
    from headgate.mapping.values import Json


def read(json: Json) -> Mapped:
    """Translate stored JSON into plain values and expressions.

    `stored(read(json))` is `json` again: what no expression says comes as `directive(…)`.
    """
    if isinstance(json, list):
        return [read(item) for item in json]
    if not isinstance(json, dict):
        return json
    if is_directive_like(json):
        return _directive(json)
    return {key: read(member) for key, member in json.items()}


def _directive(json: dict[str, Json]) -> Expression:
    (name, argument), *_ = json.items()
    try:
        found = _READERS[name](argument)
    except (KeyError, TypeError):
        return Directive(json)
    return found if same_json(found.directive(), json) else Directive(json)


def _if(argument: Any) -> Expression:
    then, otherwise = read(argument["then"]), read(argument.get("else"))
    if "exists" not in argument:
        return functions.WhenFilled(read(argument["blank"]), then, otherwise)
    exists = read(argument["exists"])
    if isinstance(exists, Expression) and exists == then and otherwise is not None:
        return exists | otherwise
    return functions.When(exists, then, otherwise)


def _replace(argument: Any) -> Expression:
    return functions.Replace(
        read(argument["value"]),
        argument["pattern"],
        argument.get("replacement", ""),
        argument.get("ignorecase", False),
        argument.get("global", True),
    )


_CASES: Final = {"lower": functions.Lower, "upper": functions.Upper}
_JSON_MODES: Final = {"encode": functions.ToJson, "decode": functions.FromJson}

# Each takes what it knows of the argument. What it leaves out shows when it is written back.
_READERS: Final[dict[str, Callable[[Any], Expression]]] = {
    "@arrayPath": lambda it: functions.Each(*map(read, it)),
    "@case": lambda it: _CASES[it["operator"]](read(it["value"])),
    "@excludeWhenNull": lambda it: WithoutNulls(read(it)),
    "@flatten": lambda it: functions.Flatten(
        read(it["value"]), it["separator"], it.get("omitArrays", False)
    ),
    "@if": _if,
    "@json": lambda it: _JSON_MODES[it["mode"]](read(it["value"])),
    "@liquid": Liquid,
    "@literal": lambda it: Literal(read(it)),
    "@merge": lambda it: functions.Merge(
        [read(item) for item in it["objects"]], it["direction"] == "left"
    ),
    "@path": lambda it: Path(read(it)),
    "@replace": _replace,
    "@template": lambda it: Template(read(it)),
    "@transform": lambda it: functions.Transform(read(it["apply"]), read(it["mapping"])),
}
