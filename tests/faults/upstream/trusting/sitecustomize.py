"""Makes every `headgate` below trust the authority of the tests, and nobody else.

Python imports a module of this name at its start, if its folder is in PYTHONPATH.
"""

from __future__ import annotations

import os

import certifi

AUTHORITY = os.environ["TRUSTED_AUTHORITY"]


def where() -> str:
    return AUTHORITY


certifi.where = where
