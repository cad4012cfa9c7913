"""The parts that roles and commands are made of, built from settings in one place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from headgate.disk import SystemDisk
from headgate.folder import DataFolder
from headgate.log.follow import HeadSignal
from headgate.log.segments.log import SegmentLog
from headgate.settings import address

_LOOPBACK, _EVERYWHERE = ("127.0.0.1", "::1"), ("0.0.0.0", "::", "")  # noqa: S104 - not bound here
_PORTS = {"http": 80, "https": 443}

if TYPE_CHECKING:
    import ssl

    from headgate.deliver.transport import HttpTransport, Resolver
    from headgate.ledger.port import Ledger, LedgerReader
    from headgate.ledger.postgresql.server import Server
    from headgate.ledger.reserve import Reserve
    from headgate.ledger.shard import Shard
    from headgate.services.following import Following
    from headgate.settings import Settings
    from headgate.store.database import Store


def folder_of(settings: Settings) -> DataFolder:
    """The data folder, made if it is not there."""
    return DataFolder(settings.data.absolute()).make()


def existing_folder(settings: Settings) -> DataFolder:
    """The data folder for a command that only looks; raises `FileNotFoundError` without one."""
    folder = DataFolder(settings.data.absolute())
    if not folder.log.is_dir():
        raise FileNotFoundError(
            f"{folder.root} is no data folder: `headgate up` or `headgate apply` makes one, and"
            " --data names another"
        )
    return folder


def open_log(folder: DataFolder) -> SegmentLog:
    """The log for reading; the appender makes it its own with `own`."""
    return SegmentLog(SystemDisk(), folder.log, HeadSignal(folder.log / "head"))


def open_store(folder: DataFolder, settings: Settings) -> Store:
    """The store that the settings name; close it, or use it in `with`."""
    from headgate.store.database import open_store

    return open_store(folder, settings.store)


def open_following(store: Store, settings: Settings) -> Following | None:
    """What brings changes of other machines here; None where the store is a file of the folder."""
    if settings.store == "sqlite":
        return None
    from headgate.services.following import Following
    from headgate.store.postgresql_notices import Notices

    return Following(store, partial(Notices, settings.store))


def open_transport(settings: Settings) -> tuple[HttpTransport, Resolver]:
    """The way out, guarded; the resolver outlives the transport and is closed after it."""
    from headgate.deliver.transport import Egress, HttpTransport, Resolver

    resolver = Resolver(nameservers=settings.nameservers)
    egress = Egress(settings.egress_allow, own=own_ends(settings))
    return HttpTransport(egress, resolver), resolver


def own_ends(settings: Settings) -> frozenset[tuple[str, int]]:
    """Hosts, with ports, at which this Headgate takes events, as far as the settings tell.

    One that listens on every address is known by loopback ones, and by `public_url`.
    """
    host, port = address(settings.collect)
    hosts = {host, *(_LOOPBACK if host in _EVERYWHERE else ())}
    ends = {(each, port) for each in hosts if port}
    if settings.public_url is not None:
        public = urlsplit(settings.public_url)
        ends.add((public.hostname or "", public.port or _PORTS[public.scheme]))
    return frozenset(ends)


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """How https is served; None for http. Raises `ValueError` that names the file at fault."""
    if settings.tls_cert is None:
        return None
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(
            f"tls_cert {settings.tls_cert} and tls_key {settings.tls_key} cannot be used: {error}"
        ) from None
    return context


def open_ledger(
    folder: DataFolder, settings: Settings, shard: Shard, reserve: Reserve | None = None
) -> Ledger:
    """The ledger for the deliver process of a shard, which alone writes its lanes.

    Raises `LedgerUnavailable`, or `StoreError` for an address that cannot be read.
    """
    server = _ledger_server(folder, settings)
    if server is None:
        from headgate.ledger.sqlite import SqliteLedger

        return SqliteLedger(folder, shard.index, reserve)
    from headgate.ledger.postgresql.ledger import PostgresqlLedger

    return PostgresqlLedger(server, shard)


def open_ledgers(folder: DataFolder, settings: Settings) -> LedgerReader:
    """Reads over the ledgers of all deliver processes; raises as `open_ledger` does."""
    server = _ledger_server(folder, settings)
    if server is None:
        from headgate.ledger.reader import FolderLedgers

        return FolderLedgers(folder.root)
    from headgate.ledger.postgresql.reader import PostgresqlLedgers

    return PostgresqlLedgers(server)


def _ledger_server(folder: DataFolder, settings: Settings) -> Server | None:
    """The database of the store keeps the ledger, too; None where it is in files."""
    from headgate.ledger.place import schema_of

    schema = schema_of(folder, has_database=settings.store != "sqlite")
    if schema is None:
        return None
    from headgate.store.postgresql_address import Address

    address = Address.parsed(settings.store)  # which says so where the driver is missing
    from headgate.ledger.postgresql.server import Server

    return Server(address, schema)
