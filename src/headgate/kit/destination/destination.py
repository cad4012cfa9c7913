"""Destinations, as an author declares them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, cast

from headgate.kit.destination.action import Action, P, Perform, Platform, S, SyncModes
from headgate.kit.destination.audiences import AudienceCall, AudienceMode, Audiences
from headgate.kit.destination.authentication import Client, OAuth2, Scheme, Tokens
from headgate.kit.destination.limits import Limits
from headgate.kit.destination.listing import Listing
from headgate.kit.destination.presets import EventSlug, Preset
from headgate.kit.destination.signatures import described, fields_of, name_of
from headgate.kit.fields import Payload, Settings
from headgate.kit.http import Http
from headgate.kit.http.request import Response
from headgate.mapping import Mapped, stored

C = TypeVar("C", bound=Callable[..., Any])


class ForgottenUser(NamedTuple):
    """Whom a destination must forget; each id may be empty."""

    user_id: str = ""
    anonymous_id: str = ""


Check: TypeAlias = Callable[[Http, S], Awaitable[Response]]
Forget: TypeAlias = Callable[[Http, ForgottenUser, S], Awaitable[Response]]
Refresh: TypeAlias = Callable[[Http, Tokens, Client], Awaitable[Tokens]]
Credentials: TypeAlias = tuple[str, str]


class Destination(Generic[S]):
    """A tool that events can be sent to, and the actions it offers.

    `slug` is the name of its folder, `docs` the page of its API. What every request carries is
    made from the settings: `headers`, `params` of the address, and `basic`, name and password.
    `timeout` is the deadline of a request in seconds, where it is not the usual one;
    `limits` are the slots and the rate that its documentation allows each connection.
    """

    def __init__(
        self,
        name: str,
        *,
        settings: type[S],
        docs: str,
        slug: str | None = None,
        description: str = "",
        listing: Listing = Listing(),  # noqa: B008 - immutable
        auth: OAuth2 | None = None,
        headers: Callable[[S], Mapping[str, str]] | None = None,
        params: Callable[[S], Mapping[str, str]] | None = None,
        basic: Callable[[S], Credentials] | None = None,
        timeout: float | None = None,
        limits: Limits | None = None,
        audiences: AudienceMode | None = None,
        audience_settings: type[Settings] = Settings,
    ) -> None:
        self.name = name
        self.slug = slug or re.sub(r"\W+", "_", name.lower())
        self.settings = settings
        self.docs = docs
        self.description = description
        self.listing = listing
        self.auth = auth
        self._headers, self._params, self._basic = headers, params, basic
        self.timeout = timeout
        self.limits = limits
        self.actions: dict[str, Action[Any, S]] = {}
        self.presets: list[Preset] = []
        self.audiences: Audiences | None = None
        if audiences is not None:
            self.audiences = Audiences(mode=audiences, settings=audience_settings)
        self.check_credentials: Check[S] | None = None
        self.refresh_tokens: Refresh | None = None
        self.forget_user: Forget[S] | None = None

    def __repr__(self) -> str:
        return f"Destination({self.name!r})"

    @property
    def scheme(self) -> Scheme:
        """How it lets a customer in, in Segment's words."""
        if self.auth is not None:
            return self.auth.scheme
        return "basic" if self._basic else "custom"

    def headers(self, settings: S) -> Mapping[str, str]:
        return self._headers(settings) if self._headers else {}

    def params(self, settings: S) -> Mapping[str, str]:
        return self._params(settings) if self._params else {}

    def basic(self, settings: S) -> Credentials | None:
        return self._basic(settings) if self._basic else None

    def action(
        self,
        title: str,
        *,
        trigger: str | None = None,
        slug: str | None = None,
        sync_modes: SyncModes | None = None,
        hidden: bool = False,
        platform: Platform = "cloud",
        payload: type[Payload] | None = None,
        description: str | None = None,
    ) -> Callable[[Perform[P, S]], Action[P, S]]:
        """Make a function an action: its name is the slug, its docstring the description.

        One function may be many actions: `payload` is then what its annotation leaves open, and
        `description` what its docstring cannot say.
        """

        def declare(perform: Perform[P, S]) -> Action[P, S]:
            action = Action(
                slug=slug or name_of(perform),
                title=title,
                description=described(perform) if description is None else description,
                trigger=trigger,
                payload=cast("type[P]", payload or fields_of(perform, Payload)),
                perform=perform,
                sync_modes=sync_modes,
                is_hidden=hidden,
                platform=platform,
            )
            name_of(perform)
            if action.slug in self.actions:
                raise TypeError(f"{self.name} has two actions called {action.slug}")
            self.actions[action.slug] = action
            return action

        return declare

    def check(self, check: Check[S]) -> Check[S]:
        """Make a function the request that proves credentials: it fails when they are refused."""
        self.check_credentials = _once(self.check_credentials, check)
        return check

    def refresh(self, refresh: Refresh) -> Refresh:
        """Make a function the one that renews tokens, where the standard's way is not enough."""
        self.refresh_tokens = _once(self.refresh_tokens, refresh)
        return refresh

    def forget(self, forget: Forget[S]) -> Forget[S]:
        """Make a function the one that deletes a person."""
        self.forget_user = _once(self.forget_user, forget)
        return forget

    def create_audience(self, create: AudienceCall) -> AudienceCall:
        """Make a function the one that makes an audience and gives its id."""
        self._kept_audiences().create = _once(self._kept_audiences().create, create)
        return create

    def get_audience(self, get: AudienceCall) -> AudienceCall:
        """Make a function the one that finds an audience and gives its id."""
        self._kept_audiences().get = _once(self._kept_audiences().get, get)
        return get

    def _kept_audiences(self) -> Audiences:
        if self.audiences is None:
            raise TypeError(f"{self.name} keeps no audiences: give it audiences=AudienceMode(…)")
        return self.audiences

    def preset(
        self,
        name: str,
        action: Action[Any, S],
        *,
        trigger: str | None = None,
        event_slug: EventSlug | None = None,
        mapping: Mapping[str, Mapped] | None = None,
    ) -> Preset:
        """Offer a subscription: its mapping is the action's suggestion, changed by `mapping`.

        With an `event_slug` it is for that product event; else its trigger is the action's unless
        another is given.
        """
        if event_slug is None and (trigger := trigger or action.trigger) is None:
            raise TypeError(f"the preset {name!r} needs a trigger or an event_slug")
        changes = {key: stored(value) for key, value in (mapping or {}).items()}
        preset = Preset(
            name=name,
            action=action.slug,
            mapping={**action.payload.default_mapping(), **changes},
            trigger=trigger if event_slug is None else None,
            event_slug=event_slug,
        )
        self.presets.append(preset)
        return preset


def _once(there: C | None, function: C) -> C:
    name_of(function)
    if there is not None:
        raise TypeError(f"there is {there.__name__} already beside {function.__name__}")
    return function
