"""The official Python SDK, version 2: the one that the server is made with."""
# pyright: basic, reportMissingImports=false

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from story import ARGUMENTS, COMMAND, ENVIRONMENT, TIMEOUT, tell


async def main():
    server = StdioServerParameters(command=COMMAND, args=ARGUMENTS, env=ENVIRONMENT)
    async with Client(stdio_client(server)) as client:

        async def list_tools():
            return [tool.name for tool in (await client.list_tools()).tools]

        async def call_tool(tool, arguments):
            result = await client.call_tool(tool, arguments, read_timeout_seconds=TIMEOUT)
            return "\n".join(map(str, result.content))

        await tell(list_tools, call_tool)


anyio.run(main)
