"""The supervisor: starts the roles of one data folder, restarts what dies, stops in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING

import msgspec

from headgate.ledger.moving import move_lanes
from headgate.ledger.port import LedgerUnavailable
from headgate.ledger.shard import ledger_files
from headgate.presence import Presence, RoleLock, present
from headgate.services.keep import KeepSchedule
from headgate.services.listening import listening
from headgate.services.parts import tls_context
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.folder import DataFolder
    from headgate.settings import Settings

STOP_SECONDS = 9.0
READY_SECONDS = 30.0
KEEP_SECONDS = 60.0
_SLOWEST_RESTART = 5.0
_LASTED = 10.0
_LOOK_SECONDS = 0.02


class Ready(msgspec.Struct, frozen=True, omit_defaults=True):
    """The line that says where everything is (contract section 1)."""

    ready: bool
    collect: str
    control: str
    data: str
    pids: dict[str, list[int]]


class Supervisor:
    """Owner of a data folder: one at a time, and no child outlives it."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        self._settings, self._folder = settings, folder
        self._lock = RoleLock(folder.run, "supervisor")
        self._listening: dict[str, socket.socket] = {}
        self._scheme = "https" if tls_context(settings) else "http"
        self._children: dict[tuple[str, int], asyncio.subprocess.Process] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._over = asyncio.Event()
        self._pipe, self._mine = os.pipe()

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; prints the ready line on standard output."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._over.set)
        try:
            await self._predecessors_gone()
            self._place_lanes()
            for role in ("collect", "control"):  # whose addresses they may have held
                self._listening[role] = listening(getattr(self._settings, role))
            self._start_all()
            await self._announce()
            await self._over.wait()
        finally:
            await self._stop()

    def _start_all(self) -> None:
        for role, count in self._counts.items():
            for index in range(count):
                self._tasks.append(asyncio.create_task(self._supervise(role, index)))
        self._tasks.append(asyncio.create_task(self._keep()))

    @property
    def _counts(self) -> dict[str, int]:
        """How many processes of each role there are."""
        settings = self._settings
        return {
            "collect": settings.collect_processes,
            "deliver": settings.deliver_processes,
            "control": 1,
        }

    async def _supervise(self, role: str, index: int) -> None:
        """Keep one process of a role alive; one that dies at once is restarted more slowly."""
        wait = 0.0
        while True:
            await asyncio.sleep(wait)
            started = time.monotonic()
            child = await self._start(role, index)
            self._children[role, index] = child
            code = await child.wait()
            del self._children[role, index]
            if self._over.is_set():
                return
            log.warning("role.died", role=role, index=index, code=code)
            lasted = time.monotonic() - started > _LASTED
            wait = 0.0 if lasted else min(_SLOWEST_RESTART, max(0.1, wait * 2))

    async def _start(self, role: str, index: int) -> asyncio.subprocess.Process:
        files = [self._listening[role].fileno()] if role in self._listening else []
        options = [f"--index={index}", f"--parent={self._pipe}"]
        options += [f"--socket={number}" for number in files]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "headgate",
            role,
            *options,
            pass_fds=[*files, self._pipe],
            env={**os.environ, **self._settings.environment()},
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )

    async def _keep(self) -> None:
        """Seal, merge and trim in a process of its own, when there is something to do."""
        schedule = KeepSchedule(self._folder)
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            try:
                if schedule.is_due():
                    child = await self._start("keep", 0)
                    await child.wait()
            except OSError as error:  # too many files, or processes: it is tried again
                log.error("keep.not_started", error=str(error))

    async def _predecessors_gone(self) -> None:
        """After a crash of the supervisor its children end by themselves: wait for them."""
        until = time.monotonic() + READY_SECONDS
        while left := [each for each in self._roles() if each.role != "supervisor"]:
            if time.monotonic() > until:
                names = ", ".join(f"{each.role} (process {each.pid})" for each in left)
                raise RuntimeError(f"{names} of an earlier start still runs: end it first")
            await asyncio.sleep(_LOOK_SECONDS)

    def _place_lanes(self) -> None:
        """Bring each lane to the process that will own it; no other may be started meanwhile.

        Where that cannot be done events are collected all the same, and no process delivers what
        is not its own.
        """
        try:
            self._move_lanes()
        except LedgerUnavailable as error:
            log.error("lanes.not_placed", error=str(error))

    def _move_lanes(self) -> None:
        processes = self._settings.deliver_processes
        with contextlib.ExitStack() as stack:
            for index in {*range(processes), *ledger_files(self._folder.root)}:
                stack.callback(RoleLock(self._folder.run, "deliver", index, processes).release)
            if moved := move_lanes(self._folder, processes):
                log.info("lanes.moved", lanes=len(moved), processes=processes)

    def _roles(self) -> list[Presence]:
        return list(present(self._folder.run))

    async def _announce(self) -> None:
        expected = sum(self._counts.values())
        while not self._over.is_set():
            ready = [each for each in self._roles() if each.ready and each.role != "supervisor"]
            if len(ready) >= expected:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        addresses = [self._address(self._listening[role]) for role in ("collect", "control")]
        self._lock.say(
            Presence(
                role="supervisor",
                index=0,
                pid=os.getpid(),
                ready=True,
                address=" ".join(addresses),
            )
        )
        status = running(self._folder)
        if status is not None and not self._over.is_set():
            sys.stdout.write(msgspec.json.encode(status).decode() + "\n")
            sys.stdout.flush()

    def _address(self, sock: socket.socket) -> str:
        host, port = sock.getsockname()[:2]
        return f"{self._scheme}://{_shown(host)}:{port}"

    async def _end_children(self) -> None:
        """All at once but the appender: it ends when nobody hands it anything any more."""
        end = time.monotonic() + STOP_SECONDS
        children = dict(self._children)
        appender = children.pop(("collect", 0), None)
        _terminate(children.values())
        handing = [child for (role, _), child in children.items() if role == "collect"]
        await _ended(handing, STOP_SECONDS / 2)
        if appender is not None:
            _terminate([appender])
            children["collect", 0] = appender
        await _ended(children.values(), end - time.monotonic())

    async def _stop(self) -> None:
        self._over.set()
        await self._end_children()
        for (role, index), child in list(self._children.items()):
            if child.returncode is None:
                log.error("role.killed", role=role, index=index)
                child.kill()
                await child.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for sock in self._listening.values():
            sock.close()
        os.close(self._mine)
        os.close(self._pipe)
        self._lock.release()


def _terminate(children: Iterable[asyncio.subprocess.Process]) -> None:
    for child in children:
        if child.returncode is None:
            child.terminate()


async def _ended(children: Iterable[asyncio.subprocess.Process], seconds: float) -> None:
    """Wait until they have ended, but not for ever."""
    ends = [asyncio.create_task(child.wait()) for child in children]
    if ends:
        await asyncio.wait(ends, timeout=seconds)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _in_order(process: Presence) -> tuple[bool, str, int]:
    return process.role != "supervisor", process.role, process.index


def running(folder: DataFolder) -> Ready | None:
    """What runs on a data folder now; None while no supervisor does."""
    processes = list(present(folder.run))
    supervisor = next((each for each in processes if each.role == "supervisor"), None)
    if supervisor is None or supervisor.address is None:
        return None
    pids: dict[str, list[int]] = {}
    for each in sorted(processes, key=_in_order):
        pids.setdefault(each.role, []).append(each.pid)
    collect, control = supervisor.address.split()
    return Ready(
        ready=all(each.ready for each in processes),
        collect=collect,
        control=control,
        data=str(folder.root),
        pids=pids,
    )
