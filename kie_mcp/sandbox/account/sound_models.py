"""List the models that make sound or words for it: dialogues, clean voices, songs and lyrics."""

from __future__ import annotations

from collections.abc import Mapping

from kie_mcp.sandbox.account.input_fields import (
    Fields,
    choice,
    flag,
    link,
    number,
    number_choice,
    objects,
    out_of_range,
    text,
    voice,
    whole,
)
from kie_mcp.sandbox.account.market_fields import SOUND_FILE
from kie_mcp.sandbox.account.model import Input, Model, flat, per_second, per_thousand
from kie_mcp.sandbox.api.answers import Answer, refusal_answer

_NAMED = "{} is required"
LANGUAGES = (
    "af ar hy as az be bn bs bg ca ceb ny hr cs da nl en et fil fi fr gl ka de el gu ha he hi hu is id ga it ja jv kn "
    "kk ky ko lv ln lt lb mk ms ml zh mr ne no ps fa pl pt pa ro ru sr sd sk sl so es sw sv ta te th tr uk ur vi cy"
)
MUSIC_MODELS = ("V6", "V6_WILD", "V6_MINI", "V5_5", "V5", "V4_5PLUS", "V4_5", "V4")
LONGEST_DIALOGUE = 5000


def _refuse_long_dialogue(given: Input) -> Answer | None:
    total = sum(len(line["text"]) for line in given["dialogue"])
    if total <= LONGEST_DIALOGUE:
        return None
    return refusal_answer(422, f"The dialogue length cannot exceed {LONGEST_DIALOGUE} characters")


def _refuse_incomplete_song(given: Input) -> Answer | None:
    """Refuse a song without the words that its mode needs: a description, or style, title and lyrics."""
    sung = given["custom_mode"] and not given["instrumental"]
    needed = ("style", "title", *(("prompt",) if sung else ())) if given["custom_mode"] else ("prompt",)
    return next((refusal_answer(500, f"{key} is required") for key in needed if not given.get(key)), None)


GEMINI_VOICES = (
    "Achernar Achird Algenib Algieba Alnilam Aoede Autonoe Callirrhoe Charon Despina Enceladus Erinome Fenrir Gacrux "
    "Iapetus Kore Laomedeia Leda Orus Puck Pulcherrima Rasalgethi Sadachbia Sadaltager Schedar Sulafat Umbriel "
    "Vindemiatrix Zephyr Zubenelgenubi"
)
_ACCENTS = (
    *("Neutral", "American (Gen)", "American (Valley)", "American (South)", "British (RP)", "British (Brixton)"),
    *("Transatlantic", "Australian"),
)
_SPEAKER: Fields = {
    "speaker_id": text(100, required=True, about='Exactly "Speaker N".'),
    "voice_name": choice(*GEMINI_VOICES.split(), required=True),
    "accent": choice(*_ACCENTS, required=True),
    "audio_profile": text(10_000),
    "style": choice("Vocal Smile", "Newscaster", "Whisper", "Empathetic", "Promo/Hype", "Deadpan"),
    "pace": choice("Natural", "Rapid Fire", "The Drift", "Staccato"),
}
_GEMINI: Fields = {
    "temperature": number(0, 2, default=1),
    "scene": text(10_000),
    "sample_context": text(10_000),
    "speakers": objects(_SPEAKER),
    "dialogue_turns": objects({"speaker_id": text(100, required=True), "text": text(10_000, required=True)}),
}


def _refuse_unknown_speaker(given: Input) -> Answer | None:
    known = {speaker["speaker_id"] for speaker in given["speakers"]}
    return None if {turn["speaker_id"] for turn in given["dialogue_turns"]} <= known else out_of_range("speaker_id")


_GEMINI_SPEECH = Model("dialogue", _GEMINI, per_thousand(10), _NAMED, check=_refuse_unknown_speaker)
SOUND_MODELS: Mapping[str, Model] = {
    "elevenlabs/text-to-dialogue-v3": Model(
        "dialogue",
        {
            "dialogue": objects({"text": text(LONGEST_DIALOGUE, required=True), "voice": voice()}),
            "stability": number_choice(0, 0.5, 1, default=0.5),
            "language_code": choice(*LANGUAGES.split()),
        },
        per_thousand(14),
        _NAMED,
        check=_refuse_long_dialogue,
    ),
    "google/gemini-3-1-flash-tts": _GEMINI_SPEECH,
    "google/gemini-2-5-pro-tts": _GEMINI_SPEECH,
    "elevenlabs/audio-isolation": Model(
        "isolation",
        {"audio_url": link(required=True, about=f"URL of the audio file to isolate voice from ({SOUND_FILE})")},
        per_second(0.2),
        _NAMED,
    ),
    "ai-music-api/generate": Model(
        "song",
        {
            "model": choice(*MUSIC_MODELS, required=True),
            "custom_mode": flag(required=True),
            "instrumental": flag(required=True),
            "prompt": text(5000, about="What the song is about; in custom mode its lyrics."),
            "style": text(1000),
            "title": text(80),
            "duration": whole(10, 360),
            "negative_tags": text(1000),
            "vocal_gender": choice("m", "f"),
            "style_weight": number(0, 1),
            "weirdness_constraint": number(0, 1),
            "audio_weight": number(0, 1),
        },
        flat(12),
        _NAMED,
        check=_refuse_incomplete_song,
    ),
    "ai-music-api/generate-lyrics": Model(
        "lyrics", {"prompt": text(200, required=True, about="What the lyrics are about.")}, flat(0.4), _NAMED
    ),
}
