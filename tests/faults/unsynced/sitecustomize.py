"""Makes every `headgate` below sync nothing: what the tests of power loss must catch.

Python imports a module of this name at its start, if its folder is in PYTHONPATH.
"""

from __future__ import annotations

from headgate.disk import _File


def sync_nothing(_: _File) -> None:
    """Leave it to the kernel when to write."""


_File.sync = sync_nothing  # type: ignore[method-assign, assignment]  # the fault to be caught
