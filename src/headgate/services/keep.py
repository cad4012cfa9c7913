"""The keep role: a short-lived process that seals, merges and trims."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from headgate.clock import SystemClock
from headgate.disk import SystemDisk
from headgate.log.segments.manifest import load_manifest
from headgate.log.segments.segment import firsts
from headgate.services.parts import open_ledgers
from headgate.telemetry import log

if TYPE_CHECKING:
    from headgate.folder import DataFolder
    from headgate.settings import Settings

DAY_MS = 86_400_000
_RETENTION_SECONDS = 900.0


def run_keep(folder: DataFolder, settings: Settings) -> None:
    """One run; what an operator should know of it goes to the log."""
    from headgate.keep.retention import Policy
    from headgate.keep.run import keep_once

    policy = Policy(
        age_ms=int(settings.retention_days * DAY_MS),
        max_bytes=settings.retention_bytes or None,
    )
    places = {
        f"lane {account.lane.lane}": place
        for account in open_ledgers(folder, settings).accounts()
        if account.lane.state != "ended"
        for place in account.places
    }
    kept = keep_once(
        folder.log,
        SystemClock(),
        {lane: place.floor_ack for lane, place in places.items()},
        policy,
        standing={lane: place.cursor for lane, place in places.items()},
    )
    for warning in kept.warnings:
        log.warning("keep.warning", warning=warning)
    for alarm in kept.alarms:
        log.warning("keep.lane_near_floor", lane=alarm.lane, level=alarm.level)
    if kept.sealed or kept.trimmed:
        log.info("keep.done", sealed=len(kept.sealed), trimmed=len(kept.trimmed), runs=kept.runs)


class KeepSchedule:
    """Whether starting `keep` is worth a process: something to seal, or retention's turn."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._last = 0.0

    def is_due(self) -> bool:
        disk, now = SystemDisk(), time.monotonic()
        closed = set(firsts(disk.names(self._folder.log))[:-1])
        unsealed = closed - {each.first for each in load_manifest(disk, self._folder.log).segments}
        if unsealed or now - self._last > _RETENTION_SECONDS:
            self._last = now
            return True
        return False
