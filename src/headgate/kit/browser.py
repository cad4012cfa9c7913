"""Browser destinations: tools whose plugin runs in the page, and what is declared of them."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec

from headgate.kit.destination.listing import Listing
from headgate.kit.errors import InvalidSettings

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from headgate.kit.fields import Fields, Payload, Settings
    from headgate.mapping import Json

Stage: TypeAlias = Literal["before", "enrichment", "destination", "after", "utility"]
"""When the page runs an action; only `destination` sends the event anywhere."""

StoredFields: TypeAlias = Mapping[str, "Json"]
"""Declared fields by stored name, as `Fields.stored_fields()` gives them."""

DIGEST_LENGTH: Final = 20
_PASSWORD: Final = "password"  # noqa: S105 - the name of a type


class BrowserAction(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the plugin does with an event; `fields` are in stored form."""

    slug: str
    title: str
    fields: StoredFields
    description: str = ""
    trigger: str | None = None
    stage: Stage = "destination"
    is_hidden: bool = False

    def default_mapping(self) -> dict[str, Json]:
        """The suggested mapping in stored form, by stored name; the page adds no defaults."""
        return _defaults(self.fields)


class BrowserDestination:
    """A tool that events are sent to by a plugin in the page: a destination of device mode.

    `plugin` is the built file of the plugin, a UMD or IIFE script that defines the global
    `library`, by default the slug and `Destination`; `docs` the page of the tool. Settings are
    a class of fields, or such fields in stored form. Everything it is given is public, so fields
    that are secret are refused. `creation_name` is what pages call it (`integrations: {…}`), the
    name unless told otherwise.
    """

    def __init__(
        self,
        name: str,
        *,
        settings: type[Settings] | StoredFields,
        plugin: Traversable,
        docs: str,
        slug: str | None = None,
        library: str | None = None,
        creation_name: str | None = None,
        description: str = "",
        listing: Listing = Listing(),  # noqa: B008 - immutable
    ) -> None:
        self.name = name
        self.slug = slug or re.sub(r"\W+", "_", name.lower())
        self.plugin = plugin
        self.docs = docs
        self.library = library or f"{self.slug}Destination"
        self.creation_name = creation_name or name
        self.description = description
        self.listing = listing
        self.actions: dict[str, BrowserAction] = {}
        self.settings = self._public("settings", settings)
        self._class = None if isinstance(settings, Mapping) else settings

    def __repr__(self) -> str:
        return f"BrowserDestination({self.name!r})"

    @cached_property
    def digest(self) -> str:
        """Names the content of the plugin file. Raises `FileNotFoundError` when it is not built."""
        return hashlib.sha256(self.plugin.read_bytes()).hexdigest()[:DIGEST_LENGTH]

    def action(
        self,
        payload: type[Payload] | StoredFields,
        title: str,
        *,
        trigger: str | None = None,
        slug: str | None = None,
        description: str | None = None,
        stage: Stage = "destination",
        hidden: bool = False,
    ) -> BrowserAction:
        """Declare an action of the plugin: the class of its fields is what a subscription maps.

        The slug is what the plugin calls it (`partnerAction`): `sendEvent` for a class
        `SendEvent`, unless given. The docstring of the class is the description.
        """
        slug = slug or _slug_of(payload)
        if slug in self.actions:
            raise TypeError(f"{self.name} has two actions called {slug}")
        self.actions[slug] = BrowserAction(
            slug=slug,
            title=title,
            fields=self._public(f"the action {slug}", payload),
            description=_description(payload) if description is None else description,
            trigger=trigger,
            stage=stage,
            is_hidden=hidden,
        )
        return self.actions[slug]

    def check_settings(self, values: Mapping[str, Any]) -> None:
        """Raise `InvalidSettings` for values that the declaration does not allow."""
        if self._class is not None:
            self._class.read(values)
            return
        from headgate.kit import validation  # at the first value: declaring needs none of it

        undeclared = sorted(values.keys() - self.settings.keys())
        declared = {key: _judged(form) for key, form in self.settings.items()}
        result = validation.compile(validation.read(declared))(dict(values))
        faults = (
            *(f"{key} is no setting of this destination." for key in undeclared),
            *(problem.message for problem in result.problems),
        )
        if faults:
            raise InvalidSettings(faults)

    def page_settings(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The settings as the plugin gets them: declared names only, over the defaults."""
        given = {key: value for key, value in values.items() if key in self.settings}
        return {**_defaults(self.settings), **given}

    def _public(self, place: str, fields: type[Fields] | StoredFields) -> StoredFields:
        """Give fields in stored form. Raises `TypeError` when one of them is secret."""
        stored = fields if isinstance(fields, Mapping) else fields.stored_fields()
        secret = set(_passwords(stored) if isinstance(fields, Mapping) else _secrets(fields))
        if secret:
            raise TypeError(
                f"{place} of {self.name} declare {', '.join(sorted(secret))} as secret, but all "
                "that a browser destination is given goes to every visitor of the page: drop "
                "secret=True from what may be public, or write a cloud destination"
            )
        return stored


def _judged(form: Any) -> Any:
    """What a choice must look like was said by whoever declared the choices.

    Braze's plugin asks for the format `uri` of hosts that it offers itself.
    """
    return {**form, "format": None} if form.get("choices") else form


def _defaults(fields: StoredFields) -> dict[str, Json]:
    forms: Mapping[str, Any] = fields
    return {key: form["default"] for key, form in forms.items() if "default" in form}


def _passwords(fields: StoredFields, prefix: str = "") -> Iterator[str]:
    forms: Mapping[str, Any] = fields
    for key, form in forms.items():
        if _PASSWORD in (form.get("type"), form.get("format")):
            yield f"{prefix}{key}"
        yield from _passwords(form.get("properties") or {}, f"{prefix}{key}.")


def _secrets(fields: type[Fields]) -> Iterator[str]:
    from headgate.kit.masking import secret_fields  # when declaring: it loads more than is needed

    yield from secret_fields(fields)


def _slug_of(payload: type[Payload] | StoredFields) -> str:
    if isinstance(payload, Mapping):
        raise TypeError("an action whose fields are data needs a slug: give slug=…")
    name = payload.__name__
    return f"{name[:1].lower()}{name[1:]}"


def _description(payload: type[Payload] | StoredFields) -> str:
    return "" if isinstance(payload, Mapping) else inspect.cleandoc(payload.__doc__ or "")
