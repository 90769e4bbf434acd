"""Google's Agent Development Kit: the tools of its toolset, run as an agent runs them."""
# pyright: basic, reportMissingImports=false

import asyncio

from google.adk.agents.invocation_context import InvocationContext
from google.adk.agents.llm_agent import LlmAgent
from google.adk.sessions.in_memory_session_service import InMemorySessionService
from google.adk.tools.mcp_tool.mcp_session_manager import StdioConnectionParams
from google.adk.tools.mcp_tool.mcp_toolset import McpToolset
from google.adk.tools.tool_context import ToolContext
from mcp import StdioServerParameters
from story import ARGUMENTS, COMMAND, ENVIRONMENT, tell


async def main():
    server = StdioServerParameters(command=COMMAND, args=ARGUMENTS, env=ENVIRONMENT)
    toolset = McpToolset(connection_params=StdioConnectionParams(server_params=server))
    sessions = InMemorySessionService()
    session = await sessions.create_session(app_name="tests", user_id="tests")
    agent = LlmAgent(name="tests", tools=[toolset])
    invocation = InvocationContext(invocation_id="1", session=session, session_service=sessions, agent=agent)
    tools = {tool.name: tool for tool in await toolset.get_tools()}

    async def list_tools():
        return list(tools)

    async def call_tool(tool, arguments):
        context = ToolContext(invocation, function_call_id="1")  # as an agent has it: the viewer's widget needs one
        return str(await tools[tool].run_async(args=arguments, tool_context=context))

    await tell(list_tools, call_tool)
    await toolset.close()


asyncio.run(main())
