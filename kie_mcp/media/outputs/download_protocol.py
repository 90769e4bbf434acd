"""What saving needs of the network: a link, opened."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Download(Protocol):
    """An answer whose body is still to come."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """By their names in lower case."""
        ...

    @property
    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it was sent, undecoded."""
        ...


class Fetch(Protocol):
    """Opens a link; raises DeadLinkError for one that has died, OutputError for other trouble."""

    def __call__(self, url: str, /) -> AbstractAsyncContextManager[Download]:
        """Ask for what is at this link."""
        ...
