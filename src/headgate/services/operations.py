"""What operators are told on the control address: `/metrics` and `/health`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from headgate.collect.codes import COUNTERS
from headgate.presence import present

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.folder import DataFolder


class Health(NamedTuple):
    """Whether every role that runs is ready, and which are."""

    is_ready: bool
    told: dict[str, Any]


class Operations:
    """Looks at what each process said last."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._registry = CollectorRegistry()
        self._registry.register(_Roles(folder))

    def metrics(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self._registry)

    def health(self) -> Health:
        roles = [each for each in present(self._folder.run) if each.role != "supervisor"]
        is_ready = bool(roles) and all(each.ready for each in roles)
        named = {f"{each.role}-{each.index}": each.ready for each in roles}
        return Health(is_ready, {"ready": is_ready, "roles": named})


def _meaning(role: str, name: str) -> str:
    told = COUNTERS.get(name, name) if role == "collect" else name
    return f"{told[:1].upper()}{told[1:]}, of {role}."


class _Roles:
    """The counters that each process said last."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    def describe(self) -> Iterator[Any]:
        """Names depend on what runs, so nothing is promised at registration."""
        return iter(())

    def collect(self) -> Iterator[Any]:
        up = GaugeMetricFamily("headgate_up", "Ready processes.", labels=["role", "index"])
        families: dict[str, CounterMetricFamily] = {}
        for each in present(self._folder.run):
            up.add_metric([each.role, str(each.index)], float(each.ready))
            for name, value in each.counters.items():
                full = f"headgate_{each.role}_{name}"
                family = families.setdefault(
                    full, CounterMetricFamily(full, _meaning(each.role, name), labels=["index"])
                )
                family.add_metric([str(each.index)], value)
        yield up
        yield from families.values()
