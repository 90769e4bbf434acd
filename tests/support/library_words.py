"""Words that a library chose, taken out of what is said: its newest version may choose others."""

import re

_PYDANTIC = re.compile(r"(?<= given; )(.*?)(?=\.(?: Correct|\n))", re.DOTALL)
_FACT = re.compile(r"'[^']*'|-?[0-9]+(?:\.[0-9]+)?")


def ours(said: str) -> str:
    """What is said, with nothing left of pydantic's sentence but its numbers and the choices: those we have set."""
    return _PYDANTIC.sub(lambda found: found[0] and f"({' '.join(_FACT.findall(found[0]))})", said)
