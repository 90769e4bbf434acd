"""Make the fingerprint of an order: equal orders of one account have the same, in whatever form they are written."""

import hashlib
import json
from collections.abc import Mapping

from kie_mcp.orders.equality import same_address, same_words
from kie_mcp.orders.job_uris import output_uri, parse_output_uri
from kie_mcp.orders.order import Order
from kie_mcp.orders.own_file_uris import parse_input_uri

_NO_PARTS: Mapping[str, str] = {}


def fingerprint(account: str, order: Order, parts: Mapping[str, str] = _NO_PARTS) -> str:
    """Return the hash that equal orders of one account share; the order must have been checked.

    `equality` says which texts and URLs are equal. What is sent stays as it was written.

    Args:
        account: The account that the order belongs to.
        order: The order, as `catalog.requests.check` returned it.
        parts: The fingerprints of its parts, by name.
    """
    files = {argument: _same_file(one) for argument, one in order.files().items()}
    return former_fingerprint(account, order.with_words(same_words).with_files(files), parts)


def _same_file(reference: str) -> str:
    if output := parse_output_uri(reference):
        return output_uri(*output)
    return same_address(reference)


def former_fingerprint(account: str, order: Order, parts: Mapping[str, str] = _NO_PARTS) -> str:
    """Return the hash that version 0.1 gave to an order, for ledgers that it wrote: every spelling had another one."""
    # Files with the same bytes are equal, wherever they are and whatever they are called.
    contents = {name: f"sha256:{file[1]}" for name, one in order.files().items() if (file := parse_input_uri(one))}
    # Equal orders for a part make an equal order, whatever becomes of the job that makes its file.
    made = {argument: f"made:{parts[part]}" for argument, part in order.parts().items()}
    compared = [account, order.with_files(contents | made).as_compared()]
    canonical = json.dumps(compared, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
