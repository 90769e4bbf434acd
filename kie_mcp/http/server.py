"""Serve MCP over HTTP to the programs of this machine: one port, one user, and a list of allowed hosts and origins."""

import asyncio
import logging
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

from kie_mcp.app import create_server, start_sandbox
from kie_mcp.forced_exit import ExitDeadline
from kie_mcp.http.body_limits import BodyLimiter
from kie_mcp.http.connection_limits import limited_connection_type
from kie_mcp.http.cors import LocalCORS
from kie_mcp.http.limits import HttpLimits
from kie_mcp.http.request_normalizer import RequestNormalizer
from kie_mcp.http.session_limits import SessionLimiter
from kie_mcp.http.token_check import TokenRequired
from kie_mcp.setting_values import SettingsError, unusable_port_error
from kie_mcp.settings import Settings
from kie_mcp.stop_signals import receive_stop_signals
from kie_mcp.surface.delivery_tracker import DeliveryTracker
from kie_mcp.surface.server import KieServer
from kie_mcp.surface.tenant import Tenants
from kie_mcp.telemetry.setup import make_observer

PATH = "/mcp"
LAST_SECONDS = 1
"""Seconds in which answers can still be sent after the process was told to end."""
IDLE = 75
"""Seconds for which a connection stays open between two calls."""
_LOGGER = logging.getLogger("uvicorn.error")
"""Uvicorn's logger, one for the whole process."""


@dataclass(frozen=True, slots=True)
class HttpAccess:
    """The address to listen on, and which callers are allowed.

    Every call names the host that it wants to reach, and a call from a web page also the page's origin. Checking both
    keeps out web pages that would reach this machine through the browser of somebody who visits them.
    """

    host: str
    port: int
    """0 picks a free one."""
    hosts: Sequence[str] = ()
    """Host names that calls may use besides the server's own; one without a port is allowed with any."""
    origins: Sequence[str] = ()
    """The origins of web pages that may call, such as https://app.example."""

    def listen(self) -> socket.socket:
        """Listen on the port. Raises SettingsError if it is in use, or if other machines could reach the address."""
        address = ip_address(self._address())
        family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
        try:
            listener = socket.create_server((str(address), self.port), family=family, backlog=512)
        except OSError as error:
            raise unusable_port_error(self.host, self.port, error) from None
        # Without this option each answer, which is sent in two pieces, would take 40 ms; asyncio does not set it here.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener

    def url(self, port: int) -> str:
        """Return the URL of the server for its clients."""
        return f"http://{self._name()}:{port}{PATH}"

    def security(self, port: int) -> TransportSecuritySettings:
        """Return the SDK's settings with the allowed hosts and origins; without them it would check nothing."""
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
    speed: float = 1.0,
    bounds: HttpLimits | None = None,
) -> None:
    """Serve over HTTP until SIGTERM or SIGINT.

    Args:
        settings: What the user has set.
        access: The address to listen on, and which callers are allowed.
        announce: Called with the server's URL once it listens.
        sandbox: Whether to start a sandbox and use it in place of Kie.ai.
        speed: How many times faster than Kie.ai the sandbox works.
        bounds: The limits of callers; by default those of `HttpLimits`.

    Raises SettingsError if the port cannot be used, and LedgerError if the ledger cannot be opened.
    """
    bounds = bounds or HttpLimits()
    with closing(access.listen()) as listener:
        if not sandbox:
            await _serve(settings, access, listener, announce, bounds)
            return
        async with start_sandbox(settings, speed=speed) as own:
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
    observer = make_observer(settings.telemetry)
    server = create_server(settings, observer=observer, local_files=False, sandbox=sandbox)
    http = _Http(_build_app(server, settings, access, port, bounds), bounds)
    await server.tenants.ready()
    with ExitDeadline() as deadline:
        async with anyio.create_task_group() as group:
            await group.start(_leave_on_signal, server.tenants, http, deadline)
            # Entered here, because uvicorn would turn an error at the start into a line of the log.
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
    app.add_middleware(RequestNormalizer, path=PATH)
    if settings.http_token:
        app.add_middleware(TokenRequired, token=settings.http_token)
    if access.origins:  # a browser shows an answer to a page only if the answer allows the page's origin
        app.add_middleware(
            LocalCORS,
            allow_origins=access.origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["Mcp-Session-Id", "WWW-Authenticate"],
        )
    return app


class _Http(uvicorn.Server):
    """A uvicorn server that leaves signals to this file, starts no lifespan, and logs only errors."""

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
        """Handle no signals here: on a signal, jobs must be written down before the server ends."""
        yield

    def leave(self) -> None:
        """Accept no more calls, and cut those that wait."""
        _LOGGER.setLevel(logging.CRITICAL)  # uvicorn would report the cut calls as errors
        self.should_exit = True

    async def wait_for_cut_calls(self) -> None:
        """Wait until the cut calls have noted in the ledger that nobody got their answers."""
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=LAST_SECONDS)


@contextmanager
def _restore_level(logger: logging.Logger) -> Generator[None]:
    """Restore the level of a logger at the end of the block, for others in this process that use it."""
    level = logger.level
    try:
        yield
    finally:
        logger.setLevel(level)


def _has_port(host: str) -> bool:
    return not host.endswith("]") and ":" in host


async def _leave_on_signal(
    tenants: Tenants, http: _Http, deadline: ExitDeadline, *, task_status: TaskStatus[None]
) -> None:
    with receive_stop_signals() as signals:
        task_status.started()
        async for _ in signals:
            deadline.start()
            await tenants.stop()
            http.leave()
