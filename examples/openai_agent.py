# /// script
# requires-python = ">=3.11"
# dependencies = ["openai-agents>=0.24,<0.25"]
# ///
"""Let an agent of OpenAI's agents SDK make a picture. A script plays its model: no key, no network, no cost."""

import asyncio
from typing import Any

from agents import Agent, Model, ModelResponse, Runner, Usage, set_tracing_disabled
from agents.mcp import MCPServerStdio
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

# `kie-mcp` is found on the path: by `make example`, or after `uv tool install 'kie-mcp[sandbox]'`.
WAIT = {"KIE_WAIT_SECONDS": "60"}  # the model gets the picture at once, and not the id of a job to ask for
SERVER = {"command": "kie-mcp", "args": ["--sandbox", "--speed", "10"], "env": WAIT}
# With a key of Kie.ai, for 4 credits ($0.02): "args": [], "env": WAIT | {"KIE_API_KEY": "your key"}

ORDER = ResponseFunctionToolCall(
    name="generate_image", arguments='{"prompt": "a red fox in a raincoat"}', call_id="1", type="function_call"
)


class ScriptedModel(Model):
    """Plays the model: calls the tool, then repeats what it said."""

    async def get_response(self, **request: Any) -> ModelResponse:
        """Answer what was said last."""
        last = request["input"][-1]
        if last.get("type") != "function_call_output":
            return ModelResponse([ORDER], Usage(), None)
        text = f"Here is your fox.\n{last['output'][0]['text']}"
        content = [ResponseOutputText(text=text, type="output_text", annotations=[])]
        said = ResponseOutputMessage(id="2", content=content, role="assistant", status="completed", type="message")
        return ModelResponse([said], Usage(), None)

    def stream_response(self, *_: Any, **__: Any) -> Any:
        """Answer word by word; nobody asks for that here."""
        raise NotImplementedError


async def main() -> None:
    """Ask the agent for a picture, and print what it says."""
    set_tracing_disabled(disabled=True)  # it would be sent to OpenAI, which needs a key
    async with MCPServerStdio(SERVER, client_session_timeout_seconds=60) as server:  # 5 seconds by default
        model = ScriptedModel()  # the only thing to replace: by "gpt-5", for example
        agent = Agent("painter", mcp_servers=[server], model=model)
        result = await Runner.run(agent, "Draw a red fox in a raincoat.")
    print(result.final_output)


if __name__ == "__main__":
    asyncio.run(main())
