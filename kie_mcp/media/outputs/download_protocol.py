"""The protocols by which saving opens a link: what `kie` gives to `media`."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Download(Protocol):
    """An HTTP answer whose body is still to be read."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by names in lower case."""
        ...

    @property
    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it was sent; a Content-Encoding is not undone."""
        ...


class Fetch(Protocol):
    """Opens a link; raises DeadLinkError for one that has died, OutputError for other trouble."""

    def __call__(self, url: str, /) -> AbstractAsyncContextManager[Download]:
        """Request the link; the body is read inside the context."""
        ...
