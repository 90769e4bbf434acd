"""`python -m kie_mcp` is `kie-mcp`."""

import sys

from kie_mcp.cli.main import main

sys.exit(main())
