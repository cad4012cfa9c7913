"""HubSpot: contacts, companies, records of any type, and events."""

from headgate.destinations.hubspot import behaviour, companies, contacts, events, objects, records
from headgate.destinations.hubspot.account import hubspot

__all__ = ["behaviour", "companies", "contacts", "events", "hubspot", "objects", "records"]
