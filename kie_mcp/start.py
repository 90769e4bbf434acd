"""Start `kie-mcp`: a client is greeted within milliseconds, and the server is loaded when a message needs it.

Most servers that a host starts are never called, and to load the SDK takes longer than some hosts wait. So the first
requests are answered here, with the standard library alone. Whatever is not exactly plain is left to the real server,
which is told the opening again and reads on from there: only a greeting or a list is answered in two places, and no
order is ever read twice.
"""

import os
import sys

TYPE_CHECKING = False  # importing it from typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable

    from kie_mcp.errors import KieError
    from kie_mcp.greeting.client_input import Piece, ThreadedInput
    from kie_mcp.greeting.ledger import LedgerWatch
    from kie_mcp.greeting.plain_messages import JSON
    from kie_mcp.greeting.plain_settings import PlainSettings
    from kie_mcp.surface.stdio.hand_over import HandOver

QUIET = 0.05
"""Seconds without a message, after which there is time to check the ledger."""
_LONGEST = 64 * 1024
"""The most bytes of a line that is waited for here."""


class Start:
    """One client, from its first byte to the end of the server.

    Args:
        settings: The settings, which are certainly right.
        table: What the real server answers.
        serve: Loads the server and serves what is handed over; returns the exit code.
        sandbox: Whether the server uses a sandbox of its own.
        descriptors: Where the client is read from and written to.
        leave: Ends the process at once.
        is_threaded: Whether a thread reads from the beginning, as it must on Windows.
    """

    def __init__(
        self,
        settings: "PlainSettings",
        table: "JSON",
        serve: "Callable[[HandOver], int]",
        *,
        sandbox: bool = False,
        descriptors: tuple[int, int] = (0, 1),
        leave: "Callable[[int], object]" = os._exit,
        is_threaded: bool = os.name == "nt",
    ) -> None:
        from kie_mcp.greeting.answers import Answers
        from kie_mcp.greeting.ledger import LedgerFiles

        files = LedgerFiles(None if sandbox else settings, table["ledger_version"], table["facts"])
        self._answers = Answers(table, files.add_to)
        self._settings, self._version, self._sandbox = settings, table["ledger_version"], sandbox
        self._serve, self._leave = serve, leave
        self._input, self._output = descriptors
        self._rest, self._arrived = b"", 0.0
        """What was read and not answered, and when its end arrived."""
        self.has_served = False
        """Whether the server was loaded."""
        self._watch: LedgerWatch | None = None
        self._threaded: ThreadedInput | None = self._read_in_thread() if is_threaded else None

    def run(self) -> int:
        """Answer the client as long as everything is plain, then serve it. Returns the exit code."""
        from kie_mcp.greeting.ledger import CHECKED

        while True:
            found = self._wait()
            if found == CHECKED and self._watch and self._watch.error:
                return self._report(self._watch.error)
            if isinstance(found, str):
                if found != CHECKED:
                    return self._load()
            elif not found[1]:
                return self._end(found)
            elif (code := self._take(found)) is not None:
                return code

    def _wait(self) -> "Piece | str":
        """Wait for what the client sends, or for a notice about the ledger, which is looked after in quiet moments."""
        if self._threaded is None:
            from kie_mcp.greeting.client_input import poll_piece

            if piece := poll_piece(self._input, self._output, QUIET):
                return piece
            self._threaded = self._read_in_thread()
        if self._watch is None:
            self._look_after_ledger(self._threaded)
        return self._threaded.get()

    def _take(self, piece: "Piece") -> int | None:
        """Answer the lines that are complete; returns the exit code if that was the end, or the server has served."""
        self._arrived = piece[0]
        self._rest += piece[1]
        while b"\n" in self._rest:
            line, _, after = self._rest.partition(b"\n")
            answer = self._answers.answer(line)
            if answer is None:
                return self._load()
            self._rest = after
            if answer and (code := self._write(answer)) is not None:
                return code
        return self._load() if len(self._rest) > _LONGEST else None

    def _end(self, end: "Piece") -> int:
        """End with the input; a last line may lack its newline, and whoever looks on is told if nothing would work."""
        if self._rest.strip():
            answer = self._answers.answer(self._rest)
            if answer is None:
                return self._load(end)
            if answer and (code := self._write(answer)) is not None:
                return code
        threaded = self._threaded = self._threaded or self._read_in_thread()
        if self._watch is None:
            self._look_after_ledger(threaded)
        while self._watch and not self._watch.is_done:
            threaded.get()
        return self._report(self._watch.error) if self._watch and self._watch.error else 0

    def _load(self, *after: "Piece") -> int:
        """Load the server and hand the connection over: the opening, what was not answered, and all that comes."""
        from kie_mcp.surface.stdio.hand_over import HandOver

        self.has_served = True
        threaded = self._threaded = self._threaded or self._read_in_thread()
        threaded.put_back(*([(self._arrived, self._rest)] if self._rest else []), *after)
        if _is_call(self._rest):  # a client that leaves meanwhile has no use for its answer
            threaded.call_at_end(lambda: self._leave(0))
        opening_id = f"kie-mcp-{os.urandom(16).hex()}" if self._answers.has_begun else ""
        output = None if self._output == 1 else self._output
        return self._serve(HandOver(threaded.read, self._answers.write_opening(opening_id), opening_id, output=output))

    def _read_in_thread(self) -> "ThreadedInput":
        from kie_mcp.greeting.client_input import ThreadedInput

        return ThreadedInput(self._input, self._output)

    def _look_after_ledger(self, threaded: "ThreadedInput") -> None:
        from threading import Thread

        from kie_mcp.greeting.ledger import LedgerWatch

        self._watch = LedgerWatch(self._settings, self._version, threaded.put, sandbox=self._sandbox)
        Thread(target=self._watch.run, daemon=True).start()

    def _write(self, data: bytes) -> int | None:
        """Write an answer; returns the exit code if nobody can read it."""
        import select

        while data:
            try:
                data = data[os.write(self._output, data) :]
            except BlockingIOError:
                select.select([], [self._output], [])
            except BrokenPipeError:
                return 0  # the client has left
            except OSError as error:
                from kie_mcp.console import output_error, report

                return report(output_error(error))
        return None

    def _report(self, error: "KieError") -> int:
        from kie_mcp.console import FAILED, warn

        warn(f"kie-mcp: {error.message}", error.remedy)
        return FAILED


def main() -> int:
    """Greet a client on standard input and output, and serve it; anything else is for the command line."""
    arguments = sys.argv[1:]
    start = _make_start(sandbox=bool(arguments)) if arguments in ([], ["--sandbox"]) and _has_client() else None
    if start is None:
        from kie_mcp.cli.main import main as run_command

        return run_command()
    _leave_on_signals()
    code = start.run()
    if start.has_served:
        return code
    os._exit(code)  # nothing is left to be written, and the threads need not be waited for


def _has_client() -> bool:
    """Return whether all standard streams are open, and the first is no person's terminal."""
    try:
        for number in range(3):
            os.fstat(number)
    except OSError:
        return False
    return not os.isatty(0)


def _make_start(*, sandbox: bool) -> Start | None:
    """Return a start; None if it is not certain that the server could start with these settings, and this ledger."""
    from kie_mcp.greeting.answers import load_table
    from kie_mcp.greeting.plain_settings import has_sandbox, is_usable, read_plain_settings

    settings = read_plain_settings(os.environ)
    if settings is None or (sandbox and not has_sandbox()):
        return None
    table = load_table()
    if not is_usable(settings, table["ledger_version"]):
        return None
    return Start(settings, table, serve_loaded, sandbox=sandbox)


def serve_loaded(hand_over: "HandOver") -> int:
    """Load the server and serve what is handed over; returns the exit code."""
    import gc
    from importlib import import_module

    gc.disable()  # what is imported stays: to search it for garbage meanwhile takes a tenth of the time
    for module in ("kie_mcp.settings", "kie_mcp.stdio_server", "kie_mcp.cli.main"):
        import_module(module)
    gc.freeze()
    gc.enable()
    from kie_mcp.cli.main import main as run_command

    return run_command(hand_over=hand_over)


def _leave_on_signals() -> None:
    """End the process at once on a signal, until the server handles signals itself. Windows ends it by itself."""
    import signal

    if os.name != "nt":
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _leave)


def _leave(_number: int, _frame: object) -> None:
    os._exit(0)


def _is_call(lines: bytes) -> bool:
    """Return whether lines hold nothing but one call of a tool, whose answer nobody hears once the input has ended."""
    from kie_mcp.greeting.plain_messages import read_message

    message = read_message(lines.removesuffix(b"\n"))
    return message is not None and message["method"] == "tools/call"
