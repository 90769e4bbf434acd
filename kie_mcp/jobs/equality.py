"""When two texts or two addresses are one and the same though they are written otherwise: for comparison only."""

import re
import unicodedata
from urllib.parse import urlsplit, urlunsplit

_ENDS_OF_LINE = re.compile("\r\n|[\r\u2028\u2029]")
_PORTS = {"https": ":443", "http": ":80"}


def same_words(text: str) -> str:
    """What a text has in common with itself in another form: composed or not, with whatever ends its lines and itself.

    Case, blanks within it and its signs stay, since they may mean something.
    """
    return unicodedata.normalize("NFC", _ENDS_OF_LINE.sub("\n", text)).strip()


def same_address(url: str) -> str:
    """The same of a web URL: scheme and host in lower case, without the port that goes without saying.

    The path and the query stay as they are: who keeps the file may tell letters apart there.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        return url
    host = parts.netloc.casefold().removesuffix(_PORTS[parts.scheme])
    return urlunsplit(parts._replace(netloc=host, path=parts.path or "/"))
