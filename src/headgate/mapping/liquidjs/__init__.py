"""Liquid templates: the engine of the `@liquid` directive.

The dialect is the one of Segment's mappings: LiquidJS without the tags and filters that load,
loop or sort. The engine has limits of its own, so that a template costs little whatever it does.
"""

from headgate.mapping.liquidjs.compile import Render, compile  # noqa: A004 - as in `re.compile`
from headgate.mapping.liquidjs.variables import variables

__all__ = ["Render", "compile", "variables"]
