"""fastmcp's client."""
# pyright: basic, reportMissingImports=false

import anyio
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from story import ARGUMENTS, COMMAND, ENVIRONMENT, TIMEOUT, tell


async def main():
    async with Client(StdioTransport(COMMAND, ARGUMENTS, env=ENVIRONMENT)) as client:

        async def list_tools():
            return [tool.name for tool in await client.list_tools()]

        async def call_tool(tool, arguments):
            result = await client.call_tool(tool, arguments, timeout=TIMEOUT)
            return "\n".join(map(str, result.content))

        await tell(list_tools, call_tool)


anyio.run(main)
