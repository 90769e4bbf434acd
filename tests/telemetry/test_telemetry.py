"""What OpenTelemetry is told of jobs, as its in-memory exporters have it, and what it is never told."""

import json
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest
from mcp.types import RequestParamsMeta
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.lifecycle import Step
from kie_mcp.orders.kind import Kind
from kie_mcp.telemetry.exporting import assemble_telemetry
from kie_mcp.telemetry.job_trace import trace_ids
from kie_mcp.telemetry.setup import make_observer
from kie_mcp.telemetry.signals import Signals, read_signals
from tests.support.sandbox_server import Stand, facts, stand
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio
PROMPT = "canary-prompt of a red fox"


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


class Collected:
    """Everything that was exported."""

    def __init__(self) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.observer = assemble_telemetry([SimpleSpanProcessor(self.exporter)], [self.reader])

    def spans(self, name: str = "") -> list[ReadableSpan]:
        """Those with this name, or that begin with it."""
        return [span for span in self.exporter.get_finished_spans() if span.name.startswith(name)]

    def points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """The attributes and the value of each series of a metric."""
        data = json.loads(cast("Any", self.reader.get_metrics_data()).to_json())
        return [
            (point["attributes"], point.get("value", point.get("sum")))
            for resource in data["resource_metrics"]
            for scope in resource["scope_metrics"]
            for metric in scope["metrics"]
            if metric["name"] == name
            for point in metric["data"]["data_points"]
        ]

    def everything(self) -> str:
        """All that was exported, as text."""
        return "".join(span.to_json() for span in self.spans()) + str(self.points("kie.jobs"))


@asynccontextmanager
async def observed(folder: Path, **sandbox: Any) -> AsyncGenerator[tuple[Stand, Collected]]:
    """A server on a sandbox whose jobs are told."""
    collected = Collected()
    async with stand(folder, observer=collected.observer, **sandbox) as one:
        yield one, collected


async def test_a_job_is_one_trace_of_its_steps_and_is_counted(tmp_path: Path) -> None:
    async with observed(tmp_path) as (one, collected):
        made = facts(await one.client.call_tool("generate_image", {"prompt": PROMPT}))
    trace_id, span_id = trace_ids(made["job_id"])
    [whole], [create], looks, [save] = map(collected.spans, ("generate_content", "create", "look", "save"))
    assert {span.context.trace_id for span in (whole, create, *looks, save) if span.context} == {trace_id}
    assert whole.context
    assert whole.context.span_id == span_id
    assert {span.parent.span_id for span in (create, *looks, save) if span.parent} == {span_id}
    assert whole.parent is None
    [wait] = collected.spans("wait")
    assert [link.context.span_id for link in wait.links] == [span_id]
    told = dict(whole.attributes or {})
    assert told == {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.provider.name": "kie.ai",
        "gen_ai.request.model": made["model"],
        "gen_ai.output.type": "image",
        "gen_ai.response.id": made["kie_task_id"],
        "kie.job.id": made["job_id"],
        "kie.job.kind": "image",
        "kie.job.state": "succeeded",
        "kie.job.credits": made["credits"]["used"],
    }
    [(ended, count)] = collected.points("kie.jobs")
    assert (ended["kie.job.state"], count) == ("succeeded", 1)
    assert [value for _, value in collected.points("kie.looks")] == [len(looks)]
    assert [value for _, value in collected.points("kie.saved")] == [made["outputs"][0]["bytes"]]
    assert [value for _, value in collected.points("kie.credits")] == [made["credits"]["used"]]
    [(_, seconds)] = collected.points("gen_ai.client.operation.duration")
    assert 0 < seconds < 60


async def test_no_prompt_no_link_no_path_and_no_key_is_told(tmp_path: Path) -> None:
    async with observed(tmp_path, changes={"api_key": "canary-key-0123456789"}) as (one, collected):
        await one.client.call_tool("generate_image", {"prompt": PROMPT})
        await one.client.call_tool("generate_image", {"prompt": f"{PROMPT} sandbox:fail"})
    told = collected.everything()
    assert "nano-banana" in told
    for word in ("canary", "http", str(tmp_path), "fox"):
        assert word not in told


async def test_a_failed_job_says_of_what_kind_and_nothing_more(tmp_path: Path) -> None:
    async with observed(tmp_path, scenario="moderation") as (one, collected):
        made = facts(await one.client.call_tool("generate_image", {"prompt": PROMPT}))
    [whole] = collected.spans("generate_content")
    assert whole.status.status_code is StatusCode.ERROR
    assert whole.status.description == made["error"]["category"]
    assert whole.attributes
    assert whole.attributes["error.type"] == made["error"]["category"]
    [(ended, _)] = collected.points("kie.jobs")
    assert ended["kie.job.state"] == "failed"
    assert not any(span.events for span in collected.spans())


async def test_waits_that_kie_asks_for_are_counted(tmp_path: Path) -> None:
    async with observed(tmp_path, scenario="429") as (one, collected):
        await one.client.call_tool("generate_image", {"prompt": PROMPT})
    [(_, waits)], [(_, seconds)] = map(collected.points, ("kie.throttled", "kie.throttle.duration"))
    assert waits == 1
    assert seconds > 0
    first, second = collected.spans("create")
    assert (first.status.description, second.status.description) == ("busy", None)


async def test_the_trace_of_the_call_that_ordered_a_job_is_linked(tmp_path: Path) -> None:
    caller = 0x0AF7651916CD43DD8448EB211C80319C
    meta = cast("RequestParamsMeta", {"traceparent": f"00-{caller:032x}-b7ad6b7169203331-01"})
    async with observed(tmp_path) as (one, collected):
        await one.client.call_tool("generate_image", {"prompt": PROMPT}, meta=meta)
    [create] = collected.spans("create")
    assert [link.context.trace_id for link in create.links] == [caller]
    [wait] = collected.spans("wait")
    assert wait.context
    assert wait.context.trace_id == caller


async def test_it_is_sent_to_the_collector_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (url, paths):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        observer = make_observer(Signals(traces=True, metrics=True))
        assert observer
        job = make_job()
        with observer.step(Step.LOOK, job) as report:
            report(job)
        observer.close()
    assert sorted(paths) == ["/v1/metrics", "/v1/traces"]


@contextmanager
def collector() -> Generator[tuple[str, list[str]]]:
    """A collector on this machine, and the paths that were posted to it."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", paths
        finally:
            server.shutdown()
            thread.join()


def make_job() -> Job:
    """A job that is being made."""
    return Job(
        id="job_x",
        account="account",
        kind=Kind.IMAGE,
        model="google/nano-banana",
        order={},
        fingerprint="",
        created_at=1.0,
        updated_at=1.0,
        phase=Phase.RUNNING,
    )


ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, Signals()),
        (ENDPOINT, Signals(traces=True, metrics=True)),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, Signals(traces=True)),
        (ENDPOINT | {"OTEL_METRICS_EXPORTER": "none"}, Signals(traces=True)),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:4318/v1/metrics"}, Signals(metrics=True)),
        ({"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "prometheus"}, Signals()),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "true"}, Signals()),
        ({"OTEL_SERVICE_NAME": "studio", "OTEL_EXPORTER_OTLP_ENDPOINT": " "}, Signals()),
    ],
)
def test_only_what_the_environment_asks_for_is_exported(variables: dict[str, str], wanted: Signals) -> None:
    assert read_signals(variables) == wanted


def test_a_protocol_that_is_not_spoken_exports_nothing_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    asked = read_signals(ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
    assert not asked
    assert make_observer(asked) is None
    assert "Set it to http/protobuf" in caplog.text
