"""Several stories at a time, each in a house of its own: most of what real processes do is waiting."""

from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.support.shared_ledger import House, opened

Name = TypeVar("Name")
Story = Callable[[House], None]


@contextmanager
def told(
    folder: Callable[[], Path], stories: Mapping[Name, Story], *, pace: float = 1.0, at_a_time: int = 6
) -> Generator[dict[Name, Future[None]]]:
    """Begin them all; a story's result raises what went wrong in it."""

    def tell(story: Story, place: Path) -> None:
        with opened(place, pace=pace) as house:
            story(house)

    with ThreadPoolExecutor(at_a_time) as pool:
        yield {name: pool.submit(tell, story, folder()) for name, story in stories.items()}
