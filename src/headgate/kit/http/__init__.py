"""Requests of destinations: made, sent over the port to the network, and their answers sorted."""

from headgate.kit.http.body import File
from headgate.kit.http.client import KEPT, USER_AGENT, Http
from headgate.kit.http.request import (
    Exchange,
    Headers,
    Limits,
    Request,
    Response,
    Transport,
)

__all__ = [
    "KEPT",
    "USER_AGENT",
    "Exchange",
    "File",
    "Headers",
    "Http",
    "Limits",
    "Request",
    "Response",
    "Transport",
]
