"""Render the page at the sandbox's root: what this is, its tasks, and the trouble that it can make."""

from __future__ import annotations

from html import escape

from kie_mcp.sandbox.account.sandbox import Sandbox
from kie_mcp.sandbox.account.scenarios import SCENARIOS
from kie_mcp.sandbox.account.tasks import Task

SHOWN = 200
"""The most tasks that are listed, newest first."""

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#223}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #dde}"
    "code{background:#f0f1f6;padding:.1rem .3rem;border-radius:.2rem}"
)


def render_page(sandbox: Sandbox) -> str:
    """Return the page as HTML."""
    tasks = list(sandbox.tasks.values())[: -SHOWN - 1 : -1]
    rows = "".join(_render_row(sandbox, task) for task in tasks) or "<tr><td colspan=5>none yet</td></tr>"
    words = "".join(f"<li><code>sandbox:{name}</code> {escape(says)}</li>" for name, says in SCENARIOS.items())
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>kie-mcp sandbox</title><style>{_STYLE}</style>"
        "<h1>kie-mcp sandbox</h1><p>This is the kie-mcp sandbox, <strong>not Kie.ai</strong>. "
        "Nothing here costs money, and everything it makes is made up on this machine.</p>"
        f"<p>{sandbox.created} tasks, {sandbox.credits:g} credits left, speed {sandbox.clock.speed:g}.</p>"
        f"<table><tr><th>task<th>model<th>state<th>credits<th>result</tr>{rows}</table>"
        f"<h2>Trouble on request</h2><p>Words in a prompt or a text:</p><ul>{words}</ul></html>"
    )


def _render_row(sandbox: Sandbox, task: Task) -> str:
    state = task.state(sandbox.clock)
    links = " ".join(f"<a href='{escape(url)}'>file</a>" for url in task.urls) if state == "success" else ""
    cells = (f"<code>{task.id}</code>", escape(task.name), state, f"{task.cost:g}", links)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
