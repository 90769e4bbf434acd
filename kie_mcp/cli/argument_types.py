"""Check what is given for an argument of the command line, and say what is allowed."""

import argparse
import re

HOST = re.compile(r"(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
"""A name or an address, with or without a port; never a wildcard, which would let everybody in."""

HIGHEST = 1e9
"""No number of the command line is higher, unless a bound of its own says so."""


def parse_host(text: str) -> str:
    """Return a host, with or without a port."""
    if not HOST.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be a host such as kie.example or kie.example:8443, not {text!r}")
    return text.casefold()


def parse_origin(text: str) -> str:
    """Return the origin of a web site."""
    scheme, _, host = text.rstrip("/").partition("://")
    if scheme.casefold() not in {"http", "https"} or not HOST.fullmatch(host):
        raise argparse.ArgumentTypeError(f"must be an origin such as https://app.example, not {text!r}")
    return f"{scheme}://{host}".casefold()


def parse_port(text: str) -> int:
    """Return the number of a port; 0 is allowed."""
    return int(parse_number(text, least=0, most=65535, whole=True))


def parse_speed(text: str) -> float:
    """Return how many times faster than Kie.ai a sandbox is to work."""
    return parse_number(text, least=0.01, most=1000)


def parse_credits(text: str) -> float:
    """Return an amount of credits."""
    return parse_number(text, least=0)


def parse_number(text: str, *, least: float, most: float | None = None, whole: bool = False) -> float:
    """Return a number between these bounds; without an upper one it is less than infinite all the same."""
    try:
        number = float(text)
    except ValueError:
        number = least - 1
    if not least <= number <= (HIGHEST if most is None else most) or (whole and number != int(number)):
        kind = "a whole number" if whole else "a number"
        end = f"of at least {least:g}" if most is None else f"from {least:.10g} to {most:.10g}"
        raise argparse.ArgumentTypeError(f"must be {kind} {end}, not {text!r}")
    return number
