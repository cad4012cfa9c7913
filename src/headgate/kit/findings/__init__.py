"""What is wrong with the declaration of a destination, found without sending anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.kit.findings import actions, fields, identity, presets
from headgate.kit.findings.browser import browser_findings
from headgate.kit.findings.finding import Check, Finding, Level

if TYPE_CHECKING:
    from headgate.kit.destination import Destination

CHECKS: Final[tuple[Check, ...]] = (
    identity.names,
    identity.documentation,
    identity.listing,
    identity.access,
    identity.audiences,
    fields.settings,
    actions.descriptions,
    actions.fields_of_payloads,
    actions.suggestions,
    actions.batches,
    actions.sync_modes,
    actions.hooks,
    presets.presets,
)


def findings(destination: Destination[Any]) -> tuple[Finding, ...]:
    """Give everything that is wrong; errors break something, warnings are worth a look."""
    return tuple(finding for check in CHECKS for finding in check(destination))


__all__ = ["CHECKS", "Finding", "Level", "browser_findings", "findings"]
