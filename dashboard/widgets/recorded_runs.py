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
    drawn = [frame for at, frame in enumerate(kept) if not at or frame.deflated != kept[at - 1].deflated]
    head = {
        "mode": "L" if len(kept[0].shape) == 2 else "RGB",
        "look": asdict(replace(run.look, speed=SPEED)),
        "texts": [frame.text for frame in kept],
        "values": [dict(frame.values) for frame in kept],
        "pictures": [sum(one in drawn for one in kept[: at + 1]) - 1 for at in range(len(kept))],
        "places": [frame.at for frame in kept],
        "labels": [frame.labels for frame in kept],
    }
    exif = Image.Exif()
    exif[EXIF_DESCRIPTION] = json.dumps(head)
    first, *others = [Image.fromarray(frame.picture) for frame in drawn]
    path.parent.mkdir(exist_ok=True)
    first.save(path, save_all=True, append_images=others, quality=QUALITY, exif=exif)


def load(path: Path) -> RecordedRun:
    """Return the run of a file that `save` wrote."""
    with Image.open(io.BytesIO(path.read_bytes())) as film:
        head = json.loads(film.getexif()[EXIF_DESCRIPTION])
        pictures = [np.array(picture.convert(head["mode"])) for picture in ImageSequence.Iterator(film)]
    frames = [
        Frame(picture, values, text, at=at, labels=[tuple(one) for one in labels])
        for picture, values, text, at, labels in zip(
            (pictures[at] for at in head.get("pictures", range(len(pictures)))),
            head["values"],
            head["texts"],
            head["places"],
            head["labels"],
            strict=True,
        )
    ]
    return RecordedRun(frames, Look(**head["look"]))
