"""The control role: one process that serves the APIs by which people configure everything."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn

from headgate.api.app import make_app
from headgate.api.console.routes import Console
from headgate.api.console.site import Site
from headgate.clock import SystemClock
from headgate.control.access.sessions import Lengths
from headgate.control.errors import Refused
from headgate.control.nouns.one_time_links import HOURS, offer_first_owner
from headgate.control.work import Control
from headgate.proxies import Proxies
from headgate.services.key_rounds import KeyRounds
from headgate.services.operations import Operations
from headgate.services.parts import open_following, open_log, open_store
from headgate.services.premises import premises
from headgate.services.process import Life, until_over
from headgate.services.testing import EventTester
from headgate.telemetry import log

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Iterator

    from headgate.folder import DataFolder
    from headgate.settings import Settings
    from headgate.store.database import Store

T = TypeVar("T")
LOG_SECONDS = 60.0
"""The longest that a use case waits for what it asks of the log."""
KEEP_ALIVE_SECONDS = 75
MOST_AT_ONCE = 1000
STOP_SECONDS = 3


async def run_control(
    folder: DataFolder, settings: Settings, sockets: list[socket.socket], parent: int
) -> None:
    """Serve until the process is told to end."""
    events = open_log(folder)
    life = Life(folder.run, "control", 0, dict)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(life.end)
        stack.push_async_callback(events.close)
        store = stack.enter_context(open_store(folder, settings))
        run = OnLoop(asyncio.get_running_loop())
        testing = EventTester(folder, settings, SystemClock())
        stack.push_async_callback(testing.close)
        control = Control(premises(folder, settings, store, events, run, testing))
        operations = Operations(folder)
        console = _console(settings, sockets[0])
        stopping = asyncio.Event()
        app = make_app(
            control,
            operations,
            calls_a_minute=settings.api_calls_a_minute,
            config_calls_a_minute=settings.config_calls_a_minute,
            console=console,
            is_stopping=stopping.is_set,
        )
        _tell_first_owner(store, console)
        rounds = asyncio.create_task(KeyRounds(store, SystemClock()).run())
        stack.push_async_callback(_cancelled, rounds)
        vital = [rounds]
        if (following := open_following(store, settings)) is not None:
            vital.append(asyncio.create_task(following.run()))
            stack.push_async_callback(_cancelled, vital[-1])
        server = _Server(_served(app, settings), life.ready)
        serving = asyncio.create_task(server.serve(sockets))
        stack.push_async_callback(_ended, server, serving)
        stack.callback(stopping.set)
        life.start(parent)
        await until_over(life, serving, *vital)


def _console(settings: Settings, sock: socket.socket) -> Console:
    """Where people reach the web app, as far as this process knows, and how long they stay."""
    host, port = sock.getsockname()[:2]
    scheme = "https" if settings.tls_cert else "http"
    return Console(
        Site(settings.console_url, f"{scheme}://{_reachable(host)}:{port}"),
        Lengths(
            int(settings.session_days * 86_400_000), int(settings.session_idle_hours * 3_600_000)
        ),
        Proxies(settings.trusted_proxies),
    )


def _reachable(host: str) -> str:
    """The address itself, or this machine's own where every address is listened on."""
    named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is compared
    return f"[{named}]" if ":" in named else named


def _tell_first_owner(store: Store, console: Console) -> None:
    """Whoever reads what the operator reads may be the first owner, while there is nobody."""
    link = offer_first_owner(store, SystemClock())
    if link is not None:
        url = console.site.link("owner", link.secret)
        log.info("console.first_owner", url=url, hours=HOURS)


def _served(app: Any, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        http="httptools",
        ws="none",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        limit_concurrency=MOST_AT_ONCE,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )


class OnLoop:
    """Asks the log for use cases, which run in threads; the log belongs to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def __call__(self, asked: Coroutine[Any, Any, T], /) -> T:
        """Raises Refused for what takes too long."""
        answer = asyncio.run_coroutine_threadsafe(asked, self._loop)
        try:
            return answer.result(LOG_SECONDS)
        except TimeoutError:
            answer.cancel()
            told = f"looking into the log took more than {LOG_SECONDS:g} s: ask for less"
            raise Refused(told) from None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The life of the process sees to signals."""
        yield


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _ended(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    server.should_exit = True
    await serving
