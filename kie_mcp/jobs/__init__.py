"""What a job is and how it lives: knows neither MCP nor HTTP."""
