"""Run the demo: start the sandbox and the server, and order a picture, a voice and a talking video as a client does."""

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from kie_mcp.demo.display import Bar, Display
from kie_mcp.errors import KieError
from kie_mcp.kie.api_styles.styles import StyleName
from kie_mcp.sandbox import serve
from kie_mcp.setting_checks import describe_undecodable
from kie_mcp.settings import SANDBOX_KEY

SPEED = 8.0
"""How many times faster than Kie.ai the sandbox works here, so that the whole demo takes less than 45 s."""
FIRST_WAIT, NEXT_WAIT = 10, 30
"""`wait_seconds` of the call that orders, and of each later one, in seconds."""
PROMPT = "a red fox in a raincoat, looking at the camera"
SCRIPT = (
    "Hello! I am a fox, it is raining, and I was made without a key. Give me a picture and a voice, and I will talk."
)
ACTING = "It speaks to the camera in a friendly way."
JSON = dict[str, Any]


class DemoError(KieError):
    """The demo could not make or save something."""

    category = "demo"


@dataclass(frozen=True, slots=True)
class Caller:
    """An MCP client that orders jobs and waits for them, as an assistant does."""

    client: Client
    screen: Display

    async def make(self, title: str, tool: str, **arguments: Any) -> JSON:
        """Order a job, wait until it is done, and return its first output.

        Raises DemoError if the tool refuses or the file is not saved, and ConsoleError if nothing can be printed.
        """
        with self.screen.bar(title) as bar:
            answer = await self._call(bar, tool, wait_seconds=FIRST_WAIT, **arguments)
            while answer["state"] in {"queued", "running"}:
                answer = await self._call(bar, "get_job_status", job_id=answer["job_id"], wait_seconds=NEXT_WAIT)
        output: JSON = answer["outputs"][0]
        if "path" not in output:
            raise DemoError(f"{title}: made, but not saved. {answer.get('note', '')}")
        return output

    async def _call(self, bar: Bar, tool: str, **arguments: Any) -> JSON:
        result = await self.client.call_tool(tool, arguments, progress_callback=bar.show)
        self.screen.check()
        if result.is_error or result.structured_content is None:
            raise DemoError(_text_of(result))
        return result.structured_content


def _text_of(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def run_demo(
    out: Path, *, prompt: str = PROMPT, speed: float = SPEED, scenario: str | None = None, style: StyleName = "jobs"
) -> list[JSON]:
    """Make an image, a speech and a talking video, save them in the folder *out*, print and return where they are.

    Args:
        out: The folder; it is made if it is missing.
        prompt: What the image shows.
        speed: How many times faster than Kie.ai the sandbox works.
        scenario: Trouble for every job, by its name in `sandbox.account.scenarios`.
        style: How jobs are ordered.

    Raises DemoError or ConsoleError, either of them perhaps inside exception groups.
    """
    folder, screen = _make_folder(out), Display()

    async def play() -> dict[str, JSON]:
        with TemporaryDirectory(prefix="kie-demo-") as state:
            async with (
                serve(speed=speed, scenario=scenario) as url,
                Client(_server_parameters(url, folder, state, style)) as client,
            ):
                return await _make_all(Caller(client, screen), prompt)

    made = anyio.run(play)
    for title, output in made.items():
        place = f"\n{output['path']}" if screen.console.is_terminal else f" {output['path']}"
        screen.say(f"{title:14} {_describe_size(output):24}{place}")
    return [*made.values()]


def _make_folder(out: Path) -> Path:
    if problem := describe_undecodable(str(out.absolute())):
        raise DemoError(f"{str(out.absolute())!r} {problem}.", remedy="Choose another folder with --out DIR.")
    if problem := describe_undecodable(gettempdir()):
        raise DemoError(f"The folder for temporary files {problem}.", remedy="Set TMPDIR to another one.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(
            f"{out} cannot be made: {error.strerror}", remedy="Choose another folder with --out DIR."
        ) from None
    return out.absolute()


async def _make_all(caller: Caller, prompt: str) -> dict[str, JSON]:
    """Order three jobs, the third from the outputs of the first two, and return their outputs by title."""
    image = await caller.make("image", "generate_image", prompt=prompt)
    speech = await caller.make("speech", "generate_speech", text=SCRIPT)
    chained = {"image": image["resource"], "audio": speech["resource"], "prompt": ACTING}
    video = await caller.make("talking video", "create_talking_video", **chained)
    return {"image": image, "speech": speech, "talking video": video}


def _server_parameters(url: str, out: Path, state: str, style: StyleName) -> StdioServerParameters:
    settings = {
        "KIE_API_KEY": SANDBOX_KEY,
        "KIE_API_BASE_URL": url,
        "KIE_UPLOAD_BASE_URL": url,
        "KIE_OUTPUT_DIR": str(out),
        "KIE_STATE_DIR": state,
        "KIE_API_STYLE": style,
    }
    return StdioServerParameters(command=sys.executable, args=["-m", "kie_mcp"], env=settings)


def _describe_size(output: JSON) -> str:
    """Describe an output in a few words: `1024x1024, 12.3 kB`."""
    facts = [
        f"{output['width']}x{output['height']}" if output.get("width") else "",
        f"{output['duration_s']:.1f} s" if output.get("duration_s") else "",
        f"{output['bytes'] / 1000:,.1f} kB",
    ]
    return ", ".join(filter(None, facts))
