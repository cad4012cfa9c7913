"""The parts that roles and commands are made of, built from settings in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.disk import SystemDisk
from headgate.folder import DataFolder
from headgate.log.follow import HeadSignal
from headgate.log.segments.log import SegmentLog

if TYPE_CHECKING:
    from headgate.deliver.transport import HttpTransport, Resolver
    from headgate.ledger.port import LedgerReader
    from headgate.settings import Settings


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


def open_transport(settings: Settings) -> tuple[HttpTransport, Resolver]:
    """The way out, guarded; the resolver outlives the transport and is closed after it."""
    from headgate.deliver.transport import Egress, HttpTransport, Resolver

    resolver = Resolver(nameservers=settings.nameservers)
    return HttpTransport(Egress(settings.egress_allow), resolver), resolver


def open_ledgers(folder: DataFolder) -> LedgerReader:
    """Reads over the ledgers of all deliver processes."""
    from headgate.ledger.reader import FolderLedgers

    return FolderLedgers(folder.root)
