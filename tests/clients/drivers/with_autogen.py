"""autogen's MCP tools: a workbench, called as its agents call it."""
# pyright: basic, reportMissingImports=false

import asyncio

from autogen_ext.tools.mcp import McpWorkbench, StdioServerParams
from story import ARGUMENTS, COMMAND, ENVIRONMENT, tell


async def main():
    server = StdioServerParams(command=COMMAND, args=ARGUMENTS, env=ENVIRONMENT)
    async with McpWorkbench(server) as workbench:

        async def list_tools():
            return [tool["name"] for tool in await workbench.list_tools()]

        async def call_tool(tool, arguments):
            return (await workbench.call_tool(tool, arguments)).to_text()

        await tell(list_tools, call_tool)


asyncio.run(main())
