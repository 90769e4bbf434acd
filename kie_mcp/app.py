"""Build an MCP server from settings: plug all parts together, without logic of its own."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import anyio
from anyio.to_thread import run_sync
from pydantic import SecretStr

from kie_mcp import __version__
from kie_mcp.catalog import job_durations
from kie_mcp.jobs.account import AccountReader
from kie_mcp.jobs.assembly import make_service
from kie_mcp.jobs.clock import Clock, SystemClock
from kie_mcp.jobs.events import JobEvents
from kie_mcp.jobs.history import JobHistory
from kie_mcp.jobs.observer import JobObserver
from kie_mcp.jobs.service import JobService
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.process_lock import ProcessLock
from kie_mcp.jobs.store.protocols import Ledger
from kie_mcp.jobs.store.store_url import open_store, sqlite_url
from kie_mcp.jobs.timing import STANDARD, Timing
from kie_mcp.kie.client import KieClient
from kie_mcp.market.service import Market
from kie_mcp.media.inputs.file_references import EarlierOutputs
from kie_mcp.media.inputs.inline_file_store import InlineFiles
from kie_mcp.media.inputs.local_files import LocalFiles
from kie_mcp.media.inputs.own_files import InputFiles
from kie_mcp.media.inputs.uploads import Uploads
from kie_mcp.media.outputs.saver import LAST_MOMENTS, OutputSaver, is_saved
from kie_mcp.media.worker_threads import run_in_thread
from kie_mcp.planner.planner import LEARNED_FROM, OrderPlanner, kind_of
from kie_mcp.setting_values import LogLevel
from kie_mcp.settings import SANDBOX_KEY, Settings
from kie_mcp.surface.answers.preview import PREVIEW_SECONDS
from kie_mcp.surface.call_handler import CallHandler
from kie_mcp.surface.clients import ClientSettings
from kie_mcp.surface.prompts import workflows
from kie_mcp.surface.resources import completions, listing, models, read, subscriptions
from kie_mcp.surface.resources.watchers import ResourceWatchers
from kie_mcp.surface.server import KieServer
from kie_mcp.surface.skills.extension import Skills
from kie_mcp.surface.tasks.extension import Tasks
from kie_mcp.surface.tasks.job_tasks import JobTasks
from kie_mcp.surface.tenant import Tenant, Tenants
from kie_mcp.surface.tools import Tools
from kie_mcp.surface.viewer import make_viewer

INSTRUCTIONS = (
    "Pictures, speech and talking videos from Kie.ai, and by list_models and run_model music, videos and all else "
    "that it makes. Each is a job with an id and costs credits: estimate_only=true tells how many, get_account what "
    "is left. "
    "Chain jobs by their kie:// references: generate_image makes a face, generate_speech a voice, and "
    "create_talking_video takes both, also before those jobs are done, or has them made: image_prompt, script. "
    "A tool waits for a while; if the job is not done by then it answers `running` with the job id: call "
    "get_job_status(job_id), which is free and waits as long as this client can, until it is done. "
    "Never repeat an order because it takes long or because its answer was lost: look for its job first (list_jobs). "
    "`unconfirmed` means that it may have been charged: tell the user."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedParts:
    """The parts that all tenants of one process share."""

    ledger: Ledger
    clock: Clock
    process_lock: ProcessLock
    inline_files: InlineFiles
    observer: JobObserver
    timing: Timing


def make_shared_parts(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ledger: Ledger | None = None,
    observer: JobObserver | None = None,
    timing: Timing = STANDARD,
) -> SharedParts:
    """Make the parts that all tenants of this process share, without opening any.

    `observer` is told what is done for jobs, and is closed when the server ends. `clock`, `ledger` and `timing` are
    used instead of the usual ones: seams for tests.
    """
    clock, ledger = clock or SystemClock(), ledger or open_store(sqlite_url(settings.ledger_path), timing=timing)
    return SharedParts(
        ledger=ledger,
        clock=clock,
        process_lock=ProcessLock(settings.state_dir / "workers"),
        inline_files=InlineFiles(settings.state_dir / "inputs", clock, needed=ledger.find_inputs_needed),
        observer=observer or JobObserver(),
        timing=timing,
    )


def make_tenant(
    shared: SharedParts,
    settings: Settings,
    *,
    kie: KieClient | None = None,
    local_files: bool = True,
    sandbox: bool = False,
) -> Tenant:
    """Make the parts of one account, without opening any.

    Args:
        shared: What it shares with the other tenants of this process.
        settings: The account's key, folders and wishes.
        kie: The client to use instead of one made from the settings: the seam for tests.
        local_files: Whether its callers may name files of this computer by their paths.
        sandbox: Whether this process has started the sandbox that the settings lead to. Any other sandbox is
            recognized by its answers.
    """
    account, ledger, clock = settings.account, shared.ledger, shared.clock
    kie = kie or settings.make_client(sandbox=sandbox)
    saver = OutputSaver(
        settings.output_dir,
        kie.fetch,
        kie.download_link,
        clock,
        sidecar=settings.sidecar,
        sandbox=lambda: bool(kie.sandbox),
    )
    events, history = JobEvents(), JobHistory(ledger, account=account)
    market = Market(kie.models, settings.market_path, clock)
    planner = _make_planner(shared, settings, kie, saver, market, history, events, local_files=local_files)
    service = _make_service(shared, settings, kie, saver, planner, events)
    return Tenant(
        account=account,
        kie=kie,
        planner=planner,
        service=service,
        history=history,
        market=market,
        watchers=ResourceWatchers(service, history),
        account_reader=AccountReader(ledger, kie, clock, account=account, limits=settings.limits, timing=shared.timing),
        client_settings=ClientSettings(
            wait_seconds=settings.wait_seconds, links=settings.links, preview=settings.preview
        ),
        limits=settings.limits,
        confirm_above=settings.confirm_above_credits,
        has_key=settings.api_key is not None,
    )


def _make_planner(
    shared: SharedParts,
    settings: Settings,
    kie: KieClient,
    saver: OutputSaver,
    market: Market,
    history: JobHistory,
    events: JobEvents,
    *,
    local_files: bool,
) -> OrderPlanner:
    async def check(room: int) -> None:
        await run_sync(kie.check)
        await saver.check(room)

    uploads = Uploads(kie.upload, shared.ledger, shared.clock, account=settings.account)
    sources = EarlierOutputs(history.own, uploads.path, kie.download_link, shared.clock)
    disk = LocalFiles(settings.input_roots, relative_to=settings.output_dir, local_files=local_files)
    return OrderPlanner(
        sources,
        InputFiles(disk, shared.inline_files, uploads),
        check,
        kie,
        account=settings.account,
        market=market,
        plain_host=settings.plain_host,
        list_finished=lambda: history.list_finished(limit=LEARNED_FROM),
        say=events.say,
    )


def _make_service(
    shared: SharedParts,
    settings: Settings,
    kie: KieClient,
    saver: OutputSaver,
    planner: OrderPlanner,
    events: JobEvents,
) -> JobService:
    return make_service(
        shared.ledger,
        kie,
        planner.prepare,
        saver.save,
        events,
        shared.clock,
        account=settings.account,
        worker=shared.process_lock.worker,
        kind_of=kind_of,
        saved=is_saved,
        ended=shared.process_lock.find_ended,
        elsewhere=job_durations.usual_duration,
        limits=settings.limits,
        observer=shared.observer,
        timing=shared.timing,
    )


def create_server(
    settings: Settings,
    *,
    kie: KieClient | None = None,
    clock: Clock | None = None,
    ledger: Ledger | None = None,
    observer: JobObserver | None = None,
    local_files: bool = True,
    sandbox: bool = False,
    timing: Timing = STANDARD,
    preview_seconds: float = PREVIEW_SECONDS,
) -> KieServer:
    """Make the MCP server of one user; nothing is opened before a client connects.

    For `observer`, and for `clock`, `ledger` and `timing`, the seams for tests, see `make_shared_parts`; for the other
    arguments see `make_tenant`.
    """
    shared = make_shared_parts(settings, clock=clock, ledger=ledger, observer=observer, timing=timing)
    tenant = make_tenant(shared, settings, kie=kie, local_files=local_files, sandbox=sandbox)
    tenants = Tenants([tenant], lambda _: tenant, observer.close if observer else None)
    return assemble(shared, tenants, log_level=settings.log_level, preview_seconds=preview_seconds)


def assemble(
    shared: SharedParts,
    tenants: Tenants,
    *,
    log_level: LogLevel = "WARNING",
    preview_seconds: float = PREVIEW_SECONDS,
) -> KieServer:
    """Put the MCP server of these tenants together; nothing is opened before a client comes."""
    calls = CallHandler(tenants.find, shared.clock, preview_seconds=preview_seconds)
    tools = Tools(tenants.find, calls).publish()
    tasks = JobTasks(tenants.find, calls, shared.clock, tools={tool.name for tool in tools if tool.becomes_task})

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncGenerator[Tenants]:
        async with _hold(shared.process_lock, anyway=tenants.opens_anyway), tenants.open():
            yield tenants

    server = KieServer(
        tenants,
        calls,
        name="kie-mcp",
        title="Kie.ai media",
        version=__version__,
        instructions=INSTRUCTIONS,
        tools=list(tools),
        extensions=[Tasks(tasks), make_viewer(), Skills()],
        lifespan=lifespan,
        log_level=log_level,
    )
    read.register(server, tenants.find, calls)
    models.register(server, tenants.find)
    listing.register(server, tenants.find)
    completions.register(server, tenants.find)
    subscriptions.register(server, tenants.find)
    workflows.register(server)
    return server


@asynccontextmanager
async def _hold(process_lock: ProcessLock, *, anyway: bool) -> AsyncGenerator[None]:
    """Hold the lock that tells other processes that this one is alive; at the end its disk may not answer any more.

    Raises LedgerError if it cannot be held, unless the server is to open *anyway*: then it is tried again later.
    """
    with suppress(*([LedgerError] if anyway else [])):
        await run_in_thread(process_lock.__enter__)
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True), suppress(OSError):
            await run_in_thread(lambda: process_lock.__exit__(None, None, None), patience=LAST_MOMENTS)


@asynccontextmanager
async def start_sandbox(settings: Settings, *, speed: float = 1.0) -> AsyncGenerator[Settings]:
    """Run a sandbox inside the block, and yield these settings with its address and key in place of Kie.ai's.

    `speed` says how many times faster than Kie.ai it works.
    """
    from kie_mcp.sandbox import serve

    async with serve(seed=secrets.randbits(32), speed=speed) as base_url:
        yield settings.model_copy(
            update={"api_base_url": base_url, "upload_base_url": base_url, "api_key": SecretStr(SANDBOX_KEY)}
        )
