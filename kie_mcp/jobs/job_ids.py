"""Makes the ids of jobs."""

import base64
import secrets


def new_job_id() -> str:
    """Return an id that cannot be guessed: 130 random bits."""
    return "job_" + base64.b32encode(secrets.token_bytes(17)).decode().rstrip("=").lower()[:26]
