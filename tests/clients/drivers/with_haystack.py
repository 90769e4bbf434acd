"""haystack's MCP toolset: the tools that it makes, invoked as its agents invoke them."""
# pyright: basic, reportMissingImports=false

import asyncio

from haystack_integrations.tools.mcp import MCPToolset, StdioServerInfo
from story import ARGUMENTS, COMMAND, ENVIRONMENT, tell


async def main():
    server = StdioServerInfo(command=COMMAND, args=ARGUMENTS, env=ENVIRONMENT)
    toolset = await asyncio.to_thread(MCPToolset, server_info=server, eager_connect=True)
    tools = {tool.name: tool for tool in toolset}

    async def list_tools():
        return list(tools)

    async def call_tool(tool, arguments):
        return str(await asyncio.to_thread(tools[tool].invoke, **arguments))

    await tell(list_tools, call_tool)
    await asyncio.to_thread(toolset.close)


asyncio.run(main())
