"""The API that is called: where it is, and what every request to it carries."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec
from pydantic import field_validator

from headgate.kit import Destination, Discard, Listing, Settings, field, is_, is_not

_BASE: Final = re.compile(r"https?://[^/?#@\s\\]+(/[^?#\s\\]*)?", re.IGNORECASE)
_ABSOLUTE: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DOT_STEP: Final = re.compile(r"(^|/)(\.|%2e){1,2}(?=/|$)", re.IGNORECASE)


class Api(Settings):
    base_address: str = field(
        "Base address", "What all addresses begin with, such as `https://api.example.com/v1`."
    )
    authentication: Literal["none", "bearer", "basic", "header"] = field(
        "Authentication",
        "How the API knows you.",
        choices={
            "none": "Not at all",
            "bearer": "By a bearer token",
            "basic": "By user name and password",
            "header": "By a header of its own",
        },
        default="none",
    )
    user: str | None = field(
        "User name",
        "For authentication by user name and password.",
        shown_if=is_("authentication", "basic"),
        required_if=is_("authentication", "basic"),
    )
    header: str | None = field(
        "Header name",
        "For authentication by a header, such as `X-Api-Key`.",
        shown_if=is_("authentication", "header"),
        required_if=is_("authentication", "header"),
    )
    secret: str | None = field(
        "Secret",
        "The token, the password, or the value of the header.",
        secret=True,
        shown_if=is_not("authentication", "none"),
        required_if=is_not("authentication", "none"),
    )
    headers: str | None = field(
        "Default headers",
        'Sent with every request, as a JSON object: `{"Accept-Language": "en"}`. Nothing secret.',
        long=True,
    )

    @field_validator("base_address")
    @classmethod
    def _is_a_base(cls, address: str) -> str:
        if not _BASE.fullmatch(address):
            raise ValueError("it must be http:// or https://, a host and a path, and nothing more")
        return address

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: str | None) -> str | None:
        if headers is not None:
            read_headers(headers)
        return headers

    def full(self, address: str) -> str:
        """Give the full form of an address: one that has none is below the base.

        Raises `Discard` for an address elsewhere: credentials go to no other host.
        """
        if not _ABSOLUTE.match(address):
            rest = address.lstrip("/")
            address = f"{self.base_address.rstrip('/')}/{rest}" if rest else self.base_address
        elif _host(address) != _host(self.base_address):
            raise Discard("The address must be on the host of the base address.")
        if _DOT_STEP.search(urlsplit(address).path):
            raise Discard("The path must not hold the steps . and .. between its slashes.")
        return address

    def carried(self) -> dict[str, str]:
        """Give the headers of every request."""
        secret = self.secret or ""
        own = {
            "none": {},
            "bearer": {"Authorization": f"Bearer {secret}"},
            "basic": {"Authorization": f"Basic {_base64(f'{self.user}:{secret}')}"},
            "header": {self.header or "": secret},
        }
        return {**read_headers(self.headers or "{}"), **own[self.authentication]}


def read_headers(text: str) -> dict[str, str]:
    """Read the JSON of default headers. Raises `ValueError` for anything but an object of texts."""
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError:
        raise ValueError("it must be a JSON object of texts") from None


def _host(address: str) -> tuple[str, str]:
    """Scheme, and host with port: where credentials may go. Raises `Discard` for no address."""
    try:
        parts = urlsplit(address)
    except ValueError:
        raise Discard("The host of the address cannot be read.") from None
    return parts.scheme, parts.netloc.lower()


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


http_api = Destination(
    "HTTP API",
    settings=Api,
    docs="https://www.rfc-editor.org/rfc/rfc9110.html",
    description="Call any JSON API: a mapping says what to ask of it.",
    listing=Listing(categories=("Raw Data",), glyph=("H", "#5a4a8c")),
    headers=Api.carried,
)
