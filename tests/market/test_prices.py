"""What Kie.ai says of a price is understood where it is certain, and nowhere else."""

# ruff: noqa: E501, RUF001 (texts as they stand)

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kie_mcp.jobs.estimate import Estimate
from kie_mcp.market.price_estimate import estimate
from kie_mcp.market.price_text import read_price_text, shorten_price

Input = dict[str, Any]
BONUS = "\nHigh-tier top-ups (+10% bonus) bring effective pricing down to ~$0.018 per image and 1 credit."


def cost(pricing: str, /, **asked: Any) -> tuple[float, float] | None:
    found = estimate(pricing + BONUS, asked)
    return (found.least, found.most) if found else None


def exactly(amount: float) -> tuple[float, float]:
    return amount, amount


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("Nano Banana API costs 4 credits per image (~$0.02).", {}, 4),
        ("flat 0.8 Kie credits per image (≈ $0.004) — simple, all-inclusive pricing.", {}, 0.8),
        ("0.8 credits (0.004 USD) per image", {}, 0.8),
        ("Generate Music costs 12 credits per request (≈ $0.06).", {"prompt": "a song"}, 12),
        ("Upload Audio costs 12.0 credits per request (≈ $0.06). ", {}, 12),
        ("Crisp Upscale: 0.5 credits per upscale (~US $0.0025).", {}, 0.5),
        ("Remove-Background: 1 credit ($0.005) per output image.", {"image": "https://h/a.png"}, 1),
        ("1080P video output: 5 credits per video ($0.025)", {}, 5),
        ("Generate MIDI is free.", {}, 0),
        ("Pricing: Generate segment map is free.", {}, 0),
        ("5.5 credits per image (≈ US $0.0275), up to 3 K resolution, ~21 % cheaper.", {"resolution": "2K"}, 5.5),
        ("Price costs 1,430 credits per request", {}, 1430),
        ("4 credits per image (= $0.02)", {"n": 3}, 12),
        ("Each image costs 4 credits (0.02 USD).", {}, 4),
        ("Each output image costs 1 credit (0.005 USD).", {}, 1),
        ("Each request costs 12 credits (0.06 USD).", {}, 12),
        ("Each second of video costs 27 credits (0.135 USD).", {"duration": 2}, 54),
    ],
)
def test_one_price_for_all_jobs(text: str, asked: Input, expected: float) -> None:
    assert cost(text, **asked) == exactly(expected)


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        (
            "now just 8 credits ($0.04) for 1 K, 12 credits ($0.06) for 2 K, and 18 credits ($0.09) for 4 K, 40 % below.",
            {"resolution": "2K"},
            (12, 12),
        ),
        (
            "now just 8 credits ($0.04) for 1 K, 12 credits ($0.06) for 2 K, and 18 credits ($0.09) for 4 K, 40 % below.",
            {},
            (8, 18),
        ),
        ("18 credits (~$0.09) for 1K/2K and 24 credits (~$0.12) for 4K—flat rate.", {"resolution": "2K"}, (18, 18)),
        ("18 credits (~$0.09) for 1K/2K and 24 credits (~$0.12) for 4K—flat rate.", {"resolution": "4k"}, (24, 24)),
        ("4 credits per 1K image (≈ $0.02) and 8 credits per 2K image (≈ $0.04).", {"resolution": "2K"}, (8, 8)),
        (
            "5 credits (~$0.025) for 1K or 7 credits (~$0.035) for 2K—upload up to 8 reference images at no extra cost.",
            {"resolution": "1K"},
            (5, 5),
        ),
        ("10 credits ($0.05) per ≤2 K image, 20 credits ($0.10) per 4 K image.", {"upscale_factor": "2"}, (10, 20)),
        ("1K: 7 credits per image ($0.035), 2K: 14 credits per image ($0.07).", {"resolution": "1K"}, (7, 7)),
        (
            "• 480P → 720P: 10 credits (~$0.05)\n• 480P → 1080P: 30 credits (~$0.15)\n• 720P → 1080P: 20 credits",
            {"resolution": "1080p"},
            (20, 30),
        ),
        (
            "A 1K or 2K image costs 18 credits (0.09 USD), and a 4K image costs 24 credits (0.12 USD).",
            {"resolution": "2K"},
            (18, 18),
        ),
        ("3.24 credits per image: 1K and 2K images are priced the same", {"resolution": "2K"}, (3.24, 3.24)),
    ],
)
def test_a_price_by_size(text: str, asked: Input, expected: tuple[float, float]) -> None:
    assert cost(text, **asked) == expected


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("8 credits per second (~$0.04).", {"duration": 5}, (40, 40)),
        ("8 credits per second (~$0.04).", {"duration": "5s"}, (40, 40)),
        ("8 credits per second (~$0.04).", {}, None),
        (
            "3 credits/s (~$0.015) for 480P, 12 credits/s (~$0.06) for 720P, up to 15 seconds per generation.",
            {"resolution": "480p", "duration": 10},
            (30, 30),
        ),
        (
            "3 credits/s (~$0.015) for 480P, 12 credits/s (~$0.06) for 720P, up to 15 seconds per generation.",
            {"duration": 10},
            (30, 120),
        ),
        (
            "generating 1 second of video costs about 2.8 credits ($0.014) at 480p, 6 credits ($0.030) at 720p, and 14 credits ($0.070) at 1080p.",
            {"resolution": "1080p", "duration": "10"},
            (140, 140),
        ),
        (
            "• 480p Output: 2.4 credits / sec        • 720p Output: 4.5 credits / sec       • 1080p Output: 8 credits / sec",
            {"resolution": "720p", "duration": 6},
            (27, 27),
        ),
        (
            "720 p 24 credits ($0.12)／s，580 p 18 credits ($0.09)／s，480 p 12 credits ($0.06)／s。",
            {"resolution": "580p", "duration": 5},
            (90, 90),
        ),
        (
            "costs 12.5 Kie credits per video-second for 720 p (≈ $0.0625), and 6 Kie credits per video-second for 480 p (≈ $0.0300). Each job can be up to 30 seconds long.",
            {"resolution": "480p", "duration": 4},
            (24, 24),
        ),
        (
            "480p: 1.75 credits/s ($0.00875) no audio, 3.5 credits/s ($0.0175) with audio; \n720p: 3.5 credits/s ($0.0175) no audio, 7 credits/s ($0.035) with audio",
            {"resolution": "480p", "duration": 4, "generate_audio": True},
            (14, 14),
        ),
        (
            "480p: 1.75 credits/s ($0.00875) no audio, 3.5 credits/s ($0.0175) with audio; \n720p: 3.5 credits/s ($0.0175) no audio, 7 credits/s ($0.035) with audio",
            {"resolution": "720p", "duration": 4},
            (14, 28),
        ),
        (
            "💰 Pricing:\n720P: 14 credits/s ($0.070/s, no native audio) | 18 credits/s ($0.090/s, with native audio)\n4K: 67 credits/s ($0.335/s, no native audio) | 67 credits/s ($0.335/s, with native audio)",
            {"resolution": "720p", "duration": 5, "sound": False},
            (70, 70),
        ),
        (
            "Standard: no-audio 14 credits ($0.07) /s ; with audio 20 credits ($0.1)/s;  \nPro:  no-audio 18 credits ($0.09) / s; with audio 27 credits ($0.135)/s",
            {"mode": "pro", "duration": 2, "sound": True},
            (54, 54),
        ),
        (
            'costs 8 credits ($0.04) per second for "1×" and "2×", 14 credits ($0.07) for "4×".',
            {"upscale_factor": "4", "duration": 10},
            (140, 140),
        ),
        (
            'costs 8 credits ($0.04) per second for "1×" and "2×", 14 credits ($0.07) for "4×".',
            {"upscale_factor": "2", "duration": 10},
            (80, 140),
        ),
        ("Hailuo 02 Pro for 9.5 credits ($0.0475) per second. One generation yields a 6-second 1080p video.", {}, None),
    ],
)
def test_a_price_by_the_second(text: str, asked: Input, expected: tuple[float, float] | None) -> None:
    assert cost(text, **asked) == expected


TEXT_OF_FILMS = "Lite mode (text-to-video / image-to-video): 720P — 30 credits (≈ $0.15) per video; 1080P — 35 credits per video.\nFast mode (text-to-video): 720P — 60 credits per video; 1080P — 65 credits per video."
OMNI = "Without video input:\n - 720P/1080P: 4s 63 credits ($0.315), 6s 84 credits ($0.42)\n - 4K: 4s 147 credits ($0.735), 6s 168 credits ($0.84)"


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        (
            "A 5-second video costs 160 credits (0.80 USD), and a 10-second video costs 320 credits ($1.60).",
            {"duration": "5"},
            (160, 160),
        ),
        (
            "A 5-second video costs 160 credits (0.80 USD), and a 10-second video costs 320 credits ($1.60).",
            {},
            (160, 320),
        ),
        ("A 5-second video costs 160 credits (0.80 USD)", {"duration": 7}, None),
        ("42 credits per 5s video ($0.21) and 84 credits per 10s video ($0.42). ", {"duration": "10"}, (84, 84)),
        (
            "720P — 16 credits (US$0.080) for 5s / 36 credits (US$0.180) for 10s; 1080P — 36 credits (US$0.180) for 5s / 72 credits (US$0.360) for 10s.",
            {"resolution": "720p", "duration": "10"},
            (36, 36),
        ),
        (
            "5s at 720p costs 12 credits per video (≈ $0.06), while 10s at 720p or 5s at 1080p cost 30 credits per video",
            {"duration": 10, "quality": "720p"},
            (12, 30),
        ),
        (
            "HD video 5 s no-audio 55 credits ($0.28) / 10 s no-audio 110 credits ($0.55); with audio—5 s 110 credits ($0.55) or 10 s 220 credits ($1.10)",
            {"duration": "5", "sound": True},
            (110, 110),
        ),
        (
            "Standard 6s 768P 30 credits ($0.15), Standard 10s 768P 50 credits ($0.26), Pro 6s 1080P 80 credits",
            {"duration": "10", "resolution": "768P"},
            (50, 50),
        ),
        (
            "6s — 480p: 14.4 credits ($0.072) | 720p: 27 credits ($0.135); 10s — 480p: 24 credits ($0.12) | 720p: 45 credits",
            {"duration": 6, "resolution": "480p"},
            (14.4, 14.4),
        ),
        (TEXT_OF_FILMS, {"model": "veo3_fast", "resolution": "1080p"}, (65, 65)),
        (TEXT_OF_FILMS, {"resolution": "1080p"}, (35, 65)),
        (OMNI, {"duration": "6", "resolution": "4k"}, (168, 168)),
        (
            "costs 3.5 credits ($0.0175) for Turbo, 7 credits ($0.035) for Balanced, or 10 credits (~$0.05) for Quality per image.",
            {"rendering_speed": "TURBO"},
            None,
        ),
        (
            "costs 3.5 credits per image for Turbo, 7 credits for Balanced, or 10 credits for Quality.",
            {"rendering_speed": "TURBO"},
            (3.5, 3.5),
        ),
        (
            "medium quality 4 credits ($0.02) per image, high quality 22 credits ($0.11) per image",
            {"quality": "medium"},
            (4, 4),
        ),
        (
            "Standard: 4 credits ($0.02) per generation; Quality: 5 credits ($0.025) per generation.\nEach generation outputs 2 images by default.",
            {},
            (4, 5),
        ),
        (
            "Lite mode 30 credits ($0.15 ) , Fast mode 60 credits ($0.30), Quality mode 250 credits ($1.25) per extension. ",
            {},
            (30, 250),
        ),
    ],
)
def test_a_price_by_length_and_tier(text: str, asked: Input, expected: tuple[float, float] | None) -> None:
    assert cost(text, **asked) == expected


def test_a_size_without_a_price_is_unknown() -> None:
    assert cost("7 credits for 1K, 14 credits for 2K", resolution="4K") is None
    assert cost("8 credits per second for 1×, 14 credits for 4×", upscale_factor="8", duration=1) is None
    assert cost("7 credits for 1K, 14 credits for 2K", resolution="auto") == (7, 14)


def test_a_price_by_the_characters() -> None:
    text = "ElevenLabs TTS Turbo V2.5: 6 credits per 1,000 characters (≈ $0.03)."
    assert cost(text, text="x" * 500) == exactly(3)
    turns = [{"text": "x" * 300, "voice": "James"}, {"text": "x" * 200, "voice": "Liam"}]
    assert cost(text, dialogue=turns) == exactly(3)
    assert cost(text, prompt="x") is None


def test_pictures_and_films_that_go_in_are_counted_where_they_are_charged() -> None:
    images = "1K: 7 credits per image ($0.035). Input images cost 0.5 credits each ($0.0025), with the first input image free — 20% cheaper."
    assert cost(images, image_urls=["https://h/a", "https://h/b", "https://h/c"]) == (8, 8.5)
    charged = (
        "4.8 credits per image (≈ $0.024) for 1K/2K output.  \nInput images are charged at 0.5 credits per image.  "
    )
    assert cost(charged, image_urls=["https://h/a", "https://h/b"]) == (5.8, 5.8)
    films = "480P: 11.5 credits/s ($0.0575/s, with video) | 19 credits/s ($0.095/s, no video)\n\nNote: “With video input” is Price × (Input + Output)"
    assert cost(films, resolution="480p", duration=10) == (190, 190)
    assert cost(films, resolution="480p", duration=10, reference_video_urls=["https://h/a.mp4"]) is None


def test_defaults_and_a_known_length_make_it_certain() -> None:
    text = "3 credits/s for 480P, 12 credits/s for 720P"
    assert estimate(text, {}, defaults={"resolution": "480p"}, seconds=7.5) == Estimate(22.5, 22.5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ask us.",
        "$0.03 per image",
        "Input 100 credits / 1M tokens (≈ $0.50), Output 700 credits / 1M tokens (≈ $3.50).",
        "Input $0.38 (≈76 credits) & Output $3.00 (≈600 credits) per million tokens",
        "priced at 4 credits per megapixel (≈ $0.02).",
        "Price ≈ $0.03 per image, depending on the image aspect ratio.",
        "5 credits per image (~$0.025). Solely determined by the final number of images returned.",
        "costs 16 credits per video second for 720p ($0.08), 12 credits per video for 580p ($0.06)",
        "70 / 140 / 209.5 credits for 5 / 10 / 15 s at 720 p",
        "768P: 8 credits/s. Additional image input: 4 credits/image.",
        "Vocal Separation — 10 credits (~$0.05).\nAdvanced Split — 20 credits (~$0.10).",
        "0,8 credits per image",
        "some credits per image",
        "4 credits per image and unlimited credits for friends",
    ],
)
def test_what_is_not_certain_is_unknown(text: str) -> None:
    assert cost(text, duration=5, resolution="720p", prompt="x") is None
    assert read_price_text(text).items == ()


@pytest.mark.parametrize(
    "text",
    [
        "720p: 12 credits per minute, 1080p: 20 credits per minute",
        "10 credits every 5 seconds",
        "10 credits per 5 seconds",
        "10 credits for each 5 seconds at 720p",
        "10 credits per song at 2k",
        "2 credits per character at 2k",
        "From 10 credits per generation",
        "Starting at 10 credits per video",
        "10 credits per video or more",
        "3 credits per second (minimum charge 5 seconds)",
        "3 credits per second, billed for at least 5 seconds",
        "10 credits per second, plus 20 credits",
        "10 credits per video. Audio adds 50%.",
        "10 credits per image. 4K costs twice as much.",
        "10 credits per image (double for 4K)",
        "10 credits per image; x2 at 4K",
        "10 credits per image, 1.5x for high quality",
        "5 credits per image; 4K is charged at 2x the price",
        "10 credits per video, extra charge for sound",
        "10 credits per video excluding sound",
        "10 credits discount per video at 720p",
        "1 000 credits per video",
        "1'000 credits per video",
        "1.000 credits per video",
        "First generation is free.",
        "Trial is free",
        "Nothing is free",
    ],
)
def test_a_job_that_may_cost_more_than_the_number_says_has_no_certain_price(text: str) -> None:
    assert cost(text, duration=5) is None
    assert read_price_text(text).items == ()


def test_only_a_field_that_chooses_a_tier_excludes_the_others() -> None:
    text = "Fast: 10 credits per generation; Quality: 50 credits per generation"
    assert cost(text, prompt="a fast car") == (10, 50)
    assert cost(text, prompt="a fast car", mode="quality") == (50, 50)


@pytest.mark.parametrize("name", ["num_images", "number_of_images", "n", "nVariants", "batch_size", "imageCount"])
@pytest.mark.parametrize("count", [4, "4"])
def test_each_of_several_is_paid_for_whatever_the_field_is_called(name: str, count: object) -> None:
    assert cost("5 credits per image", **{name: count}) == (20, 20)
    assert cost("1K: 4 credits, 4K: 8 credits", resolution="1K", **{name: count}) == (4, 16)


def test_the_longer_of_two_lengths_is_the_most() -> None:
    assert estimate("5 credits per second", {"duration": 10}, seconds=3) == Estimate(15, 50)


def test_a_word_about_films_is_no_film() -> None:
    films = "480P: 11.5 credits/s (with video) | 19 credits/s (no video)"
    assert cost(films, duration=10, video_style="calm", video_length="10") == (190, 190)
    assert cost("10 credits per video without audio", generate_audio=True) is None


@settings(max_examples=300, deadline=1000)
@given(
    st.text(alphabet="0123456789., creditspmageo/;:()$kK\n—|×-", max_size=200),
    st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=9)),
)
def test_any_text_is_read_without_an_error(text: str, asked: Input) -> None:
    found = estimate(text, asked)
    assert found is None or 0 <= found.least <= found.most


def test_a_price_is_shortened_to_its_credits() -> None:
    text = (
        "Nano Banana 2 — now just 8 credits ($0.04) for 1 K, 12 credits (0.06 USD) for 2 K.\nHigh-tier top-ups: less."
    )
    assert shorten_price(text) == "Nano Banana 2 — now just 8 credits for 1 K, 12 credits for 2 K"
    assert len(shorten_price("x" * 200)) == 90
