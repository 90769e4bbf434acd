"""pydantic-ai's MCP toolset: what it returns for the model to see."""
# pyright: basic, reportMissingImports=false

import asyncio

from fastmcp.client.transports import StdioTransport
from pydantic_ai.mcp import MCPToolset
from story import ARGUMENTS, COMMAND, ENVIRONMENT, tell


async def main():
    async with MCPToolset(StdioTransport(COMMAND, ARGUMENTS, env=ENVIRONMENT)) as toolset:

        async def list_tools():
            return [tool.name for tool in await toolset.list_tools()]

        async def call_tool(tool, arguments):
            return str(await toolset.direct_call_tool(tool, arguments))

        await tell(list_tools, call_tool)


asyncio.run(main())
