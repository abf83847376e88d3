"""Bad uploads by the thousand: truncated pictures, flipped bits, unusual modes, too large, or two files in one.

`python -m tests.bad_uploads COUNT` sends them the way of every upload, in a process whose memory can be looked at.
"""

import io
import json
import random
import struct
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, ImageDraw

from core.digits import pictures
from core.digits.photographs.finding import find_digits

MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
    "GIF": ("L", "P"),
    "BMP": ("1", "L", "P", "RGB"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"),
    "AVIF": ("RGB", "RGBA"),
}
SIDES = (1, 2, 3, 28, 45, 90)


def draw_good(chance: random.Random) -> bytes:
    """Return a picture of a line, of any format, mode and size."""
    kind = chance.choice(list(MODES))
    picture = Image.new("L", (chance.choice(SIDES), chance.choice(SIDES)), 255)
    ImageDraw.Draw(picture).line((0, 0, picture.width - 1, picture.height // 2), fill=0, width=3)
    file = io.BytesIO()
    picture.convert(chance.choice(MODES[kind])).save(file, kind)
    return file.getvalue()


def cut_short(chance: random.Random) -> bytes:
    data = draw_good(chance)
    return data[: chance.randrange(len(data))]


def flip_bits(chance: random.Random) -> bytes:
    data = bytearray(draw_good(chance))
    for _ in range(chance.choice((1, 3, 20))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def lose_a_part(chance: random.Random) -> bytes:
    data = draw_good(chance)
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randrange(1, 40) :]


def take_another_type(chance: random.Random) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../digit.png", draw_good(chance))
    tiff = io.BytesIO()
    Image.new("L", (9, 9)).save(tiff, "TIFF")
    texts = (b"\x7fELF", b"\0" * 99, chance.randbytes(300), b"<?php ?>")
    documents = (b"%PDF-1.7\n", b"<svg onload='alert(1)'/>", b"\0\0\0\x18ftypheic\0\0")  # a process for each, so few
    return chance.choice((file.getvalue(), tiff.getvalue(), *texts) * 20 + documents)


def be_two_files(chance: random.Random) -> bytes:
    """Return a picture with another file before, after or in the middle of it."""
    good, other = draw_good(chance), take_another_type(chance)
    at = chance.randrange(len(good))
    return chance.choice((good + other, other + good, good[:at] + other + good[at:], good + draw_good(chance)))


def pretend_a_size(chance: random.Random) -> bytes:
    """Return a tiny PNG whose header promises a huge picture, with correct checksums."""
    side = chance.choice((0, 6_000, 60_000, 2**31 - 1, 2**32 - 1))
    depth, colours, interlaced = chance.choice((1, 8, 16)), chance.choice((0, 2, 6)), chance.choice((0, 1))
    header = struct.pack(">IIBBBBB", side, chance.choice((1, side)), depth, colours, 0, 0, interlaced)
    content = zlib.compress(b"\0" * chance.choice((0, 10, 2_000_000)))
    chunks = ((b"IHDR", header), (b"IDAT", content), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, chunks))


def _chunk(chunk: tuple[bytes, bytes]) -> bytes:
    kind, content = chunk
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def move(chance: random.Random) -> bytes:
    frames = [Image.new("L", (8, 8), chance.randrange(256)) for _ in range(chance.choice((2, 30)))]
    file = io.BytesIO()
    frames[0].save(file, chance.choice(("GIF", "WEBP", "PNG")), save_all=True, append_images=frames[1:])
    return file.getvalue()


WAYS: tuple[Callable[[random.Random], bytes], ...] = (
    cut_short,
    flip_bits,
    lose_a_part,
    take_another_type,
    be_two_files,
    pretend_a_size,
    move,
)


def spoil(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield `count` bad uploads, each with the function that made it."""
    chance = random.Random(seed)
    for number in range(count):
        way = WAYS[number % len(WAYS)]
        yield way.__name__, way(chance)


def main() -> None:
    """Print as JSON how many uploads of each kind were read or refused, every message, and the memory used (bytes)."""
    fates: Counter[str] = Counter()
    said: set[str] = set()
    for way, data in spoil(int(sys.argv[1])):
        try:
            find_digits(pictures.read_picture(data))
            fates[f"{way}: read"] += 1
        except pictures.PictureError as refusal:
            fates[f"{way}: refused"] += 1
            said.add(str(refusal))
    print(json.dumps({"fates": fates, "said": sorted(said), "bytes": _most_memory()}))


def _most_memory() -> int:
    """Return the most bytes that this process ever had; what `resource` tells begins with its parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
