"""Open videos and sounds with PyAV 17 to 19, and translate its errors for broken files."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, TypeVar

from kie_mcp.media.convert.safe_decoding import UndecodableError, translate_decoder_errors

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

S = TypeVar("S", bound="Stream")
_KEEPS_ANY_BYTES = 19
"""From this version on PyAV takes titles that are not UTF-8, and has no argument for it."""


@contextmanager
def open_container(source: IO[bytes], demuxer: str) -> Generator["InputContainer"]:
    """Open a video or a sound. Raises UndecodableError, also for decoder errors while it is open."""
    import av
    from av import error as av_error

    with translate_decoder_errors(av_error.FFmpegError):
        try:
            with av.open(source, "r", format=demuxer, **_metadata_options(av.__version__)) as opened:
                yield opened
        except av_error.DecoderNotFoundError as error:
            raise _no_decoder_error() from error
        except av_error.LookupError as error:
            raise RuntimeError(f"PyAV is installed without a part of FFmpeg: {error}") from error


def require_decoder(stream: S) -> S:
    """Return the stream; raises UndecodableError if it has no decoder: PyAV before 18 would crash."""
    if stream.codec_context is None:  # pyright: ignore[reportUnnecessaryComparison] - PyAV's stubs leave it out
        raise _no_decoder_error()
    return stream


def _no_decoder_error() -> UndecodableError:
    return UndecodableError("holds nothing that can be decoded here")


def _metadata_options(version: str) -> dict[str, Any]:
    """Return the options by which PyAV takes a title that is not UTF-8."""
    return {} if int(version.partition(".")[0]) >= _KEEPS_ANY_BYTES else {"metadata_errors": "ignore"}
