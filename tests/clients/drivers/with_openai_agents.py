"""OpenAI's agents SDK: the function tools that it makes, called as its runner calls them."""
# pyright: basic, reportMissingImports=false

import asyncio
import json

from agents.mcp import MCPServerStdio, MCPUtil
from agents.run_context import RunContextWrapper
from story import ARGUMENTS, COMMAND, ENVIRONMENT, tell


async def main():
    async with MCPServerStdio({"command": COMMAND, "args": ARGUMENTS, "env": ENVIRONMENT}) as server:
        tools = {tool.name: tool for tool in await server.list_tools()}

        async def list_tools():
            return list(tools)

        async def call_tool(tool, arguments):
            context = RunContextWrapper(None)
            return str(await MCPUtil.invoke_mcp_tool(server, tools[tool], context, json.dumps(arguments)))

        await tell(list_tools, call_tool)


asyncio.run(main())
