"""YAML as declarations use it: no duplicate keys, no dates, nothing that JSON cannot hold."""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING, Any

import yaml

from headgate.control.errors import DeclarationError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATE = "tag:yaml.org,2002:timestamp"
_MERGE = "tag:yaml.org,2002:merge"
_TEXT = "tag:yaml.org,2002:str"
_LINE_ENDS = frozenset("\r\x85\u2028\u2029")
_DEEPEST = 64


class _Loader(yaml.SafeLoader):
    """Reads a date as the text it is written as, and refuses a key that comes twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  the signature of the base class
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag == _MERGE:
                continue
            if key.tag != _TEXT:
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be text: put it in quotes", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f'the key "{key.value}" comes twice', key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _DATE]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Dumper(yaml.SafeDumper):
    """Writes equal values out in full, each where it belongs."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  the signature of the base class
        return True


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Escape the line ends that YAML would read back as blanks."""
    style = '"' if _LINE_ENDS & set(text) else None
    return dumper.represent_scalar(_TEXT, text, style=style)


_Dumper.add_representer(str, _text_node)


def load(text: str) -> Any:
    """The tree of a YAML text, of JSON values only. Raises DeclarationError."""
    try:
        tree = yaml.load(text, _Loader)  # noqa: S506  a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        raise DeclarationError([Problem(_line(error), str(error.problem or error))]) from None
    except yaml.YAMLError as error:
        raise DeclarationError([Problem("", f"this is no YAML: {error}")]) from None
    if problems := list(_faults(tree, "", 0)):
        raise DeclarationError(problems)
    return tree


def dump(tree: Any) -> str:
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)


def below(path: str, *steps: str | int) -> str:
    """The path of something inside: `connections[0].slug`, `mapping["a.b"]`."""
    return reduce(_step, steps, path)


def _step(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not key.replace("-", "_").isidentifier():
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _line(error: yaml.MarkedYAMLError) -> str:
    return f"line {error.problem_mark.line + 1}" if error.problem_mark else ""


def _faults(value: Any, path: str, depth: int) -> Iterator[Problem]:
    if depth > _DEEPEST:
        yield Problem(path, f"is nested deeper than {_DEEPEST}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _faults(inner, below(path, key), depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _faults(inner, below(path, index), depth + 1)
    elif not _is_scalar(value):
        yield Problem(path, f"{str(value)[:40]!r} cannot be written as JSON")


def _is_scalar(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return value is None
