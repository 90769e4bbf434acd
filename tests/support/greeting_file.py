"""The file from which the start greets clients, made from the real server: `make greeting` writes it anew."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, KNOWN_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from kie_mcp.greeting.answers import FILE
from kie_mcp.greeting.plain_messages import CAPABILITIES, CLIENT, VERSION
from kie_mcp.jobs.store.schema import MIGRATIONS
from kie_mcp.surface.resources.listing import list_facts
from tests.support.raw_connection import ask_server, own_settings, serve_with_one_server

JSON = dict[str, Any]
METHODS = (
    *("server/discover", "ping", "tools/list", "prompts/list", "resources/list", "resources/templates/list"),
    "skills/list",
)
"""What clients ask before the first call; what a version does not have is left out of the file."""
WHO = {"name": "tests", "version": "1"}


def write_lines(messages: Sequence[JSON]) -> bytes:
    """Return messages as a client writes them."""
    return b"".join(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n" for message in messages)


def open_connection(version: str) -> list[JSON]:
    """Return what a client of a version sends first."""
    if version in MODERN_PROTOCOL_VERSIONS:
        return []
    hello = {"protocolVersion": version, "capabilities": {}, "clientInfo": WHO}
    return [{"id": "initialize", "method": "initialize", "params": hello}, {"method": "notifications/initialized"}]


def ask(version: str, method: str, request_id: object = None) -> JSON:
    """Return a request as a client of that version writes it."""
    known = {VERSION: version, CAPABILITIES: {}, CLIENT: WHO}
    params = {"params": {"_meta": known}} if version in MODERN_PROTOCOL_VERSIONS else {}
    return {"id": request_id or method, "method": method, **params}


def make_table(folder: Path) -> JSON:
    """Ask the real server everything, in every version; nothing is written but a ledger in that folder."""
    results: list[JSON] = []
    versions: dict[str, dict[str, int]] = {}
    serve = serve_with_one_server(own_settings(folder))
    for version in KNOWN_PROTOCOL_VERSIONS:
        opening = open_connection(version)
        asked = [*opening, *(ask(version, method) for method in METHODS)]
        answers = ask_server(serve, [write_lines(asked)], len(METHODS) + len(opening[:1]))
        found = {answer["id"]: answer["result"] for answer in answers if "result" in answer}
        served = [method for method in ("initialize", *METHODS) if method in found]
        results += [found[method] for method in served if found[method] not in results]
        versions[version] = {method: results.index(found[method]) for method in served}
    return {
        "ledger_version": len(MIGRATIONS),
        "modern": [version for version in versions if version not in HANDSHAKE_PROTOCOL_VERSIONS],
        "versions": versions,
        "facts": list_facts(),
        "results": results,
    }


def dump(table: JSON) -> str:
    """Return the table as the file has it: a line for each part, so that a change can be read."""
    results = ",\n".join(json.dumps(result, ensure_ascii=False, separators=(",", ":")) for result in table["results"])
    rest = {name: value for name, value in table.items() if name != "results"}
    parts = [f'"{name}":{json.dumps(value, ensure_ascii=False, separators=(",", ":"))}' for name, value in rest.items()]
    return "{" + ",\n".join([*parts, f'"results":[\n{results}\n]']) + "}\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        Path(FILE).write_text(dump(make_table(Path(own))), "utf-8")
