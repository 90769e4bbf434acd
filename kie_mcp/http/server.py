"""The same server over HTTP, for the programs of this machine: one port, one service, and a list of who may come in."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

import anyio
import uvicorn
from anyio.abc import TaskStatus
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette

from kie_mcp.app import create_server, on_sandbox
from kie_mcp.http.body_limits import BodyLimiter
from kie_mcp.http.connection_limits import limited_connection_type
from kie_mcp.http.lenient_requests import LenientRequests, LocalCORS
from kie_mcp.http.limits import HttpLimits
from kie_mcp.http.session_limits import SessionLimiter
from kie_mcp.http.token_check import TokenRequired
from kie_mcp.settings import Settings, SettingsError, unusable_port
from kie_mcp.shutdown import Deadline
from kie_mcp.surface.delivery import DeliveryTracker
from kie_mcp.surface.server import KieServer
from kie_mcp.surface.tenant import Tenants

PATH = "/mcp"
LAST_SECONDS = 1
"""Seconds that answers on their way get when the process leaves."""
IDLE = 75
"""Seconds for which a connection stays open between two calls."""
_LOGGER = logging.getLogger("uvicorn.error")
"""Uvicorn has one for the whole process."""


@dataclass(frozen=True, slots=True)
class HttpAccess:
    """Where callers come in, and which.

    Every call names the host that it means, and one from a web page the page's origin. Checking both keeps out pages
    that reach this machine through their visitor's browser.
    """

    host: str
    port: int
    """0 picks a free one."""
    hosts: Sequence[str] = ()
    """Names that are let in besides the server's own; without a port, with any."""
    origins: Sequence[str] = ()

    def listen(self) -> socket.socket:
        """Take the port. Raises SettingsError if it is taken, or if others than this machine could reach it."""
        address = ip_address(self._address())
        family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
        try:
            listener = socket.create_server((str(address), self.port), family=family, backlog=512)
        except OSError as error:
            raise unusable_port(self.host, self.port, error) from None
        # asyncio sets it only where the protocol is named, and answers leave in two pieces: each would take 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener

    def url(self, port: int) -> str:
        """Where clients find the server."""
        return f"http://{self._name()}:{port}{PATH}"

    def security(self, port: int) -> TransportSecuritySettings:
        """Who is let in: always a list, since without one the SDK checks nothing."""
        names = dict.fromkeys((self._name(), "127.0.0.1", "localhost", "[::1]"))
        own = [f"{name}:{port}" for name in names] + (list(names) if port == 80 else [])
        more = [one for host in self.hosts for one in ((host,) if _has_port(host) else (host, f"{host}:*"))]
        return TransportSecuritySettings(
            allowed_hosts=own + more, allowed_origins=[f"http://{one}" for one in own] + list(self.origins)
        )

    def _address(self) -> str:
        given = self.host.removeprefix("[").removesuffix("]")
        address = "127.0.0.1" if given.casefold() == "localhost" else given
        with suppress(ValueError):
            if ip_address(address).is_loopback:
                return address
        raise SettingsError(
            f"--host {self.host}: other machines could reach that, and this server does not ask who calls.",
            remedy="Serve on 127.0.0.1, ::1 or localhost: whoever reaches it spends your credits and sees your jobs.\n"
            "For callers elsewhere put a reverse proxy on this machine that lets only them in, and name it with"
            " --allow-host;\nor have them forward the port with ssh -L.",
        )

    def _name(self) -> str:
        address = self._address()
        return f"[{address}]" if ":" in address else address


async def serve_http(
    settings: Settings,
    access: HttpAccess,
    announce: Callable[[str], None],
    *,
    sandbox: bool = False,
    bounds: HttpLimits | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; with `sandbox`, against a Kie.ai of our own. `announce` is told the URL.

    Raises SettingsError if the port cannot be used, and LedgerError if jobs cannot be written down.
    """
    bounds = bounds or HttpLimits()
    with closing(access.listen()) as listener:
        if not sandbox:
            await _serve(settings, access, listener, announce, bounds)
            return
        async with on_sandbox(settings) as own:
            await _serve(own, access, listener, announce, bounds, sandbox=True)


async def _serve(
    settings: Settings,
    access: HttpAccess,
    listener: socket.socket,
    announce: Callable[[str], None],
    bounds: HttpLimits,
    *,
    sandbox: bool = False,
) -> None:
    port = listener.getsockname()[1]
    server = create_server(settings, local_files=False, sandbox=sandbox)
    http = _Http(_build_app(server, settings, access, port, bounds), bounds)
    await server.tenants.ready()
    with Deadline() as deadline:
        async with anyio.create_task_group() as group:
            await group.start(_leave_on_signal, server.tenants, http, deadline)
            # Entered here and not by uvicorn, which would turn what goes wrong into a log line.
            async with server.session_manager.run():
                announce(access.url(port))
                with _restore_level(_LOGGER):
                    await http.serve(sockets=[listener])
                    await http.wait_for_cut_calls()
            group.cancel_scope.cancel()


def _build_app(server: KieServer, settings: Settings, access: HttpAccess, port: int, bounds: HttpLimits) -> Starlette:
    security = access.security(port)
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        transport_security=security,
        max_request_body_size=bounds.body,
        session_idle_timeout=bounds.session_seconds,
        max_sessions=2 * bounds.sessions,
    )
    app.router.redirect_slashes = False  # behind a proxy they would lead to plain http
    # From the inside to the outside.
    app.add_middleware(DeliveryTracker)
    app.add_middleware(SessionLimiter, host=security.allowed_hosts[0], path=PATH, most=bounds.sessions)
    app.add_middleware(BodyLimiter, bounds=bounds)
    app.add_middleware(LenientRequests, path=PATH)
    if settings.http_token:
        app.add_middleware(TokenRequired, token=settings.http_token)
    if access.origins:  # a browser shows a page only those answers that say whose they are
        app.add_middleware(
            LocalCORS,
            allow_origins=access.origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["Mcp-Session-Id", "WWW-Authenticate"],
        )
    return app


class _Http(uvicorn.Server):
    """A uvicorn that leaves signals and the service to us, and says nothing but what went wrong."""

    def __init__(self, app: Starlette, bounds: HttpLimits) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=limited_connection_type(bounds),
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                lifespan="off",
                ws="none",
                timeout_keep_alive=IDLE,
                timeout_graceful_shutdown=LAST_SECONDS,
            )
        )

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Jobs are written down before anything else ends."""
        yield

    def leave(self) -> None:
        """Take no more calls, and let go of those that wait."""
        _LOGGER.setLevel(logging.CRITICAL)  # that they are cut is meant
        self.should_exit = True

    async def wait_for_cut_calls(self) -> None:
        """Let the calls that were cut say so to the ledger before it is closed."""
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=LAST_SECONDS)


@contextmanager
def _restore_level(logger: logging.Logger) -> Generator[None]:
    """Others in this process may use it after us."""
    level = logger.level
    try:
        yield
    finally:
        logger.setLevel(level)


def _has_port(host: str) -> bool:
    return not host.endswith("]") and ":" in host


async def _leave_on_signal(tenants: Tenants, http: _Http, deadline: Deadline, *, task_status: TaskStatus[None]) -> None:
    try:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            task_status.started()
            async for _ in signals:
                deadline.set()
                await tenants.stop()
                http.leave()
    except NotImplementedError:  # Windows
        task_status.started()
