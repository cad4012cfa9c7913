"""Where a PostgreSQL database is, and how it is shown without its password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

from headgate.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

_SECRETS = ("password", "sslpassword", "oauth_client_secret")

_MISREAD = (
    "HEADGATE_STORE is no address of a PostgreSQL database: write"
    " postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with %40 for @, %2F for / and %25 for % in a"
    " password, and after it only parameters that libpq knows"
)

_BOUNDS: Mapping[str, str] = {
    "application_name": "headgate",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
"""What holds where the address says nothing else: a server that is gone is noticed."""


class Address(NamedTuple):
    """`parameters` as libpq has them; `shown` is for people and logs, and holds no secret."""

    parameters: Mapping[str, str]
    shown: str

    @classmethod
    def parsed(cls, address: str) -> Self:
        """Raises StoreError; what libpq says of an address it cannot read repeats parts of it."""
        psycopg = _driver()
        try:
            found = psycopg.conninfo.conninfo_to_dict(address)
        except psycopg.Error:
            raise StoreError(_MISREAD) from None
        given = {name: str(value) for name, value in found.items() if value is not None}
        return cls({**_BOUNDS, **given}, _shown(given))

    def connect(self) -> Any:
        """Without prepared statements, which poolers between us and the server may lose."""
        psycopg = _driver()
        try:
            return psycopg.connect("", prepare_threshold=None, **self.parameters)
        except psycopg.ProgrammingError:
            raise StoreError(_MISREAD) from None

    def without_secrets(self, said: str) -> str:
        """What the driver or the server said, should it ever repeat a password."""
        for secret in filter(None, map(self.parameters.get, _SECRETS)):
            said = said.replace(secret, "***")
        return said


def _shown(given: Mapping[str, str]) -> str:
    host, port = given.get("host", ""), given.get("port", "")
    database = given.get("dbname") or given.get("user", "")
    if host.startswith("/"):
        return f"postgresql:///{database}?host={host}"
    return f"postgresql://{host}{':' if port else ''}{port}/{database}"


def _driver() -> ModuleType:
    try:
        import psycopg
    except ImportError:
        raise StoreError(
            "PostgreSQL needs psycopg, which is not installed: pip install 'headgate[postgres]'"
        ) from None
    return psycopg
