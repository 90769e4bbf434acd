"""Ask an installed `kie-mcp` for its tools: `python -m tests.support.smoke_wheel path/to/kie-mcp`."""

import sys

from tests.support.pipe import greet

EXPECTED = {"generate_image", "generate_speech", "create_talking_video", "get_job_status", "list_jobs", "list_models"}


def main(command: str) -> None:
    """Raise SystemExit with a sentence unless the server answers with its name, its version and its tools."""
    greeting = greet([command])
    absent = EXPECTED - {tool["name"] for tool in greeting.tools}
    if absent:
        raise SystemExit(f"tools/list lacks {sorted(absent)}")
    server = f"{greeting.server['name']} {greeting.server['version']}"
    sys.stdout.write(f"{server} answered {len(greeting.tools)} tools after {greeting.seconds:.2f} s\n")


if __name__ == "__main__":
    main(sys.argv[1])
