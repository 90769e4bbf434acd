"""How the sandbox makes its pictures, speech and videos."""
