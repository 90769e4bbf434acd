"""List the models of the sandbox that Kie.ai's market has besides those of the first catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from kie_mcp.sandbox.account.film_models import FILM_MODELS
from kie_mcp.sandbox.account.model import Model
from kie_mcp.sandbox.account.picture_models import PICTURE_MODELS
from kie_mcp.sandbox.account.sound_models import SOUND_MODELS

MARKET_MODELS: Mapping[str, Model] = {**PICTURE_MODELS, **FILM_MODELS, **SOUND_MODELS}
