"""The commands of `kie-mcp`, a file each: its name is the file's, and `COMMAND` in it says the rest.

To add one, add a file; nothing else lists the commands. A command file is loaded for `kie-mcp --help` too: at its top
it imports only what is light (argparse, `kie_mcp.cli.command`, `execution`, `argument_types`, `kie_mcp.console`), and
inside its functions what it needs. A command that is more than a few lines has them in a file of its own beside this
folder.
"""
