"""Fingerprints of orders: equal orders of one account have the same, in whatever form they are written."""

import hashlib
import json

from kie_mcp.orders.equality import same_address, same_words
from kie_mcp.orders.handed_in_files import parse_handed_in
from kie_mcp.orders.job_uris import output_uri, parse_output_uri
from kie_mcp.orders.order import Order


def fingerprint(account: str, order: Order) -> str:
    """Return the hash that equal orders of one account share, once they were checked, which makes them comparable.

    Orders are equal in whatever form they are written: see `equality`. What is sent stays as it was written.
    """
    words = {name: same_words(getattr(order, name)) for name in ("prompt", "text") if hasattr(order, name)}
    files = {argument: _same_file(one) for argument, one in order.files().items()}
    return former_fingerprint(account, order.model_copy(update=words).with_files(files))


def _same_file(reference: str) -> str:
    if output := parse_output_uri(reference):
        return output_uri(*output)
    return same_address(reference)


def former_fingerprint(account: str, order: Order) -> str:
    """Return the hash that version 0.1 gave to an order, which told forms apart: it stands in ledgers."""
    # The same bytes are the same file, wherever they lie and whatever they are called.
    contents = {name: f"sha256:{file[1]}" for name, one in order.files().items() if (file := parse_handed_in(one))}
    parts = [account, order.with_files(contents).model_dump(mode="json")]
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
