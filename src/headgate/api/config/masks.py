"""Update masks: only what a mask names is changed, and only what may be changed can be named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headgate.control.errors import Invalid, Problem

if TYPE_CHECKING:
    from headgate.api.config.bodies import Mask
    from headgate.api.config.models import Model

_MASK = "update_mask"


def changed(body: Model, resource: str) -> dict[str, Any]:
    """What a body changes of its resource, by field: None is given for a path without a value.

    The mask may stand beside the resource or in it, and its paths may begin with the resource:
    `destination.enabled` or `enabled`. A value that no path names has no effect. Raises Invalid
    for a path that is no field which clients may change.
    """
    given: Model = getattr(body, resource)
    fields = changeable(type(given))
    masks: tuple[Mask | None, ...] = (getattr(body, _MASK), getattr(given, _MASK))
    paths = [path for mask in masks for path in (mask.paths if mask else None) or ()]
    names = [path.removeprefix(f"{resource}.") for path in paths]
    problems = [
        Problem(f"{_MASK}.paths[{place}]", f"{path!r} cannot be changed; {', '.join(fields)} can")
        for place, (path, name) in enumerate(zip(paths, names, strict=True))
        if name not in fields
    ]
    if problems:
        raise Invalid(problems)
    return {name: getattr(given, fields[name]) for name in names}


def changeable(model: type[Model]) -> dict[str, str]:
    """The fields of a change as the wire calls them, with the attributes that hold them."""
    return {
        each.encode_name: each.name for each in msgspec.structs.fields(model) if each.name != _MASK
    }
