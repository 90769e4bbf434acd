"""Find the text that an order is about: its title, its prompt, or what is spoken."""

from collections.abc import Collection, Mapping

_FIELDS = ("prompt", "text")


def find_text(title: object, order: Mapping[str, object], default_texts: Collection[str]) -> str:
    """Return the title of an order, or its prompt or text; empty if it has none of its own.

    *default_texts*: what is sent in place of an empty prompt, which says nothing of the order.
    """
    given = (title, *(order.get(name) for name in _FIELDS))
    return next((text for text in given if isinstance(text, str) and text and text not in default_texts), "")
