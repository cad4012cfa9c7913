"""Settles the secrets of a declaration: a stored one stays sealed as it is if it is the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from headgate.control.declaring.connection_section import settings_fault
from headgate.control.declaring.declared import Plain, Reference, warehouse_owner
from headgate.control.errors import DeclarationError, Problem
from headgate.store.errors import SecretUnreadable
from headgate.store.secrets import SecretBox, is_sealed, secret_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.control.catalogue import Catalogue
    from headgate.control.declaring.declared import Declared, DeclaredConnection
    from headgate.control.declaring.holdings import Holdings


def variable(reference: str) -> str:
    """`hook.sharedSecret` is read from HEADGATE_SECRET_HOOK_SHAREDSECRET."""
    return "HEADGATE_SECRET_" + re.sub(r"[^A-Z0-9]", "_", reference.upper())


@dataclass(frozen=True)
class Settlement:
    """Where the values of secrets come from: the store first, then the environment."""

    held: Holdings
    box: SecretBox
    environ: Mapping[str, str]
    catalogue: Catalogue

    def settle(self, wanted: Declared) -> Declared:
        """Leave no `Reference`, and a `Plain` only where the value is not the stored one.

        Raises DeclarationError for a reference that nothing resolves, and for settings that
        turn out unusable once it is resolved.
        """
        told = {slug: self._told(slug, each) for slug, each in _owners(wanted).items()}
        problems = [
            problem
            for index, each in enumerate(wanted.connections.values())
            for problem in self._faults(each, told[each.slug], f"connections[{index}].settings")
        ]
        for index, slug in enumerate(wanted.warehouses or {}):
            problems += _unknown(told[warehouse_owner(slug)], f"warehouses[{index}].settings")
        if problems:
            raise DeclarationError(problems)
        connections = {
            slug: msgspec.structs.replace(each, settings=self._sealed(slug, told[slug]))
            for slug, each in wanted.connections.items()
        }
        warehouses = wanted.warehouses and {
            slug: msgspec.structs.replace(
                each, settings=self._sealed(warehouse_owner(slug), told[warehouse_owner(slug)])
            )
            for slug, each in wanted.warehouses.items()
        }
        return msgspec.structs.replace(wanted, connections=connections, warehouses=warehouses)

    def _told(self, slug: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with what each reference stands for in its place, if it is known."""
        return {
            field: self._resolved(slug, field, value) if isinstance(value, Reference) else value
            for field, value in settings.items()
        }

    def _resolved(self, slug: str, field: str, reference: Reference) -> Plain | Reference:
        if (stored := self._stored(slug, field)) is not None:
            return stored
        given = self.environ.get(variable(reference.name))
        return reference if given is None else Plain(given)

    def _faults(
        self, connection: DeclaredConnection, told: dict[str, Any], path: str
    ) -> Iterator[Problem]:
        unknown = list(_unknown(told, path))
        yield from unknown
        if unknown or not any(isinstance(each, Reference) for each in connection.settings.values()):
            return
        entry = self.catalogue.destination(connection.destination, connection.mode)
        plain = {name: _plain(value) for name, value in told.items()}
        if fault := settings_fault(entry, plain):
            yield Problem(path, fault)

    def _sealed(self, slug: str, told: dict[str, Any]) -> dict[str, Any]:
        return {
            field: self._envelope(slug, field, value) if isinstance(value, Plain) else value
            for field, value in told.items()
        }

    def _envelope(self, slug: str, field: str, value: Plain) -> Plain | dict[str, str]:
        """The stored envelope if it holds the same value: sealing again would be a change."""
        stored: Any = self._kept(slug)[1].get(field)
        same = is_sealed(stored) and self._stored(slug, field) == value
        return stored if same else value

    def _kept(self, slug: str) -> tuple[str, dict[str, Any]]:
        """The id and the settings of what is stored, empty where there is nothing."""
        found = self.held.connections.get(slug) or {
            warehouse_owner(each.slug): each for each in self.held.warehouses.values()
        }.get(slug)
        return ("", {}) if found is None else (found.id, found.settings)

    def _stored(self, slug: str, field: str) -> Plain | None:
        """The stored value; None also for one that this key does not open."""
        kept, settings = self._kept(slug)
        stored: Any = settings.get(field)
        if not is_sealed(stored):
            return None if stored is None else Plain(stored)
        place = secret_place(self.held.workspace, kept, field)
        try:
            return Plain(self.box.open(stored, place))
        except SecretUnreadable:
            return None


def _owners(wanted: Declared) -> dict[str, dict[str, Any]]:
    """Settings by what the names of their secrets begin with."""
    warehouses = (wanted.warehouses or {}).values()
    return {
        **{slug: each.settings for slug, each in wanted.connections.items()},
        **{warehouse_owner(each.slug): each.settings for each in warehouses},
    }


def _unknown(told: Mapping[str, Any], path: str) -> Iterator[Problem]:
    for field, value in told.items():
        if isinstance(value, Reference):
            yield Problem(
                f"{path}.{field}",
                f"no value of {value.name} is stored here: "
                f"set {variable(value.name)}, or write the value",
            )


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Plain) else value
