"""Dates as the filter `date` reads and writes them: V8's `Date.parse` and LiquidJS's `strftime`."""

from headgate.mapping.liquidjs.dates.calendar import moment
from headgate.mapping.liquidjs.dates.reading import parse
from headgate.mapping.liquidjs.dates.writing import Zoned, ordinal, strftime

__all__ = ["Zoned", "moment", "ordinal", "parse", "strftime"]
