"""Find, check and link the files that an order names: the caller's own ones, and those of earlier jobs."""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from kie_mcp.catalog import audio_length_check
from kie_mcp.jobs.job import Job
from kie_mcp.media.inputs.file_references import EarlierOutputs
from kie_mcp.media.inputs.own_files import InputFiles, is_file_reference
from kie_mcp.media.inputs.uploads import Say
from kie_mcp.orders.order import Order


@dataclass(frozen=True, slots=True)
class Measures:
    """What is known of the files of an order, and decides what it costs."""

    audio_seconds: float | None = None
    """The length of the sound; None if there is none, or if it is not known."""
    side: int | None = None
    """The pixels of the longer side of the picture, likewise; of several, of the last."""

    def __or__(self, other: "Measures") -> "Measures":
        """Return what both know."""
        seconds = self.audio_seconds if self.audio_seconds is not None else other.audio_seconds
        return Measures(seconds, self.side or other.side)


@dataclass(frozen=True, slots=True)
class TakenFiles:
    """What is known of an order once the caller's own files were read."""

    order: Order
    """With the contents of the files named."""
    measures: Measures
    remarks: tuple[str, ...]
    """Sentences about files that were converted."""


class OrderFiles:
    """The files of orders.

    Args:
        sources: Finds the outputs of earlier jobs; links stay as they are.
        inputs: Reads the caller's own files.
    """

    def __init__(self, sources: EarlierOutputs, inputs: InputFiles) -> None:
        self._sources = sources
        self._inputs = inputs

    async def find_awaited(self, order: Order) -> dict[str, Job]:
        """Find the unfinished jobs that will make files of the order, by argument."""
        awaited: dict[str, Job] = {}
        for argument, reference in order.files().items():
            if is_file_reference(reference):
                continue
            family = order.family_of(argument)
            if job := await self._sources.find_unfinished(reference, argument=argument, family=family):
                awaited[argument] = job
        return awaited

    async def take(self, order: Order, *, convert: bool, keep: bool) -> TakenFiles:
        """Read the caller's own files. Raises OrderError for one that the model does not take.

        *convert* allows to convert them; *keep* keeps those that are in the call, without which it cannot be sent.
        """
        instead: dict[str, str] = {}
        measures = Measures()
        remarks: list[str] = []
        for argument, reference in order.files().items():
            if is_file_reference(reference):
                taken = await self._inputs.take(reference, order, argument=argument, convert=convert, keep=keep)
                remarks += [taken.note] if taken.note else []
                instead[argument] = taken.reference
                is_sound = order.family_of(argument) == "audio"
                measures = Measures(taken.duration_s if is_sound else None, taken.side) | measures
        return TakenFiles(order.with_files(instead), measures, tuple(remarks))

    async def check_outputs(self, order: Order, *, but: Container[str] = ()) -> Measures:
        """Check the outputs of earlier jobs, and return what is known of them.

        Raises OrderError if one is not what its argument takes, or if the audio is too long.
        """
        measures = Measures()
        for argument, reference in order.files().items():
            if argument in but or is_file_reference(reference):
                continue
            family = order.family_of(argument)
            output = await self._sources.describe(reference, argument=argument, family=family)
            if output:
                side = max(output.width, output.height) if output.width and output.height else None
                measures = Measures(output.duration_s if family == "audio" else None, side) | measures
        audio_length_check.check_audio(order, measures.audio_seconds)
        return measures

    async def link(self, order: Order, *, say: Say) -> dict[str, str]:
        """Return a link that Kie.ai can read for each file, by argument; what only this computer has is uploaded."""
        links: dict[str, str] = {}
        for argument, reference in order.files().items():
            source = self._inputs if is_file_reference(reference) else self._sources
            links[argument] = await source.link(reference, argument=argument, say=say)
        return links

    async def compose_title(self, order: Order, makers: Mapping[str, Order]) -> str:
        """Return the title of an order: made of its own words, or of the titles of its files and parts."""
        files = order.files()
        titles = {
            name: await (self.compose_title(makers[name], {}) if name in makers else self._sources.words(files[name]))
            for name in order.titled_by
        }
        return order.title(titles)
