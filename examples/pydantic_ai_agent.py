# /// script
# requires-python = ">=3.11"
# dependencies = ["pydantic-ai-slim[mcp]>=2.68,<3"]
# ///
"""Let an agent of pydantic-ai make a picture. A script plays its model: no key, no network, no cost."""

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

# `kie-mcp` is found on the path: by `make example`, or after `uv tool install 'kie-mcp[sandbox]'`.
WAIT = {"KIE_WAIT_SECONDS": "60"}  # the model gets the picture at once, and not the id of a job to ask for
SERVER = StdioTransport("kie-mcp", ["--sandbox", "--speed", "10"], env=WAIT)
# With a key of Kie.ai, for 4 credits ($0.02): StdioTransport("kie-mcp", [], env=WAIT | {"KIE_API_KEY": "your key"})


def answer(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
    """Play the model: call the tool, then repeat what it said."""
    last = messages[-1].parts[-1]
    if last.part_kind == "tool-return":
        return ModelResponse([TextPart(f"Here is your fox.\n{last.content[0]}")])
    return ModelResponse([ToolCallPart("generate_image", {"prompt": "a red fox in a raincoat"})])


def main() -> None:
    """Ask the agent for a picture, and print what it says."""
    model = FunctionModel(answer)  # the only thing to replace: by "anthropic:claude-sonnet-4-5", for example
    agent = Agent(model, toolsets=[MCPToolset(SERVER, init_timeout=60)])  # 5 seconds by default
    print(agent.run_sync("Draw a red fox in a raincoat.").output)


if __name__ == "__main__":
    main()
