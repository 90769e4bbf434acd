"""A HEIC picture made on the spot: a picture of H.265 by PyAV, in boxes written here, since no library at hand does."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import struct
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from PIL import Image

_SETS = (32, 33, 34)
"""What says how the picture is encoded, as opposed to the picture."""


def heic(image: Image.Image, *, turns: int = 0, bits: int = 8, said: tuple[int, int] | None = None) -> bytes:
    """The picture, nearly as it is; to be turned left by so many quarters, and said to have another size."""
    units = {unit[0] >> 1 & 0x3F: unit for unit in _units(image, bits)}
    width, height = said or image.size
    properties = [
        _box(b"hvcC", _configuration([units.pop(one) for one in _SETS], bits)),
        _full(b"ispe", struct.pack(">II", width, height)),
        _full(b"pixi", bytes([3, bits, bits, bits])),
        _box(b"irot", bytes([turns])),
    ]
    [picture] = (unit for kind, unit in units.items() if kind < _SETS[0])
    return _file(properties, struct.pack(">I", len(picture)) + picture)


def _units(image: Image.Image, bits: int) -> list[bytes]:
    encoder = VideoCodecContext.create("libx265", "w")
    encoder.width, encoder.height = image.size
    encoder.pix_fmt = "yuv444p10le" if bits == 10 else "yuv444p"
    encoder.time_base = Fraction(1, 1)
    encoder.options = {"crf": "4", "x265-params": "log-level=none:pools=none:frame-threads=1"}
    frame = av.VideoFrame.from_image(image)
    frame.pts = 0
    data = b"".join(map(bytes, (*encoder.encode(frame), *encoder.encode(None))))
    return [unit.rstrip(b"\0") for unit in data.split(b"\0\0\1") if unit.strip(b"\0")]


def _configuration(sets: list[bytes], bits: int) -> bytes:
    # Where three bytes would look like the beginning of the next unit, one was put in between.
    profile = sets[1].replace(b"\0\0\3", b"\0\0")[3:15]
    depth = 0xF8 | bits - 8
    head = bytes([1]) + profile + struct.pack(">HBBBBHBB", 0xF000, 0xFC, 0xFF, depth, depth, 0, 0x0F, len(sets))
    return head + b"".join(struct.pack(">BHH", 0x80 | one[0] >> 1, 1, len(one)) + one for one in sets)


def _file(properties: list[bytes], picture: bytes) -> bytes:
    kind = _box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def meta(at: int) -> bytes:
        # One picture, which has all the properties, the first of them essential.
        owned = struct.pack(">IHB", 1, 1, len(properties)) + bytes([0x81, *range(2, len(properties) + 1)])
        entry = _full(b"infe", struct.pack(">HH4s", 1, 0, b"hvc1") + b"\0", version=2)
        inside = [
            _full(b"hdlr", struct.pack(">I4s12x", 0, b"pict") + b"\0"),
            _full(b"pitm", struct.pack(">H", 1)),
            _full(b"iloc", struct.pack(">HHHHHII", 0x4400, 1, 1, 0, 1, at, len(picture))),
            _full(b"iinf", struct.pack(">H", 1) + entry),
            _box(b"iprp", _box(b"ipco", b"".join(properties)) + _full(b"ipma", owned)),
        ]
        return _full(b"meta", b"".join(inside))

    return kind + meta(len(kind) + len(meta(0)) + 8) + _box(b"mdat", picture)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def _full(name: bytes, content: bytes, *, version: int = 0) -> bytes:
    return _box(name, struct.pack(">I", version << 24) + content)
