# /// script
# requires-python = ">=3.11"
# dependencies = ["langchain>=1.5,<2", "langchain-mcp-adapters>=0.3.2,<0.4"]
# ///
"""Let an agent of langchain make a picture. A script plays its model: no key, no network, no cost."""

import asyncio
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools

# `kie-mcp` is found on the path: by `make example`, or after `uv tool install 'kie-mcp[sandbox]'`.
WAIT = {"KIE_WAIT_SECONDS": "60"}  # the model gets the picture at once, and not the id of a job to ask for
SERVER = {"transport": "stdio", "command": "kie-mcp", "args": ["--sandbox", "--speed", "10"], "env": WAIT}
# With a key of Kie.ai, for 4 credits ($0.02): "args": [], "env": WAIT | {"KIE_API_KEY": "your key"}

ORDER = {"name": "generate_image", "args": {"prompt": "a red fox in a raincoat"}, "id": "1"}
SCRIPT = [AIMessage("", tool_calls=[ORDER]), AIMessage("Here is your fox.")]


class ScriptedModel(FakeMessagesListChatModel):
    """Plays the model: says the messages of the script, one after the other."""

    def bind_tools(self, *_: Any, **__: Any) -> "ScriptedModel":
        """Take the tools; the script knows them."""
        return self


async def main() -> None:
    """Ask the agent for a picture, and print the conversation."""
    model = ScriptedModel(responses=SCRIPT)  # the only thing to replace: by "anthropic:claude-sonnet-4-5", for example
    async with MultiServerMCPClient({"kie": SERVER}).session("kie") as session:
        agent = create_agent(model, await load_mcp_tools(session))
        result = await agent.ainvoke({"messages": [("user", "Draw a red fox in a raincoat.")]})
    for message in result["messages"]:
        print(f"{message.type}: {message.text or ORDER}")


if __name__ == "__main__":
    asyncio.run(main())
