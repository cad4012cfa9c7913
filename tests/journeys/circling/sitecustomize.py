"""Makes every Headgate below take events however often they came out of one.

Python imports a module of this name at its start, if its folder is in PYTHONPATH.
"""

from __future__ import annotations

from headgate.events import hops

hops.MOST = 1_000_000  # type: ignore[misc]  # the fault to be caught
