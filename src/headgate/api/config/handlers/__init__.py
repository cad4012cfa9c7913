"""What each operation of the Config API does: from its call to a use case, and back."""

from __future__ import annotations

import importlib
import pkgutil


def load() -> None:
    """Import every handler, so that each registers its operations."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
