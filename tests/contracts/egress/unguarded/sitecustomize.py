"""Makes the guard find every address public: what the test of the guard must catch.

Python imports a module of this name at its start, if its folder is in PYTHONPATH.
"""

from __future__ import annotations

from headgate.deliver.transport import addresses


def nothing_wrong(_: addresses.Address) -> str:
    return ""


addresses.refusal = nothing_wrong  # type: ignore[assignment]  # the fault to be caught
