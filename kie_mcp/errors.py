"""Define every error that can occur, arranged by what you can do about it.

```text
KieError
├── NotCreatedError          nothing was created, nothing was charged
│   ├── RefusedError         fix the request
│   │   └── OrderError       ... found before anything was sent
│   ├── CredentialError      fix the key
│   │   └── MissingKeyError  ... there is none
│   ├── NetworkSetupError    correct this computer's network settings, and start again
│   ├── CreditError          top up, or raise the key's cap
│   ├── BudgetError          a ceiling of the user's own does not allow it
│   ├── ConfirmationError    the person has not agreed to the cost: ask them
│   ├── UnavailableError     come back later
│   └── NotYetError          it is sent again by itself
│       ├── BusyError        ... too many sends: after `retry_after` seconds
│       └── UnreachableError ... it never left this machine
├── UnconfirmedError         it may exist and may have been charged: look before you repeat
├── LookError                asking about the job failed; the job goes on and is asked about again
│   └── NotVisibleError      ... Kie.ai does not know the job, or not yet
├── JobFailedError           Kie.ai says that the job failed
├── OutputError              a file could not be read, sent or saved
│   └── DeadLinkError        ... its link has died: ask for a new one
├── UnknownJobError          there is no such job here
├── CallbackError            a callback is not proved to be Kie.ai's: leave it
└── UnforeseenError          a fault of ours, or of what is installed
```
"""

import copy
from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong, as a value: stored with the job and shown to the caller."""

    category: str
    message: str
    remedy: str = ""
    retryable: bool = False
    """Whether the same call can work later without any change."""
    may_have_been_charged: bool = False
    upstream_message: str | None = None
    """Kie.ai's own words, untrusted."""


class KieError(Exception):
    """The root of all errors. It carries facts, and `message` is the sentence made of them, for people only."""

    category: ClassVar[str] = "error"
    remedy: str = ""
    retryable: ClassVar[bool] = False
    may_have_been_charged: ClassVar[bool] = False

    def __init__(
        self,
        problem: str,
        *,
        argument: str = "",
        remedy: str | None = None,
        upstream_message: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        """What is wrong, without naming the argument."""
        self.argument = argument
        """The argument that is wrong, by the caller's name of it; empty if none is."""
        self.has_own_remedy = remedy is not None
        """Whether the remedy was given for this error, and is not the usual one of its class."""
        if remedy is not None:
            self.remedy = remedy
        self.upstream_message = upstream_message
        """Kie.ai's own words, untrusted."""

    @property
    def message(self) -> str:
        """What is wrong, as a sentence that names the argument."""
        return f"{self.argument}: {self.problem}" if self.argument else self.problem

    def __str__(self) -> str:
        return self.message

    def with_facts(self, *, problem: str | None = None, argument: str | None = None, remedy: str | None = None) -> Self:
        """Return the same error with other facts; None leaves one as it is."""
        other = copy.copy(self)
        other.problem = self.problem if problem is None else problem
        other.argument = self.argument if argument is None else argument
        if remedy is not None:
            other.remedy, other.has_own_remedy = remedy, True
        return other

    @property
    def trouble(self) -> Trouble:
        """The same facts as a value."""
        return Trouble(
            category=self.category,
            message=self.message,
            remedy=self.remedy,
            retryable=self.retryable,
            may_have_been_charged=self.may_have_been_charged,
            upstream_message=self.upstream_message,
        )


class NotCreatedError(KieError):
    """Nothing was created and nothing was charged."""

    category = "not_created"


class RefusedError(NotCreatedError):
    """Kie.ai refused the request."""

    category = "refused"
    remedy = "Change what was refused and call again."


class OrderError(RefusedError):
    """The request was found wrong before anything was sent."""

    category = "invalid_argument"


class CredentialError(NotCreatedError):
    """Kie.ai did not accept the key."""

    category = "key"
    remedy = "Check KIE_API_KEY: keys are made and seen at https://kie.ai/api-key"


class MissingKeyError(CredentialError):
    """There is no key."""

    category = "no_key"
    remedy = """Make a key at https://kie.ai/api-key. In a terminal, this asks for it and puts it in the client's file:
uvx kie-mcp config CLIENT --write --key ask
CLIENT is claude-code, claude-desktop, cursor, vscode, windsurf, zed, cline, codex, gemini or opencode.
Or set KIE_API_KEY where the client starts this server. Then restart the client.
To try everything without a key or cost, add the argument --sandbox."""

    def __init__(
        self,
        message: str = "There is no Kie.ai API key.",
        *,
        remedy: str | None = None,
        upstream_message: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, upstream_message=upstream_message)


class NetworkSetupError(NotCreatedError):
    """A proxy or a certificate file that was set cannot be used; a process reads these settings only once."""

    category = "network_setup"


class CreditError(NotCreatedError):
    """The account, or the key's own cap, has no credits left."""

    category = "credits"
    remedy = "Top up at https://kie.ai/billing (or raise the key's cap at https://kie.ai/api-key) and call again."


class BudgetError(NotCreatedError):
    """A ceiling that the user has set does not allow it; the jobs that were sent before are not touched by it."""

    category = "budget"


class ConfirmationError(NotCreatedError):
    """The order costs more than what the person lets pass unasked, and they have not agreed to it."""

    category = "confirmation"


class UnavailableError(NotCreatedError):
    """Kie.ai, or this feature of it, is switched off for now."""

    category = "unavailable"
    remedy = "Call again later, or with another model."
    retryable = True


class NotYetError(NotCreatedError):
    """Nothing was created, and it is safe to send the request again."""

    retryable = True


class BusyError(NotYetError):
    """Kie.ai counts too many requests."""

    category = "busy"
    remedy = "It is sent again by itself; ask with get_job_status."

    def __init__(self, message: str, *, retry_after: float | None = None, upstream_message: str | None = None) -> None:
        super().__init__(message, upstream_message=upstream_message)
        self.retry_after = retry_after
        """Seconds that Kie.ai asked for; None if it did not say."""


class UnreachableError(NotYetError):
    """The connection was never made."""

    category = "unreachable"
    remedy = "Check the network; it is sent again by itself."


def look_before_repeating(way: str = "new=true") -> str:
    """Return what to do about a job that may exist; *way* is the argument that orders another job all the same."""
    return (
        "Have the user look at https://kie.ai/logs. If the job is there, pass its id to get_job_status; "
        f"repeat with {way} only if it is not."
    )


class UnconfirmedError(KieError):
    """The create call's answer was lost: the job may exist and may have been charged."""

    category = "unconfirmed"
    remedy = look_before_repeating()
    may_have_been_charged = True


class LookError(KieError):
    """Asking Kie.ai about the job failed; the job itself is not affected."""

    category = "look"
    remedy = "It is looked at again by itself; ask with get_job_status."
    retryable = True


class NotVisibleError(LookError):
    """Kie.ai does not know the job, or not yet."""

    category = "not_visible"


class JobFailedError(KieError):
    """Kie.ai says that the job failed."""

    category = "failed"
    remedy = "Change the prompt or the inputs, or try another model."


class OutputError(KieError):
    """A file could not be read, sent or saved."""

    category = "file"
    remedy = "Ask again with get_job_status while the link lives."
    retryable = True


class TransientError(OutputError):
    """A file was not received, or not completely, for a reason that may be gone in a moment."""


class DeadLinkError(OutputError):
    """The link to a file has died, or does not open yet."""

    category = "dead_link"

    def __init__(
        self,
        message: str,
        *,
        remedy: str | None = None,
        upstream_message: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, upstream_message=upstream_message)
        self.status = status
        """The HTTP status that the file's host answered; None if it was not asked."""

    @property
    def perhaps_later(self) -> bool:
        """Whether the link may open later: some hosts give these answers until a new file has reached them."""
        return self.status in {401, 403, 404}


class UnknownJobError(KieError):
    """There is no such job here."""

    category = "unknown_job"
    remedy = "Find it with list_jobs."


class CallbackError(KieError):
    """A callback is not proved to come from Kie.ai, just now and for the first time."""

    category = "callback"
    remedy = "Leave it, and ask Kie.ai about the job."


class UnforeseenError(KieError):
    """A fault of kie-mcp, or of its installation; neither the caller nor Kie.ai caused it."""

    category = "internal"
    remedy = "See the server's log. If something was ordered, look with list_jobs before ordering it again."

    def __init__(self, error: BaseException) -> None:
        what = f"Something unforeseen happened ({type(error).__name__})"
        super().__init__(f"{what}: a fault of kie-mcp or of its installation, not of the call.")


def trace(error: BaseException) -> str:
    """Return for the log where an error was raised, and its class; not its message, which may hold a secret."""
    import traceback

    return "".join([*traceback.format_tb(error.__traceback__), type(error).__name__])
