"""What the start hands over to the server that it loads: the opening, and the client's input from there on."""

from collections.abc import Callable

Read = Callable[[], tuple[float, bytes]]
"""Waits for the next piece of the input; returns when it arrived, on the monotonic clock, and its bytes, none at the
end."""


class HandOver:
    """The rest of a connection whose opening the start has answered.

    Args:
        read: Reads the input from the first line on that was not answered.
        opening: The lines that began the connection, for the server alone: the first request has an id of ours.
        opening_id: That id. The client has its answer already, so the server's is not written.
        output: The descriptor to write to instead of standard output: a seam for tests.
    """

    def __init__(self, read: Read, opening: bytes = b"", opening_id: str = "", *, output: int | None = None) -> None:
        self.read = read
        self.opening = opening
        self.opening_id = opening_id
        self.output = output
