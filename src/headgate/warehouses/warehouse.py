"""What a warehouse declares: what it is called, and what it asks for to be loaded into."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from headgate.kit import Settings


class Warehouse(NamedTuple):
    """An entry of the catalogue; its folder is its slug, as Segment calls it."""

    name: str
    description: str
    settings: type[Settings]
