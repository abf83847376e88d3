"""Files and addresses that strangers may send, made by chance from a seed: networks, lessons, archives, addresses.

Each function yields a word for the kind, the content, and whether it must be refused; what may be accepted is a good
file with some bits flipped.
"""

import base64
import hashlib
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from typing import Any

import safetensors.torch
import torch
from PIL import Image

from core.networks.architectures import NORM, POOL, RELU, Architecture, conv
from core.networks.classifier import build
from core.zoo.checkpoints import Card
from tests.zip_files import zipped

SMALL = Architecture("small", (conv(2, 5), NORM, RELU, POOL), hidden=(8,))
KINDS = ("relu", "tanh", "shuffle", "norm", "pool", "drop", "conv")
Found = Iterator[tuple[str, Any, bool]]


def junk(chance: random.Random) -> str:
    """Return the JSON of a value where another type or size is expected."""
    number = chance.choice(("-1", "1e400", "-1e4000", "NaN", "Infinity", "9" * chance.randrange(20, 6000), "0.5"))
    depth = chance.randrange(1, 3000)
    return chance.choice(
        (number, "null", "true", '"x"', '""', "[]", "{}", '{"a":[1]}', "[" * depth + "]" * depth, '"\\ud800"')
    )


# Pictures


def slow_svg() -> bytes:
    """Return a small SVG whose filter takes half a minute to draw."""
    noise = "".join(f'<feTurbulence numOctaves="200" baseFrequency="0.0{n + 1}"/>' for n in range(40))
    shape = f'<filter id="f">{noise}</filter><rect width="90" height="90" filter="url(#f)"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90">{shape}</svg>'.encode()


# Networks


def _state(chance: random.Random) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in build(SMALL, seed=chance.randrange(9)).state_dict().items()}


def _weights(chance: random.Random) -> bytes:
    """Return weights of which some are no numbers, too large, missing, foreign, or of another shape."""
    state = _state(chance)
    name = chance.choice([name for name in state if not name.endswith(("running_var", "tracked"))])
    spoil: Callable[[torch.Tensor], torch.Tensor] = chance.choice(
        (
            lambda one: one.fill_(float("nan")),
            lambda one: one.fill_(float("inf")),
            lambda one: one.fill_(chance.choice((3e38, 1e20, 3e17))),
            lambda one: one.flatten()[:-1],
            lambda one: one[None].repeat(2, *[1] * one.ndim),
        )
    )
    state[name] = spoil(state[name])
    if chance.random() < 0.2:
        state["features.norm1.running_var"].fill_(-1.0)
    if chance.random() < 0.2:
        del state[name]
    return safetensors.torch.save(state)


def _described(chance: random.Random) -> dict[str, Any]:
    """Return an architecture that is too deep, too wide or impossible."""
    small: dict[str, Any] = json.loads(json.dumps(SMALL.to_dict()))
    huge = chance.choice((-1, 0, 65, 300, 10**6, 10**30))
    stage = {**small["features"][0], chance.choice(("filters", "size", "stride", "dilation")): huge}
    hidden = [chance.choice((8, 1024))] * chance.randrange(5, 400)
    deep = [{"kind": chance.choice(KINDS), "filters": 2, "size": 1}] * chance.randrange(31, 4000)
    return chance.choice(
        (
            {**small, "features": deep},
            {**small, "features": [stage]},
            {**small, "features": [{**small["features"][0], "padding": chance.choice((9, 500, 10**9, -1))}]},
            {**small, "features": [{"kind": "pool"}, {"kind": "shuffle"}]},
            {**small, "features": [{"kind": "conv", "filters": 1, "size": 3, "stride": 8, "padding": 8}] * 9},
            {**small, "features": [{"kind": chance.choice(("import", "", "Conv2d"))}]},
            {**small, "hidden": hidden},
            {**small, "hidden": [huge]},
            {**small, "classes": chance.choice((0, 1, 101, 10**12))},
            {**small, "dropout": chance.choice((-1, 1, 7))},
            {**small, "activation": "exec"},
        )
    )


def pack(card: str, weights: bytes, name: str = "net") -> bytes:
    """Return a network as a file; every DIGEST in its card is the hash of the weights."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.json", card.replace("DIGEST", hashlib.sha256(weights).hexdigest()))
        archive.writestr(f"{name}.safetensors", weights)
    return stream.getvalue()


def card_of(architecture: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a card that fits any weights."""
    fields = {"title": "A", "inversion": "identity", "track": "blind", "command": "", "recipe": {}, "epochs": 1}
    fields |= {"dataset": {"name": "MNIST", "digits": 1}, "seed": 1, "features_sha256": "", "weights_sha256": "DIGEST"}
    return {**asdict(Card(name="net", architecture=architecture, **fields)), **changes}


def hostile_networks(count: int, seed: int = 0) -> Found:
    """Yield `count` files of networks."""
    chance = random.Random(seed)
    for number in range(count):
        good = card_of(json.loads(json.dumps(SMALL.to_dict())))
        match number % 6:
            case 0:
                yield "architecture", pack(json.dumps(card_of(_described(chance))), _good(chance)), True
            case 1:
                yield "weights", pack(json.dumps(good), _weights(chance)), True
            case 2:  # a field of the architecture, or of a stage, is something else
                described = good["architecture"]
                part = chance.choice((described, described["features"][0], described["features"][1]))
                part[chance.choice([*part, "unknown"])] = "JUNK"
                yield "types", pack(json.dumps(good).replace('"JUNK"', junk(chance)), _good(chance)), False
            case 3:
                text = json.dumps({**good, chance.choice(("recipe", "measured", "title", "dataset")): "JUNK"})
                yield "json", pack(text.replace('"JUNK"', junk(chance)), _good(chance)), False
            case 4:
                changes = {"inversion": chance.choice(("both", "mirror", "", "__import__"))}
                changes = chance.choice((changes, {"omega": 1.0}, {"neighbours": 3}, {"weights_sha256": "0"}))
                yield "parts", pack(json.dumps({**good, **changes}), _good(chance)), True
            case _:
                yield "bits", flip(chance, pack(json.dumps(good), _good(chance))), False


def _good(chance: random.Random) -> bytes:
    return safetensors.torch.save(_state(chance))


def flip(chance: random.Random, content: bytes) -> bytes:
    """Return the content with some bits flipped, cut short, or with a part missing."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 4, 30))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    at = chance.randrange(len(content))
    return bytes(
        chance.choice((changed, changed, content[:at], content[:at] + content[at + chance.randrange(1, 50) :]))
    )


# Lessons


def _bomb(chance: random.Random) -> str:
    merged, wide, lines = chance.random() < 0.5, chance.randrange(2, 12), ["a0: &a0 {x: 1}"]
    for level in range(1, chance.randrange(2, 12)):
        inner = ",".join([f"*a{level - 1}"] * wide)
        lines.append(f"a{level}: &a{level} " + (f"{{<<: [{inner}]}}" if merged else f"[{inner}]"))
    return "\n".join([*lines, "title: t", "steps: [{page: compare, text: x}]"])


def _value(chance: random.Random) -> str:
    """Return a value of a step's state that is no word and no number of a usual size."""
    return chance.choice(
        (
            "0x" + "f" * chance.randrange(50, 9000),
            "9" * chance.randrange(50, 9000),
            "1" + ":59" * chance.randrange(20, 9000),
            "0b" + "1" * chance.randrange(50, 9000),
            "!!int '" + "7" * chance.randrange(50, 9000) + "'",
            "!!python/object/apply:os.system [id]",
            "!!binary '" + "A" * chance.randrange(50, 900) + "'",
            "2020-01-01",
            "{a: 1}",
            "[[1]]",
            "x" * chance.randrange(3001, 9000),
            '"\\ud800"',
            "*nothing",
            "&a [*a]",
            "<<: {a: 1}",
            "[" * chance.randrange(30, 3000),
            "? " * chance.randrange(30, 3000),
        )
    )


def hostile_lessons(count: int, seed: int = 0) -> Found:
    """Yield `count` files of lessons."""
    chance = random.Random(seed)
    good = "title: t\nabout: a\nsteps:\n- {page: compare, state: {sample: 3, erased: HCUT}, text: Look.}\n"
    for number in range(count):
        match number % 5:
            case 0:
                yield "bomb", _bomb(chance).encode(), True
            case 1:
                yield "value", good.replace("3,", f"{_value(chance)},").encode(), True
            case 2:
                fields = ["- {page: compare, text: x}"] * chance.randrange(41, 3000)
                names = ", ".join(f"n{one}: 1" for one in range(chance.randrange(41, 900)))
                many = good.replace("sample: 3", names), "title: t\nsteps:\n" + "\n".join(fields)
                yield "many", chance.choice(many).encode(), True
            case 3:
                texts = (f"title: {_value(chance)}", "title: t\nsteps: [3]", "title: t\nsteps: {}", "- " * 900, "%", "")
                yield "other", chance.choice(texts).encode(), True
            case _:
                yield "bits", flip(chance, good.encode()), False


# Archives of pictures


def _picture(chance: random.Random) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (chance.randrange(1, 60), 40), chance.choice(("red", "white"))).save(stream, "PNG")
    return stream.getvalue()


def _promising() -> bytes:
    """Return a small PNG that says it is larger than any camera's picture."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))


def _rewrite(content: bytes, offsets: tuple[int, int], pattern: str, value: int) -> bytes:
    """Return a zip with a number changed in each file's own header and in the list of files."""
    changed = bytearray(content)
    for mark, offset in zip((b"PK\x03\x04", b"PK\x01\x02"), offsets, strict=True):
        at = changed.find(mark)
        while at >= 0:
            struct.pack_into(pattern, changed, at + offset, value)
            at = changed.find(mark, at + 4)
    return bytes(changed)


@cache
def _bomb_of(files: int) -> bytes:
    """Return a zip of 40 kB for each 40 MB in it."""
    return zipped(*((f"{one}.png", b"\0" * 40_000_000) for one in range(files)))


def hostile_archives(count: int, seed: int = 0) -> Found:
    """Yield `count` zips of pictures."""
    chance = random.Random(seed)
    for number in range(count):
        good = zipped(("a.png", _picture(chance)), ("b.png", _picture(chance)))
        match number % 6:
            case 0:
                path = chance.choice(("../a.png", "/a.png", "a/../../b.png", "..\\a.png", "C:\\a.png"))
                yield "path", zipped((path, _picture(chance))), True
            case 1:
                yield "many", zipped(*((f"{one}.png", b"") for one in range(chance.randrange(1001, 2000)))), True
            case 2:  # an unknown compression; encrypted; a size that is not true
                changed = (
                    _rewrite(good, (8, 10), "<H", chance.choice((1, 6, 14, 95, 99))),
                    _rewrite(good, (6, 8), "<H", 1),
                    _rewrite(good, (22, 24), "<I", 2**32 - 2),
                )
                yield "header", chance.choice(changed), True
            case 3:
                yield "bomb", _bomb_of(chance.randrange(8, 10)), True
            case 4:
                inner = (("a.zip", good), ("b.png", _promising()), ("c.png", b"<svg/>"), ("d\0.png", b""))
                yield "content", zipped(*chance.sample(inner, 2)), False
            case _:
                yield "bits", flip(chance, good), False


# Addresses


def hostile_addresses(count: int, seed: int = 0) -> Iterator[dict[str, str]]:
    """Yield the parameters of `count` addresses."""
    chance = random.Random(seed)
    names = ("sample", "digit", "erased", "networks", "view", "lesson", "step", "room", "class", "epsilon", "x" * 99)
    for _ in range(count):
        yield {chance.choice(names): _text(chance) for _ in range(chance.randrange(1, 6))}


def _text(chance: random.Random) -> str:
    packed = zlib.compress(bytes(chance.randrange(0, 10 ** chance.randrange(1, 7))))
    return chance.choice(
        (
            "9" * chance.randrange(1, 6000),
            "²³¼",
            "-1",
            "1e400",
            "nan",
            "٣",
            "1_0",
            "0x1f",
            "," * chance.randrange(1, 9000),
            "standard," * chance.randrange(1, 900),
            "<script>alert(1)</script>",
            "![](//x) [a](//b)",
            "../../etc/passwd",
            "\0\n\u202e\ud7ff",
            "ß" * 400,
            base64.urlsafe_b64encode(packed).decode().rstrip("="),
            base64.urlsafe_b64encode(chance.randbytes(chance.randrange(1, 300))).decode(),
            "%00",
            "",
        )
    )
