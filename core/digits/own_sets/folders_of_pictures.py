"""Files in folders -> labelled pictures: the folder is the class, as in many published sets."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from core.digits.own_sets.labelled import LabelledPictures, label_pictures
from core.digits.own_sets.limits import MAX_PICTURES, MAX_PIXELS, OwnSetError, check_count
from core.digits.own_sets.shrinking import Fit, shrink_picture
from core.digits.pictures import PictureError, SlowPictureError, count_pixels, read_picture
from core.system import interrupts
from core.system.safe_names import to_safe_name

HELD_OUT = ("test", "testing")  # a folder above those of the classes


def read_folders(files: Sequence[tuple[str, bytes]], fit: Fit, most: int = MAX_PICTURES) -> LabelledPictures:
    """Return the pictures of files by their paths: `cats/1.png`, or `test/cats/2.png` for those held out.

    What is no picture, or is in no folder, gets a note; after one that takes too long nothing more is read. Raises
    OwnSetError.
    """
    known = [(PurePosixPath(path), content, count_pixels(content)) for path, content in files]
    pictures = [(path, content) for path, content, area in known if area and len(path.parts) > 1]
    check_count(len(pictures), most)
    if sum(area for _, _, area in known) > MAX_PIXELS:
        raise OwnSetError(f"These pictures have more than {MAX_PIXELS // 10**6:,} million pixels together.")
    if len({path.parent.name for path, _ in pictures}) < 2:
        raise OwnSetError("Make one folder for each class, and put its pictures there: the folder's name is the class.")
    shrunk, paths = [], []
    left_out = ((path.name, area) for path, _, area in known if not area or len(path.parts) == 1)
    faults = [f"{to_safe_name(name)!r}" + (" (in no folder)" if area else "") for name, area in left_out]
    for path, content in pictures:
        interrupts.check()
        try:
            shrunk.append(shrink_picture(read_picture(content), fit))
            paths.append(path)
        except SlowPictureError as error:
            raise OwnSetError(f"{to_safe_name(path.name)!r}: {error}") from None
        except PictureError as error:
            faults.append(f"{to_safe_name(path.name)!r}: {error}")
    notes = [f"Left out: {len(faults):,}, the first is {faults[0].rstrip('.')}."] if faults else []
    check_count(len(shrunk))
    test = np.array([any(part.lower() in HELD_OUT for part in path.parts[:-2]) for path in paths])
    return label_pictures("a ZIP of folders", np.stack(shrunk), [path.parent.name for path in paths], test, notes=notes)
