"""Make the two pictures of README, small, from those of the demo: `make pictures` writes packaging/pictures/."""

# pyright: reportUnknownMemberType=false
# Pillow and PyAV say nothing of what some of their calls take.

import tempfile
from pathlib import Path
from typing import cast

import av
from PIL import Image

from kie_mcp.demo.run import run_demo

PICTURES = Path(__file__).parents[2] / "packaging" / "pictures"
WIDTH = 320
FRAME_AT = 3.0
"""Seconds after which the frame is taken: the fox has its mouth open there."""
QUALITY = 82


def make_pictures(folder: Path) -> None:
    """Run the demo in a folder of its own, and save both pictures in *folder*."""
    with tempfile.TemporaryDirectory() as made:
        run_demo(Path(made), speed=60)
        save(Image.open(next(Path(made).glob("*.png"))), folder / "demo-picture.jpg")
        save(read_frame(next(Path(made).glob("*.mp4"))), folder / "demo-video-frame.jpg")


def read_frame(video: Path) -> Image.Image:
    """Return the frame that is shown at `FRAME_AT`."""
    with av.open(str(video)) as container:
        frames = container.decode(video=0)
        frame = next(frame for frame in frames if (frame.time or 0) >= FRAME_AT)
        return cast("Image.Image", frame.to_image())


def save(picture: Image.Image, path: Path) -> None:
    """Save a picture as a JPEG of README's width."""
    height = round(picture.height * WIDTH / picture.width)
    picture.convert("RGB").resize((WIDTH, height)).save(path, "JPEG", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    make_pictures(PICTURES)
