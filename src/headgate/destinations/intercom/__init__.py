"""Intercom: contacts, their companies, and what they do."""

from headgate.destinations.intercom import companies, contacts, events
from headgate.destinations.intercom.workspace import intercom

__all__ = ["companies", "contacts", "events", "intercom"]
