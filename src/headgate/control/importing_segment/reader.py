"""Reads a workspace through Segment's Public API, as far as an import looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote

from headgate.control.importing_segment import workspace as segments
from headgate.control.importing_segment.api import SegmentError
from headgate.control.importing_segment.workspace import Unread, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headgate.control.importing_segment.api import PublicApi
    from headgate.control.importing_segment.known import Known

DESTINATIONS: Final = 25
"""On a page: each comes with all that the catalogue says of it."""
FUNCTIONS: Final = (
    "SOURCE",
    "DESTINATION",
    "INSERT_SOURCE",
    "INSERT_DESTINATION",
    "INSERT_TRANSFORMATION",
)
_INSERTED: Final = "INSERT_"

Thing = TypeVar("Thing")


async def read(api: PublicApi, known: Known) -> Workspace:
    """Everything that an import takes or tells.

    What Segment refuses to tell of a part, as of a feature that is not in its plan, is `unread`;
    raises `SegmentError` for what nothing can be made without.
    """
    return await _Reading(api, known).workspace()


class _Reading:
    """One reading; questions go one after the other, as Segment counts them."""

    def __init__(self, api: PublicApi, known: Known) -> None:
        self._api, self._known = api, known
        self._unread: list[Unread] = []

    async def workspace(self) -> Workspace:
        found = await self._api.one("/", "workspace", segments.Named)
        sources = await self._api.all("/sources", "sources", segments.Source)
        destinations = await self._api.all(
            "/destinations", "destinations", segments.Destination, count=DESTINATIONS
        )
        ours = [each for each in destinations if self._known.found(each.metadata)]
        acting = [each for each in ours if each.metadata.actions]
        plans = await self._some("/tracking-plans", "trackingPlans", segments.TrackingPlan)
        functions = await self._functions()
        return Workspace(
            slug=found.slug,
            name=found.name,
            sources=sources,
            destinations=destinations,
            subscriptions=await self._of_each(
                acting, "/destinations/{id}/subscriptions", "subscriptions", segments.Subscription
            ),
            filters=await self._of_each(
                ours, "/destination/{id}/filters", "filters", segments.Filter
            ),
            plans=plans,
            schemas=await self._schemas(plans),
            transformations=await self._some(
                "/transformations", "transformations", segments.Transformation
            ),
            functions=functions,
            instances=await self._instances(functions),
            warehouses=await self._some("/warehouses", "warehouses", segments.Warehouse),
            models=await self._some("/reverse-etl-models", "models", segments.Model),
            unread=tuple(self._unread),
        )

    async def _some(
        self,
        path: str,
        key: str,
        kind: type[Thing],
        params: Mapping[str, str] | None = None,
        *,
        of: str = "",
        what: str = "",
    ) -> tuple[Thing, ...]:
        """A list that may be refused."""
        try:
            return await self._api.all(path, key, kind, params)
        except SegmentError as error:
            if not error.is_refusal:
                raise
            self._unread.append(Unread(what or path.strip("/").replace("-", " "), of, str(error)))
            return ()

    async def _of_each(
        self,
        destinations: Iterable[segments.Destination],
        path: str,
        key: str,
        kind: type[Thing],
    ) -> dict[str, tuple[Thing, ...]]:
        return {
            each.id: await self._some(_with(path, each.id), key, kind, of=each.id, what=key)
            for each in destinations
        }

    async def _schemas(
        self, plans: Iterable[segments.TrackingPlan]
    ) -> dict[str, segments.SchemaSettings]:
        """Of the sources that have a plan: without one they have nothing to go by."""
        found: dict[str, segments.SchemaSettings] = {}
        for plan in plans:
            path = _with("/tracking-plans/{id}/sources", plan.id)
            for source in await self._some(
                path, "sources", segments.Identified, what="sources of a plan"
            ):
                if source.id not in found and (schema := await self._schema(source.id)):
                    found[source.id] = schema
        return found

    async def _schema(self, source: str) -> segments.SchemaSettings | None:
        path = _with("/sources/{id}/settings", source)
        try:
            return await self._api.one(path, "settings", segments.SchemaSettings)
        except SegmentError as error:
            if not error.is_refusal:
                raise
            self._unread.append(Unread("schema settings", source, str(error)))
            return None

    async def _functions(self) -> tuple[segments.Function, ...]:
        return tuple(
            [
                function
                for kind in FUNCTIONS
                for function in await self._some(
                    "/functions",
                    "functions",
                    segments.Function,
                    {"resourceType": kind},
                    what=f"functions of the type {kind}",
                )
            ]
        )

    async def _instances(
        self, functions: Iterable[segments.Function]
    ) -> tuple[segments.FunctionInstance, ...]:
        return tuple(
            [
                instance
                for function in functions
                if function.id and (function.resource_type or "").startswith(_INSERTED)
                for instance in await self._some(
                    "/insert-function-instances",
                    "instances",
                    segments.FunctionInstance,
                    {"functionId": function.id},
                    what=f"uses of the function {function.display_name or function.id}",
                )
            ]
        )


def _with(path: str, identity: str) -> str:
    return path.format(id=quote(identity, safe=""))
