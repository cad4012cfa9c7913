"""What pages keep from their plugins: filters and schemas as routing rules and plan.

Segment's library for pages applies them (wire cdn-settings, Settings JSON). Rules act on what a
plugin gets, one after the other; the event still goes to the server as it is. A sample is random
by page and message there: with a path the library would keep everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate import trigger
from headgate.route.shaping import OWNED
from headgate.route.source import TRAITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from headgate.store.snapshot import Schema

Rule = dict[str, Any]

_DEFAULT: Final = {"enabled": True, "integrations": {}}


def filter_rules(name: str, filters: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """The rules of the filters of one plugin, which pages know by `name`.

    First goes what cannot be told, then what samples and drops take, as none of these changes
    the event that the next condition looks at; then properties are taken out, filter by filter.
    Raises `TriggerError` for a condition that pages cannot evaluate.
    """
    enabled = [each for each in filters if each["enabled"]]
    paged = [trigger.for_pages(each["if"]) for each in enabled]
    undecided = [_rule(name, each.undecided, [_drop({})]) for each in paged if each.undecided]
    return undecided + [
        _rule(name, condition.holds, transformers)
        for kinds in (("SAMPLE", "DROP"), ("DROP_PROPERTIES", "ALLOW_PROPERTIES"))
        for each, condition in zip(enabled, paged, strict=True)
        if (transformers := _transformers(each["actions"], kinds))
    ]


def _transformers(
    actions: Sequence[Mapping[str, Any]], kinds: Sequence[str]
) -> list[dict[str, Any]]:
    return [_TRANSFORMERS[kind](each) for kind in kinds for each in actions if each["type"] == kind]


def schema_rules(name: str, schema: Schema | None) -> list[Rule]:
    """The rules that keep from a plugin what the source keeps from everybody."""
    if schema is None:
        return []
    blocked = [_rule(name, _of_type(call), [_drop({})]) for call in schema.blocked_calls]
    return blocked + [
        _rule(
            name,
            _of_type(call),
            [_drop_properties({"fields": {path: list(traits) for path in TRAITS[call]}})],
        )
        for call, traits in schema.omitted_traits.items()
    ]


def plan(schema: Schema | None, names: Sequence[tuple[str, frozenset[str]]]) -> dict[str, Any]:
    """Which track events no plugin gets, and which a plugin does not get.

    `names` are those that pages know plugins by, each with every name that a toggle may have for
    it. Toggles of other destinations stay here: pages would write them into the event, where
    they would pass for the event's own word.
    """
    track: dict[str, Any] = {"__default": _DEFAULT}
    if schema is not None:
        for event, toggles in schema.integrations.items():
            off = {name: False for name, all_ in names if _is_off(toggles, all_)}
            if off:
                track[event] = {"enabled": True, "integrations": off}
        track |= {each: {"enabled": False, "integrations": {}} for each in schema.blocked_events}
    return {
        "track": track,
        "identify": {"__default": {"enabled": True}},
        "group": {"__default": {"enabled": True}},
    }


def _is_off(toggles: Mapping[str, bool], names: Iterable[str]) -> bool:
    return any(toggles.get(name) is False for name in names)


def _of_type(call: str) -> str:
    return trigger.for_pages(f'type = "{call}"').holds


def _drop(_action: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "drop"}


def _sample(action: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "sample_event", "config": {"sample": {"percent": action["percent"]}}}


def _drop_properties(action: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "drop_properties", "config": {"drop": action["fields"]}}


def _allow_properties(action: Mapping[str, Any]) -> dict[str, Any]:
    """With what the server keeps at the top of every event, as pages know nothing of that."""
    allowed = {
        path: keys if path else sorted(OWNED.union(keys)) for path, keys in action["fields"].items()
    }
    return {"type": "allow_properties", "config": {"allow": allowed}}


_TRANSFORMERS: Final[dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "SAMPLE": _sample,
    "DROP": _drop,
    "DROP_PROPERTIES": _drop_properties,
    "ALLOW_PROPERTIES": _allow_properties,
}


def _rule(name: str, ir: str, transformers: list[dict[str, Any]]) -> Rule:
    return {
        "scope": "destinations",
        "target_type": "workspace::project::destination::config",
        "destinationName": name,
        "matchers": [{"type": "fql", "ir": ir}],
        "transformers": [transformers],
    }
