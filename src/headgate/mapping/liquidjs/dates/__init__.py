"""Dates as the filter `date` writes them: LiquidJS's `strftime`."""

from headgate.mapping.liquidjs.dates.writing import Zoned, ordinal, strftime

__all__ = ["Zoned", "ordinal", "strftime"]
