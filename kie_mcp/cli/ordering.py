"""Order something from the command line, wait for it, and print what came of it."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio
import anyio.to_thread

from kie_mcp.cli import results
from kie_mcp.cli.exit_codes import NOT_KNOWN_YET, code_of_answer
from kie_mcp.cli.opening import open_files
from kie_mcp.cli.session import Ask, Facts, Reply, Session, open_session
from kie_mcp.cli.terminal import is_terminal, make_console, print_lines
from kie_mcp.cli.unsent_jobs import find_unsent
from kie_mcp.console import ConsoleError, UncheckedErrors, warn
from kie_mcp.demo.display import Display
from kie_mcp.settings import Settings

_TITLES = {"generate_image": "image", "generate_speech": "speech", "create_talking_video": "talking video"}
STOPPED = "kie-mcp: stopped before anything was ordered."
LONGEST_CALL = 600.0
"""The longest `wait_seconds` of one call, in seconds; after that it is asked again."""


@dataclass(slots=True, kw_only=True)
class Ordering:
    """One order from the command line, and what is known of its jobs."""

    settings: Settings
    tool: str
    arguments: Facts
    sandbox: bool = False
    as_json: bool = False
    opens: bool = False
    """Whether the files are opened at the end."""
    shows: bool = True
    """Whether pictures are shown in the terminal, where it can."""
    ask: Ask | None = None
    """Asks the person whether they agree to the price."""
    job_ids: list[str] = field(default_factory=list[str])
    """The jobs, as soon as they are written down."""

    async def run(self) -> int:
        """Order, wait, print; return the exit code."""
        async with open_session(self.settings, sandbox=self.sandbox, ask=self.ask) as session:
            return await self.run_in(session)

    async def run_in(self, session: Session) -> int:
        """Do the same in a session that is open."""
        reply = await self._order(session)
        try:
            code = self._print(reply)
        except ConsoleError:
            warn(*self._say_how_to_return())
            raise
        session.confirm()
        return code

    async def _order(self, session: Session) -> Reply:
        left = self.arguments.pop("wait_seconds", None)
        first = await session.call(self.tool, {**self.arguments, "wait_seconds": 0})
        self.job_ids = [job["job_id"] for job in first.jobs if "job_id" in job] or _list_ids(first)
        if not self.job_ids or first.is_refusal:
            return first
        last = (
            first
            if first.is_done
            else await wait_for_jobs(session, self.job_ids, _TITLES.get(self.tool, "job"), seconds=left)
        )
        _carry_joined(first, last)
        return last

    def _print(self, reply: Reply) -> int:
        code = code_of_answer(reply.facts)
        if self.as_json:
            results.print_json(reply)
        elif reply.is_refusal:
            results.print_refusal(reply)
        elif "estimate_only" in reply.facts:
            results.print_text(reply.text)
        else:
            results.print_result(reply, remarks=self._remark(reply, code))
        if reply.jobs and not self.as_json and self.shows:
            self._show(reply)
        if self.opens:
            open_files([one["path"] for one in results.list_files(reply) if "path" in one])
        return code

    def _remark(self, reply: Reply, code: int) -> list[str]:
        joined = [job["job_id"] for job in reply.jobs if job.get("joined")]
        remarks = [f"note: joined {', '.join(joined)}, which an equal order had started; --new makes another"]
        return (remarks if joined else []) + (self._say_how_to_return() if code == NOT_KNOWN_YET else [])

    def _show(self, reply: Reply) -> None:
        from kie_mcp.cli.pictures import show_pictures

        show_pictures([one for one in results.list_files(reply) if "path" in one])

    def _say_how_to_return(self) -> list[str]:
        if self.sandbox:
            return ["The sandbox has ended with this command, and its jobs with it."]
        ids = " ".join(self.job_ids)
        if not ids:
            return []
        return [f"To see it:  kie-mcp jobs show {ids}", f"To have it: kie-mcp jobs save {ids}"]

    def explain_interruption(self) -> None:
        """Say what becomes of the jobs now that nobody waits for them any more."""
        if not self.job_ids:
            print_lines(["", STOPPED], UncheckedErrors())
            return
        unsent = [] if self.sandbox else find_unsent(self.settings, self.job_ids)
        goes_on = [one for one in self.job_ids if one not in unsent and not self.sandbox]
        lines = [f"kie-mcp: {', '.join(goes_on)}: at Kie.ai and paid for; it goes on there."] if goes_on else []
        if unsent:
            lines.append(f"kie-mcp: {', '.join(unsent)}: not sent yet; that happens when kie-mcp runs next.")
        print_lines(["", *lines, *self._say_how_to_return()], UncheckedErrors())


async def wait_for_jobs(
    session: Session, job_ids: Sequence[str], title: str = "job", *, seconds: float | None = None
) -> Reply:
    """Wait until the jobs are done, or so many seconds, while their progress is shown on standard error."""
    deadline = anyio.current_time() + (math.inf if seconds is None else seconds)
    with Display(make_console(UncheckedErrors())).bar(title) as bar:
        while True:
            left = max(min(deadline - anyio.current_time(), LONGEST_CALL), 0)
            asked = {"job_id": ",".join(job_ids), "wait_seconds": left}
            reply = await session.call("get_job_status", asked, bar.show)
            if reply.is_refusal or reply.is_done or anyio.current_time() >= deadline:
                return reply


def _list_ids(reply: Reply) -> list[str]:
    """Return the ids of what was ordered although the answer about it was lost."""
    return [one.strip() for one in str(reply.facts.get("job_id") or "").split(",") if one.strip()]


def _carry_joined(first: Reply, last: Reply) -> None:
    """Note in the last answer which jobs were joined: only the first one says so."""
    joined = {job["job_id"] for job in first.jobs if job.get("joined")}
    for job in last.jobs:
        if job["job_id"] in joined:
            job["joined"] = True


async def ask_person(question: str) -> bool:
    """Put a question to the person at the terminal."""
    print_lines(question.splitlines(), UncheckedErrors())
    sys.stderr.write("Order it? [y/N] ")
    sys.stderr.flush()
    answer = await anyio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True)
    return answer.strip().casefold() in {"y", "yes"}


def can_ask() -> bool:
    """Say whether a person can be asked: they read standard error, and type at standard input."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)
