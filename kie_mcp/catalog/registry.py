"""Find a model by its name, or by what it makes."""

from kie_mcp.catalog.model import Model
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.validate import find_similar
from kie_mcp.errors import OrderError
from kie_mcp.orders.kind import KINDS, Kind
from kie_mcp.orders.order import Order
from kie_mcp.text import literal

TITLES = {name: model.title for model in MODELS for name in (model.id, model.edit_id) if name}
"""What people call a model, by each id that Kie.ai has for it."""


def models(kind: Kind) -> tuple[Model, ...]:
    """List the models of a kind; the first is the default."""
    return tuple(model for model in MODELS if model.kind is kind)


def find(name: str, kind: Kind) -> Model:
    """Find a model by its id or an alias, in lower or upper case; a blank name finds the default of the kind.

    Raises OrderError if no model of that kind has the name.
    """
    wanted = name.strip().casefold()
    if not wanted:
        return models(kind)[0]
    for model in MODELS:
        if wanted in {model.id, *model.aliases}:
            if model.kind is kind:
                return model
            problem = f"{model.id} makes {KINDS[model.kind].plural}, not {KINDS[kind].plural}."
            raise OrderError(problem, argument="model", remedy=_recommend_models(kind))
    problem = f"{literal(name.strip())} is not known here."
    names = [other for model in models(kind) for other in (model.id, *model.aliases)]
    if near := find_similar(wanted, names):
        problem += f" Did you mean {near[0]}?"
    raise OrderError(problem, argument="model", remedy=_recommend_models(kind))


def find_row(order: Order) -> Model | None:
    """Return the row of the order's model; None if such orders are for models without a row."""
    return find(order.model, order.kind) if models(order.kind) else None


def _recommend_models(kind: Kind) -> str:
    return f"For {KINDS[kind].plural} use {', '.join(model.id for model in models(kind))}."
