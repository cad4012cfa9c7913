"""What the author of a destination imports: the only public API that stays stable."""

from headgate.kit.destination import Action, Destination
from headgate.kit.errors import DeliveryError, Discard, Disconnect, Retry
from headgate.kit.fields import Payload, Settings, field
from headgate.kit.http import Http
from headgate.kit.request import Request, Response, Transport
from headgate.mapping import (
    directive,
    each,
    flatten,
    from_json,
    liquid,
    literal,
    lower,
    merge,
    path,
    replace,
    template,
    to_json,
    transform,
    upper,
    when,
    when_filled,
    without_nulls,
)

__all__ = [
    "Action",
    "DeliveryError",
    "Destination",
    "Discard",
    "Disconnect",
    "Http",
    "Payload",
    "Request",
    "Response",
    "Retry",
    "Settings",
    "Transport",
    "directive",
    "each",
    "field",
    "flatten",
    "from_json",
    "liquid",
    "literal",
    "lower",
    "merge",
    "path",
    "replace",
    "template",
    "to_json",
    "transform",
    "upper",
    "when",
    "when_filled",
    "without_nulls",
]
