"""HTTP API: call any JSON API by mappings."""

from headgate.destinations.http_api import requests
from headgate.destinations.http_api.api import http_api

__all__ = ["http_api", "requests"]
