"""`python -m kie_mcp` is `kie-mcp`."""

import sys

from kie_mcp.cli import main

sys.exit(main())
