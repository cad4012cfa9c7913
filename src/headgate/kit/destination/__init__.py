"""Destinations, actions and what belongs to them, as an author declares them."""

from headgate.kit.destination.action import Action, Batch, SyncModes
from headgate.kit.destination.audiences import AudienceMode, AudienceRequest, Audiences
from headgate.kit.destination.authentication import Client, OAuth2, Tokens
from headgate.kit.destination.destination import Destination, ForgottenUser
from headgate.kit.destination.hooks import Hook
from headgate.kit.destination.limits import Limits
from headgate.kit.destination.listing import Listing
from headgate.kit.destination.presets import Preset

__all__ = [
    "Action",
    "AudienceMode",
    "AudienceRequest",
    "Audiences",
    "Batch",
    "Client",
    "Destination",
    "ForgottenUser",
    "Hook",
    "Limits",
    "Listing",
    "OAuth2",
    "Preset",
    "SyncModes",
    "Tokens",
]
