"""Imports point down only, and nothing heavy is loaded before it is used."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "kie_mcp"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
FLOORS = [
    "client_config console errors file_system log_format optional_packages text timestamps urls",
    "orders",
    "jobs",
    "catalog",
    "kie",
    "market",
    "media",
    "planner",
    "surface",
]
"""From the ground up; whatever is not named belongs to the assembly on top."""
LAYERS = {name: floor for floor, names in enumerate(FLOORS) for name in names.split()} | {"": 0}
ASSEMBLY = len(FLOORS)

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip("."): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def layer(module: str) -> int:
    return LAYERS.get(module.partition(".")[0], ASSEMBLY)


@cache
def nodes_of(module: str) -> list[ast.AST]:
    """Parse a module once for all tests."""
    return list(ast.walk(ast.parse(MODULES[module].read_text("utf-8"))))


def imports(module: str) -> Iterator[str]:
    """Absolute names of what a module imports, anywhere in it: inside functions and for types only, too."""
    for node in nodes_of(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole.removeprefix("kie_mcp.") in MODULES else str(node.module)


def ours(name: str) -> str | None:
    """The module's name under `kie_mcp`; None if it is not one of ours."""
    return name.removeprefix("kie_mcp").removeprefix(".") if name.split(".")[0] == "kie_mcp" else None


def importers(*packages: str) -> set[str]:
    return {module for module in MODULES if any(name.split(".")[0] in packages for name in imports(module))}


def test_imports_point_down_only() -> None:
    """But for the package itself, which names for other programs what lies deep in it."""
    found = [
        f"{module} imports {name}"
        for module in MODULES
        if module and not module.startswith("sandbox")
        for name in imports(module)
        if (below := ours(name)) is not None and not is_below(below, module)
    ]
    assert found == []


def is_below(imported: str, module: str) -> bool:
    """Whether the module may import it: only the assembly starts the sandbox."""
    return layer(module) == ASSEMBLY if imported.startswith("sandbox") else layer(imported) <= layer(module)


def test_what_the_package_names_for_other_programs_is_not_taken_from_there_inside() -> None:
    """It would be a way around the layers."""
    taken = {
        alias.name
        for module in MODULES
        for node in nodes_of(module)
        if isinstance(node, ast.ImportFrom) and node.module == "kie_mcp"
        for alias in node.names
    }
    assert taken <= {"__version__", *MODULES}


def test_the_sandbox_shares_nothing_with_the_client() -> None:
    """A mistake that both sides share would stay hidden."""
    shared = [
        f"{module} imports {name}"
        for module in MODULES
        if module.startswith("sandbox")
        for name in imports(module)
        if not (ours(name) or "sandbox").startswith("sandbox")
    ]
    assert shared == []


def test_only_the_kie_folder_speaks_http() -> None:
    assert {module.partition(".")[0] for module in importers("httpx")} == {"kie"}
    assert importers("httpx2") == set()


def test_only_the_mcp_edge_imports_the_sdk() -> None:
    assembly = {"app", "cli.session", "demo.run", "http.server"}
    allowed = {module for module in MODULES if layer(module) == LAYERS["surface"]} | assembly
    assert importers("mcp", "mcp_types") <= allowed


def test_one_file_alone_reaches_for_what_is_private_to_the_sdk() -> None:
    assert {module for module in importers("mcp", "mcp_types") if foreign_privates(module)} == {"surface.server"}


def foreign_privates(module: str) -> set[str]:
    """Private attributes that are used in a module and made nowhere in it."""
    nodes = nodes_of(module)
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    made = {node.attr for node in attributes if isinstance(node.ctx, ast.Store)}
    made |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    private = {node.attr for node in attributes if node.attr.startswith("_") and not node.attr.endswith("__")}
    return private - made


def naming(*names: str) -> set[str]:
    """The modules in which one of these names is imported or used."""
    return {
        module
        for module in MODULES
        for node in nodes_of(module)
        if isinstance(node, ast.Attribute | ast.Name | ast.alias)
        and {getattr(node, key, None) for key in ("attr", "id", "name")} & {*names}
    }


def test_only_the_settings_read_the_environment() -> None:
    """But for the start, which hands it to the checks, and for the proxies of those who use the client without them."""
    assert naming("environ", "getenv", "environb") == {"settings", "start"}
    assert naming("getproxies") == {"settings", "kie.client"}


def test_one_file_alone_says_of_a_record_done_failed_or_in_flight() -> None:
    assert {module for module in naming("Verdict") if layer(module) == LAYERS["kie"]} == {"kie.job_record"}


def test_one_file_alone_calls_what_costs_credits() -> None:
    calls = {
        module
        for module in MODULES
        if not module.startswith(("sandbox", "kie."))
        for node in nodes_of(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("upstream.create")
    }
    assert calls == {"jobs.submitter"}


def test_the_picture_for_contributors_shows_every_file_and_folder() -> None:
    """Those of the whole are named in it one by one, in the folders the important ones."""
    picture = CONTRIBUTING.split("```text\n", 1)[1].split("```", 1)[0]
    shown = re.findall(r"[\w*]+", picture)
    hidden = {name.partition(".")[0] for name in MODULES} - {"", "__main__"}
    assert {name for name in hidden if not any(fnmatch(name, word) for word in shown)} == set()


def loaded_by(statement: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter has loaded after the statement."""
    report = f"import contextlib, sys\n{statement}\nsys.stderr.write(' '.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)  # noqa: S603
    return set(ran.stderr.split())


def test_importing_the_server_loads_nothing_that_only_a_sandbox_needs() -> None:
    loaded = loaded_by("import kie_mcp.stdio_server")
    assert loaded.isdisjoint({"PIL", "av", "rich", "kie_mcp.demo.run", "kie_mcp.cli.doctor"})
    assert not [name for name in loaded if name.startswith("kie_mcp.sandbox.")]


def test_importing_the_server_loads_nothing_that_only_telemetry_needs() -> None:
    """The SDK of MCP loads OpenTelemetry's API; what makes and sends spans comes once it is asked for."""
    loaded = loaded_by("import kie_mcp.stdio_server")
    assert loaded.isdisjoint({"opentelemetry.sdk", "kie_mcp.telemetry.exporting", "kie_mcp.telemetry.job_telemetry"})


def test_importing_the_server_loads_nothing_that_only_other_models_need() -> None:
    loaded = loaded_by("import kie_mcp.stdio_server")
    assert loaded.isdisjoint({"jsonschema", "referencing", "kie_mcp.market.price_text", "kie_mcp.market.row_check"})


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_answer_without_loading_the_sdk(option: str) -> None:
    loaded = loaded_by(
        f"with contextlib.suppress(SystemExit):\n  from kie_mcp.cli.main import main; main(['{option}'])"
    )
    assert "kie_mcp.cli.main" in loaded
    assert loaded.isdisjoint({"mcp", "pydantic", "anyio", "httpx", "PIL", "av", "rich", "kie_mcp.settings"})


def test_a_pipe_is_never_asked_whether_it_can_show_pictures() -> None:
    """The library asks as soon as it is imported."""
    loaded = loaded_by(
        "from kie_mcp.cli.pictures import show_pictures; show_pictures([{'path': 'a.png', 'mime_type': 'image/png'}])"
    )
    assert "kie_mcp.cli.pictures" in loaded
    assert loaded.isdisjoint({"textual_image", "rich"})


def test_importing_the_package_alone_loads_only_itself() -> None:
    """A version can be asked for cheaply."""
    nothing, loaded = loaded_by(""), loaded_by("import kie_mcp; kie_mcp.__version__")
    assert loaded - nothing == {"kie_mcp"}


def test_an_error_can_be_named_without_loading_the_client() -> None:
    loaded = loaded_by("from kie_mcp import UnconfirmedError")
    assert "kie_mcp.errors" in loaded
    assert loaded.isdisjoint({"kie_mcp.kie.client", "pydantic", "httpx", "mcp"})


def test_a_callback_is_verified_without_loading_more_than_the_standard_library() -> None:
    loaded = loaded_by("from kie_mcp import verify_callback")
    assert "kie_mcp.kie.callbacks" in loaded
    assert loaded.isdisjoint({"kie_mcp.kie.client", "pydantic", "httpx", "anyio", "mcp"})


def test_a_client_is_greeted_with_the_standard_library_alone() -> None:
    """And with so little of it that it takes milliseconds; what an idle process and a list of files need too."""
    first = loaded_by("import kie_mcp.start\nkie_mcp.start._make_start(sandbox=False)")
    heavy = {"mcp", "pydantic", "pydantic_core", "anyio", "httpx", "logging", "asyncio", "kie_mcp.cli.main"}
    assert {"kie_mcp.greeting.answers", "kie_mcp.greeting.plain_settings"} <= first
    assert first.isdisjoint(heavy | {"typing", "dataclasses", "pathlib", "sqlite3", "threading", "hashlib"})
    later = loaded_by(
        "import kie_mcp.surface.resources.file_entries, kie_mcp.jobs.store.schema, kie_mcp.greeting.ledger"
    )
    assert later.isdisjoint(heavy | {"dataclasses", "hashlib"})
