"""The skills of the package: their files, what stands at the head of each `SKILL.md`, and how they are addressed.

The files in `files/` are the only ones: the plugin folder has copies, which `make packages` writes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

FIRST = "SKILL.md"
"""The file that every skill has; its head names and describes the skill."""
_FENCE = "---\n"


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill with all its files."""

    head: Mapping[str, str]
    """What stands at the head of `SKILL.md`: `name`, `description` and more."""
    contents: Mapping[str, bytes]
    """The bytes of each file by its path inside the skill, `SKILL.md` first."""

    @property
    def name(self) -> str:
        """The name, which is also that of the folder."""
        return self.head["name"]

    def address(self, path: str = FIRST) -> str:
        """Return the URI of one of the files."""
        return f"skill://{self.name}/{path}"


def read_skills() -> list[Skill]:
    """Read the skills of the package, in the order of their names."""
    folders = sorted(_folder().iterdir(), key=lambda one: one.name)
    return [_read_skill(one) for one in folders if one.joinpath(FIRST).is_file()]


def _folder() -> Traversable:
    return files("kie_mcp.surface.skills").joinpath("files")


def _read_skill(folder: Traversable) -> Skill:
    contents = dict(sorted(_read_files(folder), key=lambda one: (one[0] != FIRST, one[0])))
    return Skill(head=_read_head(contents[FIRST].decode()), contents=contents)


def _read_files(folder: Traversable, above: str = "") -> Iterator[tuple[str, bytes]]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _read_files(one, f"{above}{one.name}/")
        else:
            yield f"{above}{one.name}", one.read_bytes()


def _read_head(text: str) -> dict[str, str]:
    """Return the fields at the head. Ours are of the simplest form that YAML has: a name, a colon, words."""
    head = text.replace("\r\n", "\n").split(_FENCE)[1]
    return dict(line.split(": ", 1) for line in head.splitlines())
