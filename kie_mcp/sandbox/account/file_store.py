"""Store the sandbox's files, uploads and results, and make links to them, some of which expire."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, unquote, urlsplit

LINK_SECONDS = 20 * 60.0
"""How long a link made by download-url is valid."""

PREFIX = "/files/"


@dataclass
class File:
    """One file; its bytes are made when they are first read."""

    mime_type: str
    make: Callable[[], bytes] = field(repr=False)
    sealed: bool = False
    """Only a link made by download-url opens it."""
    _made: asyncio.Future[bytes] | None = field(default=None, repr=False)

    async def read(self, executor: Executor) -> bytes:
        """Return the bytes. They are made once, in a worker thread, however many callers wait for them."""
        if self._made is None:
            self._made = asyncio.get_running_loop().run_in_executor(executor, self.make)
        return await asyncio.shield(self._made)


class FileStore:
    """The files by path, the hosts under which they are served, and the links that open them."""

    def __init__(self, chance: random.Random, base_url: str | None) -> None:
        self._files: dict[str, File] = {}
        self._links: dict[str, tuple[str, float]] = {}
        self._chance = chance
        self._base_url = base_url.rstrip("/") if base_url else None
        self._hosts = {urlsplit(base_url).netloc.lower()} if base_url else set[str]()

    def find_base_url(self, request_base: str) -> str:
        """Return what links to files begin with: the base URL that was given, else the one that this request used."""
        self._hosts.add(urlsplit(request_base).netloc.lower())
        return self._base_url or request_base.rstrip("/")

    def put(self, path: str, file: File, base: str) -> str:
        """Store a file under a path relative to /files/, replacing one with that path; return its URL."""
        self._files[path] = file
        return base + PREFIX + quote(path)

    def find(self, path: str) -> File | None:
        """Return the file at a path relative to /files/; None if there is none."""
        return self._files.get(path)

    def random_name(self) -> str:
        """Return a name for an upload without one."""
        return f"{self._chance.getrandbits(64):016x}"

    def path_of_own(self, url: object) -> str | None:
        """Return the path, relative to /files/, of a URL on one of our hosts; None for any other URL."""
        try:
            parts = urlsplit(url if isinstance(url, str) else "")
        except ValueError:
            return None
        if parts.netloc.lower() not in self._hosts or not parts.path.startswith(PREFIX):
            return None
        return unquote(parts.path.removeprefix(PREFIX))

    def make_link(self, url: object, base: str, now: float) -> str | None:
        """Return a link that opens a file for 20 minutes, even if there is no such file; None for foreign URLs."""
        path = self.path_of_own(url)
        if path is None:
            return None
        token = f"{self._chance.getrandbits(96):024x}"
        self._links[token] = (path, now + LINK_SECONDS)
        return f"{base}{PREFIX}{quote(path)}?X-Amz-Expires={LINK_SECONDS:.0f}&X-Amz-Signature={token}"

    def is_open(self, path: str, query: str, now: float) -> bool:
        """Return whether a request may read the file: it is not sealed, or the request's link has not expired."""
        tokens = parse_qs(query).get("X-Amz-Signature")
        if tokens is None:
            file = self._files.get(path)
            return file is None or not file.sealed
        target, until = self._links.get(tokens[0], ("", 0.0))
        return target == path and now < until
