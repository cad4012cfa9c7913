"""Declared fields: what a destination asks of its user, said once.

One declaration gives checks, the form, the default mapping and secret-hiding. The annotation is
the type, `| None` makes a field optional, and the Python name is the stored name unless `key=`
gives another.
"""

from headgate.kit.fields.choices import Choice, Choices, Search
from headgate.kit.fields.conditions import (
    Condition,
    Conditions,
    SyncMode,
    all_of,
    any_of,
    is_,
    is_empty,
    is_filled,
    is_not,
    sync_mode_is,
)
from headgate.kit.fields.declaration import field
from headgate.kit.fields.model import Fields, Payload, Settings

__all__ = [
    "Choice",
    "Choices",
    "Condition",
    "Conditions",
    "Fields",
    "Payload",
    "Search",
    "Settings",
    "SyncMode",
    "all_of",
    "any_of",
    "field",
    "is_",
    "is_empty",
    "is_filled",
    "is_not",
    "sync_mode_is",
]
