"""Find a model: by its name, or by what it makes."""

from kie_mcp.catalog.models import MODELS, Model
from kie_mcp.catalog.validate import close
from kie_mcp.errors import OrderError
from kie_mcp.orders.kind import KINDS, Kind
from kie_mcp.text import literal


def models(kind: Kind) -> tuple[Model, ...]:
    """List the models that make this; the first is the default."""
    return tuple(model for model in MODELS if model.kind is kind)


def find(name: str, kind: Kind) -> Model:
    """Find a model by its id or another name of it, in any case; a blank name is the default's.

    Raises OrderError if none of that kind is called so.
    """
    wanted = name.strip().casefold()
    if not wanted:
        return models(kind)[0]
    for model in MODELS:
        if wanted in {model.id, *model.aliases}:
            if model.kind is kind:
                return model
            problem = f"{model.id} makes {KINDS[model.kind].plural}, not {KINDS[kind].plural}."
            raise OrderError(problem, argument="model", remedy=_allowed(kind))
    problem = f"{literal(name.strip())} is not known here."
    names = [other for model in models(kind) for other in (model.id, *model.aliases)]
    if near := close(wanted, names):
        problem += f" Did you mean {near[0]}?"
    raise OrderError(problem, argument="model", remedy=_allowed(kind))


def _allowed(kind: Kind) -> str:
    return f"For {KINDS[kind].plural} use {', '.join(model.id for model in models(kind))}."
