"""How the sandbox draws, speaks and films."""
