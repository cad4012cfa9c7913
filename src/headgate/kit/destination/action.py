"""Actions: what a destination can do with an event, or with many at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from headgate.kit.destination.hooks import Hook, HookName
from headgate.kit.destination.signatures import described, fields_of, name_of, takes
from headgate.kit.errors import Discard
from headgate.kit.fields import Fields, Payload, Settings, SyncMode
from headgate.kit.http import Http
from headgate.kit.http.request import Response
from headgate.kit.results import BatchResult

if TYPE_CHECKING:
    from headgate.kit.delivery import Delivery
    from headgate.mapping import Json

S = TypeVar("S", bound=Settings)
P = TypeVar("P", bound=Payload)
Perform: TypeAlias = (
    "Callable[[Http, P, S], Awaitable[Response]]"
    " | Callable[[Http, P, S, Delivery], Awaitable[Response]]"
)
PerformBatch: TypeAlias = (
    "Callable[[Http, Sequence[P], S], Awaitable[BatchResult]]"
    " | Callable[[Http, Sequence[P], S, Sequence[Delivery]], Awaitable[BatchResult]]"
)
Platform: TypeAlias = Literal["cloud", "web"]

BATCH_SIZE = 1000
BATCH_BYTES = 4_000_000
MOST_BATCH_KEYS = 3
_ARGUMENTS = 4  # with what may be left out: the delivery


@dataclass(frozen=True)
class SyncModes:
    """What a subscription may choose to do with rows and members: a label for each mode."""

    label: str
    choices: Mapping[SyncMode, str]
    default: SyncMode
    description: str = ""

    def chosen(self, mode: SyncMode | None) -> SyncMode:
        """Give a subscription's mode, or the default. Raises `Discard` for one not offered."""
        mode = self.default if mode is None else mode
        if mode not in self.choices:
            offered = ", ".join(self.choices)
            raise Discard(f"The sync mode {mode} is not offered here; choose one of: {offered}.")
        return mode


@dataclass(frozen=True, kw_only=True)
class Batch(Generic[P, S]):
    """How an action takes many events in one request.

    `up_to` events, `up_to_bytes` of their payloads; only events whose values of `keys`, stored
    names of fields, are the same come together. `size` is the number of events unless a
    subscription says otherwise.
    """

    perform: PerformBatch[P, S]
    up_to: int = BATCH_SIZE
    size: int = BATCH_SIZE
    up_to_bytes: int = BATCH_BYTES
    keys: tuple[str, ...] = ()
    is_default: bool = False
    takes_deliveries: bool = False


@dataclass(kw_only=True)
class Action(Generic[P, S]):
    """One thing a destination can do with an event.

    `slug` is the stored name, `trigger` the suggested trigger, `payload` the type of what
    `perform` needs; a hidden action is not offered for new subscriptions.
    """

    slug: str
    title: str
    description: str
    trigger: str | None
    payload: type[P]
    perform: Perform[P, S]
    sync_modes: SyncModes | None = None
    is_hidden: bool = False
    platform: Platform = "cloud"
    batched: Batch[P, S] | None = None
    hooks: dict[HookName, Hook[Any, Any, S]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._takes_delivery = takes(self.perform, _ARGUMENTS)

    def asks(self, *, in_batch: bool) -> bool:
        """Whether it wants to know anything of deliveries beside their payloads."""
        if in_batch:
            return self.batched is not None and self.batched.takes_deliveries
        return self._takes_delivery

    def __call__(
        self, http: Http, payload: P, settings: S, delivery: Delivery
    ) -> Awaitable[Response]:
        """Perform, with the delivery if the function asks for it."""
        perform: Any = self.perform
        given = (http, payload, settings)
        called: Awaitable[Response] = (
            perform(*given, delivery) if self._takes_delivery else perform(*given)
        )
        return called

    def call_batch(
        self, http: Http, payloads: Sequence[P], settings: S, deliveries: Sequence[Delivery]
    ) -> Awaitable[BatchResult]:
        """Perform a batch, with the deliveries if the function asks for them."""
        if self.batched is None:
            raise TypeError(f"{self.slug} takes no batches")
        perform: Any = self.batched.perform
        given = (http, payloads, settings)
        called: Awaitable[BatchResult] = (
            perform(*given, deliveries) if self.batched.takes_deliveries else perform(*given)
        )
        return called

    def batch(
        self,
        *,
        up_to: int = BATCH_SIZE,
        size: int | None = None,
        up_to_bytes: int = BATCH_BYTES,
        keys: Sequence[str] = (),
        is_default: bool = False,
    ) -> Callable[[PerformBatch[P, S]], PerformBatch[P, S]]:
        """Make a function the one that takes many payloads; `is_default` batches unless told.

        `size` is `up_to` unless given. The function's annotation may leave the payload open, as a
        type variable.
        """

        def declare(perform: PerformBatch[P, S]) -> PerformBatch[P, S]:
            name_of(perform)
            if fields_of(perform, Payload, is_list=True, given=self.payload) is not self.payload:
                raise TypeError(f"{perform.__name__} must take a Sequence of {self.payload}")
            self._check_keys(keys)
            self.batched = Batch(
                perform=perform,
                up_to=up_to,
                size=up_to if size is None else size,
                up_to_bytes=up_to_bytes,
                keys=tuple(keys),
                is_default=is_default,
                takes_deliveries=takes(perform, _ARGUMENTS),
            )
            return perform

        return declare

    def _check_keys(self, keys: Sequence[str]) -> None:
        unknown = set(keys) - set(self.payload.stored_fields())
        if unknown or len(keys) > MOST_BATCH_KEYS:
            raise TypeError(
                f"batch keys of {self.slug} must be at most {MOST_BATCH_KEYS} stored names of its "
                f"fields{', not ' + ', '.join(sorted(unknown)) if unknown else ''}"
            )

    def hook(
        self, name: HookName, label: str
    ) -> Callable[[Callable[[Http, Any, S], Awaitable[Fields]]], Hook[Any, Any, S]]:
        """Make a function run when a mapping is saved; what it gives is kept with the mapping."""

        def declare(perform: Callable[[Http, Any, S], Awaitable[Fields]]) -> Hook[Any, Any, S]:
            name_of(perform)
            hook: Hook[Any, Any, S] = Hook.of(name, label, described(perform), perform)
            self.hooks[name] = hook
            return hook

        return declare

    def stored_fields(self) -> dict[str, Json]:
        """The fields of the payload, and those that come with batches (kit-behaviour 5)."""
        fields = self.payload.stored_fields()
        return {**fields, **_batch_fields(self.batched)} if self.batched else fields


def _batch_fields(batch: Batch[Any, Any]) -> dict[str, Json]:
    return {
        "enable_batching": {
            "label": "Send in batches",
            "description": "Collect events and send many in one request.",
            "type": "boolean",
            "default": batch.is_default,
        },
        "batch_size": {
            "label": "Batch size",
            "description": "The most events in one request.",
            "type": "number",
            "default": batch.size,
            "unsafe_hidden": True,
        },
        **_batch_keys(batch),
    }


def _batch_keys(batch: Batch[Any, Any]) -> dict[str, Json]:
    if not batch.keys:
        return {}
    return {
        "batch_keys": {
            "label": "Batch keys",
            "description": "Only events with the same values of these fields come together.",
            "type": "string",
            "multiple": True,
            "default": list(batch.keys),
            "unsafe_hidden": True,
        }
    }
