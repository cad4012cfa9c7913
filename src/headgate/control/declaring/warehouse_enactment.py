"""Makes the changes of a plan in warehouses, by the use cases that the APIs have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.control.declaring.declared import DeclaredWarehouse, Plain
from headgate.control.declaring.people_enactment import told_of
from headgate.control.nouns import warehouse_loads, warehouse_sources, warehouses
from headgate.control.nouns.warehouse_loads import Choice
from headgate.store.secrets import is_sealed
from headgate.store.sources import Sources
from headgate.store.warehouses import Warehouses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.control.declaring.changes import Change
    from headgate.control.declaring.declared import DeclaredSchedule
    from headgate.control.work import Work


class WarehouseEnactment:
    """The sources are there already."""

    def __init__(self, work: Work) -> None:
        self._work = work
        found = Sources(work.transaction, work.workspace.id).all()
        self._sources = {each.slug: each.id for each in found}

    def enact(self, changes: Iterable[Change]) -> None:
        """Raises DeclarationError for what a use case refuses."""
        for change in changes:
            if change.noun == "warehouse":
                with told_of(change):
                    self._enact(change)

    def _enact(self, change: Change) -> None:
        if isinstance(change.to, DeclaredWarehouse):
            before = change.was if isinstance(change.was, DeclaredWarehouse) else None
            self._put(before or self._make(change.to), change.to)
        else:
            warehouses.delete(self._work, self._id(change.name))

    def _make(self, wanted: DeclaredWarehouse) -> DeclaredWarehouse:
        """As it then is: nothing is connected to it yet."""
        plain = {key: _plain(value) for key, value in wanted.settings.items()}
        warehouses.create(
            self._work, kind=wanted.kind, slug=wanted.slug, name=wanted.name, settings=plain
        )
        return DeclaredWarehouse(
            slug=wanted.slug, name=wanted.name, kind=wanted.kind, settings=wanted.settings
        )

    def _put(self, before: DeclaredWarehouse, after: DeclaredWarehouse) -> None:
        work, found = self._work, self._id(after.slug)
        if (before.name, before.settings) != (after.name, after.settings):
            changed = _changed(before.settings, after.settings)
            warehouses.update(work, found, name=after.name, settings=changed)
        for slug in after.sources:
            if slug not in before.sources:
                warehouse_sources.connect(work, found, self._sources[slug])
        if before.schedule != after.schedule:
            on = after.schedule is not None and after.schedule.enabled
            warehouse_loads.reschedule(work, found, enabled=on, given=_given(after.schedule))
        choices = list(self._choices(before, after))
        for at in range(0, len(choices), warehouse_loads.MOST):
            warehouse_loads.select(work, found, choices[at : at + warehouse_loads.MOST])
        for slug in before.sources:
            if slug not in after.sources and slug in self._sources:
                warehouse_sources.disconnect(work, found, self._sources[slug])

    def _choices(self, before: DeclaredWarehouse, after: DeclaredWarehouse) -> Iterable[Choice]:
        """Of what stays connected: what is not left out any more, and what now is."""
        for each in {*before.left_out, *after.left_out}:
            source, collection, name = each
            is_told = (each in before.left_out) is not (each in after.left_out)
            if is_told and source in after.sources:
                is_on = each not in after.left_out
                yield Choice(self._sources[source], collection, name, is_on)

    def _id(self, slug: str) -> str:
        """By its slug; the plan found it in this transaction, or it was just made."""
        there = Warehouses(self._work.transaction, self._work.workspace.id).all()
        return next(each.id for each in there if each.slug == slug)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Plain) else value


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What a change says: None for what goes, nothing of a secret that stays."""
    gone = dict.fromkeys(key for key in before if key not in after)
    return {**gone, **{key: _plain(each) for key, each in after.items() if not is_sealed(each)}}


def _given(schedule: DeclaredSchedule | None) -> dict[str, Any] | None:
    if schedule is None:
        return None
    times = [{"hourOfDay": hour, "enabled": is_on} for hour, is_on in schedule.hours.items()]
    return {"times": times, "timezone": schedule.timezone}
