"""Make the files of results: the seam by which tests that look at no file get simpler ones."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence

from kie_mcp.sandbox.studio import audio_files, clips, pictures, retouching, songs, speech, videos


class MediaMakers:
    """What draws, speaks, composes and films. Whoever needs files and does not look at them may pass simpler ones."""

    def make_picture(
        self, words: str, size: tuple[int, int], seed: str, references: tuple[bytes, ...], kind: str
    ) -> bytes:
        """Draw the picture of the words as `png` or `jpeg`, in pixels of `size`."""
        return pictures.encode(*pictures.draw_picture(words, size, seed, references), kind)

    def enlarge_picture(self, picture: bytes, size: tuple[int, int]) -> bytes:
        """Enlarge the picture to `size`, as JPEG."""
        return retouching.enlarge(picture, size)

    def cut_out_subject(self, picture: bytes) -> bytes:
        """Make the background of the picture transparent, as PNG."""
        return retouching.cut_out(picture)

    def make_speech(self, words: str, voice_id: str, pace: float) -> bytes:
        """Speak the words in the voice of an id, in the format of `audio_files.output_format`."""
        return audio_files.encode(speech.synthesize(words, voice_id, pace))

    def make_dialogue(self, lines: Sequence[tuple[str, str]]) -> bytes:
        """Speak the lines, each a text and the id of its voice, one after the other."""
        sound = array("h")
        for words, voice_id in lines:
            sound.extend(speech.synthesize(words, voice_id))
        return audio_files.encode(sound)

    def make_song(self, words: str, seconds: float, seed: str) -> bytes:
        """Compose a song of that length."""
        return audio_files.encode(songs.compose(seconds, f"{seed} {words}"))

    def isolate_voice(self, samples: array[int]) -> bytes:
        """Silence what is quieter than a voice."""
        return audio_files.encode(songs.silence_quiet_parts(samples))

    def make_video(
        self, picture: bytes, samples: array[int], words: str, short_edge: int, stop: threading.Event
    ) -> bytes:
        """Film the picture as it speaks the samples, as MP4."""
        return videos.make_video(picture, samples, words, short_edge, stop)

    def make_clip(self, frames: Sequence[bytes], size: tuple[int, int], seconds: float, stop: threading.Event) -> bytes:
        """Film a slow move from the first of the frames to the last, without a sound, as MP4."""
        return clips.make_clip(frames, size, seconds, stop)
