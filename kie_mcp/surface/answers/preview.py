"""The small picture in an answer, for callers that ask for it and clients known to show it."""

import base64
import logging
import threading

import anyio
from mcp.types import ImageContent

from kie_mcp.errors import KieError
from kie_mcp.jobs.job import Job, Output, Phase
from kie_mcp.media.worker_threads import run_in_thread
from kie_mcp.orders.kind import KINDS

logger = logging.getLogger(__name__)

PREVIEW_SECONDS = 5.0
"""How many seconds an answer waits for its preview."""


class Previews:
    """Draws previews, one at a time; each may take *seconds*."""

    def __init__(self, seconds: float = PREVIEW_SECONDS) -> None:
        self._seconds = seconds
        self._drawing = threading.Lock()

    async def draw(self, job: Job) -> tuple[ImageContent | None, str]:
        """Draw a job's first output as a JPEG of at most 768 pixels and 100 KB.

        Returns the picture, or None and the reason. No reason is given where no picture is to be expected: for audio,
        and before the job has succeeded.
        """
        if job.phase is not Phase.SUCCEEDED or KINDS[job.kind].family == "audio" or not job.outputs:
            return None, ""
        output = job.outputs[0]
        if output.path is None:
            return None, "No preview: the file is not saved."
        try:
            with anyio.fail_after(self._seconds):
                jpeg = await run_in_thread(lambda: self._draw_alone(output))
        except KieError as error:
            return None, " ".join([error.message, error.remedy]).strip()
        except TimeoutError:
            return None, f"No preview: drawing took more than {self._seconds:g} s."
        except Exception as error:  # an error here must not cost the answer: the job is paid for and done
            logger.exception("job %s: no preview", job.id)
            return None, f"No preview: something unforeseen happened ({type(error).__name__})."
        return ImageContent(data=base64.b64encode(jpeg).decode(), mime_type="image/jpeg"), ""

    def _draw_alone(self, output: Output) -> bytes:
        """Draw once no other thread does. The thread holds the lock: it goes on when nobody waits for it any more."""
        from kie_mcp.media.convert.preview import draw_output_preview

        if not self._drawing.acquire(timeout=self._seconds):
            raise TimeoutError
        try:
            return draw_output_preview(output)
        finally:
            self._drawing.release()
