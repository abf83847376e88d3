"""A run of the player in a file, which a view plays before anybody has pressed its button.

`python -m tests.recordings` makes the files again.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from core.visualization.labels import Label
from dashboard.components.player import Frame, Look

MAX_FRAMES = 32  # evenly spread over the run
QUALITY = 80  # of the pictures, of 100
EXIF_DESCRIPTION = 0x010E  # the tag that holds values and texts
SPEED = 0.25  # of the player: eight frames a second


@dataclass(frozen=True, eq=False)
class RecordedRun:
    """The frames of a run and how the player shows them."""

    frames: Sequence[Frame]
    look: Look


def save(run: RecordedRun, path: Path) -> None:
    """Write some frames of a run as a moving WebP picture; values and texts are in its EXIF data.

    A picture that does not change from frame to frame is written once: WebP would join the two.
    """
    last = len(run.frames) - 1
    kept = [run.frames[round(at)] for at in np.linspace(0, last, min(MAX_FRAMES, last + 1))]
    drawn, numbers = _drop_repeated(kept)
    head = {
        "mode": "L" if len(kept[0].shape) == 2 else "RGB",
        "look": asdict(replace(run.look, speed=SPEED)),
        "texts": [frame.text for frame in kept],
        "values": [dict(frame.values) for frame in kept],
        "pictures": numbers,
        "places": [frame.at for frame in kept],
        "labels": [frame.labels for frame in kept],
    }
    exif = Image.Exif()
    exif[EXIF_DESCRIPTION] = json.dumps(head)
    first, *others = [Image.fromarray(frame.picture) for frame in drawn]
    path.parent.mkdir(exist_ok=True)
    first.save(path, save_all=True, append_images=others, quality=QUALITY, exif=exif)


def _drop_repeated(frames: Sequence[Frame]) -> tuple[list[Frame], list[int]]:
    """Return the frames whose picture is another than the one before, and for each frame the number of its picture."""
    drawn: list[Frame] = []
    numbers = []
    for frame in frames:
        if not drawn or frame.deflated != drawn[-1].deflated:
            drawn.append(frame)
        numbers.append(len(drawn) - 1)
    return drawn, numbers


def load(path: Path) -> RecordedRun:
    """Return the run of a file that `save` wrote."""
    with Image.open(io.BytesIO(path.read_bytes())) as film:
        head = json.loads(film.getexif()[EXIF_DESCRIPTION])
        pictures = [np.array(picture.convert(head["mode"])) for picture in ImageSequence.Iterator(film)]
    columns = (head[name] for name in ("pictures", "values", "texts", "places", "labels"))
    frames = [
        Frame(pictures[number], values, text, at=at, labels=[Label(*one) for one in labels])
        for number, values, text, at, labels in zip(*columns, strict=True)
    ]
    return RecordedRun(frames, Look(**head["look"]))
