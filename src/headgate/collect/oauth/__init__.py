"""OAuth 2.0 for ingest: a source may ask for an access token besides its write key."""

from headgate.collect.oauth.bearers import Bearers
from headgate.collect.oauth.endpoint import TokenEndpoint
from headgate.collect.oauth.signing_key import SigningKey
from headgate.collect.oauth.used_ids import UsedIds

__all__ = ["Bearers", "SigningKey", "TokenEndpoint", "UsedIds"]
