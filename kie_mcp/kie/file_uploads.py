"""Upload files to Kie.ai's own host, free of charge, each into a folder of its own."""

import base64
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from kie_mcp.errors import OutputError, UnreachableError
from kie_mcp.kie import responses
from kie_mcp.kie.http_call_types import CallError
from kie_mcp.urls import check_url, plain_host_of

if TYPE_CHECKING:
    from kie_mcp.kie.connections import Connections


class FileUploads:
    """Uploads files over connections that open at the first call.

    Args:
        connections: Gives the connections.
        base_url: Where files are uploaded.
        plain_hosts: The "host:port" of sandboxes.
        now: Seconds since 1970.
        token: Makes the name of an upload's folder, each time a new one.
    """

    def __init__(
        self,
        connections: "Callable[[], Connections]",
        base_url: str,
        plain_hosts: Collection[str],
        now: Callable[[], float],
        token: Callable[[], str],
    ) -> None:
        self._connections = connections
        self._base_url = base_url
        self._plain_hosts = plain_hosts
        self._now = now
        self._token = token

    async def send_file(self, source: bytes | Path | IO[bytes], name: str | None) -> str:
        """Upload a file and return its URL; see `KieClient.upload`."""
        if not isinstance(source, Path):
            return await self._send_stream(source, name)
        try:
            with source.open("rb") as file:
                return await self._send_stream(file, name or source.name)
        except OSError as error:
            raise OutputError(f"{source.name} cannot be read ({error.strerror}).", remedy="Check the file.") from None

    async def send_base64(self, source: bytes, name: str | None) -> str:
        """Upload bytes as base64 text and return their URL; see `KieClient.upload_base64`."""
        data = base64.b64encode(source).decode()
        return await self._send("file-base64-upload", json={"base64Data": data, **self._fields(name)})

    async def send_url(self, url: str, name: str | None) -> str:
        """Let Kie.ai fetch a file and return its URL there; see `KieClient.upload_from_url`."""
        link = check_url(url, argument="url", plain_host=plain_host_of(url, self._plain_hosts))
        return await self._send("file-url-upload", json={"fileUrl": link, **self._fields(name)})

    async def _send_stream(self, source: bytes | IO[bytes], name: str | None) -> str:
        fields = self._fields(name)
        return await self._send("file-stream-upload", data=fields, files={"file": (fields["fileName"], source)})

    async def _send(self, path: str, **content: Any) -> str:
        try:
            answer = await self._connections().hand_in(f"{self._base_url}/api/{path}", **content)
        except CallError as error:
            if error.unsent:
                message = f"Kie.ai's host for uploads was not reached ({error})."
                raise UnreachableError(message, remedy=error.remedy or None) from None
            raise OutputError(f"The upload broke off ({error}).", remedy="Call again; uploads are free.") from None
        return responses.read_upload(answer.status, answer.headers, answer.body, now=self._now())

    def _fields(self, name: str | None) -> dict[str, str]:
        """Return folder and name for an upload: each time a new folder, for an equal name overwrites the first file."""
        kept = re.sub(r"[^A-Za-z0-9._-]+", "-", name or "")[-80:].strip("-.")
        return {"uploadPath": f"kie-mcp/{self._token()}", "fileName": kept or "file"}
