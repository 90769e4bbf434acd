"""The official Python SDK, version 1."""
# pyright: basic, reportMissingImports=false, reportArgumentType=false

from datetime import timedelta

import anyio
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from story import ARGUMENTS, COMMAND, ENVIRONMENT, TIMEOUT, tell


async def main():
    server = StdioServerParameters(command=COMMAND, args=ARGUMENTS, env=ENVIRONMENT)
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()

        async def list_tools():
            return [tool.name for tool in (await session.list_tools()).tools]

        async def call_tool(tool, arguments):
            seconds = timedelta(seconds=TIMEOUT) if TIMEOUT else None
            result = await session.call_tool(tool, arguments, read_timeout_seconds=seconds)
            return "\n".join(map(str, result.content))

        await tell(list_tools, call_tool)


anyio.run(main)
