"""What Segment has and Headgate does not: listed with its names, never carried over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.control.importing_segment.report import Notes
    from headgate.control.importing_segment.workspace import Workspace

_NO_ENGINE: Final = "this version of Headgate has no engine for it"
_FUNCTIONS: Final = "code of functions does not run here: write a destination, or filter and map"


def tell_others(workspace: Workspace, titles: dict[str, str], notes: Notes) -> None:
    """`titles` are those of sources and destinations, by id."""
    _each("tracking plan", (plan.name or plan.id for plan in workspace.plans), _NO_ENGINE, notes)
    for transformation in workspace.transformations:
        of = titles.get(transformation.source_id, "")
        notes.leave_out("transformation", transformation.name, _NO_ENGINE, of=of)
    for function in workspace.functions:
        name = function.display_name or function.id or "?"
        what = f"{(function.resource_type or '').replace('_', ' ').lower()} function".strip()
        notes.leave_out(what, name, _FUNCTIONS)
    _each("warehouse", (each.title for each in workspace.warehouses), _NO_ENGINE, notes)
    _each("model of reverse ETL", (model.name for model in workspace.models), _NO_ENGINE, notes)
    for unread in workspace.unread:
        notes.pass_over(unread.what, unread.why, of=titles.get(unread.of, unread.of))


def _each(what: str, names: Iterable[str], why: str, notes: Notes) -> None:
    for name in names:
        notes.leave_out(what, name, why)
