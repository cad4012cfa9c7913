"""Every setting, once: as an option, an environment variable and a key of headgate.toml."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from headgate.ages import Ages
from headgate.markdown import table
from headgate.policy import DeliveryPolicy, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "HEADGATE_"


def _networks(value: Any) -> Any:
    return [
        ip_network(part, strict=False) if isinstance(part, str) else part for part in listed(value)
    ]


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]


class SettingsUnusable(ValueError):
    """Settings that cannot be; the message names each, and says what it must be."""


class Settings(BaseSettings, DeliveryPolicy, Ages):
    """What an operator can set; each field's description is its documentation."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        toml_file="headgate.toml",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    data: Path = Field(Path("headgate-data"), description="The data folder.")
    store: str = Field(
        "sqlite",
        repr=False,
        description=(
            "What keeps the configuration and the ledger: `sqlite`, files of the data folder, or a"
            " PostgreSQL database, `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`."
        ),
    )
    collect: str = Field(
        "127.0.0.1:8080", description="Address of the collection API; port 0 picks a free one."
    )
    control: str = Field(
        "127.0.0.1:8081",
        description="Address of the APIs, `/metrics` and `/health`; port 0 picks a free one.",
    )
    api_calls_a_minute: int = Field(
        6000, ge=1, description="How often in a minute each token may call the Public API."
    )
    config_calls_a_minute: int = Field(
        200, ge=1, description="How often in a minute each token may call the Config API."
    )
    collect_processes: int = Field(
        1, ge=1, le=64, description="Collect processes; one of them appends to the log."
    )
    deliver_processes: int = Field(
        1,
        ge=1,
        le=64,
        description="Deliver processes; each connection is delivered to by one of them.",
    )
    public_url: str | None = Field(
        None,
        description=(
            "Where clients reach the collection API, such as `https://events.example.org`: what"
            " the settings that browsers load, and snippets, name; else the host they asked."
        ),
    )
    console_url: str | None = Field(
        None,
        description=(
            "Where people reach the web app, such as `https://headgate.example.org`: links into it"
            " begin with this, and no other origin is let in; else the address of `control`."
        ),
    )
    session_days: float = Field(
        7, gt=0, le=365, description="How many days after signing in one must do it again."
    )
    session_idle_hours: float = Field(
        12, gt=0, le=8760, description="After how many hours without a call one must do it again."
    )
    tls_cert: Path | None = Field(
        None,
        description="Certificate chain (PEM): with `tls_key`, collect and control serve https.",
    )
    tls_key: Path | None = Field(None, description="Private key (PEM) of `tls_cert`.")
    trusted_proxies: Networks = Field(
        (),
        description=(
            "CIDRs, comma-separated, of proxies whose `X-Forwarded-For` is believed; else the"
            " socket's address is the client's."
        ),
    )
    collect_rate: float = Field(
        0,
        ge=0,
        allow_inf_nan=False,
        description="Events a second that collection takes over all processes; 0 for no limit.",
    )
    source_rate: float = Field(
        0,
        ge=0,
        allow_inf_nan=False,
        description=(
            "Events a second that each collect process takes from one source; 0 for no limit."
        ),
    )
    address_rate: float = Field(
        0,
        ge=0,
        allow_inf_nan=False,
        description=(
            "Events a second that each collect process takes from one address; 0 for no limit."
        ),
    )
    sockets: int = Field(
        16_384, ge=0, description="Sockets of one collect process; 0 for no limit."
    )
    address_sockets: int = Field(
        2_048,
        ge=0,
        description=(
            "Sockets of one collect process from one address that is no trusted proxy; 0 for no"
            " limit."
        ),
    )
    egress_allow: Networks = Field(
        (),
        description=(
            "CIDRs, comma-separated, that are allowed as destinations although they are not"
            " public; also waives https-only and the port rules for them."
        ),
    )
    nameservers: Names = Field(
        (), description="Name servers, comma-separated, as host or host:port; else the system's."
    )
    retention_bytes: int = Field(
        0, ge=0, description="How many bytes the log keeps at most; 0 for no limit."
    )
    secret_key: str | None = Field(
        None,
        repr=False,
        description=(
            "32 bytes in base64 that encrypt stored secrets; else `secret.key` in the data folder"
            " holds one."
        ),
    )
    secret_key_old: str | None = Field(
        None,
        repr=False,
        description=(
            "Keys, comma-separated, that `secret_key` takes the place of: they still open what they"
            " sealed, until `headgate key rotate` has sealed it with the new one."
        ),
    )

    @field_validator("public_url")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(
                "public_url must be a whole address, such as https://events.example.org"
            )
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("public_url is told to everybody: no user, query or fragment in it")
        return value.rstrip("/")

    @field_validator("console_url")
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(
                "console_url must be a whole address, such as https://headgate.example.org"
            )
        if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("console_url is scheme, host and port alone: nothing behind them")
        return value.rstrip("/")

    @field_validator("store")
    @classmethod
    def _is_store(cls, value: str) -> str:
        """What follows an @ that a password did not escape would pass for a host, and be shown."""
        scheme, _, rest = value.partition("://")
        if value != "sqlite" and scheme not in {"postgresql", "postgres"}:
            raise ValueError("store must be sqlite, or an address that begins with postgresql://")
        if rest.count("@") > 1 or "@" in rest.partition("/")[2]:
            raise ValueError("store has an @ too many: in a password write %40 for @, %2F for /")
        return value

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Settings:
        if (self.tls_cert is None) is not (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together: set both, or none")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options win over the environment, and that over headgate.toml."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def environment(self) -> dict[str, str]:
        """The same settings as environment variables, for a child process."""
        given = {
            "data": str(self.data.absolute()),
            "store": self.store,
            "collect": self.collect,
            "control": self.control,
            "api_calls_a_minute": str(self.api_calls_a_minute),
            "config_calls_a_minute": str(self.config_calls_a_minute),
            "collect_processes": str(self.collect_processes),
            "deliver_processes": str(self.deliver_processes),
            "public_url": self.public_url or "",
            "console_url": self.console_url or "",
            "session_days": str(self.session_days),
            "session_idle_hours": str(self.session_idle_hours),
            "tls_cert": str(self.tls_cert.absolute()) if self.tls_cert else "",
            "tls_key": str(self.tls_key.absolute()) if self.tls_key else "",
            "trusted_proxies": ",".join(map(str, self.trusted_proxies)),
            "collect_rate": str(self.collect_rate),
            "source_rate": str(self.source_rate),
            "address_rate": str(self.address_rate),
            "sockets": str(self.sockets),
            "address_sockets": str(self.address_sockets),
            "egress_allow": ",".join(map(str, self.egress_allow)),
            "nameservers": ",".join(self.nameservers),
            "retention_bytes": str(self.retention_bytes),
            "secret_key": self.secret_key or "",
            "secret_key_old": self.secret_key_old or "",
        } | {name: _written(getattr(self, name)) for name in _OTHERS}
        return {f"{PREFIX}{name.upper()}": value for name, value in given.items()}


_OTHERS = (*Ages.model_fields, *DeliveryPolicy.model_fields)
"""Settings that are declared elsewhere."""


def _written(value: object) -> str:
    """A number, or several with commas, as a variable holds them; "" for none."""
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def load(**options: Any) -> Settings:
    """The settings, with the options that were given; raises `SettingsUnusable`."""
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        raise SettingsUnusable("; ".join(map(_told, error.errors()))) from None


def _told(fault: Any) -> str:
    """One fault in plain words; what was given is not repeated, it may be a secret."""
    name, text = ".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, ")
    return text if text.startswith(name) else f"{name}: {text}"


def reference() -> str:
    """The table of all settings, for docs/reference/settings.md."""
    lines = [
        "# Settings",
        "",
        (
            "Generated from `headgate.settings`. Every setting is an option where a command shows"
            " it, an environment variable, and a key of `headgate.toml` in the working folder."
        ),
        "",
        *table(("variable", "key", "default", "meaning"), _rows()),
    ]
    return "\n".join(lines) + "\n"


def _rows() -> Iterator[tuple[str, ...]]:
    fields = Settings.model_fields
    own = [name for name in fields if name not in _OTHERS]
    for name, field in ((name, fields[name]) for name in (*own, *_OTHERS)):
        default = "" if field.default in (None, ()) else f"`{_written(field.default)}`"
        yield f"`{PREFIX}{name.upper()}`", f"`{name}`", default, field.description or ""


def address(text: str) -> tuple[str, int]:
    """`host:port` in parts; raises `ValueError` that says what was expected."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit():
        raise ValueError(f"{text!r} is no address: write HOST:PORT, such as 127.0.0.1:8080")
    return host.strip("[]"), int(port)
