"""langchain's MCP adapters: the tools that they make, invoked with a tool call as a model makes it."""
# pyright: basic, reportMissingImports=false

import asyncio

from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from story import ARGUMENTS, COMMAND, ENVIRONMENT, tell

SERVER = {"transport": "stdio", "command": COMMAND, "args": ARGUMENTS, "env": ENVIRONMENT}


async def main():
    async with MultiServerMCPClient({"kie": SERVER}).session("kie") as session:
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}

        async def list_tools():
            return list(tools)

        async def call_tool(tool, arguments):
            message = await tools[tool].ainvoke({"type": "tool_call", "id": "1", "name": tool, "args": arguments})
            return str(message.content)

        await tell(list_tools, call_tool)


asyncio.run(main())
