"""agno's MCP tools: the functions that it makes, called as its agents call them."""
# pyright: basic, reportMissingImports=false

import asyncio

from agno.tools.function import FunctionCall
from agno.tools.mcp import MCPTools
from mcp import StdioServerParameters
from story import ARGUMENTS, COMMAND, ENVIRONMENT, tell


async def main():
    server = StdioServerParameters(command=COMMAND, args=ARGUMENTS, env=ENVIRONMENT)
    async with MCPTools(server_params=server) as toolkit:

        async def list_tools():
            return list(toolkit.functions)

        async def call_tool(tool, arguments):
            done = await FunctionCall(function=toolkit.functions[tool], arguments=arguments).aexecute()
            return str(done.result.content if hasattr(done.result, "content") else done.result or done.error)

        await tell(list_tools, call_tool)


asyncio.run(main())
