"""A destination with one customer's settings: everything that can be asked of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from headgate.kit.destination.action import Action, S
from headgate.kit.destination.signatures import takes
from headgate.kit.errors import DeliveryError, Discard, Disconnect
from headgate.kit.fields import Choices, Search
from headgate.kit.http import Http
from headgate.kit.results import per_item

if TYPE_CHECKING:
    from headgate.kit.delivery import Delivery
    from headgate.kit.destination import Destination, ForgottenUser
    from headgate.kit.destination.audiences import AudienceCall, AudienceRequest
    from headgate.kit.destination.hooks import Hook, HookName
    from headgate.kit.fields import Settings
    from headgate.kit.http.request import Response
    from headgate.kit.oauth import Refresher
    from headgate.kit.results import ItemResult

T = TypeVar("T")
STALE = frozenset({401, 440, 498})
"""Statuses with which access is refused that fresh tokens may gain (reliability section 5)."""


class Item(NamedTuple):
    """One event of a batch: what its mapping gave, and what the action may know of it."""

    values: object
    delivery: Delivery


class Connected(Generic[S]):
    """Runs the functions of a destination for one customer.

    Each call takes the `Http` of its attempt. With OAuth, a call that is refused as its access is
    stale is made once more with fresh tokens.
    """

    def __init__(
        self, destination: Destination[S], settings: S, refresher: Refresher | None = None
    ) -> None:
        self.destination, self.settings = destination, settings
        self._refresher = refresher
        self._defaults: dict[str, Any] = {
            "headers": destination.headers(settings),
            "params": destination.params(settings),
            "basic": destination.basic(settings),
            "timeout": destination.timeout,
        }
        self._has_defaults = any(self._defaults.values())

    async def perform(
        self, http: Http, action: Action[Any, S], values: object, delivery: Delivery
    ) -> Response:
        """Check what a mapping gave, and perform. Raises a `DeliveryError`."""
        payload = action.payload.read(values)
        return await self._authorised(http, lambda it: action(it, payload, self.settings, delivery))

    async def perform_batch(
        self, http: Http, action: Action[Any, S], items: Sequence[Item]
    ) -> tuple[ItemResult, ...]:
        """Perform for many events at once: a result for each, in their order.

        A payload that does not fit ends its own event, and the others go out. What is raised
        instead of results is the result of all that went out.
        """
        results: dict[int, ItemResult] = {}
        payloads: dict[int, Any] = {}
        for index, item in enumerate(items):
            try:
                payloads[index] = action.payload.read(item.values)
            except Discard as error:
                results[index] = error
        sent = [items[index].delivery for index in payloads]
        if payloads:
            given = await self._batch(http, action, [*payloads.values()], sent)
            results |= dict(zip(payloads, given, strict=True))
        return tuple(results[index] for index in range(len(items)))

    async def _batch(
        self, http: Http, action: Action[Any, S], payloads: list[Any], deliveries: list[Delivery]
    ) -> tuple[ItemResult, ...]:
        tries = count(1)

        async def call(it: Http) -> tuple[ItemResult, ...]:
            result = await action.call_batch(it, payloads, self.settings, deliveries)
            results = per_item(result, len(payloads))
            if self._refresher and next(tries) == 1 and (refused := _refused(results)):
                raise refused
            return results

        try:
            return await self._authorised(http, call)
        except DeliveryError as error:
            return (error,) * len(payloads)

    async def check(self, http: Http) -> None:
        """Prove the credentials. Raises `Disconnect` when they are refused."""
        check = self.destination.check_credentials
        if check is not None:
            await self._authorised(http, lambda it: check(it, self.settings))

    async def forget(self, http: Http, user: ForgottenUser) -> Response | None:
        """Delete a person; None where the destination has no way to."""
        forget = self.destination.forget_user
        if forget is None:
            return None
        return await self._authorised(http, lambda it: forget(it, user, self.settings))

    async def choices(
        self,
        http: Http,
        action: Action[Any, S],
        path: str,
        search: Search,
        *,
        hook: HookName | None = None,
    ) -> Choices:
        """Suggest values for the field at a path such as `list` or `items.sku`.

        With a `hook` it is a field of what that hook asks for. Raises `LookupError` for others.
        """
        fields = action.payload if hook is None else _hook(action, hook).inputs
        functions = fields.dynamic_choices()
        function = functions.get(path)
        if function is None:
            known = ", ".join(functions) or "none"
            raise LookupError(f"no field {path!r} with dynamic choices; there are: {known}")
        given = (self.settings, search) if takes(function, 3) else (self.settings,)
        return await self._authorised(http, lambda it: function(it, *given))

    async def save_hook(
        self, http: Http, action: Action[Any, S], name: HookName, inputs: object
    ) -> Mapping[str, Any]:
        """Run a hook, and give what is to be kept with the mapping."""
        hook = _hook(action, name)
        asked = hook.inputs.read(inputs)
        kept = await self._authorised(http, lambda it: hook.perform(it, asked, self.settings))
        outputs: Mapping[str, Any] = kept.model_dump(mode="json", by_alias=True)
        return outputs

    async def create_audience(
        self, http: Http, audience: AudienceRequest, settings: Settings
    ) -> str | None:
        """Make an audience with its own settings, and give its id; None where there is no way."""
        audiences = self.destination.audiences
        create = audiences.create if audiences else None
        return await self._audience(http, create, audience, settings)

    async def get_audience(
        self, http: Http, audience: AudienceRequest, settings: Settings
    ) -> str | None:
        """Find an audience, and give its id; None where there is no way."""
        audiences = self.destination.audiences
        get = audiences.get if audiences else None
        return await self._audience(http, get, audience, settings)

    async def _audience(
        self, http: Http, call: AudienceCall | None, audience: AudienceRequest, settings: Settings
    ) -> str | None:
        if call is None:
            return None
        return await self._authorised(http, lambda it: call(it, audience, self.settings, settings))

    async def _authorised(self, http: Http, call: Callable[[Http], Awaitable[T]]) -> T:
        plain = http.carrying(**self._defaults) if self._has_defaults else http
        oauth = self.destination.auth
        if self._refresher is None or oauth is None:
            return await call(plain)
        tokens = await self._refresher.current()
        try:
            return await call(plain.carrying(headers=oauth.headers(tokens)))
        except Disconnect as error:
            if error.status not in STALE:
                raise
        fresh = await self._refresher.fresh(tokens, http.aside())
        return await call(plain.carrying(headers=oauth.headers(fresh)))


def _hook(action: Action[Any, S], name: HookName) -> Hook[Any, Any, S]:
    hook = action.hooks.get(name)
    if hook is None:
        raise LookupError(f"{action.slug} has no hook {name}")
    return hook


def _refused(results: Sequence[ItemResult]) -> Disconnect | None:
    """The first item that was refused as the whole request could have been."""
    refused = (r for r in results if isinstance(r, Disconnect) and r.status in STALE)
    return next(refused, None)
