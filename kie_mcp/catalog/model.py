"""Define what is known of a model of Kie.ai's: what it takes, costs and calls its inputs, and how long it lasts."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kie_mcp.catalog.capabilities import Capabilities
from kie_mcp.jobs.polling import Spread
from kie_mcp.orders.kind import Kind

CREDIT_USD = 0.005
"""What a credit costs, in US dollars."""

OUTPUT_HOSTS = ("tempfile.aiquickdraw.com", "file.aiquickdraw.com", "tempfile.redpandaai.co", "storage.kie.ai")
"""The hosts that serve Kie.ai's result files, over https."""

Unit = Literal["image", "second", "1000 characters"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a unit costs."""

    per: Unit
    credits: Mapping[str, float] = field(default_factory=dict[str, float])
    """Credits by resolution; the key is "" for a model without a choice of resolutions."""
    by_side: Mapping[int, float] = field(default_factory=dict[int, float])
    """Instead: credits by the longer side of the picture that comes out, in pixels; the smallest that is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model of Kie.ai's."""

    id: str
    kind: Kind
    title: str
    label: str
    """A short name that tells it apart from others of its kind, for the descriptions of the tools' arguments."""
    source: str
    """The URL of Kie.ai's page about it."""
    date: dt.date
    """The day on which that page was read."""
    takes: Capabilities
    price: Price
    inputs: Mapping[str, str]
    """Kie.ai's name of each input, by the field of the order; no other field is ever sent."""
    lasts: Spread
    """How long its jobs take, in seconds, by what other people report."""
    always: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Inputs, with their values, that are sent even if the order leaves them out."""
    single: frozenset[str] = frozenset()
    """The fields whose one file is sent by itself and not in a list."""
    aliases: tuple[str, ...] = ()
    """Other names by which a caller may order it, in lower case."""
    edit_id: str | None = None
    """The id that is sent in place of `id` if the order has pictures; None if it is the same."""
