"""Make the result files of requests in worker threads, so that the event loop is never blocked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from kie_mcp.sandbox.account.file_store import FileStore
from kie_mcp.sandbox.account.model import Model
from kie_mcp.sandbox.studio import audio_files, film_results, picture_results, pictures, results
from kie_mcp.sandbox.studio.inputs import InputMedia, SpokenWords, decode_inputs, fetch_own
from kie_mcp.sandbox.studio.media_makers import MediaMakers
from kie_mcp.sandbox.studio.work import Result, Work

T = TypeVar("T")


class Studio:
    """Reads the media of requests and plans their results."""

    def __init__(self, files: FileStore, makers: MediaMakers) -> None:
        self._files = files
        self._makers = makers
        self.executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="kie-sandbox")
        self._stop = threading.Event()
        self._spoken = SpokenWords()

    def close(self) -> None:
        """Stop making files, so that the process can end at once."""
        self._stop.set()
        self.executor.shutdown(wait=False, cancel_futures=True)

    async def run_in_thread(self, make: Callable[[], T]) -> T:
        """Call `make` in a worker thread and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, make)

    async def read_inputs(self, model: Model, given: Mapping[str, Any], now: float) -> InputMedia:
        """Read the media of a request; links that lead out of the sandbox are never opened."""
        try:
            raw = await fetch_own(model, given, self._files, self.executor, now)
            media = await self.run_in_thread(lambda: decode_inputs(model, raw, self._spoken))
            return await self.run_in_thread(lambda: self._check_sides(model, given, media))
        except (pictures.NotAPictureError, audio_files.NotSoundError, LookupError) as error:
            return InputMedia(fault=("400", f"The input file could not be read: {error}"))

    def _check_sides(self, model: Model, given: Mapping[str, Any], media: InputMedia) -> InputMedia:
        if model.makes not in ("enlargement", "cutout"):
            return media
        least, most = model.sides
        size = picture_results.result_size(self._prepare(model, given, media, ""))
        if least <= min(size) and max(size) <= most:
            return media
        return InputMedia(fault=("400", f"The image must have {least} to {most} pixels per side"))

    def measure_amount(self, model: Model, given: Mapping[str, Any], media: InputMedia) -> float:
        """Return how much a task makes, in what its price counts: seconds, or pixels of a long edge."""
        work = self._prepare(model, given, media, "")
        if media.fault is None and model.makes == "enlargement":
            return max(picture_results.result_size(work))
        return film_results.clip_seconds(work) if model.makes == "clip" else media.seconds

    def plan_result(self, model: Model, given: Mapping[str, Any], media: InputMedia, seed: str) -> Result:
        """Return the result of a task; the bytes of its files are made when they are first read."""
        return results.plan_result(self._prepare(model, given, media, seed))

    def _prepare(self, model: Model, given: Mapping[str, Any], media: InputMedia, seed: str) -> Work:
        return Work(model, given, media, seed, self._makers, self._spoken, self._stop)
