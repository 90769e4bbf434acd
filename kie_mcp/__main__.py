"""`python -m kie_mcp` is `kie-mcp`."""

import sys

from kie_mcp.start import main

sys.exit(main())
