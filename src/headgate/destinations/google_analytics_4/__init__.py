"""Google Analytics 4: events for its reports, from servers as well as from browsers and apps."""

from headgate.destinations.google_analytics_4 import actions
from headgate.destinations.google_analytics_4.connection import google_analytics_4

__all__ = ["actions", "google_analytics_4"]
