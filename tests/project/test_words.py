"""Names and docstrings keep to CONTRIBUTING's rules about words, as far as a test can tell."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "kie_mcp"

_OPENING = """
    a an the this that these those it its their his her our each any all some one no none nothing everything
    what whether how where when why which who whose if as of in into to for from by on with without at about after
    before between under over is are was were has had can may must and or but not only also more most
    true false seconds bytes credits
"""
NO_VERBS = frozenset(_OPENING.split())
"""Words with which the docstring of a function often begins that does not say what the function does."""
VERBS_IN_S = frozenset({"press", "process", "pass", "guess", "discuss", "compress"})
"""Verbs that only look like the third person."""
_IRREGULAR = """
    told made kept seen shown taken known drawn found given sent written held heard said done gone left lost meant
    built bought spoken begun chosen hidden thrown paid sold bound caught taught thought worn
"""
PARTICIPLES = frozenset(_IRREGULAR.split())
VERBS_IN_ED = frozenset({"feed", "need", "embed", "seed", "speed", "shed", "bleed", "heed"})
"""Words that only look like a participle."""
CATCH_ALL = frozenset({"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[str, Function]]:
    """The functions and methods of the package; a property is a noun, and has other rules."""
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, Function) and not any("property" in ast.unparse(one) for one in node.decorator_list):
                yield f"{file}:{node.lineno} {node.name}", node


def begins_with_a_verb(docstring: str) -> bool:
    """Tell by a list: a computer knows no verbs, but it knows which words are none."""
    word = re.split(r"\W", docstring, maxsplit=1)[0].casefold()
    if word in NO_VERBS or not word:
        return False
    return word in VERBS_IN_S or not word.endswith("s")


def is_participle(name: str) -> bool:
    """Whether the name is a participle and nothing else: `told`, but not `find_saved` or `is_saved`."""
    word = name.strip("_")
    return word in PARTICIPLES or (word.endswith("ed") and "_" not in word and word not in VERBS_IN_ED)


def test_the_docstring_of_a_function_begins_with_a_verb() -> None:
    """PEP 257: it says what is done, as a command. For what is asked it is "Return whether"."""
    others = [f"{place}: {said}" for place, node in functions() if (said := ast.get_docstring(node))]
    assert [one for one in others if not begins_with_a_verb(one.split(": ", 1)[1])] == []


def test_no_function_is_called_by_a_participle() -> None:
    """Not `told`, but what it does: `tell_waiters`; or what it asks: `is_told`."""
    assert [place for place, node in functions() if is_participle(node.name)] == []


def test_no_file_is_called_by_a_word_that_fits_anything() -> None:
    files = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")]
    assert [str(file) for file in files if CATCH_ALL & {*re.split(r"[/_.]", file.as_posix())}] == []


def test_every_file_opens_with_a_sentence() -> None:
    """What a stranger learns of it first."""
    opened = {path: ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "" for path in PACKAGE.rglob("*.py")}
    assert [str(path) for path, said in opened.items() if not re.match(r"[A-Z`].*?[.:]", said, re.DOTALL)] == []


def test_the_rules_know_a_verb_from_others() -> None:
    assert begins_with_a_verb("Return whether it is so.")
    assert begins_with_a_verb("Process one message.")
    assert not begins_with_a_verb("Whether it is so.")
    assert not begins_with_a_verb("Returns whether it is so.")
    assert is_participle("_told")
    assert is_participle("changed")
    assert not is_participle("feed")
    assert not is_participle("is_changed")
