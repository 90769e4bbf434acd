"""The client of Kie.ai as the settings want it, for whoever needs one: the server and the doctor."""

from kie_mcp.kie.client import KieClient
from kie_mcp.settings import Settings


def connect(settings: Settings, *, sandbox: bool = False) -> KieClient:
    """Make a client; nothing is opened yet. `sandbox`: whether the other side is one that we started ourselves."""
    return KieClient(
        settings.api_key,
        base_url=settings.api_base_url,
        upload_base_url=settings.upload_base_url,
        network=settings.network,
        sandbox=True if sandbox else None,
    )
