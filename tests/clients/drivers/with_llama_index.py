"""llama-index's MCP tools: the function tools that it makes, called as its agents call them."""
# pyright: basic, reportMissingImports=false

import asyncio

from llama_index.tools.mcp import BasicMCPClient, McpToolSpec
from story import ARGUMENTS, COMMAND, ENVIRONMENT, tell


async def main():
    client = BasicMCPClient(COMMAND, args=ARGUMENTS, env=ENVIRONMENT)
    tools = {tool.metadata.name: tool for tool in await McpToolSpec(client).to_tool_list_async()}

    async def list_tools():
        return list(tools)

    async def call_tool(tool, arguments):
        return str((await tools[tool].acall(**arguments)).content)

    await tell(list_tools, call_tool)


asyncio.run(main())
