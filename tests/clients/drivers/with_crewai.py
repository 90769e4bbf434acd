"""crewai's own MCP tools: a new server process for each call, and three tries for a call that takes too long."""
# pyright: basic, reportMissingImports=false

import asyncio

from crewai.mcp import MCPServerStdio
from crewai.mcp.tool_resolver import MCPToolResolver
from crewai.utilities.logger import Logger
from story import ARGUMENTS, COMMAND, ENVIRONMENT, tell


async def main():
    server = MCPServerStdio(command=COMMAND, args=ARGUMENTS, env=ENVIRONMENT)
    resolver = MCPToolResolver(agent=None, logger=Logger(verbose=False))
    resolved = await asyncio.to_thread(resolver.resolve, [server])
    tools = {tool.original_tool_name: tool for tool in resolved}

    async def list_tools():
        return list(tools)

    async def call_tool(tool, arguments):
        return str(await asyncio.to_thread(tools[tool].run, **arguments))

    await tell(list_tools, call_tool)


asyncio.run(main())
