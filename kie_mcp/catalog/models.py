"""List Kie.ai's models, a row each: what it takes, what it costs, how long it lasts, what it calls its inputs.

Nothing else states facts about a model. The tools' schemas with their prices and limits, the checks and estimates of
orders, and README's table are made from these rows.
"""

import datetime as dt
from dataclasses import replace

from kie_mcp.catalog.capabilities import Capabilities
from kie_mcp.catalog.model import Model, Price
from kie_mcp.catalog.voices import VOICES
from kie_mcp.jobs.polling import Spread
from kie_mcp.orders.kind import Kind

_JPEG_PNG = ("image/jpeg", "image/png")
_PICTURES = (*_JPEG_PNG, "image/webp")
_SOUNDS = ("audio/mpeg", "audio/wav", "audio/x-wav", "audio/aac", "audio/mp4", "audio/ogg")
# Kie.ai names kinds of files but no codecs: these are the usual ones, which every decoder reads.
_CODECS = {
    "audio/wav": ("PCM", "float PCM"),
    "audio/x-wav": ("PCM", "float PCM"),
    "audio/aac": ("AAC",),
    "audio/mp4": ("AAC",),
    "audio/ogg": ("Vorbis", "Opus"),
}
_RATIOS = ("1:1", "9:16", "16:9", "3:4", "4:3", "3:2", "2:3", "5:4", "4:5", "21:9", "auto")
_MORE_RATIOS = ("auto", *_RATIOS[:-1], "1:4", "4:1", "1:8", "8:1")
_SIZES = ("1K", "2K", "4K")
_WORDS_AND_RATIO = {"prompt": "prompt", "aspect_ratio": "aspect_ratio"}
_SIZED_IMAGE = {
    **_WORDS_AND_RATIO,
    "images": "image_input",
    "resolution": "resolution",
    "output_format": "output_format",
}
_SPEECH = {
    "text": "text",
    "voice": "voice",
    "speed": "speed",
    "stability": "stability",
    "similarity_boost": "similarity_boost",
}
_VIDEO = {"prompt": "prompt", "image": "image_url", "audio": "audio_url"}

# Assumed until this account has jobs of its own: figures that people report, not measured here. Each finished job
# replaces a part of the assumption.
_PICTURE_TIME = Spread(median=11, sigma=0.4, shortest=5, longest=30)
_SPEECH_TIME = Spread(median=4, sigma=0.5, shortest=2, longest=15)
_VIDEO_TIME = Spread(median=170, sigma=0.55, shortest=60, longest=600)

_ELEVENLABS = Capabilities(
    prompt_max=5_000,
    voices=VOICES,
    speed_range=(0.7, 1.2),
    stability_range=(0, 1),
    similarity_boost_range=(0, 1),
)

_KLING = Capabilities(
    prompt_max=5_000,
    prompt_required=False,
    image_types=_JPEG_PNG,
    image_mb=10,
    audio_types=_SOUNDS,
    audio_codecs=_CODECS,
    audio_mb=100,
    audio_seconds=300,
)

# The first row of a kind is the default of that kind.
MODELS: tuple[Model, ...] = (
    Model(
        id="google/nano-banana",
        kind=Kind.IMAGE,
        title="Nano Banana",
        label="nano-banana",
        source="https://docs.kie.ai/market/google/nano-banana",
        date=dt.date(2026, 8, 19),
        takes=Capabilities(
            prompt_max=5_000,
            images_max=10,
            image_types=_PICTURES,
            image_mb=10,
            aspect_ratios=_RATIOS,
            formats=("png", "jpeg"),
        ),
        price=Price(per="image", credits={"": 4}),
        lasts=_PICTURE_TIME,
        inputs={**_WORDS_AND_RATIO, "images": "image_urls", "output_format": "output_format"},
        aliases=("nano-banana", "nanobanana", "google/nano-banana-edit", "nano-banana-edit"),
        edit_id="google/nano-banana-edit",
    ),
    Model(
        id="nano-banana-pro",
        kind=Kind.IMAGE,
        title="Nano Banana Pro",
        label="pro",
        source="https://docs.kie.ai/market/google/pro-image-to-image",
        date=dt.date(2026, 8, 19),
        takes=Capabilities(
            prompt_max=10_000,
            images_max=8,
            image_types=_PICTURES,
            image_mb=30,
            aspect_ratios=_RATIOS,
            resolutions=_SIZES,
            formats=("png", "jpg"),
        ),
        price=Price(per="image", credits={"1K": 18, "2K": 18, "4K": 24}),
        lasts=_PICTURE_TIME,
        inputs=_SIZED_IMAGE,
        aliases=("google/nano-banana-pro", "nanobanana-pro"),
    ),
    Model(
        id="nano-banana-2",
        kind=Kind.IMAGE,
        title="Nano Banana 2",
        label="2",
        source="https://docs.kie.ai/market/google/nanobanana2",
        date=dt.date(2026, 8, 19),
        takes=Capabilities(
            prompt_max=20_000,
            images_max=14,
            image_types=_PICTURES,
            image_mb=30,
            aspect_ratios=_MORE_RATIOS,
            resolutions=_SIZES,
            formats=("jpg", "png"),
        ),
        price=Price(per="image", credits={"1K": 8, "2K": 12, "4K": 18}),
        lasts=_PICTURE_TIME,
        inputs=_SIZED_IMAGE,
        aliases=("google/nano-banana-2", "nanobanana-2"),
    ),
    Model(
        id="nano-banana-2-lite",
        kind=Kind.IMAGE,
        title="Nano Banana 2 Lite",
        label="lite",
        source="https://docs.kie.ai/market/google/nano-banana-2-lite",
        date=dt.date(2026, 8, 19),
        takes=Capabilities(
            prompt_max=20_000, images_max=10, image_types=_PICTURES, image_mb=30, aspect_ratios=_MORE_RATIOS
        ),
        price=Price(per="image", credits={"": 4}),
        lasts=_PICTURE_TIME,
        inputs={**_WORDS_AND_RATIO, "images": "image_urls"},
        aliases=("google/nano-banana-2-lite", "nanobanana-2-lite"),
    ),
    Model(
        id="nano-banana-2-1",
        kind=Kind.IMAGE,
        title="Nano Banana 2.1",
        label="2-1",
        source="https://docs.kie.ai/market/google/nanobanana-2-1",
        date=dt.date(2026, 10, 7),
        takes=Capabilities(
            prompt_max=20_000,
            images_max=10,
            image_types=_PICTURES,
            image_mb=30,
            aspect_ratios=_MORE_RATIOS,
            resolutions=_SIZES,
            formats=("jpg", "png"),
            doubts={"images_max": "Kie.ai's page says 10, its schema 14"},
        ),
        price=Price(per="image", credits={"1K": 4, "2K": 6, "4K": 9}),
        lasts=_PICTURE_TIME,
        inputs=_SIZED_IMAGE,
        aliases=("nano-banana-2.1", "google/nano-banana-2-1", "nanobanana-2-1"),
    ),
    Model(
        id="topaz/image-upscale",
        kind=Kind.IMAGE,
        title="Topaz Image Upscale",
        label="topaz",
        source="https://docs.kie.ai/market/topaz/image-upscale",
        date=dt.date(2026, 8, 19),
        takes=Capabilities(
            prompt_max=0,
            prompt_required=False,
            images_min=1,
            images_max=1,
            image_types=_PICTURES,
            image_mb=10,
            upscale_factors=("2", "4", "1"),
            upscaled_side=20_000,
        ),
        price=Price(per="image", by_side={2048: 10, 4096: 20, 8192: 40}),
        lasts=_PICTURE_TIME,
        inputs={"images": "image_url", "upscale": "upscale_factor"},
        single=frozenset({"images"}),
        aliases=("topaz", "upscale", "enlarge"),
    ),
    Model(
        id="recraft/crisp-upscale",
        kind=Kind.IMAGE,
        title="Recraft Crisp Upscale",
        label="crisp-upscale",
        source="https://docs.kie.ai/market/recraft/crisp-upscale",
        date=dt.date(2026, 8, 19),
        takes=Capabilities(
            prompt_max=0, prompt_required=False, images_min=1, images_max=1, image_types=_PICTURES, image_mb=10
        ),
        price=Price(per="image", credits={"": 0.5}),  # as its list of models said, 2026-10-02
        lasts=_PICTURE_TIME,
        inputs={"images": "image"},
        single=frozenset({"images"}),
        aliases=("crisp-upscale", "sharpen"),
    ),
    Model(
        id="recraft/remove-background",
        kind=Kind.IMAGE,
        title="Recraft Remove Background",
        label="remove-background",
        source="https://docs.kie.ai/market/recraft/remove-background",
        date=dt.date(2026, 8, 19),
        takes=Capabilities(
            prompt_max=0,
            prompt_required=False,
            images_min=1,
            images_max=1,
            image_types=_PICTURES,
            image_mb=5,
            image_sides=(256, 4096),
            image_megapixels=16,
        ),
        price=Price(per="image", credits={"": 1}),  # as its list of models said, 2026-10-02
        lasts=_PICTURE_TIME,
        inputs={"images": "image"},
        single=frozenset({"images"}),
        aliases=("remove-background", "cut-out"),
    ),
    Model(
        id="elevenlabs/text-to-speech-turbo-2-5",
        kind=Kind.SPEECH,
        title="ElevenLabs Turbo 2.5",
        label="turbo",
        source="https://docs.kie.ai/market/elevenlabs/text-to-speech-turbo-2-5",
        date=dt.date(2026, 8, 19),
        takes=replace(_ELEVENLABS, language=True),
        price=Price(per="1000 characters", credits={"": 6}),
        lasts=_SPEECH_TIME,
        inputs={**_SPEECH, "language": "language_code"},
        aliases=("text-to-speech-turbo-2-5", "elevenlabs-turbo", "eleven_turbo_v2_5"),
    ),
    Model(
        id="elevenlabs/text-to-speech-multilingual-v2",
        kind=Kind.SPEECH,
        title="ElevenLabs Multilingual v2",
        label="multilingual",
        source="https://docs.kie.ai/market/elevenlabs/text-to-speech-multilingual-v2",
        date=dt.date(2026, 8, 19),
        takes=_ELEVENLABS,
        price=Price(per="1000 characters", credits={"": 12}),
        lasts=_SPEECH_TIME,
        inputs=_SPEECH,
        aliases=("text-to-speech-multilingual-v2", "elevenlabs-multilingual", "eleven_multilingual_v2"),
    ),
    Model(
        id="infinitalk/from-audio",
        kind=Kind.TALKING_VIDEO,
        title="InfiniteTalk",
        label="infinitalk",
        source="https://docs.kie.ai/market/infinitalk/from-audio",
        date=dt.date(2026, 8, 19),
        takes=Capabilities(
            prompt_max=5_000,
            prompt_default="A person looks into the camera and speaks.",
            image_types=_PICTURES,
            image_mb=10,
            resolutions=("480p", "720p"),
            seed_range=(10_000, 1_000_000),
            audio_types=_SOUNDS,
            audio_codecs=_CODECS,
            audio_mb=10,
            audio_seconds_advised=15,
        ),
        price=Price(per="second", credits={"480p": 3, "720p": 12}),
        lasts=_VIDEO_TIME,
        inputs={**_VIDEO, "resolution": "resolution", "seed": "seed"},
        aliases=("infinitalk", "infinitetalk", "infinitetalk/from-audio"),
    ),
    Model(
        id="kling/ai-avatar-standard",
        kind=Kind.TALKING_VIDEO,
        title="Kling Avatar, 720p",
        label="kling",
        source="https://docs.kie.ai/market/kling/ai-avatar-standard",
        date=dt.date(2026, 8, 19),
        takes=_KLING,
        price=Price(per="second", credits={"": 8}),
        lasts=_VIDEO_TIME,
        inputs=_VIDEO,
        always={"prompt": ""},
        aliases=("ai-avatar-standard", "kling-avatar-standard"),
    ),
    Model(
        id="kling/ai-avatar-pro",
        kind=Kind.TALKING_VIDEO,
        title="Kling Avatar, 1080p",
        label="kling pro",
        source="https://docs.kie.ai/market/kling/ai-avatar-pro",
        date=dt.date(2026, 8, 19),
        takes=_KLING,
        price=Price(per="second", credits={"": 16}),
        lasts=_VIDEO_TIME,
        inputs=_VIDEO,
        always={"prompt": ""},
        aliases=("ai-avatar-pro", "kling-avatar-pro"),
    ),
    Model(
        id="omnihuman-1-5",
        kind=Kind.TALKING_VIDEO,
        title="OmniHuman 1.5",
        label="omnihuman",
        source="https://docs.kie.ai/market/omnihuman-1-5",
        date=dt.date(2026, 8, 19),
        takes=Capabilities(
            prompt_max=300,
            prompt_required=False,
            doubts={"prompt_max": "Kie.ai's schema says 300, its page 1,000"},
            image_types=_PICTURES,
            image_mb=10,
            resolutions=("1080", "720"),
            seed_range=(-1, 2_147_483_647),  # -1 leaves it to chance; Kie.ai names no top
            audio_types=_SOUNDS,
            audio_codecs=_CODECS,
            audio_mb=10,
            audio_seconds=60,
            audio_seconds_advised=15,
        ),
        price=Price(per="second", credits={"1080": 27, "720": 27}),
        lasts=_VIDEO_TIME,
        inputs={**_VIDEO, "resolution": "output_resolution", "seed": "seed"},
        aliases=("omnihuman", "omnihuman-1.5", "bytedance/omnihuman-1-5"),
    ),
)
