"""What browsers load from Headgate: built files, and the destinations that are among them.

Light on purpose: collect imports this package, so it imports the kit only where that is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.browser.files import BUILT, CURE, BrowserFile, BrowserFiles, NotBuilt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.kit import BrowserDestination

__all__ = ["BUILT", "CURE", "BrowserFile", "BrowserFiles", "NotBuilt", "packaged"]


def packaged() -> Mapping[str, BrowserDestination]:
    """Give the packaged browser destinations by slug; none when they are not built."""
    from headgate.browser import catalogue

    return catalogue.packaged()
