"""What clients send on one connection: byte by byte, and whether the real server is needed for it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from kie_mcp.greeting.plain_messages import CAPABILITIES, CLIENT, VERSION

JSON = dict[str, Any]
OLD, NEW = "2025-11-25", "2026-07-28"
WHO = {"name": "tests", "version": "1"}
INITIALIZED = {"method": "notifications/initialized"}
LISTS = ("tools/list", "prompts/list", "resources/list", "resources/templates/list")


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection; *plain* if the start alone is to answer it."""

    name: str
    sent: bytes
    plain: bool


def line(message: object, end: str = "\n") -> bytes:
    """Write a message as clients do."""
    whole = {"jsonrpc": "2.0", **cast("JSON", message)} if isinstance(message, dict) else message
    return (json.dumps(whole, ensure_ascii=False) + end).encode()


def hello(version: str = OLD, **params: Any) -> JSON:
    given = {"protocolVersion": version, "capabilities": {}, "clientInfo": WHO} | params
    return {"id": 0, "method": "initialize", "params": given}


def ask(method: str, number: object = 1, **params: Any) -> JSON:
    return {"id": number, "method": method, **({"params": params} if params else {})}


def modern(method: str, number: object = 1, **meta: Any) -> JSON:
    known = {VERSION: NEW, CAPABILITIES: {}, CLIENT: WHO} | meta
    return ask(method, number, _meta=known)


def call(tool: str, number: object = 9, **arguments: Any) -> JSON:
    return ask("tools/call", number, name=tool, arguments=arguments)


def after_opening(*given: object, version: str = OLD) -> bytes:
    """The opening of the older era, then these messages or bytes."""
    return join(hello(version), INITIALIZED, *given)


def join(*given: object) -> bytes:
    return b"".join(one if isinstance(one, bytes) else line(one) for one in given)


def list_connections() -> Iterator[Connection]:
    """All of them."""
    for name, sent in PLAIN.items():
        yield Connection(name, sent, plain=True)
    for name, sent in OTHERS.items():
        yield Connection(name, sent, plain=False)


PING = ask("ping", 99)
SAID = {"listChanged": True}
SAID_LISTS = {"toolsListChanged": True, "promptsListChanged": True}
PLAIN: dict[str, bytes] = {
    **{
        f"{method} in {old}": after_opening(ask(method), version=old) for old in ("2024-11-05", OLD) for method in LISTS
    },
    **{f"{method} in {NEW}": join(modern(method)) for method in ("server/discover", *LISTS)},
    **{f"hello in {old}": after_opening(PING, version=old) for old in ("2025-03-26", "2025-06-18")},
    "Claude Code": after_opening(*(ask(method, n) for n, method in enumerate(LISTS[:3], 1))),
    "Gemini CLI": after_opening(*(ask(method, n) for n, method in enumerate((LISTS[1], LISTS[0], LISTS[2]), 1))),
    "mcp-use": after_opening(*(ask(LISTS[which], n) for n, which in enumerate((0, 2, 1, 0), 1))),
    "agno": after_opening(ask("tools/list", 1), ask("ping", 2)),
    "Qwen Code": after_opening(ask(LISTS[1], 1), ask(LISTS[0], 2)),
    "discovery, then lists": join(modern("server/discover", 1), modern("tools/list", 2), modern("prompts/list", 3)),
    "no initialized": join(hello(), ask("tools/list")),
    "initialized late": join(hello(), ask("ping"), INITIALIZED, ask("tools/list", 2)),
    "only initialize": join(hello()),
    "capabilities of every kind": join(
        hello(
            capabilities={
                "roots": SAID,
                "sampling": {"tools": {}},
                "elicitation": {"form": {}, "url": {}},
                "experimental": {"any": {"thing": [1, {"deep": None}]}},
                "extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}},
            }
        ),
        INITIALIZED,
        ask("tools/list"),
    ),
    "a client with a title": join(hello(clientInfo={**WHO, "title": "Tests", "websiteUrl": "https://x.example"}), PING),
    "ids that are texts": join({**hello(), "id": "a"}, INITIALIZED, ask("tools/list", "b-1"), ask("ping", "ü")),
    "negative and large ids": after_opening(ask("ping", -1), ask("ping", 2**40), ask("ping", 0)),
    "a progress token": after_opening(ask("tools/list", 1, _meta={"progressToken": 7})),
    "meta of others": after_opening(ask("tools/list", 1, _meta={"traceparent": "00-0-0-00", "x.example/y": {"z": 1}})),
    "empty params": after_opening({**ask("tools/list"), "params": {}}),
    "a cancellation of nothing": after_opening({"method": "notifications/cancelled", "params": {"requestId": 5}}, PING),
    "a cancellation with a reason": after_opening(
        ask("ping", 1), {"method": "notifications/cancelled", "params": {"requestId": 1, "reason": "late"}}, PING
    ),
    "lines that end as in Windows": b"".join(line(one, "\r\n") for one in (hello(), INITIALIZED, ask("tools/list"))),
    "the same id twice": after_opening(ask("ping", 1), ask("ping", 1)),
    "spaces around": b"  " + line(hello(), "  \n") + line(ask("ping")),
    "other letters": join(hello(clientInfo={"name": "x", "version": "1"}), "ü".encode() and line(ask("ping", 3))),
    "modern without client": join(ask("tools/list", 1, _meta={VERSION: NEW, CAPABILITIES: {}})),
    "modern with a token": join(modern("tools/list", 1, progressToken="t")),
    "two discoveries": join(modern("server/discover", 1), modern("server/discover", 2)),
}
OTHERS: dict[str, bytes] = {
    "a call": after_opening(call("list_jobs")),
    "a call between lists": after_opening(ask("tools/list"), call("list_jobs"), ask("prompts/list", 2), PING),
    "a call before initialized": join(hello(), call("list_jobs")),
    "a modern call": join(
        modern("tools/list"),
        ask("tools/call", 2, name="list_jobs", arguments={}, _meta={VERSION: NEW, CAPABILITIES: {}}),
    ),
    "an order without a key": after_opening(call("generate_image", prompt="a cat")),
    "a status of nothing": after_opening(call("get_job_status", job_id="job_unknown")),
    "a tool that is not there": after_opening(call("dance")),
    "arguments that are not there": after_opening(call("list_jobs", dance=1)),
    "a cursor": after_opening(ask("tools/list", 1, cursor="x")),
    "a cursor of resources": after_opening(ask("resources/list", 1, cursor="x")),
    "a cursor that is null": after_opening(ask("tools/list", 1, cursor=None)),
    "params that are a list": after_opening({**ask("tools/list"), "params": []}),
    "params that are a text": after_opening({**ask("tools/list"), "params": "x"}, PING),
    "params that are null": after_opening({**ask("tools/list"), "params": None}, call("list_jobs")),
    "other params": after_opening(ask("tools/list", 1, dance=1)),
    "meta that is a list": after_opening({**ask("tools/list"), "params": {"_meta": []}}),
    "a token that is a list": after_opening(ask("tools/list", 1, _meta={"progressToken": [1]})),
    "an id that is null": after_opening({**ask("ping"), "id": None}, PING),
    "an id with a fraction": after_opening(ask("ping", 1.5), PING),
    "an id that is true": after_opening(ask("ping", True), PING),
    "an id that is a list": after_opening(ask("ping", [1]), PING),
    "an id that is empty": after_opening(ask("ping", ""), PING),
    "an id that is huge": after_opening(ask("ping", 2**70), PING),
    "a long id": after_opening(ask("ping", "x" * 300), PING),
    "no method": after_opening({"id": 1}, PING),
    "a method that is a number": after_opening({"id": 1, "method": 1}, PING),
    "a method that is not there": after_opening(ask("dance"), PING),
    "an answer to nothing": after_opening({"id": 1, "result": {}}, PING),
    "an error as an answer": after_opening({"id": 1, "error": {"code": 1, "message": "x"}}, PING),
    "one name more": after_opening({**ask("ping"), "more": 1}, PING),
    "another jsonrpc": after_opening(b'{"jsonrpc":"1.0","id":1,"method":"ping"}\n', PING),
    "no jsonrpc": after_opening(b'{"id":1,"method":"ping"}\n', PING),
    "no JSON": after_opening(b"{ no JSON\n", PING),
    "no JSON at first": join(b"hello\n", hello(), INITIALIZED, PING),
    "a blank line": after_opening(b"\n", PING),
    "a line of blanks": after_opening(b" \t \n", PING),
    "a byte order mark": b"\xef\xbb\xbf" + after_opening(PING),
    "a mark in between": after_opening(b"\xef\xbb\xbf" + line(ask("ping")), PING),
    "no UTF-8": after_opening(line(ask("ping")).replace(b"ping", b"p\xffng"), PING),
    "NUL": after_opening(line(ask("ping")).replace(b"ping", b"p\0ng"), PING),
    "half a letter": after_opening(b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}\n', PING),
    "an escape": after_opening(b'{"jsonrpc":"2.0","id":"\\u0041","method":"ping"}\n', PING),
    "a carriage return alone": after_opening(line(ask("ping", 1), "\r") + line(ask("ping", 2)), PING),
    "a batch": after_opening([{"jsonrpc": "2.0", **ask("ping", 1)}, {"jsonrpc": "2.0", **ask("ping", 2)}], PING),
    "an empty batch": after_opening([], PING),
    "a number": after_opening(3, PING),
    "not a number": after_opening(b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}\n', PING),
    "Content-Length": after_opening(b"Content-Length: 5\r\n\r\nhello", PING),
    "Content-Length at first": b"Content-Length: %d\r\n\r\n%s" % (len(line(hello())), line(hello())) + line(PING),
    "deep": after_opening(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b"[" * 99 + b"]" * 99 + b"}\n", PING),
    "no hello": join(ask("tools/list"), hello(), INITIALIZED, PING),
    "a ping at first": join(ask("ping"), hello(), PING),
    "two hellos": after_opening(hello(), PING),
    "a hello of tomorrow": join(hello("2099-01-01"), INITIALIZED, PING),
    "a hello of no day": join(hello("x"), INITIALIZED, PING),
    "a hello of the newer era": join(hello(NEW), INITIALIZED, PING),
    "a hello without capabilities": join({"id": 0, "method": "initialize", "params": {"protocolVersion": OLD}}, PING),
    "a hello without params": join({"id": 0, "method": "initialize"}, PING),
    "a hello without a client": join(hello(clientInfo={}), PING),
    "a client without a version": join(hello(clientInfo={"name": "x"}), PING),
    "a client with a number": join(hello(clientInfo={"name": "x", "version": 1}), PING),
    "roots that are a list": join(hello(capabilities={"roots": []}), INITIALIZED, PING),
    "a flag that is a word": join(hello(capabilities={"roots": {"listChanged": "perhaps"}}), INITIALIZED, PING),
    "capabilities of tomorrow": join(hello(capabilities={"flying": {}}), INITIALIZED, ask("tools/list")),
    "discovery, then hello": join(modern("server/discover", 5), hello(), INITIALIZED, PING),
    "hello, then discovery": after_opening(modern("server/discover", 5), PING),
    "both eras by turns": join(modern("tools/list", 5), ask("tools/list", 6), modern("prompts/list", 7)),
    "a modern ping": join(modern("ping", 5), modern("tools/list", 6)),
    "agent-framework": join(
        modern("server/discover", 1),
        {**modern("subscriptions/listen", 2), "params": {**modern("x")["params"], "notifications": SAID_LISTS}},
        modern("tools/list", 3),
        modern("prompts/list", 4),
    ),
    "a version of tomorrow": join(ask("tools/list", 1, _meta={VERSION: "2099-01-01", CAPABILITIES: {}})),
    "a handshake's version in meta": join(ask("tools/list", 1, _meta={VERSION: OLD, CAPABILITIES: {}})),
    "modern without capabilities": join(ask("tools/list", 1, _meta={VERSION: NEW})),
    "modern capabilities that are a list": join(modern("tools/list", 1, **{CAPABILITIES: []})),
    "a log level": join(modern("tools/list", 1, **{"io.modelcontextprotocol/logLevel": "debug"})),
    "roots have changed": after_opening({"method": "notifications/roots/list_changed"}, PING, call("list_jobs")),
    "a notification that is not there": after_opening({"method": "notifications/dance"}, PING),
    "a cancellation of no id": after_opening({"method": "notifications/cancelled", "params": {}}, PING),
    "a resource": after_opening(ask("resources/read", 1, uri="kie://voices")),
    "a prompt that is not there": after_opening(ask("prompts/get", 1, name="dance")),
    "a completion": after_opening(
        ask(
            "completion/complete",
            1,
            ref={"type": "ref/resource", "uri": "kie://jobs/{job_id}"},
            argument={"name": "job_id", "value": ""},
        )
    ),
    "a subscription": after_opening(ask("resources/subscribe", 1, uri="kie://jobs"), PING),
    "logging": after_opening(ask("logging/setLevel", 1, level="debug"), PING),
}
