"""`kie-mcp completion`: print the script by which a shell completes commands and options."""

import argparse

from kie_mcp.cli.command import Command, Group
from kie_mcp.console import say

SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")
EXAMPLES = """where to put it:
  bash  kie-mcp completion bash > ~/.kie-mcp-completion.bash
        echo 'source ~/.kie-mcp-completion.bash' >> ~/.bashrc
  zsh   kie-mcp completion zsh > "${fpath[1]}/_kie-mcp"
  fish  kie-mcp completion fish > ~/.config/fish/completions/kie-mcp.fish"""


def _add_arguments(completion: argparse.ArgumentParser) -> None:
    completion.add_argument("shell", choices=SHELLS, help="the shell")


def _run(arguments: argparse.Namespace) -> int:
    import shtab

    from kie_mcp.cli.options import build_parser

    say(shtab.complete(build_parser(whole=True), shell=arguments.shell).rstrip())
    return 0


COMMAND = Command(
    help="print the script that completes commands in your shell",
    group=Group.SET_UP,
    place=90,
    epilog=EXAMPLES,
    add_arguments=_add_arguments,
    run=_run,
)
